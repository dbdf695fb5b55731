package import XDS

/// A virtual host, ready to be matched.
///
/// It keeps its identity as long as its resource stays the same.
package final class CompiledVirtualHost: Sendable {
    /// The virtual host as it was received.
    package let source: VirtualHost
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
        _ host: VirtualHost, version: String, at place: String,
        reusing previous: CompiledVirtualHost?,
        slots: inout SlotRegistry, errors: inout ErrorCollector
    ) {
        source = host
        self.version = version
        if host.domains.isEmpty {
            errors.invalid("\(place)domains", "a virtual host needs a domain")
        }
        for (index, domain) in host.domains.enumerated() {
            let inner = domain.dropFirst().dropLast()
            if domain.isEmpty || inner.contains("*") {
                errors.invalid(
                    "\(place)domains[\(index)]",
                    "`\(domain)` is no domain: write `name`, `*suffix`, `prefix*` or `*`")
            }
        }
        var known: [Route: CompiledRoute] = [:]
        for route in previous?.routes ?? [] { known[route.source] = route }
        let name = Array(host.name.utf8)
        var routes: [CompiledRoute] = []
        for (index, route) in host.routes.enumerated() {
            // A route that stands twice needs two compiled ones: their splits are two.
            if let reused = known.removeValue(forKey: route), reused.virtualHost == name {
                routes.append(reused)
            } else {
                routes.append(
                    CompiledRoute(
                        route, virtualHost: name, at: "\(place)routes[\(index)]", slots: &slots,
                        errors: &errors))
            }
        }
        self.routes = routes
        clusterReferences = Set(routes.flatMap(\.clusterReferences))
        splitSlots = routes.compactMap(\.splitSlot)
        paths = PathIndex(host.routes.map(\.match.path))
    }

    /// The first route that matches the request, or nil.
    ///
    /// - Complexity: O(length of the path) plus the routes whose literal path matches.
    package func route(for request: RequestView) -> CompiledRoute? {
        let found = paths.first(request.path) { routes[$0].conditions.hold(request) }
        return found.map { routes[$0] }
    }

}
