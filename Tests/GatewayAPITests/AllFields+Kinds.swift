extension AllFields {
    /// The routes beside HTTPRoute.
    static let routes = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GRPCRoute
        metadata: {name: grpc, namespace: bookinfo}
        spec:
          useDefaultGateways: All
          parentRefs: [{name: edge, sectionName: http}]
          hostnames: [grpc.example.net]
          rules:
          - name: first
            matches:
            - method: {type: Exact, service: helloworld.Greeter, method: SayHello}
              headers:
              - {name: x-user, value: "any  text"}
              - {type: RegularExpression, name: x-group, value: "a.*"}
            - method: {type: RegularExpression, service: "hello.*"}
            filters:
            - type: RequestHeaderModifier
              requestHeaderModifier: {set: [{name: a, value: b}]}
            - type: ResponseHeaderModifier
              responseHeaderModifier: {remove: [c]}
            - type: RequestMirror
              requestMirror: {backendRef: {name: mirror, port: 80}, percent: 10}
            - type: ExtensionRef
              extensionRef: {group: example.net, kind: Filter, name: f}
            backendRefs:
            - {name: v1, port: 9000, weight: 3}
            - name: v2
              namespace: other
              port: 9000
              filters:
              - type: RequestHeaderModifier
                requestHeaderModifier: {add: [{name: a, value: b}]}
            sessionPersistence: {cookie: {}}
        status: {parents: []}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: TLSRoute
        metadata: {name: tls, namespace: bookinfo}
        spec:
          useDefaultGateways: None
          parentRefs: [{name: edge, sectionName: tls}]
          hostnames: [a.example.net, "*.example.org"]
          rules:
          - name: only
            backendRefs: [{name: a, port: 443, weight: 0}, {name: b, namespace: other, port: 443}]
        ---
        apiVersion: gateway.networking.k8s.io/v1alpha3
        kind: TLSRoute
        metadata: {name: tls-alpha3, namespace: bookinfo}
        spec:
          hostnames: [a.example.net]
          rules: [{backendRefs: [{name: a, port: 443}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1alpha2
        kind: TLSRoute
        metadata: {name: tls-alpha2, namespace: bookinfo}
        spec:
          rules: [{name: a, backendRefs: [{name: a, port: 443}]}, {backendRefs: [{name: b, port: 1}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: TCPRoute
        metadata: {name: tcp, namespace: bookinfo}
        spec:
          useDefaultGateways: All
          parentRefs: [{name: edge, port: 9000}]
          rules: [{name: only, backendRefs: [{name: a, port: 9000, weight: 2}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1alpha2
        kind: TCPRoute
        metadata: {name: tcp-alpha2, namespace: bookinfo}
        spec: {rules: [{backendRefs: [{name: a, port: 1}]}, {backendRefs: [{name: b, port: 1}]}]}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: UDPRoute
        metadata: {name: udp, namespace: bookinfo}
        spec:
          useDefaultGateways: All
          parentRefs: [{name: edge}]
          rules: [{name: only, backendRefs: [{name: dns, port: 53}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1alpha2
        kind: UDPRoute
        metadata: {name: udp-alpha2, namespace: bookinfo}
        spec: {rules: [{backendRefs: [{name: dns, port: 53}]}]}

        """

    /// ListenerSet, the policies, and the experimental kinds.
    static let extensions = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: ListenerSet
        metadata: {name: more, namespace: bookinfo}
        spec:
          parentRef: {group: gateway.networking.k8s.io, kind: Gateway, name: edge, namespace: infra}
          listeners:
          - name: https
            hostname: more.example.net
            port: 443
            protocol: HTTPS
            tls: {mode: Terminate, certificateRefs: [{name: c}], options: {example.net/a: b}}
            allowedRoutes: {namespaces: {from: All}, kinds: [{kind: HTTPRoute}]}
          - {name: tcp, port: 9000, protocol: TCP}
        status: {conditions: []}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: BackendTLSPolicy
        metadata: {name: secure, namespace: bookinfo}
        spec:
          targetRefs:
          - {group: "", kind: Service, name: reviews, sectionName: https}
          - {group: "", kind: Service, name: ratings}
          validation:
            caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
            hostname: reviews.example.net
            subjectAltNames:
            - {type: Hostname, hostname: "*.example.net"}
            - {type: URI, uri: "spiffe://example.net/ns/a/sa/b"}
          options: {example.net/minimum-version: "1.3"}
        status: {ancestors: []}
        ---
        apiVersion: gateway.networking.k8s.io/v1alpha3
        kind: BackendTLSPolicy
        metadata: {name: system, namespace: bookinfo}
        spec:
          targetRefs: [{group: "", kind: Service, name: details}]
          validation: {wellKnownCACertificates: System, hostname: details.example.net}
        ---
        apiVersion: gateway.networking.x-k8s.io/v1alpha1
        kind: XBackend
        metadata: {name: partner, namespace: bookinfo}
        spec:
          type: ExternalHostname
          externalHostname: {hostname: api.partner.example}
          port: {name: https, port: 443}
          protocol: HTTP2
          tls:
            mode: ClientAndServer
            clientCertificateRef: {name: client}
            validation: {wellKnownCACertificates: System, hostname: api.partner.example}
        status: {parents: []}
        ---
        apiVersion: gateway.networking.x-k8s.io/v1alpha1
        kind: XBackendTrafficPolicy
        metadata: {name: careful, namespace: bookinfo}
        spec:
          targetRefs: [{group: "", kind: Service, name: reviews}]
          retryConstraint:
            budget: {percent: 10, interval: 30s}
            minRetryRate: {count: 5, interval: 2s}
          sessionPersistence: {type: Header, header: {name: x-session}}
        ---
        apiVersion: gateway.networking.x-k8s.io/v1alpha1
        kind: XMesh
        metadata: {name: mesh}
        spec:
          controllerName: heddle.example.net/mesh-controller
          parametersRef: {group: "", kind: ConfigMap, name: p, namespace: infra}
          description: The mesh
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: ReferenceGrant
        metadata: {name: newer, namespace: other}
        spec:
          from: [{group: gateway.networking.k8s.io, kind: TLSRoute, namespace: bookinfo}]
          to: [{group: "", kind: Service}]

        """

    /// Secrets, ConfigMaps and definitions of kinds.
    static let core = """
        apiVersion: v1
        kind: Secret
        metadata: {name: c, namespace: infra}
        type: kubernetes.io/tls
        immutable: true
        data:
          tls.crt: Y2VydA==
          tls.key: |
            a2V5
            a2V5
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: own, namespace: infra}
        data: {a: "", b: aGk=}
        stringData: {b: over, c: text}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: ca, namespace: bookinfo}
        immutable: false
        data: {ca.crt: "-----BEGIN CERTIFICATE-----"}
        binaryData: {der: AAEC/w==}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: httproutes.gateway.networking.k8s.io
          annotations:
            gateway.networking.k8s.io/bundle-version: v1.6.1
            gateway.networking.k8s.io/channel: experimental
        spec: {group: gateway.networking.k8s.io, anything: [1, {goes: here}]}
        status: {}

        """
}
