import GatewayAPI
import HeddlePlugin
import XDS

/// The routes of one host, kept in the order in which they match, so that a changed object costs
/// its own routes and not a sort of all.
struct MergedRoutes {
    /// In the order of ``RankedRoute/precedes(_:_:)``.
    private(set) var ordered: [RankedRoute] = []
    private var byOrigin: [ObjectReference: [RankedRoute]] = [:]
    private var clusterUses: [String: Int] = [:]
    private var filterUses: [HTTPFilter: Int] = [:]

    /// Whether no object has routes here.
    var isEmpty: Bool { byOrigin.isEmpty }
    /// The clusters that the routes name.
    var clusters: Set<String> { Set(clusterUses.keys) }
    /// The HTTP filters that the routes switch on.
    var filters: Set<HTTPFilter> { Set(filterUses.keys) }
    /// Whether one of them takes every request that comes to it.
    var takesAll: Bool { ordered.contains(where: \.takesAll) }
    /// The routes as a virtual host quotes them.
    var encoded: some Sequence<EncodedRoute> { ordered.lazy.map(\.encoded) }

    /// Puts an object's routes in the place of its former ones; nil removes them.
    ///
    /// - Complexity: O(k log n) comparisons for k routes of the object, and a move of what stands
    ///   behind each.
    mutating func set(_ origin: ObjectReference, _ routes: [RankedRoute]?) {
        for route in byOrigin.removeValue(forKey: origin) ?? [] {
            let place = place(of: route)
            if place < ordered.count { ordered.remove(at: place) }
            count(route, -1)
        }
        guard let routes else { return }
        byOrigin[origin] = routes
        for route in routes {
            ordered.insert(route, at: place(of: route))
            count(route, 1)
        }
    }

    /// Where a route stands, or is to be put: the first place whose route does not come before it.
    private func place(of route: RankedRoute) -> Int {
        var low = 0
        var high = ordered.count
        while low < high {
            let middle = (low + high) / 2
            if RankedRoute.precedes(ordered[middle], route) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    private mutating func count(_ route: RankedRoute, _ step: Int) {
        for name in route.clusters { Self.count(name, step, in: &clusterUses) }
        for filter in route.filters { Self.count(filter, step, in: &filterUses) }
    }

    private static func count<Key>(_ key: Key, _ step: Int, in uses: inout [Key: Int]) {
        let sum = uses[key, default: 0] + step
        uses[key] = sum > 0 ? sum : nil
    }
}
