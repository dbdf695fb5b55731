/// Choices that follow from a seed.
struct Dice {
    var random: Seeded

    /// One of several.
    mutating func pick<T>(_ values: [T]) -> T {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    /// Some of several, in their order.
    mutating func some<T>(_ values: [T]) -> [T] {
        values.filter { _ in pick([true, false]) }
    }

    /// A namespace.
    mutating func namespace() -> String { pick(["demo", "other"]) }

    /// `metadata` of an object that was created at one of few times, or never.
    mutating func metadata(_ name: String, _ namespace: String? = nil) -> String {
        let time = pick([
            "", ", creationTimestamp: \"2026-01-01T00:00:00Z\"",
            ", creationTimestamp: \"2026-01-02T00:00:00Z\"",
        ])
        let place = namespace.map { ", namespace: \($0)" } ?? ""
        return "metadata: {name: \(name)\(place)\(time)}"
    }
}

/// Manifests of each kind, with few names and values, so that they meet.
extension Universe {
    /// Those that most depends on come more often.
    static let generators: [@Sendable (inout Dice) -> String] = [
        namespace, service, workloadEntry, gateway, gateway, waypoint, listenerSet, listenerSet,
        secret, secret, configMap, grant, gatewayClass, httpRoute, httpRoute, httpRoute, httpRoute,
        connectionRoute, connectionRoute, grpcRoute, grpcRoute,
    ]

    private static let api = "apiVersion: gateway.networking.k8s.io/v1"

    @Sendable private static func namespace(_ dice: inout Dice) -> String {
        let label = dice.pick([
            "", ", labels: {istio.io/use-waypoint: wp}", ", labels: {team: x}",
        ])
        return "apiVersion: v1\nkind: Namespace\nmetadata: {name: \(dice.namespace())\(label)}\n"
    }

    @Sendable private static func service(_ dice: inout Dice) -> String {
        let name = dice.pick(["a", "b"])
        let label = dice.pick(["", ", labels: {istio.io/use-waypoint: none}"])
        return """
            apiVersion: v1
            kind: Service
            metadata: {name: \(name), namespace: \(dice.namespace())\(label)}
            spec:
              selector: {app: \(dice.pick(["a", "b"]))}
              ports:
              - {name: http, port: \(dice.pick(["80", "8080"]))}
              - {name: dns, port: 53, protocol: UDP}
            """
    }

    @Sendable private static func workloadEntry(_ dice: inout Dice) -> String {
        """
        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: \(dice.pick(["a", "b"])), namespace: \(dice.namespace())}
        spec:
          address: 10.0.0.\(dice.pick([1, 2, 3]))
          labels: {app: \(dice.pick(["a", "b"]))}
          ports: {http: 8080}
        """
    }

    /// Listeners of which some cannot stand together.
    private static func listeners(_ dice: inout Dice, also names: [String]) -> String {
        let certificate =
            "tls: {certificateRefs: [{name: \(dice.pick(["c", "d"]))"
            + dice.pick(["", ", namespace: demo", ", namespace: other"]) + "}]}"
        let routes =
            "allowedRoutes: {namespaces: {from: "
            + dice.pick(["Same", "All", "Selector, selector: {matchLabels: {team: x}}"]) + "}}"
        let port = dice.pick([80, 81])
        let all = [
            "name: any, port: \(port), protocol: HTTP",
            "name: wild, port: 80, protocol: HTTP, hostname: \"*.example\"",
            "name: exact, port: 80, protocol: HTTP, hostname: x.example",
            "name: https, port: 443, protocol: HTTPS, \(certificate)",
            "name: https-wild, port: 443, protocol: HTTPS, hostname: \"*.example\", \(certificate)",
            "name: pass, port: 443, protocol: TLS, hostname: x.example, tls: {mode: Passthrough}",
            "name: end, port: \(dice.pick([443, 80])), protocol: TLS, hostname: y.example, "
                + certificate,
            "name: tcp, port: \(dice.pick([80, 90])), protocol: TCP",
            "name: udp, port: 90, protocol: UDP",
        ]
        let chosen = dice.some(all) + names.map { "name: \($0), port: 82, protocol: HTTP" }
        return chosen.map { "  - {\($0), \(routes)}" }.joined(separator: "\n")
    }

