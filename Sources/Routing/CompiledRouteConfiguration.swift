import XDS

/// A route configuration with the virtual hosts that travel with it and those that came by VHDS.
///
/// It keeps its identity as long as its resource and all its virtual hosts stay the same.
package final class CompiledRouteConfiguration: Sendable {
    /// What matching a request finds.
    package enum Match: Sendable {
        /// No virtual host has the authority.
        case noVirtualHost
        /// The virtual host has no route that matches.
        case noRoute(CompiledVirtualHost)
        /// The first route that matches.
        case route(CompiledRoute)
    }

    /// The resource's name.
    package let name: String
    /// The version it was received with.
    package let version: String
    /// Its virtual hosts.
    package let virtualHosts: [CompiledVirtualHost]

    private let ignoresPort: Bool
    private let hosts: HostIndex

    init(
        name: String, version: String, ignoresPort: Bool, virtualHosts: [CompiledVirtualHost],
        reusing previous: CompiledRouteConfiguration? = nil, errors: inout ErrorCollector
    ) {
        self.name = name
        self.version = version
        self.ignoresPort = ignoresPort
        if let previous, previous.hasSameDomains(as: virtualHosts) {
            hosts = previous.hosts
            self.virtualHosts = virtualHosts
            return
        }
        do throws(HostIndex.Duplicate) {
            hosts = try HostIndex(virtualHosts.map(\.domains))
        } catch {
            let names = error.hosts.map { "`\(virtualHosts[$0].name)`" }
            errors.invalid(
                "virtual_hosts",
                "the domain `\(error.domain)` is claimed twice, by \(names[0]) and \(names[1]); "
                    + "domains are unique in a route configuration")
            hosts = .empty
        }
        self.virtualHosts = virtualHosts
    }

    /// The route for a request: the virtual host by authority, then the first route that matches.
    ///
    /// - Complexity: O(length of authority and path), whatever the number of hosts and routes,
    ///   plus the routes whose literal path matches.
    package func match(_ request: RequestView) -> Match {
        guard let index = hosts.find(ignoresPort ? request.host : request.authority) else {
            return .noVirtualHost
        }
        let host = virtualHosts[index]
        guard let route = host.route(for: request) else { return .noRoute(host) }
        return .route(route)
    }

    /// Each virtual host has the domains of the one that stood in its place.
    private func hasSameDomains(as others: [CompiledVirtualHost]) -> Bool {
        others.count == virtualHosts.count
            && zip(others, virtualHosts).allSatisfy { $0 === $1 || $0.domains == $1.domains }
    }

    func isMade(of other: [CompiledVirtualHost], version: String, ignoresPort: Bool) -> Bool {
        version == self.version && ignoresPort == self.ignoresPort
            && other.count == virtualHosts.count
            && zip(other, virtualHosts).allSatisfy { $0 === $1 }
    }
}
