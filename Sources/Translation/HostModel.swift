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
    init(configuration: String, host: String, routes: [RankedRoute]) {
        let ordered = Self.ordered(routes)
        let value = VirtualHost(name: "\(configuration)/\(host)", domains: [host], routes: ordered)
        virtualHost = EncodedResource(value)
        clusters = Self.clusters(of: ordered)
        filters = routes.reduce(into: []) { $0.formUnion($1.filters) }
    }

    /// A port of a Service; without routes, its requests go to its own endpoints.
    ///
    /// - Parameter usesShortName: The waypoint stands in the Service's own namespace, where
    ///   `reviews` alone names it.
    init(
        service: ObjectReference, port: BackendModel.Port, routes: [RankedRoute]?,
        usesShortName: Bool
    ) {
        let ordered = routes.map(Self.ordered) ?? [Self.defaultRoute(to: port.cluster.name)]
        let place = "\(service.namespace)/\(service.name)/\(port.number)"
        let name = "\(Self.waypointRoutes)/\(place)"
        let all = port.shortDomains + port.domains
        let host = VirtualHost(
            name: name, domains: usesShortName ? all : port.domains, routes: ordered)
        virtualHost = EncodedResource(host)
        let alone = RouteConfiguration(
            name: place, virtualHosts: [VirtualHost(name: place, domains: all, routes: ordered)])
        routeConfiguration = EncodedResource(alone)
        clusters = Self.clusters(of: ordered)
        filters = (routes ?? []).reduce(into: []) { $0.formUnion($1.filters) }
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

    private static func ordered(_ routes: [RankedRoute]) -> [XDS.Route] {
        routes.sorted(by: RankedRoute.precedes).map(\.route)
    }

    private static func defaultRoute(to cluster: String) -> XDS.Route {
        XDS.Route(
            name: "default", match: RouteMatch(),
            action: .route(RouteAction(cluster: .cluster(cluster), timeout: .zero)))
    }

    private static func clusters(of routes: [XDS.Route]) -> Set<String> {
        var names: Set<String> = []
        for route in routes {
            guard case .route(let action) = route.action else { continue }
            switch action.cluster {
            case .cluster(let name): names.insert(name)
            case .weightedClusters(let weighted): names.formUnion(weighted.map(\.name))
            }
        }
        names.remove(ClusterName.invalidBackend)
        return names
    }
}