    @Sendable private static func gateway(_ dice: inout Dice) -> String {
        let authorities =
            "{validation: {mode: \(dice.pick(["AllowValidOnly", "AllowInsecureFallback"])), "
            + "caCertificateRefs: [{group: \"\", kind: ConfigMap, name: ca}]}}"
        let tls = dice.pick([
            "", "  tls: {frontend: {default: \(authorities)}}\n",
            "  tls: {frontend: {default: {}, perPort: [{port: 443, tls: \(authorities)}]}}\n",
            "  tls: {backend: {clientCertificateRef: {name: c}}}\n",
        ])
        let settings = dice.pick([
            "", "  defaultScope: All\n",
            "  addresses: [{type: IPAddress, value: 127.0.0.\(dice.pick([2, 3]))}]\n",
            "  infrastructure: {parametersRef: {group: x.example, kind: P, name: p}}\n",
            "  allowedListeners: {namespaces: {from: \(dice.pick(["All", "Same"]))}}\n",
            "  allowedListeners: {namespaces: {from: All}}\n",
        ])
        return """
            \(api)
            kind: Gateway
            \(dice.metadata("edge", dice.namespace()))
            spec:
              gatewayClassName: \(dice.pick(["heddle", "heddle", "declared", "foreign"]))
            \(tls)\(settings)  listeners:
            \(listeners(&dice, also: ["l"]))
            """
    }

    @Sendable private static func waypoint(_ dice: inout Dice) -> String {
        """
        \(api)
        kind: Gateway
        metadata: {name: wp, namespace: \(dice.namespace())}
        spec:
          gatewayClassName: heddle-waypoint
          listeners:
          - name: l
            port: 15008
            protocol: HBONE
            allowedRoutes: {namespaces: {from: \(dice.pick(["Same", "All"]))}}
        """
    }

    @Sendable private static func listenerSet(_ dice: inout Dice) -> String {
        """
        \(api)
        kind: ListenerSet
        \(dice.metadata(dice.pick(["s", "t"]), dice.namespace()))
        spec:
          parentRef: {name: edge, namespace: \(dice.namespace())}
          listeners:
        \(listeners(&dice, also: ["l"]))
        """
    }

    @Sendable private static func secret(_ dice: inout Dice) -> String {
        let certificate = dice.pick([pem("CERTIFICATE"), "nothing"])
        return """
            apiVersion: v1
            kind: Secret
            metadata: {name: \(dice.pick(["c", "d"])), namespace: \(dice.namespace())}
            type: \(dice.pick(["kubernetes.io/tls", "kubernetes.io/tls", "Opaque"]))
            stringData:
              tls.crt: "\(certificate)"
              tls.key: "\(pem("PRIVATE KEY"))\(dice.pick(["", "\\n"]))"
            """
    }

