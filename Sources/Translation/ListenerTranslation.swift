import GatewayAPI
import HeddlePlugin
import XDS

/// The listeners and route configurations of a Gateway.
enum ListenerTranslation {
    /// Those of a Gateway at the edge: one listener for each port and address.
    ///
    /// - Parameters:
    ///   - connections: Where the connections and datagrams go that are not HTTP.
    ///   - filters: The HTTP filters that routes switch on.
    static func resources(
        of gateway: GatewayModel, connections: [ConnectionKey: TranslatedConnection],
        filters: [HTTPFilter], options: TranslationOptions
    ) -> [EncodedResource] {
        switch gateway.role {
        case .gateway:
            let ports = Set(gateway.served.filter { $0.family == .http }.map(\.spec.port))
            return ports.sorted().flatMap { port in
                resources(
                    routes: HostModel.gatewayRoutes(port: port), port: port,
                    addresses: gateway.addresses, ignoresPort: true)
            }
        case .waypoint:
            if gateway.served.isEmpty { return [] }
            return resources(
                routes: HostModel.waypointRoutes, port: options.waypointPort,
                addresses: gateway.addresses, ignoresPort: false)
        }
    }

    /// The listeners of a Service's port for proxyless clients, which ask by the name they dial.
    static func apiListeners(
        of service: ObjectReference, _ port: BackendModel.Port
    ) -> [EncodedResource] {
        let routes = "\(service.namespace)/\(service.name)/\(port.number)"
        let manager = HTTPConnectionManager(statPrefix: routes, routeSpecifier: .rds(routes))
        return port.domains.map { name in
            EncodedResource(Listener(name: name, apiListener: manager))
        }
    }

    private static func resources(
        routes: String, port: Int, addresses: [String], ignoresPort: Bool
    ) -> [EncodedResource] {
        let manager = HTTPConnectionManager(
            statPrefix: routes, routeSpecifier: .rds(routes), upgradeTypes: ["websocket"],
            useRemoteAddress: true, normalizePath: true)
        let filter = NetworkFilter(
            name: "envoy.filters.network.http_connection_manager",
            config: .httpConnectionManager(manager))
        let listeners = addresses.enumerated().map { index, address in
            EncodedResource(
                Listener(
                    name: index == 0 ? routes : "\(routes)@\(address)",
                    address: SocketAddress(address: address, port: UInt32(clamping: port)),
                    filterChains: [FilterChain(filters: [filter])]))
        }
        let configuration = RouteConfiguration(
            name: routes, usesVHDS: true, ignorePortInHostMatching: ignoresPort)
        return listeners + [EncodedResource(configuration)]
    }
}
