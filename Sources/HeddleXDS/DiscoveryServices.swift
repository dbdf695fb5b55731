import Discovery
import GRPC
import Logging
import XDS

/// The discovery services: carry the machines' messages and decide nothing.
///
/// Source: `envoy.service.discovery.v3.AggregatedDiscoveryService` and the services of each type.
final class DiscoveryServices: Sendable {
    let cache: SnapshotCache
    let proxies: ConnectedProxies
    let configuration: DiscoveryServerConfiguration
    let logger: Logger
    let alarms = AlarmClock()
    let works = WorkQueue()
    let sharing = SharedStreams()
    private let count: StreamCount

    init(
        cache: SnapshotCache, proxies: ConnectedProxies,
        configuration: DiscoveryServerConfiguration, logger: Logger
    ) {
        self.cache = cache
        self.proxies = proxies
        self.configuration = configuration
        self.logger = logger
        count = StreamCount(configuration.limits)
    }

    /// The methods by path, for a server.
    var handlers: [String: GRPCServer.CallbackHandler] {
        let aggregated = "/\(ServedServices.aggregated.fullName)/"
        var handlers: [String: GRPCServer.CallbackHandler] = [
            aggregated + "StreamAggregatedResources": sotw(nil),
            aggregated + "DeltaAggregatedResources": delta(nil),
        ]
        for single in ServedServices.singles {
            let path = "/\(single.description.fullName)/"
            if let stream = single.stream { handlers[path + stream] = sotw(single.type) }
            handlers[path + single.delta] = delta(single.type)
        }
        return handlers
    }

    private func sotw(_ type: ResourceType?) -> GRPCServer.CallbackHandler {
        { call in self.open(call, type, SotWServerStream.self) }
    }

    private func delta(_ type: ResourceType?) -> GRPCServer.CallbackHandler {
        { call in self.open(call, type, DeltaServerStream.self) }
    }

    /// Waits for the first request, which says who asks.
    private func open<Machine: ServerMachine & ~Copyable>(
        _ call: GRPCServerCall, _ onlyType: ResourceType?, _ machine: Machine.Type
    ) {
        do throws(GRPCStatus) {
            try count.add(connection: call.peer)
        } catch {
            logger.warning(
                "stream refused", metadata: ["peer": "\(call.peer)", "reason": "\(error.message)"])
            call.finish(error)
            return
        }
        call.receive { received in
            guard case .message(let message) = received else {
                self.count.remove(connection: call.peer)
                call.finish(GRPCStatus(.ok))
                return
            }
            // What takes long is not for the library's thread.
            self.works.addReading {
                do throws(GRPCStatus) {
                    try self.begin(call, onlyType, message, machine)
                } catch {
                    self.count.remove(connection: call.peer)
                    call.finish(error)
                }
            }
        }
    }

    private func begin<Machine: ServerMachine & ~Copyable>(
        _ call: GRPCServerCall, _ onlyType: ResourceType?, _ message: GRPCMessage,
        _ machine: Machine.Type
    ) throws(GRPCStatus) {
        let first = try DiscoveryStream<Machine>.decoded(message)
        guard let node = Machine.node(of: first) else {
            throw GRPCStatus(
                .invalidArgument, "the first request of a stream must carry the node")
        }
        let group = cache.group(of: node) ?? ProxyGroup(node.id)
        do {
            try configuration.authorization.authorize(call.peerIdentity, group)
        } catch {
            logger.warning(
                "proxy refused",
                metadata: metadata(node, group).merging(["reason": "\(error.message)"]) { $1 })
            throw GRPCStatus(.permissionDenied, error.message)
        }
        let registration = Registration()
        let stream = DiscoveryStream<Machine>(
            call: call, node: node, group: group, onlyType: onlyType, services: self
        ) { status in
            self.ended(registration, call, node, group, status)
        }
        let form = RouteForm(of: node, isDelta: Machine.variant == .delta)
        let watch = cache.watch(group, form: form) { snapshot, names in
            stream.changed(to: snapshot, names)
        }
        let handle = proxies.add(stream.entry(isKnown: watch.isKnown))
        registration.set(watch: watch.handle, proxy: handle)
        var metadata = metadata(node, group)
        metadata["stream"] = "\(Machine.variant)"
        metadata["peer"] = "\(call.peer)"
        if watch.isKnown {
            logger.info("proxy connected", metadata: metadata)
        } else {
            logger.warning(
                "proxy of an unknown group connected; it gets an empty snapshot",
                metadata: metadata)
        }
        stream.begin(first)
    }

    private func ended(
        _ registration: Registration, _ call: GRPCServerCall, _ node: Node, _ group: ProxyGroup,
        _ status: GRPCStatus
    ) {
        let handles = registration.handles
        cache.stopWatching(handles.watch, group: group)
        proxies.remove(handles.proxy)
        count.remove(connection: call.peer)
        var metadata = metadata(node, group)
        switch status.code {
        case .ok, .cancelled:
            logger.info("proxy disconnected", metadata: metadata)
        default:
            metadata["reason"] = "\(status)"
            logger.warning("stream ended", metadata: metadata)
        }
    }

    /// Notes that a proxy has refused an update.
    func refused(_ rejection: Rejection, by node: Node, of group: ProxyGroup) {
        proxies.refused(rejection, node: node.id)
        var metadata = metadata(node, group)
        metadata["type"] = "\(rejection.type)"
        metadata["reason"] = "\(rejection.message)"
        logger.warning("proxy refused an update", metadata: metadata)
    }

    private func metadata(_ node: Node, _ group: ProxyGroup) -> Logger.Metadata {
        ["node": "\(node.id)", "group": "\(group)"]
    }
}

extension DiscoveryStream where Machine: ~Copyable {
    fileprivate func entry(isKnown: Bool) -> ConnectedProxies.Entry {
        ConnectedProxies.Entry(
            proxy: ProxyStatus(
                node: node, group: group, peer: peer, identity: identity,
                variant: Machine.variant, connectedAt: connectedAt, isKnown: isKnown, types: []),
            progress: { self.progress }, resources: { self.clientResources },
            answers: { self.answers })
    }
}
