import GatewayAPI
import HeddlePlugin
import XDS

/// One host's routes, merged and encoded.
struct HostModel {
    /// The virtual host, for proxies.
    var virtualHost: EncodedResource
    /// The route configuration that holds it alone, for proxyless clients; of Services only.
    var routeConfiguration: EncodedResource?
    /// The listeners of proxyless clients that lead to it; of Services only.
    private var apiListeners: [EncodedResource] = []
    /// The clusters that its routes name.
    var clusters: Set<String>
    /// The HTTP filters that its routes switch on.
    var filters: Set<HTTPFilter>

    /// The route configuration of a waypoint.
    static let waypointRoutes = "waypoint"

    /// The route configuration of a waypoint for the clients of a namespace.
    static func waypointRoutes(ofClientsIn namespace: String) -> String {
        "\(waypointRoutes)@\(namespace)"
    }

    /// The route configuration of a Gateway's port, or of a server name at a port with TLS.
    ///
    /// No name has a slash: what a virtual host's name has before its first slash is the name of
    /// its route configuration.
    static func gatewayRoutes(port: Int, serverName: String? = nil) -> String {
        serverName.map { "https-\(port)@\($0)" } ?? "http-\(port)"
    }

    /// A host of a Gateway.
    ///
    /// - Parameters:
    ///   - configuration: The route configuration's name.
    ///   - layers: The routes, those of the more specific name first; none: every request is
    ///     answered with 404.
    init(configuration: String, host: String, layers: [MergedRoutes]) {
        virtualHost = EncodedResource(
            virtualHost: "\(configuration)/\(host)", domains: [host],
            routes: layers.lazy.flatMap(\.encoded))
        clusters = layers.reduce(into: []) { $0.formUnion($1.clusters) }
        filters = layers.reduce(into: []) { $0.formUnion($1.filters) }
    }

    /// A port of a Service; without routes, its requests go to its own endpoints.
    ///
    /// - Parameters:
    ///   - usesShortName: The waypoint stands in the Service's own namespace, where `reviews`
    ///     alone names it.
    ///   - configuration: The route configuration's name.
    init(
        service: ObjectReference, port: BackendModel.Port, routes: MergedRoutes?,
        usesShortName: Bool, configuration: String = waypointRoutes
    ) {
        let encoded =
            routes.map { Array($0.encoded) }
            ?? [EncodedRoute(Self.defaultRoute(to: port.cluster.name))]
        let place = "\(service.namespace)/\(service.name)/\(port.number)"
        let all = port.shortDomains + port.domains
        virtualHost = EncodedResource(
            virtualHost: "\(configuration)/\(place)",
            domains: usesShortName ? all : port.domains, routes: encoded)
        routeConfiguration = EncodedResource(
            routeConfiguration: place, domains: all, routes: encoded)
        clusters = routes?.clusters ?? [port.cluster.name]
        filters = routes?.filters ?? []
    }

    /// The same with the listeners of proxyless clients.
    func with(listeners: [EncodedResource]) -> HostModel {
        var copy = self
        copy.apiListeners = listeners
        return copy
    }

    /// What proxyless clients take of it.
    var meshResources: [EncodedResource] {
        apiListeners + [routeConfiguration].compactMap { $0 }
    }

    private static func defaultRoute(to cluster: String) -> XDS.Route {
        XDS.Route(
            name: "default", match: RouteMatch(),
            action: .route(RouteAction(cluster: .cluster(cluster), timeout: .zero)))
    }

    /// The clusters that a route names.
    static func clusters(of route: XDS.Route) -> [String] {
        guard case .route(let action) = route.action else { return [] }
        var names: [String]
        switch action.cluster {
        case .cluster(let name): names = [name]
        case .weightedClusters(let weighted): names = weighted.map(\.name)
        }
        names += action.requestMirrorPolicies.map(\.cluster)
        names.removeAll { $0 == ClusterName.invalidBackend }
        return names
    }

    /// The clusters that an HTTP filter names.
    static func clusters(of filter: HTTPFilter) -> [String] {
        guard case .extAuthz(let authorization) = filter.config else { return [] }
        switch authorization.service {
        case .grpc(let service): return [service.clusterName]
        case .http(let service): return [service.cluster]
        case nil: return []
        }
    }
}
