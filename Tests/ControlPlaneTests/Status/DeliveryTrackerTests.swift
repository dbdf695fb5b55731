import GRPC
import GatewayAPI
import Testing
import Translation
import XDS

@testable import ControlPlane
@testable import Discovery
@testable import HeddleXDS

/// A proxy that says what a test wants it to say, over a real stream.
@Suite struct DeliveryTrackerTests {
    private static let edge = ObjectReference(.gateway, namespace: "shop", name: "edge")

    /// One stream of a proxy.
    private struct Proxy {
        let call: GRPCClientCall
        let node: Node

        init(_ call: GRPCClientCall, _ name: String, agent: String) async throws {
            self.call = call
            node = Node(id: name, cluster: "shop/edge", userAgentName: agent)
        }

        /// Asks for types, all of each.
        func subscribe(_ types: [ResourceType]) async throws {
            for type in types { try await send(DeltaDiscoveryRequest(node: node, type: type)) }
        }

        /// Takes responses and answers them, until one of a type came.
        ///
        /// - Parameter refuse: Why a response is refused; nil takes it.
        func answer(
            until type: ResourceType, _ refuse: (DeltaDiscoveryResponse) -> String? = { _ in nil }
        ) async throws {
            while let message = try await call.receive() {
                let response = try DeltaDiscoveryResponse(decoding: message.bytes)
                var request = DeltaDiscoveryRequest(type: response.type)
                request.responseNonce = response.nonce
                if let reason = refuse(response) {
                    request.errorDetail = RPCStatus(code: 13, message: reason)
                }
                if response.type == .listener {
                    // As proxies do: the good ones are taken, and what they need is asked for.
                    let words = request.errorDetail?.message ?? ""
                    var routes = DeltaDiscoveryRequest(type: .routeConfiguration)
                    routes.resourceNamesSubscribe = response.resources.map(\.name)
                        .filter { !words.names(resource: $0) }
                    try await send(routes)
                }
                try await send(request)
                if response.type == type { return }
            }
            Issue.record("the stream has ended")
        }

        private func send(_ request: DeltaDiscoveryRequest) async throws {
            try await call.send(GRPCMessage(copying: request.encoded()))
        }
    }

    private func connect(
        _ fixture: StatusFixture, port: Int, _ name: String = "gateway~shop~edge~1",
        agent: String = "envoy", _ body: (Proxy) async throws -> Void
    ) async throws {
        let channel = GRPCChannel(target: "127.0.0.1:\(port)")
        defer { channel.close() }
        let path =
            "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
        try await channel.withCall(path) { call in
            try await body(try await Proxy(call, name, agent: agent))
        }
    }