    @Sendable private static func configMap(_ dice: inout Dice) -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: ca, namespace: \(dice.namespace())}
        data: {ca.crt: "\(dice.pick([pem("CERTIFICATE"), pem("CERTIFICATE"), "nothing"]))"}
        """
    }

    @Sendable private static func grant(_ dice: inout Dice) -> String {
        let kind = dice.pick(["HTTPRoute", "TLSRoute", "TCPRoute", "Gateway", "ListenerSet"])
        let target = dice.pick(["Service", "Secret", "Secret, name: c", "ConfigMap"])
        return """
            \(api)
            kind: ReferenceGrant
            metadata: {name: \(dice.pick(["g", "h"])), namespace: \(dice.namespace())}
            spec:
              from: [{group: gateway.networking.k8s.io, kind: \(kind), namespace: \(dice.namespace())}]
              to: [{group: "", kind: \(target)}]
            """
    }

    @Sendable private static func gatewayClass(_ dice: inout Dice) -> String {
        let controller = dice.pick(["heddle.dev/gateway-controller", "x.example/other"])
        let parameters = dice.pick(["", ", parametersRef: {group: x, kind: P, name: p}"])
        return dice.pick([
            "\(api)\nkind: GatewayClass\nmetadata: {name: declared}\n"
                + "spec: {controllerName: \(controller)\(parameters)}\n",
            "apiVersion: gateway.networking.x-k8s.io/v1alpha1\nkind: XMesh\n"
                + "metadata: {name: mesh}\nspec: {controllerName: \(controller)\(parameters)}\n",
        ])
    }

    /// A parent with listeners.
    private static func listenerParent(_ dice: inout Dice) -> String {
        let section = dice.pick(["", "", ", sectionName: l", ", sectionName: https", ", port: 80"])
        return dice.pick([
            "{name: edge, namespace: \(dice.namespace())\(section)}",
            "{kind: ListenerSet, name: \(dice.pick(["s", "t"])), namespace: \(dice.namespace())\(section)}",
        ])
    }

    private static func hostnames(_ dice: inout Dice, _ required: Bool = false) -> String {
        let all = ["x.example", "y.example", "\"*.example\"", "z.y.example"]
        var chosen = dice.some(all)
        if required, chosen.isEmpty { chosen = [all[0]] }
        return chosen.isEmpty ? "" : "  hostnames: [\(chosen.joined(separator: ", "))]\n"
    }

    private static func attachment(_ dice: inout Dice, _ parent: String) -> String {
        let scope = dice.pick(["", "", "  useDefaultGateways: All\n"])
        return "  parentRefs: [\(parent)]\n\(scope)"
    }

    @Sendable private static func httpRoute(_ dice: inout Dice) -> String {
        let parent = dice.pick([
            listenerParent(&dice), listenerParent(&dice),
            "{group: \"\", kind: Service, name: a, port: 80}",
            "{group: \"\", kind: Service, name: b}",
        ])
        return """
            \(api)
            kind: HTTPRoute
            \(dice.metadata(dice.pick(["r", "s", "t"]), dice.namespace()))
            spec:
            \(attachment(&dice, parent))\(hostnames(&dice))  rules:
              - matches: [{path: {type: PathPrefix, value: \(dice.pick(["/", "/p"]))}}]
                backendRefs:
                - {name: a, namespace: \(dice.namespace()), port: \(dice.pick([80, 8080])), weight: \(dice.pick([1, 3]))}
                - {name: b, port: 80}
            """
    }

    @Sendable private static func grpcRoute(_ dice: inout Dice) -> String {
        """
        \(api)
        kind: GRPCRoute
        \(dice.metadata(dice.pick(["r", "s", "t"]), dice.namespace()))
        spec:
        \(attachment(&dice, listenerParent(&dice)))\(hostnames(&dice))  rules:
          - backendRefs: [{name: \(dice.pick(["a", "b"])), port: 80}]
        """
    }

    @Sendable private static func connectionRoute(_ dice: inout Dice) -> String {
        let kind = dice.pick(["TLSRoute", "TLSRoute", "TCPRoute", "UDPRoute"])
        let names = kind == "TLSRoute" ? hostnames(&dice, true) : ""
        let port = kind == "UDPRoute" ? 53 : 80
        return """
            \(api)
            kind: \(kind)
            \(dice.metadata(dice.pick(["r", "s"]), dice.namespace()))
            spec:
            \(attachment(&dice, listenerParent(&dice)))\(names)  rules:
              - backendRefs:
                - {name: a, namespace: \(dice.namespace()), port: \(port), weight: \(dice.pick([0, 1, 3]))}
                - {name: b, port: \(port)}
            """
    }

    /// Text that is well-formed PEM and nothing more, in one line of YAML.
    static func pem(_ label: String) -> String {
        let text = label == "CERTIFICATE" ? certificateBody : keyBody
        return "-----BEGIN \(label)-----\\n\(text)\\n-----END \(label)-----"
    }

    private static let certificateBody =
        "MIIBszCCAVmgAwIBAgIUT0V4YW1wbGVDZXJ0aWZpY2F0ZUZvclRlc3RzT25seTAw"
    private static let keyBody =
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRXhhbXBsZUtleUZv"
}
