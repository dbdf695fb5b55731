import BuiltInPlugins
import GatewayAPI
import Testing
import Translation

/// What the proxies say, put into the conditions of listeners, Gateways and ListenerSets.
@Suite struct ProgrammingTests {
    private static let edge = ObjectReference(.gateway, namespace: "shop", name: "edge")
    private static let set = ObjectReference(.listenerSet, namespace: "shop", name: "more")

    private static let manifest = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: shop, generation: 7}
        spec:
          gatewayClassName: heddle
          allowedListeners: {namespaces: {from: Same}}
          listeners:
          - {name: a, port: 80, protocol: HTTP}
          - {name: b, port: 8080, protocol: HTTP}
          - {name: broken, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: none}]}}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: ListenerSet
        metadata: {name: more, namespace: shop}
        spec:
          parentRef: {name: edge}
          listeners:
          - {name: c, port: 81, protocol: HTTP}
        """

    /// A proxy that has taken everything, but for what a case changes.
    private static func proxy(
        _ node: String, _ change: (inout ProxyDelivery) -> Void = { _ in }
    ) -> ProxyDelivery {
        var proxy = ProxyDelivery(node: node, address: "10.0.0.7")
        for name in ["http-80", "http-8080", "http-81"] {
            proxy.listeners[name] = .acknowledged
            proxy.routeConfigurations[name] = .acknowledged
            proxy.bound.insert(name)
        }
        change(&proxy)
        return proxy
    }

    /// What a case of the table comes to: status and reason by what is judged.
    struct Outcome: Equatable {
        var gateway: String
        var a: String
        var b: String
        var set: String
    }

    private func outcome(_ proxies: [ProxyDelivery]?, bind: String = "0.0.0.0") throws -> (
        Outcome, ObjectStatus
    ) {
        var options = TranslationOptions()
        options.bindAddress = bind
        let translator = Translator(
            plugins: try PluginRegistry(BuiltIn.plugins), options: options)
        _ = translator.apply(upserted: try Manifest.objects(Self.manifest))
        let asks: ((ObjectReference) -> [ProxyDelivery])? = proxies.map { proxies in
            { $0 == Self.edge ? proxies : [] }
        }
        let gateway = try #require(translator.status(of: Self.edge, proxies: asks))
        let set = try #require(translator.status(of: Self.set, proxies: asks))
        func programmed(_ conditions: [Condition]) -> String {
            conditions.filter { $0.type == .programmed }.map {
                "\($0.status.rawValue) \($0.reason)"
            }
            .joined()
        }
        return (
            Outcome(
                gateway: programmed(gateway.conditions),
                a: programmed(gateway.listeners[0].conditions),
                b: programmed(gateway.listeners[1].conditions), set: programmed(set.conditions)),
            gateway
        )
    }

    private static let good = "True Programmed"
    private static let pending = "False Pending"

    @Test func theTable() throws {
        let inUse = "listener http-8080 cannot listen on 0.0.0.0:8080: the address is in use"
        let envoys = "Error adding/updating listener(s) http-8080: cannot bind '0.0.0.0:8080': "
        let noAddress = envoys + "Cannot assign requested address"
        let cases: [(name: String, proxies: [ProxyDelivery]?, expected: Outcome)] = [
            (
                "nobody asks", nil,
                .init(gateway: Self.good, a: Self.good, b: Self.good, set: Self.good)
            ),
            (
                "nobody is connected", [],
                .init(gateway: Self.pending, a: Self.pending, b: Self.pending, set: Self.pending)
            ),
            (
                "all has been taken", [Self.proxy("x"), Self.proxy("y")],
                .init(gateway: Self.good, a: Self.good, b: Self.good, set: Self.good)
            ),
            (
                "one of two waits",
                [Self.proxy("x"), Self.proxy("y") { $0.listeners["http-8080"] = nil }],
                .init(gateway: Self.pending, a: Self.good, b: Self.pending, set: Self.good)
            ),
            (
                "the routes of a listener wait",
                [Self.proxy("x") { $0.routeConfigurations["http-80"] = nil }],
                .init(gateway: Self.pending, a: Self.pending, b: Self.good, set: Self.good)
            ),
            (
                "no virtual hosts yet", [Self.proxy("x") { $0.awaitsVirtualHosts = true }],
                .init(gateway: Self.pending, a: Self.pending, b: Self.pending, set: Self.pending)
            ),
            (
                "routes on their way stop nothing that is served",
                [
                    Self.proxy("x") {
                        $0.routeConfigurations["http-80"] = nil
                        $0.served = ["http-80"]
                    }
                ], .init(gateway: Self.good, a: Self.good, b: Self.good, set: Self.good)
            ),
            (
                "Envoy cannot bind one port, and takes the rest",
                [
                    Self.proxy("x") {
                        $0.listeners["http-8080"] = .refused(envoys + "Address already in use")
                        $0.refusals = [envoys + "Address already in use"]
                    }
                ],
                .init(
                    gateway: "False Invalid", a: Self.good, b: "False PortUnavailable",
                    set: Self.good)
            ),
            (
                "an agent cannot bind one port, and takes the rest",
                [
                    Self.proxy("x") {
                        $0.listeners["http-8080"] = .refused(inUse)
                        $0.refusals = [inUse]
                    }
                ],
                .init(
                    gateway: "False Invalid", a: Self.good, b: "False PortUnavailable",
                    set: Self.good)
            ),
            (
                "an agent refuses a cluster, and goes on with what it serves",
                [
                    Self.proxy("x") {
                        $0.refusals = ["cluster shop/web/80 is bad"]
                        $0.obstacle = "cluster shop/web/80 is bad"
                        $0.served = ["http-80", "http-81"]
                    }
                ],
                .init(gateway: "False Invalid", a: Self.good, b: "False Invalid", set: Self.good)
            ),
            (
                "the address is no machine's",
                [Self.proxy("x") { $0.refusals = [noAddress] }],
                .init(
                    gateway: "False AddressNotUsable", a: Self.good, b: "False PortUnavailable",
                    set: Self.good)
            ),
            (
                "a refusal of something else",
                [
                    Self.proxy("x") {
                        $0.listeners["http-80"] = .refused("field x is not served")
                        $0.refusals = ["field x is not served"]
                    }
                ], .init(gateway: "False Invalid", a: "False Invalid", b: Self.good, set: Self.good)
            ),
            (
                "a refusal counts for more than a wait",
                [
                    Self.proxy("x") { $0.listeners["http-80"] = nil },
                    Self.proxy("y") { $0.listeners["http-80"] = .refused("no") },
                ], .init(gateway: "False Invalid", a: "False Invalid", b: Self.good, set: Self.good)
            ),
            (
                "a set's own port",
                [Self.proxy("x") { $0.listeners["http-81"] = .refused("http-81: cannot bind") }],
                .init(
                    gateway: Self.good, a: Self.good, b: Self.good, set: "False PortUnavailable")
            ),
        ]
        for entry in cases {
            let (found, _) = try outcome(entry.proxies)
            #expect(found == entry.expected, "\(entry.name)")
        }
    }

    @Test func aMessageSaysHowToGoOn() throws {
        func message(_ proxies: [ProxyDelivery]) throws -> String? {
            try outcome(proxies).1.conditions.first { $0.type == .programmed }?.message
        }
        #expect(
            try message([])
                == "no proxy of shop/edge is connected; start one: heddle-agent --gateway shop/edge "
                + "--xds-address HOST:PORT")
        let words = try message([
            Self.proxy("gateway~shop~edge~1") { $0.listeners["http-80"] = .refused("no") }
        ])
        #expect(words == "listeners not programmed: a; proxy gateway~shop~edge~1 refuses it: no")
    }

    @Test func everyJudgementNamesTheGeneration() throws {
        for proxies in [[], [Self.proxy("x")]] {
            let status = try outcome(proxies).1
            let conditions = status.conditions + status.listeners.flatMap(\.conditions)
            #expect(conditions.allSatisfy { $0.observedGeneration == 7 })
        }
    }

    // MARK: Addresses

    private func addresses(_ proxies: [ProxyDelivery]?, bind: String) throws -> [String] {
        try outcome(proxies, bind: bind).1.addresses.compactMap(\.value)
    }

    @Test func theAddressesAreThoseThatAreBound() throws {
        let other = ProxyDelivery(node: "y", address: "10.0.0.8")
        #expect(try addresses([], bind: "0.0.0.0").isEmpty)
        #expect(try addresses([], bind: "127.0.0.1").isEmpty)
        // A proxy that listens at every address is reached at the one that it comes from.
        #expect(try addresses([Self.proxy("x")], bind: "0.0.0.0") == ["10.0.0.7"])
        #expect(try addresses([Self.proxy("x")], bind: "::") == ["10.0.0.7"])
        #expect(try addresses([Self.proxy("x")], bind: "127.0.0.1") == ["127.0.0.1"])
        #expect(try addresses([Self.proxy("x"), other], bind: "0.0.0.0") == ["10.0.0.7"])
        #expect(try addresses([other], bind: "127.0.0.1").isEmpty)
    }

    @Test func aGatewayWhoseAddressNobodyKnowsIsNotProgrammed() throws {
        let found = try outcome([Self.proxy("x") { $0.address = nil }]).0
        #expect(found.gateway == "False AddressNotAssigned")
        #expect(found.a == Self.good)
    }

    // MARK: Names in words

    @Test(arguments: [
        ("listener http-80 cannot listen", true), ("http-80: cannot bind", true),
        ("Error updating listener(s) http-80,http-81: no", true), ("'http-80'", true),
        ("http-8080: cannot bind", false), ("xhttp-80", false), ("http-80@10.0.0.1: no", false),
        ("", false),
    ])
    func wordsNameAWholeName(_ words: String, _ names: Bool) {
        #expect(words.names(resource: "http-80") == names)
    }

    // MARK: Waypoints

    @Test func aWaypointIsProgrammedByItsProxies() throws {
        let translator = Translator(plugins: try PluginRegistry(BuiltIn.plugins))
        _ = translator.apply(
            upserted: try Manifest.objects(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: way, namespace: shop}
                spec:
                  gatewayClassName: heddle-waypoint
                  listeners: [{name: mesh, port: 15008, protocol: HBONE}]
                """))
        let way = ObjectReference(.gateway, namespace: "shop", name: "way")
        var proxy = ProxyDelivery(node: "w", address: "10.0.0.9")
        func programmed(_ proxies: [ProxyDelivery]) -> String? {
            let status = translator.status(of: way) { _ in proxies }
            return status?.conditions.first { $0.type == .programmed }.map {
                "\($0.status.rawValue) \($0.reason)"
            }
        }
        #expect(programmed([]) == Self.pending)
        #expect(programmed([proxy]) == Self.pending)
        proxy.listeners["waypoint"] = .acknowledged
        proxy.routeConfigurations["waypoint"] = .acknowledged
        proxy.bound = ["waypoint"]
        #expect(programmed([proxy]) == Self.good)
    }
}
