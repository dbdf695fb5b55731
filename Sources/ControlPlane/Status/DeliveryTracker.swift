import Discovery
import GatewayAPI
import HeddleXDS
import Synchronization
import Translation
import XDS

/// What the proxies of each group say of its listeners.
///
/// It remembers what each proxy serves: a refusal that comes later does not stop that.
final class DeliveryTracker: Sendable {
    /// What is remembered of a proxy; for one stream, because a proxy that comes anew may have been
    /// started anew.
    struct Memory: Equatable {
        var stream: ContinuousClock.Instant
        /// The versions of the Listeners that it serves, by name.
        var served: [String: String] = [:]
        /// The Listeners that it has bound in any version.
        var bound: Set<String> = []
    }

    private let proxies: ConnectedProxies
    private let cache: SnapshotCache
    private let memories = Mutex<[ProxyGroup: [String: Memory]]>([:])

    init(proxies: ConnectedProxies, cache: SnapshotCache) {
        self.proxies = proxies
        self.cache = cache
    }

    /// What each proxy of a Gateway says now, by node.
    func deliveries(of gateway: ObjectReference) -> [ProxyDelivery] {
        let group = ProxyGroup(gateway: gateway.name, namespace: gateway.namespace)
        let snapshot = cache.snapshot(of: group) ?? Snapshot()
        let byNode = Dictionary(grouping: proxies.answers(of: group)) { $0.proxy.node.id }
        return memories.withLock { memories in
            let former = memories[group] ?? [:]
            var present: [String: Memory] = [:]
            let deliveries = byNode.sorted { $0.key < $1.key }.compactMap { node, streams in
                Self.delivery(
                    of: node, streams, snapshot, former[node], remembering: &present[node])
            }
            memories[group] = present.isEmpty ? nil : present
            return deliveries
        }
    }

    /// What a proxy says, of whose streams the newest counts for each type.
    static func delivery(
        of node: String, _ streams: [ProxyAnswers], _ snapshot: Snapshot, _ former: Memory?,
        remembering memory: inout Memory?
    ) -> ProxyDelivery? {
        var types: [ResourceType: ClientAnswers] = [:]
        var newest: ProxyAnswers?
        for stream in streams {
            types.merge(stream.types.mapValues(trimmed)) { _, later in later }
            // A stream without Listeners, as Envoy has for each type, says nothing of the proxy.
            if stream.types[.listener] != nil || newest == nil { newest = stream }
        }
        guard let newest else { return nil }
        var delivery = ProxyDelivery(node: node, address: address(newest.proxy.peer))
        delivery.refusals = ResourceType.inOrderOfAddition.compactMap { types[$0]?.rejection }
        // Of Listeners, both proxies take the good and name the bad.
        let isWhole = newest.proxy.node.userAgentName == "heddle-agent"
        if isWhole {
            delivery.obstacle =
                ResourceType.inOrderOfAddition.lazy
                .filter { $0 != .listener }.compactMap { types[$0]?.rejection }.first
        }
        delivery.listeners = standings(
            types[.listener], isWhole: false, in: snapshot[.listener], comparesVersions: true)
        // Other clients get route configurations with their virtual hosts, which are other
        // versions; and a newer one on its way stops nothing.
        delivery.routeConfigurations = standings(
            types[.routeConfiguration], isWhole: isWhole, in: snapshot[.routeConfiguration],
            comparesVersions: false)
        delivery.secrets = standings(
            types[.secret], isWhole: isWhole, in: snapshot[.secret], comparesVersions: false)
        let hosts = types[.virtualHost]
        delivery.awaitsVirtualHosts =
            hosts.map { $0.acknowledged == 0 && $0.isWaiting } ?? false

        var now = Memory(stream: newest.proxy.connectedAt)
        if let former, former.stream == now.stream { now = former }
        let held = Set(types[.listener]?.resources.map(\.resource.name) ?? [])
        let isAtRest =
            delivery.obstacle == nil && !delivery.awaitsVirtualHosts
            && [.listener, .routeConfiguration, .secret].allSatisfy {
                types[$0]?.isWaiting != true
            }
        let open = snapshot[.routeConfiguration].names.filter {
            delivery.routeConfigurations[$0] != .acknowledged
        }
        for (name, standing) in delivery.listeners where isAtRest && standing == .acknowledged {
            if open.contains(where: { isRoutes($0, of: name) }) { continue }
            now.served[name] = snapshot[.listener][name]?.version
        }
        now.bound = now.bound.union(now.served.keys).intersection(held)
        now.served = now.served.filter { snapshot[.listener][$0.key]?.version == $0.value }
        delivery.served = Set(now.served.keys)
        delivery.bound = now.bound
        memory = now
        return delivery
    }

    /// Envoy's words end with a line's end.
    private static func trimmed(_ answers: ClientAnswers) -> ClientAnswers {
        var answers = answers
        while answers.rejection?.last?.isWhitespace == true { answers.rejection?.removeLast() }
        return answers
    }

    /// Whether a route configuration is one of a Listener, by the names that the translation gives.
    private static func isRoutes(_ routes: String, of listener: String) -> Bool {
        // A second address of the same port is told by what follows.
        let port = listener.prefix { $0 != "@" }
        if port.hasPrefix("tls-") { return routes.hasPrefix("https-\(port.dropFirst(4))@") }
        return routes == port || routes.hasPrefix("\(port)@")
    }

    private static func standings(
        _ answers: ClientAnswers?, isWhole: Bool, in table: ResourceTable, comparesVersions: Bool
    ) -> [String: ProxyDelivery.Standing] {
        guard let answers else { return [:] }
        let words = answers.rejection ?? "it gave no reason"
        let rejected = answers.resources.filter { $0.state == .rejected }.map(\.resource.name)
        let named = Set(rejected.filter { words.names(resource: $0) })
        var standings: [String: ProxyDelivery.Standing] = [:]
        for held in answers.resources {
            let name = held.resource.name
            guard let present = table[name] else { continue }
            if comparesVersions && held.resource.version != present.version { continue }
            switch held.state {
            case .synced: standings[name] = .acknowledged
            case .stale: continue
            case .rejected:
                // Envoy takes what is good of an update, and names what is not.
                let isTaken = !isWhole && !named.isEmpty && !named.contains(name)
                standings[name] = isTaken ? .acknowledged : .refused(words)
            }
        }
        return standings
    }

    /// The IP address of a client, from gRPC's name of it: `ipv4:127.0.0.1:41234`,
    /// `ipv6:%5B::1%5D:41234`, `unix:...`.
    static func address(_ peer: String) -> String? {
        if peer.hasPrefix("unix") { return "127.0.0.1" }
        guard let scheme = peer.firstIndex(of: ":") else { return nil }
        let rest = peer[peer.index(after: scheme)...].replacing("%5B", with: "[")
            .replacing("%5D", with: "]")
        guard let port = rest.lastIndex(of: ":") else { return nil }
        let host = rest[..<port]
        if host.hasPrefix("["), host.hasSuffix("]") { return String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : String(host)
    }
}
