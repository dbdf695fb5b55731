import Discovery
import GRPC
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    @Suite struct DiscoveryServerTests {
        private let cache = SnapshotCache()
        private let node = Node(id: "gateway~bookinfo~proxy~1", cluster: "bookinfo/proxy")
        private let group = ProxyGroup(gateway: "proxy", namespace: "bookinfo")

        private func cluster(_ name: String, connect: Duration = .seconds(1)) -> EncodedResource {
            EncodedResource(Cluster(name: name, connectTimeout: connect))
        }

        private func serve(_ body: (ConnectedProxies, GRPCChannel) async throws -> Void)
            async throws
        {
            try await withServer(cache) { server in
                try await server.withChannel { try await body(server.proxies, $0) }
            }
        }

        @Test func sendsADeltaClientOnlyWhatChanged() async throws {
            cache.updateResources([cluster("a"), cluster("b")], of: group)
            try await serve { _, channel in
                try await channel.withCall(Method.delta) { call in
                    try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                    let first = try await call.delta()
                    #expect(first.resources.map(\.name) == ["a", "b"])
                    try await call.send(
                        DeltaDiscoveryRequest(type: .cluster, responseNonce: first.nonce))
                    cache.updateResources([cluster("b", connect: .seconds(2))], of: group)
                    let second = try await call.delta()
                    #expect(second.resources.map(\.name) == ["b"])
                }
            }
        }

        @Test func sendsAStateOfTheWorldClientTheWholeSet() async throws {
            cache.updateResources([cluster("a"), cluster("b")], of: group)
            try await serve { _, channel in
                try await channel.withCall(Method.sotw) { call in
                    try await call.send(DiscoveryRequest(node: node, type: .cluster))
                    let first = try await call.sotw()
                    #expect(first.resources.count == 2)
                    try await call.send(
                        DiscoveryRequest(
                            versionInfo: first.versionInfo, type: .cluster,
                            responseNonce: first.nonce))
                    cache.updateResources([cluster("b", connect: .seconds(2))], of: group)
                    let second = try await call.sotw()
                    #expect(second.resources.count == 2)
                    #expect(second.versionInfo != first.versionInfo)
                }
            }
        }

        @Test func keepsTheReasonOfARefusal() async throws {
            cache.updateResources([cluster("a")], of: group)
            try await serve { proxies, channel in
                try await channel.withCall(Method.delta) { call in
                    try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                    let first = try await call.delta()
                    try await call.send(
                        DeltaDiscoveryRequest(
                            type: .cluster, responseNonce: first.nonce,
                            errorDetail: RPCStatus(code: 3, message: "no such thing")))
                    // The answer to a further change shows that the refusal has been read.
                    cache.updateResources([cluster("b")], of: group)
                    _ = try await call.delta()
                    #expect(proxies.refusals.map(\.reason) == ["no such thing"])
                    #expect(proxies.statuses.first?.node.id == node.id)
                }
            }
        }

        @Test func servesAProxyThatComesBeforeItsGateway() async throws {
            try await serve { proxies, channel in
                try await channel.withCall(Method.delta) { call in
                    try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                    let empty = try await call.delta()
                    #expect(empty.resources.isEmpty)
                    #expect(proxies.statuses.first?.isKnown == false)
                    try await call.send(
                        DeltaDiscoveryRequest(type: .cluster, responseNonce: empty.nonce))
                    cache.updateResources([cluster("a")], of: group)
                    #expect(try await call.delta().resources.map(\.name) == ["a"])
                }
            }
        }

        @Test func refusesAStreamWithoutANode() async throws {
            try await serve { _, channel in
                let failure = await #expect(throws: GRPCStatus.self) {
                    try await channel.withCall(Method.delta) { call in
                        try await call.send(DeltaDiscoveryRequest(type: .cluster))
                        _ = try await call.receive()
                    }
                }
                #expect(failure?.code == .invalidArgument)
            }
        }

        @Test func endsAStreamThatSendsGarbage() async throws {
            try await serve { _, channel in
                let failure = await #expect(throws: GRPCStatus.self) {
                    try await channel.withCall(Method.sotw) { call in
                        try await call.send(GRPCMessage(copying: [0xff, 0xff, 0xff]))
                        _ = try await call.receive()
                    }
                }
                #expect(failure?.code == .invalidArgument)
            }
        }

        @Test func forgetsAClientThatIsGone() async throws {
            try await serve { proxies, channel in
                try await channel.withCall(Method.delta) { call in
                    try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                    _ = try await call.delta()
                    try await call.finishSending()
                    #expect(try await call.receive() == nil)
                }
                #expect(proxies.statuses.isEmpty)
            }
        }
    }
}
