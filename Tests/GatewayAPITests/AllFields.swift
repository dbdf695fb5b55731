/// Manifests that use every field Heddle reads.
enum AllFields {
    static let route = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata:
          name: all
          namespace: bookinfo
          labels: {app: all, example.net/team: web}
          annotations: {example.net/note: "any text"}
          creationTimestamp: 2025-01-31T09:30:00Z
          generation: 3
          uid: 0a1b
          resourceVersion: "17"
        spec:
          useDefaultGateways: All
          parentRefs:
          - group: gateway.networking.k8s.io
            kind: Gateway
            name: edge
            namespace: infra
            sectionName: http
            port: 80
          - {group: "", kind: Service, name: reviews, port: 9080}
          hostnames: [reviews.example.net, "*.example.org"]
          rules:
          - name: first
            matches:
            - path: {type: PathPrefix, value: /reviews}
              method: GET
              headers:
              - {name: x-user, value: jason}
              - {type: RegularExpression, name: x-group, value: "a.*"}
              queryParams:
              - {name: q, value: "1"}
              - {type: RegularExpression, name: r, value: "[0-9]+"}
            filters:
            - type: RequestHeaderModifier
              requestHeaderModifier:
                set: [{name: a, value: b}]
                add: [{name: c, value: d e}]
                remove: [f]
            - type: ResponseHeaderModifier
              responseHeaderModifier:
                set: [{name: a, value: b}]
            - type: RequestMirror
              requestMirror:
                backendRef: {name: mirror, port: 80}
                percent: 50
            - type: RequestMirror
              requestMirror:
                backendRef: {group: "", kind: Service, name: mirror, namespace: other, port: 80}
                fraction: {numerator: 1, denominator: 3}
            - type: URLRewrite
              urlRewrite:
                hostname: inner.example.net
                path: {type: ReplacePrefixMatch, replacePrefixMatch: /v2}
            - type: CORS
              cors:
                allowOrigins: ["https://*.example.net:8443", "http://a.example"]
                allowCredentials: true
                allowMethods: [GET, PUT]
                allowHeaders: [x-a]
                exposeHeaders: [x-b]
                maxAge: 60
            - type: ExternalAuth
              externalAuth:
                protocol: GRPC
                backendRef: {name: auth, port: 9000}
                grpc: {allowedHeaders: [x-a]}
                forwardBody: {maxSize: 1024}
            - type: ExternalAuth
              externalAuth:
                protocol: HTTP
                backendRef: {name: auth, port: 9000}
                http:
                  path: /check
                  allowedHeaders: [x-a]
                  allowedResponseHeaders: [x-b]
            - type: ExtensionRef
              extensionRef: {group: example.net, kind: Filter, name: f}
            backendRefs:
            - {group: "", kind: Service, name: v1, namespace: other, port: 9080, weight: 90}
            - name: v2
              port: 9080
              weight: 10
              filters:
              - type: RequestHeaderModifier
                requestHeaderModifier: {remove: [g]}
            timeouts: {request: 10s, backendRequest: 500ms}
            retry: {codes: [500, 503], attempts: 2, backoff: 100ms}
            sessionPersistence:
              type: Cookie
              absoluteTimeout: 1h30m
              cookie: {name: session, path: /r, lifetimeType: Permanent}
          - matches:
            - path: {type: Exact, value: /old}
            filters:
            - type: RequestRedirect
              requestRedirect:
                scheme: https
                hostname: new.example.net
                path: {type: ReplaceFullPath, replaceFullPath: /new}
                port: 8443
                statusCode: 301
            sessionPersistence:
              type: Header
              header: {name: x-session}
        status:
          parents: []

