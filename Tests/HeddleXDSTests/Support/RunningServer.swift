import Discovery
import GRPC
import HeddleXDS
import Logging
import Testing
import XDS

/// All tests of the library, one after the other: some of them count what lives in the process.
@Suite(.serialized) enum HeddleXDSSuite {}

/// The group of the tests' proxies, and a proxy of it.
extension ProxyGroup {
    static let test = ProxyGroup("test/proxy")
}

extension Node {
    static let test = Node(id: "proxy-1", cluster: "test/proxy")
}

/// A discovery server that runs.
struct RunningServer {
    let server: DiscoveryServer
    let port: Int

    var cache: SnapshotCache { server.cache }
    var proxies: ConnectedProxies { server.proxies }

    /// What a test mostly asks: how the only proxy stands with a type.
    func status(_ type: ResourceType) -> ProxyStatus.TypeStatus? {
        proxies.statuses.flatMap(\.types).first { $0.type == type }
    }

    /// Waits until the only proxy has acknowledged all that it should have of the types.
    func untilSynced(_ types: ResourceType...) async throws {
        for type in types {
            try await eventually("\(type) synced") { status(type)?.state == .synced }
        }
    }

    /// Waits until no stream is left.
    func untilNobodyIsConnected() async throws {
        try await eventually("nobody is connected") { proxies.count == 0 }
    }
}

/// Runs a server on a port of 127.0.0.1 while `body` runs.
func withServer<R>(
    _ cache: SnapshotCache = SnapshotCache(), port: Int = 0,
    _ adjust: (inout DiscoveryServerConfiguration) -> Void = { _ in },
    _ body: (RunningServer) async throws -> R
) async throws -> R {
    var configuration = DiscoveryServerConfiguration(addresses: ["127.0.0.1:\(port)"])
    configuration.shutdownGrace = .zero
    adjust(&configuration)
    let server = DiscoveryServer(
        cache: cache, configuration: configuration,
        logger: Logger(label: "test", factory: SwiftLogNoOpLogHandler.init))
    let bound = try server.start()[0]
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(RunningServer(server: server, port: bound)))
        } catch {
            result = .failure(error)
        }
        server.shutdown()
        try await group.waitForAll()
        return try result.get()
    }
}

extension RunningServer {
    /// Opens a channel while `body` runs.
    func withChannel<R>(
        _ configuration: GRPCChannelConfiguration = .init(),
        _ body: (GRPCChannel) async throws -> R
    ) async throws -> R {
        let channel = GRPCChannel(target: "127.0.0.1:\(port)", configuration: configuration)
        defer { channel.close() }
        return try await body(channel)
    }
}

extension EncodedResource {
    /// A cluster with endpoints of its name; `edition` makes it another content.
    static func cluster(_ name: String, _ edition: Int = 1) -> EncodedResource {
        EncodedResource(Cluster(name: name, connectTimeout: .seconds(edition)))
    }

    /// Endpoints at one address.
    static func endpoints(_ name: String, port: Int = 1) -> EncodedResource {
        let endpoint = LbEndpoint(
            address: SocketAddress(address: "127.0.0.1", port: UInt32(port)))
        return EncodedResource(
            ClusterLoadAssignment(
                clusterName: name, endpoints: [LocalityLbEndpoints(lbEndpoints: [endpoint])]))
    }

    /// A resource of any type that is a name and nothing else.
    static func named(_ name: String, _ type: ResourceType) -> EncodedResource {
        let text = Array(name.utf8)
        return EncodedResource(
            type: type, name: name, message: [1 << 3 | 2, UInt8(text.count)] + text)
    }
}
