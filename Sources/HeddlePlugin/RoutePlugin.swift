public import GatewayAPI
public import XDS

/// Translates one or more kinds of route into xDS routes.
///
/// The core finds out where a route attaches, calls ``translate(_:parent:context:)`` once for each
/// parent, merges the result with that of the other routes of the same host, and writes the
/// status. A plugin reads other objects only through the context, which records what it asked
/// for: the route is translated again when one of those objects changes, and never otherwise.
///
/// A plugin keeps no state between calls, and may be called from any thread.
public protocol RoutePlugin: Plugin {
    /// What its routes carry, which decides the listeners they can attach to.
    var traffic: RouteTraffic { get }

    /// Where a route wants to attach.
    func attachment(of route: Resource) -> RouteAttachment

    /// Translates one route for one parent.
    ///
    /// - Parameters:
    ///   - route: The route, of one of ``kinds``.
    ///   - parent: A parent that the core has found and that lets the route attach.
    ///   - context: The only way to read other objects.
    /// - Returns: The xDS routes, and what is wrong with the route, if anything.
    func translate(
        _ route: Resource, parent: AttachedParent, context: TranslationContext
    ) -> RouteTranslation
}

/// Where a route wants to attach, and for which hosts.
public struct RouteAttachment: Equatable, Sendable {
    /// `spec.parentRefs`, in order.
    public var parentRefs: [ParentReference]
    /// `spec.hostnames`; empty: whatever the listener serves. Without meaning for a Service
    /// parent (GEP-1426).
    public var hostnames: [String]
    /// `spec.useDefaultGateways` is `All`: it attaches to the Gateways of a default scope, too.
    public var usesDefaultGateways: Bool

    /// An attachment.
    public init(
        parentRefs: [ParentReference], hostnames: [String] = [], usesDefaultGateways: Bool = false
    ) {
        self.parentRefs = parentRefs
        self.hostnames = hostnames
        self.usesDefaultGateways = usesDefaultGateways
    }
}

/// What routes of a kind carry.
public enum RouteTraffic: Hashable, Sendable {
    /// HTTP requests, by listeners of protocol HTTP and HTTPS, and to Services.
    case http
    /// gRPC calls, by the same listeners. A listener's host is served for HTTP or for gRPC routes,
    /// never for both: the older route goes first (Gateway API, GRPCRouteSpec.hostnames).
    case grpc
    /// TLS connections by their server name, by listeners of protocol TLS.
    case tls
    /// TCP connections.
    case tcp
    /// UDP datagrams.
    case udp

    /// The protocols of the listeners that such routes attach to.
    public var listenerProtocols: [Gateway.ProtocolType] {
        switch self {
        case .http, .grpc: [.http, .https]
        case .tls: [.tls]
        case .tcp: [.tcp]
        case .udp: [.udp]
        }
    }

    /// Whether a host's routes are told apart by what is in a request.
    public var isHTTP: Bool { self == .http || self == .grpc }

    /// Whether routes are told apart by the name that a client asks for.
    public var hasNames: Bool { isHTTP || self == .tls }
}

/// A parent that the core has found, and that lets the route attach.
public enum AttachedParent: Hashable, Sendable {
    /// A listener of a Gateway, or of a ListenerSet of the Gateway.
    case listener(ListenerParent)
    /// A port of a Service: mesh traffic (GAMMA).
    case service(ObjectReference, port: Int)

    /// Whether the parent is a Service.
    public var isMesh: Bool {
        switch self {
        case .listener: false
        case .service: true
        }
    }

    /// The port that clients connect to.
    public var port: Int {
        switch self {
        case .listener(let listener): listener.port
        case .service(_, let port): port
        }
    }
}

/// A listener that a route attaches to.
public struct ListenerParent: Hashable, Sendable {
    /// The Gateway whose proxies serve it.
    public var gateway: ObjectReference
    /// The object that declares it: the Gateway, or a ListenerSet.
    public var owner: ObjectReference
    /// Its name in the owner.
    public var name: String
    /// Its port, 1 to 65535.
    public var port: Int
    /// Its protocol.
    public var `protocol`: Gateway.ProtocolType

    /// A listener.
    public init(
        gateway: ObjectReference, owner: ObjectReference, name: String, port: Int,
        protocol: Gateway.ProtocolType
    ) {
        self.gateway = gateway
        self.owner = owner
        self.name = name
        self.port = port
        self.protocol = `protocol`
    }
}

