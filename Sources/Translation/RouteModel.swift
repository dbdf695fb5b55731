import GatewayAPI
import HeddlePlugin
import XDS

/// The host that routes are merged for.
enum HostKey: Hashable {
    /// A host of a listener.
    case listener(ListenerID, host: String)
    /// A port of a Service.
    case service(ObjectReference, port: Int)
    /// A port of a Service, for clients of one namespace.
    case consumer(ObjectReference, port: Int, client: String)
}

/// One xDS route with all that decides its place.
struct RankedRoute: Equatable {
    var encoded: EncodedRoute
    /// The clusters that it names.
    var clusters: [String]
    var precedence: RoutePrecedence
    var created: String?
    var origin: ObjectReference
    /// The position in its object.
    var index: Int
    /// HTTP filters that its listener must have.
    var filters: [HTTPFilter]
    /// Its match takes every request, so that none comes to the routes behind it.
    var takesAll: Bool

    /// Whether it comes before another: the more specific match, the older object, the name, the
    /// order in the object (Gateway API, HTTPRouteRule).
    static func precedes(_ left: RankedRoute, _ right: RankedRoute) -> Bool {
        if left.precedence != right.precedence { return left.precedence > right.precedence }
        if left.origin == right.origin { return left.index < right.index }
        return Age.precedes((left.created, left.origin), (right.created, right.origin))
    }
}

/// What a connection, or a datagram, comes in by.
struct ConnectionKey: Hashable {
    var listener: ListenerID
    /// The TLS server name; of TLS only, else `*`.
    var serverName = Hostname.any
}

/// Where connections go, with all that decides which of several routes carries them.
struct RankedConnection: Equatable {
    var connection: TranslatedConnection
    var created: String?
    var origin: ObjectReference

    /// Whether it comes before another: the older route, then the name (Gateway API, TCPRoute).
    static func precedes(_ left: RankedConnection, _ right: RankedConnection) -> Bool {
        Age.precedes((left.created, left.origin), (right.created, right.origin))
    }
}

/// A route, translated for each of its parents.
struct RouteModel {
    /// The xDS routes, by host.
    var routes: [HostKey: [RankedRoute]] = [:]
    /// Where connections go, by what is accepted.
    var connections: [ConnectionKey: RankedConnection] = [:]
    /// The clusters it brings along, by name.
    var clusters: [String: OwnedCluster] = [:]
    /// The listeners it attaches to, by the Gateway or ListenerSet that declares them, for
    /// `attachedRoutes`.
    var attached: [ObjectReference: Set<String>] = [:]
    /// The hosts that it wants, by listener, whether or not it gets them.
    var claims: [ListenerID: [String]] = [:]
    /// One entry for each parent that is ours.
    var parents: [RouteParentStatus] = []

    init(_ resource: Resource, plugin: any RoutePlugin, context: TranslationContext) {
        let attachment = plugin.attachment(of: resource)
        var translation = ParentTranslation(resource, plugin, attachment, context)
        for parentRef in attachment.parentRefs {
            if let outcome = translation.attach(parentRef) { add(outcome) }
        }
        for parentRef in translation.defaultParents {
            // A Gateway that does not take the route was not asked by name, and says nothing.
            if let outcome = translation.attach(parentRef), !outcome.claims.isEmpty {
                add(outcome)
            }
        }
    }

    private mutating func add(_ outcome: ParentTranslation.Outcome) {
        for (gateway, listeners) in outcome.attached {
            attached[gateway, default: []].formUnion(listeners)
        }
        // Two parentRefs may reach the same host; its routes count once.
        routes.merge(outcome.routes) { first, _ in first }
        connections.merge(outcome.connections) { first, _ in first }
        clusters.merge(outcome.clusters) { first, _ in first }
        claims.merge(outcome.claims) { first, _ in first }
        parents.append(outcome.status)
    }
}
