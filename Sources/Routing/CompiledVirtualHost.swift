import XDS

/// A virtual host, ready to be matched.
///
/// It keeps its identity as long as its resource stays the same.
package final class CompiledVirtualHost: Sendable {
    /// The virtual host's name.
    package let name: String
    /// Its hosts.
    package let domains: [String]
    /// The version it was received with; empty when it has none of its own.
    package let version: String
    /// The routes, in order.
    package let routes: [CompiledRoute]

    /// The clusters its routes go to, each once.
    let clusterReferences: Set<String>
    /// The slots of its routes' splits.
    let splitSlots: [Int]

    private let paths: PathIndex

    init(
        _ host: ReceivedVirtualHost, version: String, at place: String,
        reusing previous: CompiledVirtualHost?,
        slots: inout SlotRegistry, errors: inout ErrorCollector
    ) {
        name = host.name
        domains = host.domains
        self.version = version
        Self.check(host.domains, at: place, errors: &errors)
        let previous = previous?.name == host.name ? previous : nil
        routes = Self.compile(
            host, at: place, reusing: previous?.routes ?? [], slots: &slots, errors: &errors)
        var clusters: Set<String> = []
        var splits: [Int] = []
        for route in routes {
            route.forEachCluster { clusters.insert($0) }
            if let slot = route.splitSlot { splits.append(slot) }
        }
        clusterReferences = clusters
        splitSlots = splits
        paths = Self.index(routes, reusing: previous)
    }

    private static func check(
        _ domains: [String], at place: String, errors: inout ErrorCollector
    ) {
        if domains.isEmpty {
            errors.invalid("\(place)domains", "a virtual host needs a domain")
        }
        for (index, domain) in domains.enumerated() {
            let inner = domain.dropFirst().dropLast()
            if domain.isEmpty || inner.contains("*") {
                errors.invalid(
                    "\(place)domains[\(index)]",
                    "`\(domain)` is no domain: write `name`, `*suffix`, `prefix*` or `*`")
            }
        }
    }

    /// The routes, those from before where they are the same. A route that stands twice needs two
    /// compiled ones: their splits are two.
    private static func compile(
        _ host: ReceivedVirtualHost, at place: String, reusing former: [CompiledRoute],
        slots: inout SlotRegistry, errors: inout ErrorCollector
    ) -> [CompiledRoute] {
        var sharing = RouteReuse(former, for: host.routes)
        let name = Array(host.name.utf8)
        var routes: [CompiledRoute] = []
        routes.reserveCapacity(host.routes.count)
        for (index, route) in host.routes.enumerated() {
            if let reused = sharing.take(route, at: index) {
                routes.append(reused)
                continue
            }
            let field = "\(place)routes[\(index)]"
            do throws(XDSError) {
                let decoded = try route.decoded()
                routes.append(
                    CompiledRoute(
                        decoded, received: route, virtualHost: name, at: field, slots: &slots,
                        errors: &errors))
            } catch {
                errors.invalid(field, "\(error)")
            }
        }
        return routes
    }

    /// The index from before where no path has changed.
    private static func index(
        _ routes: [CompiledRoute], reusing previous: CompiledVirtualHost?
    ) -> PathIndex {
        if let previous, previous.routes.count == routes.count,
            zip(previous.routes, routes).allSatisfy({
                $0 === $1 || $0.received.path == $1.received.path
            })
        {
            return previous.paths
        }
        return PathIndex(routes.map(\.received.path))
    }

    /// Whether compiling this virtual host would give the same.
    func isMade(of host: ReceivedVirtualHost) -> Bool {
        name == host.name && domains == host.domains && routes.count == host.routes.count
            && zip(routes, host.routes).allSatisfy { $0.received == $1 }
    }

    /// The first route that matches the request, or nil.
    ///
    /// - Complexity: O(length of the path) plus the routes whose literal path matches.
    package func route(for request: RequestView) -> CompiledRoute? {
        let found = paths.first(request.path) { routes[$0].conditions.hold(request) }
        return found.map { routes[$0] }
    }
}

/// Hands out a virtual host's former routes for the same routes in its successor, each once.
///
/// What stands at the beginning and at the end as before, as nearly all of many routes do, is
/// found by its place; a table is made of what lies between.
private struct RouteReuse {
    private let former: [CompiledRoute]
    private let prefix: Int
    private let suffix: Int
    private let count: Int
    private var between: [ReceivedRoute: CompiledRoute] = [:]

    init(_ former: [CompiledRoute], for routes: [ReceivedRoute]) {
        self.former = former
        count = routes.count
        let most = min(former.count, routes.count)
        var prefix = 0
        while prefix < most && former[prefix].received == routes[prefix] { prefix += 1 }
        var suffix = 0
        while suffix < most - prefix
            && former[former.count - 1 - suffix].received == routes[routes.count - 1 - suffix]
        {
            suffix += 1
        }
        self.prefix = prefix
        self.suffix = suffix
        for route in former[prefix..<(former.count - suffix)] { between[route.received] = route }
    }

    mutating func take(_ route: ReceivedRoute, at index: Int) -> CompiledRoute? {
        if index < prefix { return former[index] }
        if index >= count - suffix { return former[former.count - (count - index)] }
        return between.removeValue(forKey: route)
    }
}