    private func serve(
        _ body: (StatusFixture, Int) async throws -> Void
    ) async throws {
        let fixture = try StatusFixture()
        let port = try fixture.discovery.start()[0]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await fixture.discovery.run() }
            defer { fixture.discovery.shutdown() }
            try await fixture.run { try await body(fixture, port) }
        }
    }

    private func condition(_ fixture: StatusFixture, listener: Int? = nil) -> String {
        let status = fixture.store.entry(Self.edge)?.status
        let list =
            listener.map { status?["listeners"]?[$0]?["conditions"] } ?? status?["conditions"]
        let found = (list?.array ?? []).compactMap(Condition.init(json:))
            .first { $0.type == .programmed }
        return found.map { "\($0.status.rawValue) \($0.reason)" } ?? "nothing"
    }

    private static let twoListeners = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: shop}
        spec:
          gatewayClassName: heddle
          listeners:
          - {name: a, port: 80, protocol: HTTP}
          - {name: b, port: 8080, protocol: HTTP}

        """

    @Test(.timeLimit(.minutes(5)))
    func programmedFollowsWhatTheProxiesTake() async throws {
        try await serve { fixture, port in
            fixture.apply(Manifest.gateway() + Manifest.service() + Manifest.route("r"))
            try await fixture.wait { condition(fixture) == "False Pending" }
            try await connect(fixture, port: port) { proxy in
                try await proxy.subscribe([.cluster, .listener])
                // It waits: the listener is not acknowledged, then its routes are not.
                try await proxy.answer(until: .listener)
                #expect(condition(fixture) == "False Pending")
                try await proxy.answer(until: .routeConfiguration)
                try await fixture.wait { condition(fixture) == "True Programmed" }
                let addresses = fixture.store.entry(Self.edge)?.status["addresses"]
                #expect(addresses?[0]?["value"] == "127.0.0.1")

                // Another proxy comes, and has not answered: not every one serves it.
                try await connect(fixture, port: port, "gateway~shop~edge~2") { other in
                    try await other.subscribe([.cluster, .listener])
                    try await fixture.wait { condition(fixture) == "False Pending" }
                    try await other.answer(until: .listener)
                    try await other.answer(until: .routeConfiguration)
                    try await fixture.wait { condition(fixture) == "True Programmed" }
                }
                // It goes; the one that is left serves.
                try await fixture.wait { fixture.discovery.proxies.count == 1 }
                #expect(condition(fixture) == "True Programmed")
            }
            // Nobody is left.
            try await fixture.wait { condition(fixture) == "False Pending" }
            try await fixture.wait {
                fixture.store.entry(Self.edge)?.status["addresses"] == nil
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func aRefusalIsToldWithTheProxysWords() async throws {
        try await serve { fixture, port in
            fixture.apply(Self.twoListeners)
            try await connect(fixture, port: port) { proxy in
                try await proxy.subscribe([.cluster, .listener])
                let words =
                    "Error adding/updating listener(s) http-8080: cannot bind '0.0.0.0:8080': "
                    + "Address already in use"
                try await proxy.answer(until: .listener) { response in
                    response.type == .listener ? words : nil
                }
                try await proxy.answer(until: .routeConfiguration)
                try await fixture.wait { condition(fixture, listener: 0) == "True Programmed" }
                #expect(condition(fixture, listener: 1) == "False PortUnavailable")
                let messages = fixture.store.entry(Self.edge)?.status.text ?? ""
                #expect(messages.contains("proxy gateway~shop~edge~1 refuses it: \(words)"))
                #expect(condition(fixture) == "False Invalid")

                // Mended: the port is another.
                fixture.apply(Self.twoListeners.replacing("8080", with: "8081"))
                try await proxy.answer(until: .routeConfiguration)
                try await fixture.wait { condition(fixture) == "True Programmed" }
            }
        }
    }

    // MARK: Pure

    private static func answers(
        _ types: [ResourceType: ClientAnswers], agent: String = "envoy",
        connectedAt: ContinuousClock.Instant = .now
    ) -> ProxyAnswers {
        let node = Node(id: "x", cluster: "shop/edge", userAgentName: agent)
        return ProxyAnswers(
            proxy: ProxyStatus(
                node: node, group: ProxyGroup("shop/edge"), peer: "ipv4:10.0.0.7:1",
                variant: .delta, connectedAt: connectedAt, isKnown: true, types: []),
            types: types)
    }

    private static func held(
        _ resources: [EncodedResource], _ state: ClientResource.State = .synced,
        rejection: String? = nil, isWaiting: Bool = false
    ) -> ClientAnswers {
        var answers = ClientAnswers()
        answers.acknowledged = 1
        answers.isWaiting = isWaiting
        answers.rejection = rejection
        answers.resources = resources.map { ClientResource(resource: $0, state: state) }
        return answers
    }

    private static func listener(_ name: String, port: UInt32 = 80) -> EncodedResource {
        EncodedResource(
            Listener(name: name, address: SocketAddress(address: "0.0.0.0", port: port)))
    }

    private static func routes(_ name: String) -> EncodedResource {
        EncodedResource(RouteConfiguration(name: name))
    }

    @Test func whatIsServedStaysServedUntilItIsAnother() {
        let old = [Self.listener("http-80"), Self.routes("http-80")]
        var memory: DeliveryTracker.Memory?
        let start = ContinuousClock.now
        func look(
            _ snapshot: [EncodedResource], _ types: [ResourceType: ClientAnswers],
            at time: ContinuousClock.Instant? = nil
        ) -> ProxyDelivery? {
            let former = memory
            return DeliveryTracker.delivery(
                of: "x", [Self.answers(types, agent: "heddle-agent", connectedAt: time ?? start)],
                Snapshot(snapshot), former, remembering: &memory)
        }
        // Its routes are not there yet.
        var seen = look(old, [.listener: Self.held([old[0]])])
        #expect(seen?.served == [] && seen?.bound == [])
        let whole = [
            ResourceType.listener: Self.held([old[0]]),
            .routeConfiguration: Self.held([old[1]]),
        ]
        seen = look(old, whole)
        #expect(seen?.served == ["http-80"] && seen?.bound == ["http-80"])
        #expect(seen?.address == "10.0.0.7")
        // A refusal that comes later does not stop it; nor do routes on their way.
        var later = whole
        later[.cluster] = Self.held([], rejection: "no")
        later[.routeConfiguration] = Self.held([old[1]], .stale, isWaiting: true)
        seen = look(old, later)
        #expect(seen?.served == ["http-80"] && seen?.obstacle == "no")
        // Another version is to be taken first; the socket stays.
        let new = [Self.listener("http-80", port: 81), old[1]]
        seen = look(new, whole)
        #expect(seen?.served == [] && seen?.bound == ["http-80"])
        #expect(seen?.listeners == [:])
        // A proxy that comes anew is asked anew.
        seen = look(old, later, at: start + .seconds(1))
        #expect(seen?.served == [] && seen?.bound == [])
    }

    @Test func theNewestStreamOfATypeCounts() {
        let one = Self.listener("http-80")
        var memory: DeliveryTracker.Memory?
        let seen = DeliveryTracker.delivery(
            of: "x",
            [
                Self.answers([.listener: Self.held([one], .rejected, rejection: "no")]),
                Self.answers([.listener: Self.held([one])]),
                Self.answers([.cluster: Self.held([])]),
            ], Snapshot([one]), nil, remembering: &memory)
        #expect(seen?.listeners == ["http-80": .acknowledged])
        #expect(seen?.refusals == [])
    }

    @Test(arguments: [
        ("ipv4:127.0.0.1:41234", "127.0.0.1"), ("ipv6:[::1]:41234", "::1"),
        ("ipv6:%5Bfd00::1%5D:1", "fd00::1"), ("unix:/run/x", "127.0.0.1"), ("", nil),
        ("nonsense", nil),
    ])
    func readsTheAddressOfAPeer(_ peer: String, _ address: String?) {
        #expect(DeliveryTracker.address(peer) == address)
    }
}
