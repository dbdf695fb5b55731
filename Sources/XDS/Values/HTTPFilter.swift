/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter`.
public struct HTTPFilter: Hashable, Sendable {
    /// The filter's name.
    public var name: String
    /// The filter's typed configuration.
    public var config: HTTPFilterConfig
    /// A client that does not know the filter leaves it out.
    public var isOptional: Bool
    /// The filter does nothing but for routes with a configuration of their own for it.
    public var isDisabled: Bool

    /// A filter.
    public init(
        name: String, config: HTTPFilterConfig, isOptional: Bool = false, isDisabled: Bool = false
    ) {
        self.name = name
        self.config = config
        self.isOptional = isOptional
        self.isDisabled = isDisabled
    }

    /// A filter that this module has no type for.
    public init(name: String, config: AnyMessage, isOptional: Bool = false) {
        self.init(name: name, config: .other(config), isOptional: isOptional)
    }

    /// The terminal filter, with its defaults.
    public static let router = HTTPFilter(name: "envoy.filters.http.router", config: .router)

    /// CORS, which does nothing but for routes with a policy.
    public static let cors = HTTPFilter(name: "envoy.filters.http.cors", config: .cors)

    /// External authorization under its usual name.
    ///
    /// - Parameters:
    ///   - filter: What the routes do that say nothing else.
    ///   - isDisabled: Only routes with settings of their own are checked.
    public static func extAuthz(_ filter: ExtAuthz, isDisabled: Bool = false) -> HTTPFilter {
        HTTPFilter(
            name: "envoy.filters.http.ext_authz", config: .extAuthz(filter), isDisabled: isDisabled)
    }

    /// Stateful sessions under their usual name.
    ///
    /// - Parameter filter: What the routes do that say nothing else; by default nothing.
    public static func statefulSession(
        _ filter: StatefulSession = StatefulSession()
    ) -> HTTPFilter {
        HTTPFilter(
            name: "envoy.filters.http.stateful_session", config: .statefulSession(filter))
    }
}

/// The typed configuration of an HTTP filter, for a listener or for one route.
public enum HTTPFilterConfig: Hashable, Sendable {
    /// `envoy.extensions.filters.http.router.v3.Router`, with its defaults.
    case router
    /// `envoy.extensions.filters.http.cors.v3.Cors`.
    case cors
    /// External authorization.
    case extAuthz(ExtAuthz)
    /// Stateful sessions.
    case statefulSession(StatefulSession)
    /// A route's cross-origin rules.
    case corsPolicy(CORSPolicy)
    /// What external authorization does for one route.
    case extAuthzPerRoute(ExtAuthzPerRoute)
    /// What stateful sessions do for one route.
    case statefulSessionPerRoute(StatefulSessionPerRoute)
    /// A configuration this module has no type for.
    case other(AnyMessage)
}

/// `envoy.extensions.filters.http.cors.v3.CorsPolicy`.
public struct CORSPolicy: Hashable, Sendable {
    /// Which origins are allowed.
    public var allowOriginStringMatch: [StringMatcher]
    /// The value of `access-control-allow-methods`; empty sends none.
    public var allowMethods: String
    /// The value of `access-control-allow-headers`; empty sends none.
    public var allowHeaders: String
    /// The value of `access-control-expose-headers`; empty sends none.
    public var exposeHeaders: String
    /// The value of `access-control-max-age`, in seconds; empty sends none.
    public var maxAge: String
    /// Whether `access-control-allow-credentials: true` is sent.
    public var allowCredentials: Bool
    /// Whether `access-control-allow-private-network: true` answers a request for it.
    public var allowPrivateNetworkAccess: Bool
    /// A preflight of another origin goes to the cluster, and is not answered in place; nil is the
    /// client's default (Envoy: true).
    public var forwardsNotMatchingPreflights: Bool?

    /// A policy.
    public init(
        allowOriginStringMatch: [StringMatcher], allowMethods: String = "",
        allowHeaders: String = "", exposeHeaders: String = "", maxAge: String = "",
        allowCredentials: Bool = false, allowPrivateNetworkAccess: Bool = false,
        forwardsNotMatchingPreflights: Bool? = nil
    ) {
        self.allowOriginStringMatch = allowOriginStringMatch
        self.allowMethods = allowMethods
        self.allowHeaders = allowHeaders
        self.exposeHeaders = exposeHeaders
        self.maxAge = maxAge
        self.allowCredentials = allowCredentials
        self.allowPrivateNetworkAccess = allowPrivateNetworkAccess
        self.forwardsNotMatchingPreflights = forwardsNotMatchingPreflights
    }
}
