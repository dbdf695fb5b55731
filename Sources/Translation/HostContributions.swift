import GatewayAPI
import HeddlePlugin

/// What routes give to each host, with an index by listener.
struct HostContributions {
    private var routes: [HostKey: MergedRoutes] = [:]
    private var hostsByListener: [ListenerID: Set<String>] = [:]

    /// Puts a route's part of a host in the place of its former one; nil removes it.
    mutating func set(_ part: [RankedRoute]?, of route: ObjectReference, at key: HostKey) {
        routes[key, default: MergedRoutes()].set(route, part)
        let isEmpty = routes[key]?.isEmpty == true
        if isEmpty { routes[key] = nil }
        guard case .listener(let listener, let host) = key else { return }
        if isEmpty {
            hostsByListener[listener]?.remove(host)
            if hostsByListener[listener]?.isEmpty == true { hostsByListener[listener] = nil }
        } else {
            hostsByListener[listener, default: []].insert(host)
        }
    }

    /// What all routes give to a host; nil where none gives anything.
    func routes(at key: HostKey) -> MergedRoutes? { routes[key] }

    /// What a request for a listener's host is matched against: the host's own routes, then those
    /// of the wider names that stand for it, as far as a request can come (Gateway API,
    /// HTTPRouteSpec.hostnames: the more specific name goes first).
    func layers(of listener: ListenerID, host: String) -> [MergedRoutes] {
        var layers: [MergedRoutes] = []
        for name in Hostname.covering(host) {
            guard let merged = routes[.listener(listener, host: name)] else { continue }
            layers.append(merged)
            if merged.takesAll { break }
        }
        return layers
    }

    /// The hosts of a listener.
    func hosts(of listener: ListenerID) -> Set<String> {
        hostsByListener[listener] ?? []
    }

    /// The hosts of a listener that a name stands for, itself among them.
    ///
    /// - Complexity: The number of the listener's hosts for a wildcard, else constant.
    func hosts(of listener: ListenerID, under name: String) -> [String] {
        let hosts = hosts(of: listener)
        guard Hostname.isWildcard(name) else { return hosts.contains(name) ? [name] : [] }
        return hosts.filter { Hostname.covers(name, $0) }
    }
}
