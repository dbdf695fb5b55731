import GatewayAPI
import HeddlePlugin

/// The listeners at which a route is not accepted because another one goes before it.
struct RouteRejections: Equatable {
    /// The other route, by listener.
    var winners: [ListenerID: ObjectReference]
}

/// Which routes of which traffic want which hosts of a listener.
///
/// HTTP and gRPC routes with a host in common cannot both be served by a listener: the older one
/// is, then the one first by name (Gateway API, GRPCRouteSpec.hostnames).
struct RouteClaims {
    private struct Claim {
        var traffic: RouteTraffic
        var created: String?
        var hosts: [String]
    }

    private var byListener: [ListenerID: [ObjectReference: Claim]] = [:]
    private var counts: [ListenerID: [RouteTraffic: Int]] = [:]
    private var rejected: [ListenerID: [ObjectReference: ObjectReference]] = [:]
    private var changed: Set<ListenerID> = []

    /// Puts what a route wants of a listener in the place of what it wanted; nil for nothing.
    mutating func set(
        _ hosts: [String]?, of route: ObjectReference, _ traffic: RouteTraffic, created: String?,
        at listener: ListenerID
    ) {
        let old = byListener[listener]?.removeValue(forKey: route)
        if let old { count(old.traffic, -1, at: listener) }
        if let hosts {
            byListener[listener, default: [:]][route] = Claim(
                traffic: traffic, created: created, hosts: hosts)
            count(traffic, 1, at: listener)
        }
        if byListener[listener]?.isEmpty == true { byListener[listener] = nil }
        changed.insert(listener)
    }

    private mutating func count(_ traffic: RouteTraffic, _ step: Int, at listener: ListenerID) {
        let sum = (counts[listener]?[traffic] ?? 0) + step
        counts[listener, default: [:]][traffic] = sum > 0 ? sum : nil
        if counts[listener]?.isEmpty == true { counts[listener] = nil }
    }

    /// Whether a route's claim at a listener is of this age.
    func has(_ route: ObjectReference, created: String?, at listener: ListenerID) -> Bool {
        guard let claim = byListener[listener]?[route] else { return false }
        return claim.created == created
    }

    /// Settles what has changed since the last time.
    ///
    /// - Returns: The routes whose rejections differ.
    /// - Complexity: Constant for a listener with routes of one traffic.
    mutating func settle() -> Set<ObjectReference> {
        var affected: Set<ObjectReference> = []
        for listener in changed {
            let old = rejected[listener] ?? [:]
            let isMixed = (counts[listener]?.count ?? 0) > 1
            guard isMixed || !old.isEmpty else { continue }
            let new = isMixed ? losers(at: listener) : [:]
            rejected[listener] = new.isEmpty ? nil : new
            for route in Set(old.keys).union(new.keys) where old[route] != new[route] {
                affected.insert(route)
            }
        }
        changed = []
        return affected
    }

    /// Where a route is rejected, of the listeners that it claims; nil for nowhere.
    func rejections(of route: ObjectReference, at listeners: some Sequence<ListenerID>)
        -> RouteRejections?
    {
        var winners: [ListenerID: ObjectReference] = [:]
        for listener in listeners { winners[listener] = rejected[listener]?[route] }
        return winners.isEmpty ? nil : RouteRejections(winners: winners)
    }

    private func losers(at listener: ListenerID) -> [ObjectReference: ObjectReference] {
        let claims = (byListener[listener] ?? [:]).sorted { left, right in
            Age.precedes((left.value.created, left.key), (right.value.created, right.key))
        }
        var taken: [RouteTraffic: TakenHosts] = [:]
        var losers: [ObjectReference: ObjectReference] = [:]
        for (route, claim) in claims {
            let winner = taken.lazy.filter { $0.key != claim.traffic }
                .compactMap { $0.value.owner(overlapping: claim.hosts) }.first
            if let winner {
                losers[route] = winner
            } else {
                for host in claim.hosts { taken[claim.traffic, default: .init()].take(host, route) }
            }
        }
        return losers
    }
}

/// The hosts that routes of one traffic have taken.
private struct TakenHosts {
    /// Who took a name first.
    private var names: [String: ObjectReference] = [:]
    /// Who took a name under a wildcard first.
    private var under: [String: ObjectReference] = [:]

    mutating func take(_ host: String, _ route: ObjectReference) {
        if names[host] == nil { names[host] = route }
        for wider in Hostname.covering(host) where under[wider] == nil { under[wider] = route }
    }

    func owner(overlapping hosts: [String]) -> ObjectReference? {
        for host in hosts {
            if let route = under[host] { return route }
            for wider in Hostname.covering(host) {
                if let route = names[wider] { return route }
            }
        }
        return nil
    }
}
