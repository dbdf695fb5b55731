import Discovery
import GRPC
import HeddleXDS
import Logging
import Testing
import XDS

/// A discovery server with a client, over loopback.
private struct Fixture {
    static let delta =
        "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
    static let sotw =
        "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"

    let cache = SnapshotCache()
    let server: DiscoveryServer

    var proxies: ConnectedProxies { server.proxies }

    init() {
        var configuration = DiscoveryServerConfiguration()
        configuration.shutdownGrace = .zero
        server = DiscoveryServer(
            cache: cache, configuration: configuration,
            logger: Logger(label: "test", factory: SwiftLogNoOpLogHandler.init))
    }

    /// Runs the server while `body` talks to it.
    func serve(_ body: (GRPCChannel) async throws -> Void) async throws {
        let port = try server.start()[0]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            defer {
                channel.close()
                server.shutdown()
            }
            try await body(channel)
        }
    }
}

extension GRPCClientCall {
    fileprivate func send(_ request: DeltaDiscoveryRequest) async throws {
        try await send(GRPCMessage(copying: request.encoded()))
    }

    fileprivate func send(_ request: DiscoveryRequest) async throws {
        try await send(GRPCMessage(copying: request.encoded()))
    }

    fileprivate func delta() async throws -> DeltaDiscoveryResponse {
        let message = try #require(try await receive())
        return try DeltaDiscoveryResponse(decoding: message.bytes)
    }

    fileprivate func sotw() async throws -> DiscoveryResponse {
        let message = try #require(try await receive())
        return try DiscoveryResponse(decoding: message.bytes)
    }
}

@Suite struct DiscoveryServerTests {
    private let fixture = Fixture()
    private let node = Node(id: "gateway~bookinfo~proxy~1", cluster: "bookinfo/proxy")
    private let group = ProxyGroup(gateway: "proxy", namespace: "bookinfo")

    private func cluster(_ name: String, connect: Duration = .seconds(1)) -> EncodedResource {
        EncodedResource(Cluster(name: name, connectTimeout: connect))
    }

    @Test func sendsADeltaClientOnlyWhatChanged() async throws {
        fixture.cache.updateResources([cluster("a"), cluster("b")], of: group)
        try await fixture.serve { channel in
            try await channel.withCall(Fixture.delta) { call in
                try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                let first = try await call.delta()
                #expect(first.resources.map(\.name) == ["a", "b"])
                try await call.send(
                    DeltaDiscoveryRequest(type: .cluster, responseNonce: first.nonce))
                fixture.cache.updateResources([cluster("b", connect: .seconds(2))], of: group)
                let second = try await call.delta()
                #expect(second.resources.map(\.name) == ["b"])
            }
        }
    }

    @Test func sendsAStateOfTheWorldClientTheWholeSet() async throws {
        fixture.cache.updateResources([cluster("a"), cluster("b")], of: group)
        try await fixture.serve { channel in
            try await channel.withCall(Fixture.sotw) { call in
                try await call.send(DiscoveryRequest(node: node, type: .cluster))
                let first = try await call.sotw()
                #expect(first.resources.count == 2)
                try await call.send(
                    DiscoveryRequest(
                        versionInfo: first.versionInfo, type: .cluster, responseNonce: first.nonce))
                fixture.cache.updateResources([cluster("b", connect: .seconds(2))], of: group)
                let second = try await call.sotw()
                #expect(second.resources.count == 2)
                #expect(second.versionInfo != first.versionInfo)
            }
        }
    }

    @Test func keepsTheReasonOfARefusal() async throws {
        fixture.cache.updateResources([cluster("a")], of: group)
        try await fixture.serve { channel in
            try await channel.withCall(Fixture.delta) { call in
                try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                let first = try await call.delta()
                try await call.send(
                    DeltaDiscoveryRequest(
                        type: .cluster, responseNonce: first.nonce,
                        errorDetail: RPCStatus(code: 3, message: "no such thing")))
                // The answer to a further change shows that the refusal has been read.
                fixture.cache.updateResources([cluster("b")], of: group)
                _ = try await call.delta()
                #expect(fixture.proxies.refusals.map(\.reason) == ["no such thing"])
                #expect(fixture.proxies.statuses.first?.node.id == node.id)
            }
        }
    }

    @Test func servesAProxyThatComesBeforeItsGateway() async throws {
        try await fixture.serve { channel in
            try await channel.withCall(Fixture.delta) { call in
                try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                let empty = try await call.delta()
                #expect(empty.resources.isEmpty)
                #expect(fixture.proxies.statuses.first?.isKnown == false)
                try await call.send(
                    DeltaDiscoveryRequest(type: .cluster, responseNonce: empty.nonce))
                fixture.cache.updateResources([cluster("a")], of: group)
                #expect(try await call.delta().resources.map(\.name) == ["a"])
            }
        }
    }

    @Test func refusesAStreamWithoutANode() async throws {
        try await fixture.serve { channel in
            let failure = await #expect(throws: GRPCStatus.self) {
                try await channel.withCall(Fixture.delta) { call in
                    try await call.send(DeltaDiscoveryRequest(type: .cluster))
                    _ = try await call.receive()
                }
            }
            #expect(failure?.code == .invalidArgument)
        }
    }

    @Test func endsAStreamThatSendsGarbage() async throws {
        try await fixture.serve { channel in
            let failure = await #expect(throws: GRPCStatus.self) {
                try await channel.withCall(Fixture.sotw) { call in
                    try await call.send(GRPCMessage(copying: [0xff, 0xff, 0xff]))
                    _ = try await call.receive()
                }
            }
            #expect(failure?.code == .invalidArgument)
        }
    }

    @Test func forgetsAClientThatIsGone() async throws {
        try await fixture.serve { channel in
            try await channel.withCall(Fixture.delta) { call in
                try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                _ = try await call.delta()
                try await call.finishSending()
                #expect(try await call.receive() == nil)
            }
            #expect(fixture.proxies.statuses.isEmpty)
        }
    }
}