/// What a plugin makes of one route for one parent.
public struct RouteTranslation: Sendable {
    /// The xDS routes, in the order of the rules; of HTTP traffic only.
    public var routes: [TranslatedRoute]
    /// Where connections or datagrams go; of other traffic only. The oldest route of a listener
    /// and server name carries them all.
    public var connection: TranslatedConnection?
    /// Clusters of the route's own, beside those of its backends, with their endpoints.
    public var clusters: [OwnedCluster]
    /// Why the route is not `Accepted`, if it is not; its routes are then left out.
    public var notAccepted: Problem?
    /// Why references are not all resolved, if they are not; the routes are served all the same.
    public var unresolved: Problem?
    /// Which rules are left out although the others are served (`PartiallyInvalid`).
    public var partiallyInvalid: Problem?

    /// A translation.
    public init(
        routes: [TranslatedRoute] = [], connection: TranslatedConnection? = nil,
        clusters: [OwnedCluster] = [], notAccepted: Problem? = nil, unresolved: Problem? = nil,
        partiallyInvalid: Problem? = nil
    ) {
        self.routes = routes
        self.connection = connection
        self.clusters = clusters
        self.notAccepted = notAccepted
        self.unresolved = unresolved
        self.partiallyInvalid = partiallyInvalid
    }

    /// A condition's reason and message, with the field at fault.
    public struct Problem: Hashable, Sendable {
        /// The condition's reason, such as `BackendNotFound`.
        public var reason: String
        /// What is wrong and what mends it.
        public var message: String
        /// The field at fault, such as `spec.rules[1].backendRefs[0]`.
        public var fieldPath: String

        /// A problem.
        public init(reason: String, message: String, fieldPath: String) {
            self.reason = reason
            self.message = message
            self.fieldPath = fieldPath
        }
    }
}

/// One xDS route and its place among the routes of its host.
public struct TranslatedRoute: Hashable, Sendable {
    /// The route; the core adds where it came from to its metadata.
    public var route: XDS.Route
    /// How specific its match is.
    public var precedence: RoutePrecedence
    /// The index of the rule in the object.
    public var rule: Int
    /// HTTP filters that the listener must have, switched off, for the route to switch them on.
    public var filters: [HTTPFilter]

    /// A translated route.
    public init(
        route: XDS.Route, precedence: RoutePrecedence, rule: Int, filters: [HTTPFilter] = []
    ) {
        self.route = route
        self.precedence = precedence
        self.rule = rule
        self.filters = filters
    }
}

/// Where a listener's connections, or datagrams, go.
public struct TranslatedConnection: Hashable, Sendable {
    /// The clusters by weight; of UDP one.
    public var clusters: [ClusterWeight]
    /// The index of the rule in the object.
    public var rule: Int

    /// A connection route.
    public init(clusters: [ClusterWeight], rule: Int = 0) {
        self.clusters = clusters
        self.rule = rule
    }
}

/// A cluster that a route brings along.
public struct OwnedCluster: Hashable, Sendable {
    /// The cluster; its name is the route's own, such as `udproute/NAMESPACE/NAME`.
    public var cluster: XDS.Cluster
    /// Its endpoints, where it takes them by EDS.
    public var endpoints: ClusterLoadAssignment?

    /// A cluster.
    public init(cluster: XDS.Cluster, endpoints: ClusterLoadAssignment? = nil) {
        self.cluster = cluster
        self.endpoints = endpoints
    }
}

/// How specific a match is; of two routes that match a request, the greater one wins.
///
/// Ties are broken by the core: the older object, then its namespace and name, then the order in
/// the object (Gateway API, HTTPRouteRule, "Proxy or Load Balancer routing configuration").
public struct RoutePrecedence: Hashable, Comparable, Sendable {
    /// Compared from the first on; the greater number wins, a missing one counts as 0.
    public var ranks: [Int]

    /// A precedence by its ranks.
    public init(_ ranks: [Int]) {
        self.ranks = ranks
    }

    /// Whether `left` is less specific.
    public static func < (left: Self, right: Self) -> Bool {
        for index in 0..<max(left.ranks.count, right.ranks.count) {
            let l = index < left.ranks.count ? left.ranks[index] : 0
            let r = index < right.ranks.count ? right.ranks[index] : 0
            if l != r { return l < r }
        }
        return false
    }
}
