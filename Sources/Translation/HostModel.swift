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

    /// The route configuration of a Gateway's port.
    static func gatewayRoutes(port: Int) -> String {
        "http-\(port)"
    }

    /// A host of a Gateway.
    ///
    /// - Parameter configuration: The route configuration's name.
    init(configuration: String, host: String, routes: MergedRoutes) {
        virtualHost = EncodedResource(
            virtualHost: "\(configuration)/\(host)", domains: [host], routes: routes.encoded)
        clusters = routes.clusters
        filters = routes.filters
    }

    /// A port of a Service; without routes, its requests go to its own endpoints.
    ///
    /// - Parameter usesShortName: The waypoint stands in the Service's own namespace, where
    ///   `reviews` alone names it.
    init(
        service: ObjectReference, port: BackendModel.Port, routes: MergedRoutes?,
        usesShortName: Bool
    ) {
        let encoded =
            routes.map { Array($0.encoded) }
            ?? [EncodedRoute(Self.defaultRoute(to: port.cluster.name))]
        let place = "\(service.namespace)/\(service.name)/\(port.number)"
        let all = port.shortDomains + port.domains
        virtualHost = EncodedResource(
            virtualHost: "\(Self.waypointRoutes)/\(place)",
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
        names.removeAll { $0 == ClusterName.invalidBackend }
        return names
    }
}
