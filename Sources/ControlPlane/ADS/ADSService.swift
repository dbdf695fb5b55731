import Discovery
import GRPC
import Logging
import XDS

/// The aggregated discovery service: carries the machines' messages and decides nothing.
///
/// Source: `envoy.service.discovery.v3.AggregatedDiscoveryService`.
struct ADSService: Sendable {
    private static let service = "/envoy.service.discovery.v3.AggregatedDiscoveryService/"

    private let cache: SnapshotCache
    private let proxies: ConnectedProxies
    private let logger: Logger

    init(cache: SnapshotCache, proxies: ConnectedProxies, logger: Logger) {
        self.cache = cache
        self.proxies = proxies
        self.logger = logger
    }

    /// The methods by path, for a server.
    var handlers: [String: GRPCServer.Handler] {
        [
            Self.service + "StreamAggregatedResources": { call in
                try await serve(call, SotWServerStream.self)
            },
            Self.service + "DeltaAggregatedResources": { call in
                try await serve(call, DeltaServerStream.self)
            },
        ]
    }

    private func serve<Machine: ServerStream & ~Copyable>(
        _ call: GRPCServerCall, _ type: Machine.Type
    ) async throws {
        guard let first = try await call.receive() else { return }
        guard let node = try Self.node(of: first, Machine.self) else {
            throw GRPCStatus(
                .invalidArgument, "the first request of a stream must carry the node")
        }
        let stream = ADSStream<Machine>(
            call: call, node: node, group: ProxyGroup(of: node) ?? ProxyGroup(node.id))
        try await run(stream, first: first)
    }

    private static func node<Machine: ServerStream & ~Copyable>(
        of request: GRPCMessage, _ type: Machine.Type
    ) throws -> Node? {
        do {
            return try Machine.node(of: request)
        } catch {
            throw GRPCStatus(.invalidArgument, "not a discovery request: \(error)")
        }
    }

    private func run<Machine: ServerStream & ~Copyable>(
        _ stream: ADSStream<Machine>, first: GRPCMessage
    ) async throws {
        let form = RouteForm(of: stream.node, isDelta: Machine.form == "delta")
        let watch = cache.watch(stream.group, form: form) { snapshot, names in
            stream.changed(to: snapshot, names)
        }
        let handle = proxies.add(stream.proxy(isKnown: watch.isKnown)) { stream.progress }
        defer {
            cache.stopWatching(watch.handle, group: stream.group)
            proxies.remove(handle)
        }
        let logger = logger(for: stream.node, stream.group)
        if watch.isKnown {
            logger.info("proxy connected", metadata: ["stream": "\(Machine.form)"])
        } else {
            logger.warning("proxy of an unknown gateway connected; it gets an empty snapshot")
        }
        try await stream.run(first: first) { rejection in
            proxies.refused(rejection, node: stream.node.id)
            logger.warning(
                "proxy refused an update",
                metadata: ["type": "\(rejection.type)", "reason": "\(rejection.message)"])
        }
        logger.info("proxy disconnected")
    }

    private func logger(for node: Node, _ group: ProxyGroup) -> Logger {
        var logger = logger
        logger[metadataKey: "node"] = "\(node.id)"
        logger[metadataKey: "group"] = "\(group)"
        return logger
    }
}
