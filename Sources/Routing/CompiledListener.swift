package import XDS

/// A listener with the routes it serves.
package final class CompiledListener: Sendable {
    /// The listener's name.
    package let name: String
    /// Where it listens.
    package let address: SocketAddress
    /// Where it listens as text, `127.0.0.1:80` or `[::1]:80`.
    package let addressText: String
    /// Where it listens, as the system takes it.
    package let socketAddress: InternetAddress
    /// Its routes.
    package let routes: CompiledRouteConfiguration
    /// The upgrades that are let through, in lower case.
    package let upgradeTypes: [[UInt8]]
    /// The peer's address is appended to `X-Forwarded-For`; only `false` turns it off.
    package let appendsForwardedFor: Bool
    /// The path is normalised (RFC 3986 §6.2.2) before it is matched and forwarded.
    package let normalizesPath: Bool
    /// Adjacent slashes are merged before the path is matched and forwarded.
    package let mergesSlashes: Bool

    init?(
        _ listener: Listener, routes: CompiledRouteConfiguration, errors: inout ErrorCollector
    ) {
        guard let checked = Checked(listener, errors: &errors) else { return nil }
        name = listener.name
        address = checked.address
        addressText = checked.address.description
        socketAddress = checked.socketAddress
        self.routes = routes
        upgradeTypes = checked.manager.upgradeTypes.map(lowercasedBytes)
        appendsForwardedFor = checked.manager.useRemoteAddress ?? true
        normalizesPath = checked.manager.normalizePath ?? false
        mergesSlashes = checked.manager.mergeSlashes
    }

    /// A listener's parts after all is found in order.
    struct Checked {
        let address: SocketAddress
        let socketAddress: InternetAddress
        let manager: HTTPConnectionManager

        /// nil for a listener without a socket, and for a wrong one, whose errors are told.
        init?(_ listener: Listener, errors: inout ErrorCollector) {
            guard let address = listener.address else { return nil }
            guard let parsed = InternetAddress(address) else {
                errors.invalid("address", "`\(address)` is no IP address with a port")
                return nil
            }
            guard listener.filterChains.count == 1, let chain = listener.filterChains.first else {
                errors.unsupported(
                    "filter_chains", "the proxy takes exactly one filter chain a listener")
                return nil
            }
            guard chain.filters.count == 1,
                case .httpConnectionManager(let manager) = chain.filters.first?.config
            else {
                let names = chain.filters.map(\.name).joined(separator: ", ")
                errors.unsupported(
                    "filter_chains[0].filters",
                    "the proxy takes one filter, the HTTP connection manager, not: \(names)")
                return nil
            }
            self.address = address
            socketAddress = parsed
            self.manager = manager
            Self.check(manager.httpFilters, errors: &errors)
        }

        private static func check(_ filters: [HTTPFilter], errors: inout ErrorCollector) {
            let place = "filter_chains[0].filters[0].http_filters"
            let router = HTTPFilter.router.config.typeURL
            for (index, filter) in filters.enumerated()
            where filter.config.typeURL != router && !filter.isOptional {
                errors.unsupported(
                    "\(place)[\(index)]",
                    "the filter `\(filter.name)` (\(filter.config.typeURL)) is unknown")
            }
            if filters.last?.config.typeURL != router {
                errors.invalid(place, "the last filter must be the router")
            }
        }
    }
}
