import Discovery
import GRPC
import Logging
import XDS

/// The discovery services: carry the machines' messages and decide nothing.
///
/// Source: `envoy.service.discovery.v3.AggregatedDiscoveryService` and the services of each type.
struct DiscoveryServices: Sendable {
    /// A service of one type.
    private struct Single {
        var path: String
        var type: ResourceType
        var stream: String?
        var delta: String
    }

    private static let aggregated = "/envoy.service.discovery.v3.AggregatedDiscoveryService/"

    private static let singles: [Single] = [
        Single(
            path: "/envoy.service.listener.v3.ListenerDiscoveryService/", type: .listener,
            stream: "StreamListeners", delta: "DeltaListeners"),
        Single(
            path: "/envoy.service.route.v3.RouteDiscoveryService/", type: .routeConfiguration,
            stream: "StreamRoutes", delta: "DeltaRoutes"),
        Single(
            path: "/envoy.service.route.v3.VirtualHostDiscoveryService/", type: .virtualHost,
            stream: nil, delta: "DeltaVirtualHosts"),
        Single(
            path: "/envoy.service.cluster.v3.ClusterDiscoveryService/", type: .cluster,
            stream: "StreamClusters", delta: "DeltaClusters"),
        Single(
            path: "/envoy.service.endpoint.v3.EndpointDiscoveryService/", type: .endpoints,
            stream: "StreamEndpoints", delta: "DeltaEndpoints"),
        Single(
            path: "/envoy.service.secret.v3.SecretDiscoveryService/", type: .secret,
            stream: "StreamSecrets", delta: "DeltaSecrets"),
    ]

    let cache: SnapshotCache
    let proxies: ConnectedProxies
    let configuration: DiscoveryServerConfiguration
    let logger: Logger
    let alarms: AlarmClock
    private let sharing = SharedStreams()
    private let count: StreamCount

    init(
        cache: SnapshotCache, proxies: ConnectedProxies,
        configuration: DiscoveryServerConfiguration, alarms: AlarmClock, logger: Logger
    ) {
        self.cache = cache
        self.proxies = proxies
        self.configuration = configuration
        self.alarms = alarms
        self.logger = logger
        count = StreamCount(configuration.limits)
    }

    /// The methods by path, for a server.
    var handlers: [String: GRPCServer.Handler] {
        var handlers: [String: GRPCServer.Handler] = [
            Self.aggregated + "StreamAggregatedResources": sotw(nil),
            Self.aggregated + "DeltaAggregatedResources": delta(nil),
        ]
        for single in Self.singles {
            if let stream = single.stream { handlers[single.path + stream] = sotw(single.type) }
            handlers[single.path + single.delta] = delta(single.type)
        }
        return handlers
    }

    private func sotw(_ type: ResourceType?) -> GRPCServer.Handler {
        { call in try await serve(call, type, SotWServerStream.self) }
    }

    private func delta(_ type: ResourceType?) -> GRPCServer.Handler {
        { call in try await serve(call, type, DeltaServerStream.self) }
    }

    private func serve<Machine: ServerMachine & ~Copyable>(
        _ call: GRPCServerCall, _ onlyType: ResourceType?, _ machine: Machine.Type
    ) async throws {
        try count.add(connection: call.peer)
        defer { count.remove(connection: call.peer) }
        guard let message = try await call.receive() else { return }
        let first = try DiscoveryStream<Machine>.decoded(message)
        guard let node = Machine.node(of: first) else {
            throw GRPCStatus(
                .invalidArgument, "the first request of a stream must carry the node")
        }
        let group = cache.group(of: node) ?? ProxyGroup(node.id)
        let logger = logger(for: node, group, call)
        do {
            try configuration.authorization.authorize(call.peerIdentity, group)
        } catch {
            logger.warning("proxy refused", metadata: ["reason": "\(error.message)"])
            throw GRPCStatus(.permissionDenied, error.message)
        }
        let stream = DiscoveryStream<Machine>(
            call: call, node: node, group: group, onlyType: onlyType,
            limits: configuration.limits, sharing: sharing, alarms: alarms)
        try await run(stream, first: first, logger)
    }

    private func run<Machine: ServerMachine & ~Copyable>(
        _ stream: DiscoveryStream<Machine>, first: Machine.Request, _ logger: Logger
    ) async throws {
        let form = RouteForm(of: stream.node, isDelta: Machine.variant == .delta)
        let watch = cache.watch(stream.group, form: form) { snapshot, names in
            stream.changed(to: snapshot, names)
        }
        let handle = proxies.add(stream.entry(isKnown: watch.isKnown))
        defer {
            cache.stopWatching(watch.handle, group: stream.group)
            proxies.remove(handle)
        }
        if watch.isKnown {
            logger.info("proxy connected", metadata: ["stream": "\(Machine.variant)"])
        } else {
            logger.warning("proxy of an unknown group connected; it gets an empty snapshot")
        }
        do {
            try await stream.run(first: first) { rejection in
                proxies.refused(rejection, node: stream.node.id)
                logger.warning(
                    "proxy refused an update",
                    metadata: ["type": "\(rejection.type)", "reason": "\(rejection.message)"])
            }
            logger.info("proxy disconnected")
        } catch let status as GRPCStatus where status.code != .cancelled {
            logger.warning("stream ended", metadata: ["reason": "\(status)"])
            throw status
        } catch {
            logger.info("proxy disconnected", metadata: ["reason": "\(error)"])
            throw error
        }
    }

    private func logger(
        for node: Node, _ group: ProxyGroup, _ call: GRPCServerCall
    ) -> Logger {
        var logger = logger
        logger[metadataKey: "node"] = "\(node.id)"
        logger[metadataKey: "group"] = "\(group)"
        logger[metadataKey: "peer"] = "\(call.peer)"
        return logger
    }
}

extension DiscoveryStream where Machine: ~Copyable {
    fileprivate func entry(isKnown: Bool) -> ConnectedProxies.Entry {
        ConnectedProxies.Entry(
            proxy: ProxyStatus(
                node: node, group: group, peer: peer, identity: identity,
                variant: Machine.variant, connectedAt: connectedAt, isKnown: isKnown, types: []),
            progress: { self.progress }, resources: { self.clientResources })
    }
}
