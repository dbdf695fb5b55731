import GatewayAPI
import XDS

/// The hosts that a change of a Gateway's listeners gives to another listener, or to none.
struct HostMoves {
    /// Those to be merged again.
    private(set) var keys: Set<HostKey> = []

    private let hosts: HostContributions

    init(from old: GatewayModel?, to new: GatewayModel?, hosts: HostContributions) {
        self.hosts = hosts
        let before = Self.places(of: old)
        let after = Self.places(of: new)
        for id in Set(before.keys).union(after.keys) where before[id] != after[id] {
            for host in hosts.hosts(of: id) { keys.insert(.listener(id, host: host)) }
            for place in [before[id], after[id]].compactMap({ $0 }) {
                keys.insert(.listener(id, host: place.hostname))
                add(under: place, old)
                add(under: place, new)
            }
        }
    }

    /// Adds the hosts of wider listeners that a listener's name stands for, too.
    private mutating func add(under place: Place, _ gateway: GatewayModel?) {
        guard let family = place.family, family.hasNames,
            let names = gateway?.owners[.init(port: place.port, family: family)]
        else { return }
        for name in Hostname.covering(place.hostname) {
            guard let id = names[name] else { continue }
            keys.insert(.listener(id, host: name))
            for host in hosts.hosts(of: id, under: place.hostname) {
                keys.insert(.listener(id, host: host))
            }
        }
    }

    /// Where a listener stands, as far as its hosts are concerned.
    private struct Place: Equatable {
        var port: Int
        var family: ListenerModel.Family?
        var hostname: String
        var `protocol`: Gateway.ProtocolType
        /// Whether proxies have its route configuration.
        var hasRoutes: Bool
        var isServed: Bool
        /// Whether its name belongs to it.
        var isOwner: Bool
    }

    private static func places(of gateway: GatewayModel?) -> [ListenerID: Place] {
        var places: [ListenerID: Place] = [:]
        guard let gateway else { return places }
        for listener in gateway.allListeners {
            places[listener.id] = Place(
                port: listener.spec.port, family: listener.family, hostname: listener.hostname,
                protocol: listener.spec.protocol, hasRoutes: gateway.servesRoutes(of: listener),
                isServed: listener.isServed, isOwner: gateway.owns(listener))
        }
        return places
    }
}

extension GatewayModel {
    /// A host of a listener; nil where it has none, or where it belongs to another listener: a
    /// request is matched against the routes of one listener only, the most specific one
    /// (GEP-3567, listener isolation). A listener's own name is always a host.
    func hostModel(_ id: ListenerID, _ host: String, _ hosts: HostContributions) -> HostModel? {
        guard let listener = listener(id), let configuration = listener.routeConfiguration,
            let family = listener.family,
            owner(of: host, port: listener.spec.port, family: family) == id
        else { return nil }
        let layers = listener.isServed ? hosts.layers(of: id, host: host) : []
        let isOwnName = host == listener.hostname && host != Hostname.any
        guard isOwnName || (!layers.isEmpty && hosts.hosts(of: id).contains(host)) else {
            return nil
        }
        guard servesRoutes(of: listener) else { return nil }
        return HostModel(configuration: configuration, host: host, layers: layers)
    }
}