        """

    static let gateway = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: infra}
        spec:
          gatewayClassName: heddle
          defaultScope: None
          addresses:
          - {type: IPAddress, value: 10.0.0.1}
          - {type: Hostname, value: edge.example.net}
          - {}
          infrastructure:
            labels: {app: edge}
            annotations: {example.net/note: x}
            parametersRef: {group: "", kind: ConfigMap, name: p}
          allowedListeners:
            namespaces:
              from: Selector
              selector:
                matchLabels: {team: web}
                matchExpressions:
                - {key: stage, operator: In, values: [prod, test]}
                - {key: legacy, operator: DoesNotExist}
          tls:
            backend:
              clientCertificateRef: {group: "", kind: Secret, name: client, namespace: infra}
            frontend:
              default:
                validation:
                  caCertificateRefs: [{group: "", kind: ConfigMap, name: ca, namespace: infra}]
                  mode: AllowInsecureFallback
              perPort:
              - port: 8443
                tls:
                  validation:
                    caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]
          listeners:
          - name: http
            port: 80
            protocol: HTTP
            hostname: "*.example.net"
            allowedRoutes:
              namespaces:
                from: Selector
                selector: {matchLabels: {team: web}}
              kinds:
              - {group: gateway.networking.k8s.io, kind: HTTPRoute}
              - {kind: GRPCRoute}
          - name: https
            port: 443
            protocol: HTTPS
            tls:
              mode: Terminate
              certificateRefs: [{group: "", kind: Secret, name: c, namespace: infra}]
              options: {example.net/ciphers: modern}
          - {name: tls, port: 8443, protocol: TLS, tls: {mode: Passthrough}}
          - {name: mesh, port: 15008, protocol: HBONE}
          - {name: own, port: 9999, protocol: example.net/chat}
        status:
          addresses: [{value: 10.0.0.1}]

        """

    static let others = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: {name: heddle}
        spec:
          controllerName: heddle.example.net/gateway-controller
          parametersRef: {group: "", kind: ConfigMap, name: p, namespace: infra}
          description: The usual one
        ---
        apiVersion: gateway.networking.k8s.io/v1beta1
        kind: ReferenceGrant
        metadata: {name: grant, namespace: other}
        spec:
          from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: bookinfo}]
          to: [{group: "", kind: Service}, {group: "", kind: Secret, name: s}]
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: bookinfo, labels: {istio.io/use-waypoint: bookinfo-proxy}}
        spec: {finalizers: [kubernetes]}
        status: {phase: Active}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: reviews, namespace: bookinfo}
        spec:
          type: ClusterIP
          clusterIP: 10.96.0.1
          clusterIPs: [10.96.0.1]
          selector: {app: reviews}
          publishNotReadyAddresses: true
          sessionAffinity: None
          ports:
          - {name: http, port: 9080, targetPort: web, protocol: TCP, appProtocol: kubernetes.io/h2c}
          - {name: admin, port: 9090, targetPort: 9091, nodePort: 30000}
        status: {loadBalancer: {}}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: reviews-x, namespace: bookinfo, labels: {kubernetes.io/service-name: reviews}}
        addressType: IPv4
        endpoints:
        - addresses: [10.0.0.1]
          conditions: {ready: true, serving: true, terminating: false}
          hostname: a
          nodeName: n1
          zone: z1
          targetRef: {kind: Pod, name: reviews-1, namespace: bookinfo, uid: u}
          hints: {forZones: [{name: z1}]}
        ports: [{name: http, port: 9080, protocol: TCP, appProtocol: http}]
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: reviews-1, namespace: bookinfo, labels: {app: reviews}}
        spec:
          serviceAccountName: bookinfo
          nodeName: n1
          hostNetwork: false
          restartPolicy: Always
          containers:
          - name: reviews
            image: reviews:1
            ports: [{name: web, containerPort: 9080, protocol: TCP}]
        status:
          phase: Running
          podIP: 10.0.0.1
          podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]
          conditions: [{type: Ready, status: "True", lastProbeTime: null}]
        ---
        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: reviews-vm, namespace: bookinfo}
        spec:
          address: 127.0.0.1
          ports: {http: 9080}
          labels: {app: reviews, version: v1}
          network: net1
          locality: r/z/s
          weight: 2
          serviceAccount: bookinfo

        """

    static let everything = [route, gateway, others, routes, extensions, core].joined(
        separator: "---\n")
}
