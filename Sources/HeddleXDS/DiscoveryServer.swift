public import Discovery
import GRPC
public import Logging
import XDS

/// A server of the discovery services over a ``Discovery/SnapshotCache``.
///
/// `start()` binds its ports, `run()` serves until `shutdown()`. What is put into the cache goes
/// to every stream that has asked for it; nothing else has to be called.
public final class DiscoveryServer: Sendable {
    /// Who is connected, and how far each is.
    public let proxies = ConnectedProxies()
    /// Where the snapshots are.
    public let cache: SnapshotCache

    private let services: DiscoveryServices
    private let serving = ServingState()
    private let configuration: DiscoveryServerConfiguration
    private let server: GRPCServer

    /// A server that has not started.
    ///
    /// - Parameter cache: The snapshots; may be shared with other servers.
    /// - Parameter configuration: What the server is to be like.
    /// - Parameter logger: Told of proxies that come and go, and of what they refuse.
    public init(
        cache: SnapshotCache, configuration: DiscoveryServerConfiguration = .init(),
        logger: Logger
    ) {
        self.cache = cache
        self.configuration = configuration
        services = DiscoveryServices(
            cache: cache, proxies: proxies, configuration: configuration, logger: logger)
        let status = ClientStatusService(
            proxies: proxies, authorization: configuration.authorization)
        let health = HealthService(
            services: Set(ServedServices.all.map(\.fullName)), serving: serving)
        let handlers = [status.handlers, health.handlers, ReflectionService().handlers]
        server = GRPCServer(
            configuration: Self.serverConfiguration(configuration, logger),
            handlers: handlers.reduce(into: [:]) { $0.merge($1) { $1 } },
            callbackHandlers: services.handlers)
    }

    /// Binds the addresses. Streams wait from now on until `run()` takes them.
    ///
    /// - Returns: The ports, in the order of the addresses.
    /// - Throws: `GRPCStatus`: `failedPrecondition` for plain text on an address that is not
    ///   loopback, `unavailable` for an address in use, `invalidArgument` for an address that is
    ///   none of this machine's or a certificate that cannot be used.
    @discardableResult
    public func start() throws -> [Int] {
        try checkSecrecy()
        return try server.start()
    }

    /// Serves until `shutdown()`, or until the task is cancelled; starts the server if that has
    /// not been done.
    ///
    /// - Throws: What `start()` throws.
    public func run() async throws {
        try checkSecrecy()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.services.alarms.run() }
            for _ in 0..<Self.workers {
                group.addTask { await self.services.works.run() }
            }
            defer {
                services.works.close()
                group.cancelAll()
            }
            try await server.run()
        }
    }

    /// Refuses new streams; running ones get the grace and are then broken off.
    public func shutdown() {
        serving.end()
        server.shutdown()
    }

    private func checkSecrecy() throws {
        if configuration.credentials == .insecure, !configuration.allowsPlaintext,
            let open = configuration.addresses.first(where: { !Self.isLoopback($0) })
        {
            throw GRPCStatus(
                .failedPrecondition,
                "plain text on \(open) lets anybody there read the configuration; give the server "
                    + "a certificate, listen on 127.0.0.1, or set allowsPlaintext")
        }
    }

    /// Calls of a connection at a time beside its streams: refused streams, status, health.
    private static let callsBeyondTheLimit = 64

    /// One writes while the other reads what takes long.
    private static let workers = 2

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address.hasPrefix("localhost:")
            || address.hasPrefix("[::1]:") || address.hasPrefix("unix:")
    }

    private static func serverConfiguration(
        _ configuration: DiscoveryServerConfiguration, _ logger: Logger
    ) -> GRPCServerConfiguration {
        var server = GRPCServerConfiguration(
            addresses: configuration.addresses, credentials: configuration.credentials)
        server.maxReceiveMessageBytes = configuration.limits.messageBytes
        // More than the limit, so that a stream over it learns why; the rest waits in the client.
        server.maxConcurrentStreamsPerConnection =
            configuration.limits.streamsPerConnection + Self.callsBeyondTheLimit
        server.shutdownGrace = configuration.shutdownGrace
        server.onHandlerError = { path, error in
            logger.error("call failed", metadata: ["path": "\(path)", "error": "\(error)"])
        }
        return server
    }
}
