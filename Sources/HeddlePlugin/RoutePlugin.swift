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
public protocol RoutePlugin: Sendable {
    /// The plugin's name, as `heddlectl` and the log show it.
    var name: String { get }

    /// The kinds it translates; two plugins may not claim one kind.
    var kinds: [GroupKind] { get }

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

    /// An attachment.
    public init(parentRefs: [ParentReference], hostnames: [String] = []) {
        self.parentRefs = parentRefs
        self.hostnames = hostnames
    }
}

/// A parent that the core has found, and that lets the route attach.
public enum AttachedParent: Hashable, Sendable {
    /// A listener of a Gateway.
    case listener(gateway: ObjectReference, name: String, port: Int)
    /// A port of a Service: mesh traffic (GAMMA).
    case service(ObjectReference, port: Int)

    /// Whether the parent is a Service.
    public var isMesh: Bool {
        switch self {
        case .listener: false
        case .service: true
        }
    }
}

/// What a plugin makes of one route for one parent.
public struct RouteTranslation: Sendable {
    /// The xDS routes, in the order of the rules.
    public var routes: [TranslatedRoute]
    /// Why the route is not `Accepted`, if it is not; its routes are then left out.
    public var notAccepted: Problem?
    /// Why references are not all resolved, if they are not; the routes are served all the same.
    public var unresolved: Problem?

    /// A translation.
    public init(
        routes: [TranslatedRoute] = [], notAccepted: Problem? = nil, unresolved: Problem? = nil
    ) {
        self.routes = routes
        self.notAccepted = notAccepted
        self.unresolved = unresolved
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

    /// A translated route.
    public init(route: XDS.Route, precedence: RoutePrecedence, rule: Int) {
        self.route = route
        self.precedence = precedence
        self.rule = rule
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
