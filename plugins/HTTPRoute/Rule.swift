package import GatewayAPI
package import HeddlePlugin
package import XDS

/// A rule of an HTTPRoute, or of a GRPCRoute in the words of one.
package struct Rule {
    /// Its index in the route.
    package var index: Int
    /// What it matches, and how specific each match is.
    package var matches: [(match: RouteMatch, precedence: RoutePrecedence)]
    /// Its filters, in order.
    package var filters: [HTTPRoute.Filter]
    /// Where requests go.
    package var backendRefs: [HTTPRoute.BackendRef]
    /// How long a request may take.
    package var timeouts: HTTPRoute.Timeouts?
    /// When a failed try is repeated.
    package var retry: HTTPRoute.Retry?
    /// How a client stays with one endpoint.
    package var sessionPersistence: HTTPRoute.SessionPersistence?
    /// Whether it is of calls of gRPC, which get UNAVAILABLE where requests get 500.
    package var isGRPC = false

    /// A rule.
    package init(
        index: Int, matches: [(match: RouteMatch, precedence: RoutePrecedence)],
        filters: [HTTPRoute.Filter], backendRefs: [HTTPRoute.BackendRef],
        timeouts: HTTPRoute.Timeouts? = nil, retry: HTTPRoute.Retry? = nil,
        sessionPersistence: HTTPRoute.SessionPersistence?
    ) {
        self.index = index
        self.matches = matches
        self.filters = filters
        self.backendRefs = backendRefs
        self.timeouts = timeouts
        self.retry = retry
        self.sessionPersistence = sessionPersistence
    }

    /// Its place in the object.
    var path: String { "spec.rules[\(index)]" }

    /// The value of the first filter of a type, with its place.
    func filter<Value>(
        _ type: HTTPRoute.FilterType, _ value: (HTTPRoute.Filter) -> Value?
    ) throws(NotServed) -> (value: Value, path: String)? {
        guard let index = filters.firstIndex(where: { $0.type == type }) else { return nil }
        let field = "\(path).filters[\(index)]"
        guard let value = value(filters[index]) else { throw NotServed.missing(field) }
        return (value, field)
    }
}

/// Something in a rule that cannot be served; the rule is then left out.
package struct NotServed: Error {
    /// What its route's status says.
    package var problem: RouteTranslation.Problem

    /// A field that cannot be served.
    package init(_ fieldPath: String, _ message: String, reason: String = "UnsupportedValue") {
        problem = .init(reason: reason, message: message, fieldPath: fieldPath)
    }

    static func missing(_ path: String) -> NotServed {
        NotServed(path, "the filter's own field is missing; add it, or correct the type")
    }
}
