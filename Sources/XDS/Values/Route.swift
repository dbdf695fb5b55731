/// `envoy.config.route.v3.RouteConfiguration`.
public struct RouteConfiguration: Hashable, Sendable {
    /// The resource's name.
    public var name: String
    /// The virtual hosts that travel with it.
    public var virtualHosts: [VirtualHost]
    /// More virtual hosts come by VHDS over ADS.
    public var usesVHDS: Bool
    /// The port in `Host` is not looked at.
    public var ignorePortInHostMatching: Bool

    /// A route configuration.
    public init(
        name: String, virtualHosts: [VirtualHost] = [], usesVHDS: Bool = false,
        ignorePortInHostMatching: Bool = false
    ) {
        self.name = name
        self.virtualHosts = virtualHosts
        self.usesVHDS = usesVHDS
        self.ignorePortInHostMatching = ignorePortInHostMatching
    }
}

/// `envoy.config.route.v3.VirtualHost`.
public struct VirtualHost: Hashable, Sendable {
    /// By VHDS, the resource's name: `ROUTE-CONFIGURATION/NAME`.
    public var name: String
    /// Hosts: exact, `*.suffix`, `prefix.*` or `*`; unique in a route configuration.
    public var domains: [String]
    /// The routes; the first that matches wins.
    public var routes: [Route]

    /// A virtual host.
    public init(name: String, domains: [String], routes: [Route] = []) {
        self.name = name
        self.domains = domains
        self.routes = routes
    }
}

/// `envoy.config.route.v3.Route`.
public struct Route: Hashable, Sendable {
    /// What becomes of a request that matches.
    public enum Action: Hashable, Sendable {
        /// It goes to a cluster.
        case route(RouteAction)
        /// It is redirected.
        case redirect(RedirectAction)
        /// It is answered in place.
        case directResponse(DirectResponseAction)
    }
    /// The route's name.
    public var name: String
    /// Which requests.
    public var match: RouteMatch
    /// What becomes of them.
    public var action: Action
    /// Facts about the route, such as the object it came from.
    public var metadata: Metadata
    /// Headers added to the request.
    public var requestHeadersToAdd: [HeaderValueOption]
    /// Headers removed from the request.
    public var requestHeadersToRemove: [String]
    /// Headers added to the response.
    public var responseHeadersToAdd: [HeaderValueOption]
    /// Headers removed from the response.
    public var responseHeadersToRemove: [String]
    /// What HTTP filters do for this route, by the filters' names.
    public var typedPerFilterConfig: [String: HTTPFilterConfig]

    /// A route.
    public init(
        name: String = "", match: RouteMatch, action: Action, metadata: Metadata = Metadata(),
        requestHeadersToAdd: [HeaderValueOption] = [], requestHeadersToRemove: [String] = [],
        responseHeadersToAdd: [HeaderValueOption] = [], responseHeadersToRemove: [String] = [],
        typedPerFilterConfig: [String: HTTPFilterConfig] = [:]
    ) {
        self.name = name
        self.match = match
        self.action = action
        self.metadata = metadata
        self.requestHeadersToAdd = requestHeadersToAdd
        self.requestHeadersToRemove = requestHeadersToRemove
        self.responseHeadersToAdd = responseHeadersToAdd
        self.responseHeadersToRemove = responseHeadersToRemove
        self.typedPerFilterConfig = typedPerFilterConfig
    }
}

/// `envoy.config.route.v3.RouteMatch`; all parts must match.
public struct RouteMatch: Hashable, Sendable {
    /// How the path is compared.
    public enum Path: Hashable, Sendable {
        /// The path starts with the bytes.
        case prefix(String)
        /// The whole path, without the query.
        case path(String)
        /// A prefix of whole path elements, with no trailing slash (`/abc` but not `/abcd`).
        case pathSeparatedPrefix(String)
        /// An RE2 expression over the whole path, without the query.
        case safeRegex(String)
    }
    /// How the path is compared.
    public var path: Path
    /// Header conditions.
    public var headers: [HeaderMatcher]
    /// Query parameter conditions.
    public var queryParameters: [QueryParameterMatcher]
    /// The share of the requests that matches; nil is all. A request has one random number for all
    /// of its route's fractions: equal fractions pick the same requests.
    public var runtimeFraction: FractionalPercent?
    /// The request is of gRPC (`content-type: application/grpc`).
    public var isGRPC: Bool

    /// A match; every path by default.
    public init(
        path: Path = .prefix("/"), headers: [HeaderMatcher] = [],
        queryParameters: [QueryParameterMatcher] = [], runtimeFraction: FractionalPercent? = nil,
        isGRPC: Bool = false
    ) {
        self.path = path
        self.headers = headers
        self.queryParameters = queryParameters
        self.runtimeFraction = runtimeFraction
        self.isGRPC = isGRPC
    }
}

/// `envoy.config.route.v3.HeaderMatcher`.
public struct HeaderMatcher: Hashable, Sendable {
    /// What is asked of the header.
    public enum Condition: Hashable, Sendable {
        /// It is there (true) or not (false).
        case present(Bool)
        /// Its value.
        case string(StringMatcher)
    }
    /// The header's name, in lower case; `:method`, `:authority` and `:path` too.
    public var name: String
    /// What is asked of it.
    public var condition: Condition
    /// The opposite is asked.
    public var invertMatch: Bool

    /// A condition.
    public init(name: String, condition: Condition, invertMatch: Bool = false) {
        self.name = name
        self.condition = condition
        self.invertMatch = invertMatch
    }
}

/// `envoy.config.route.v3.QueryParameterMatcher`.
public struct QueryParameterMatcher: Hashable, Sendable {
    /// What is asked of the parameter.
    public enum Condition: Hashable, Sendable {
        /// It is there (true) or not (false).
        case present(Bool)
        /// Its value; the first, where it is repeated.
        case string(StringMatcher)
    }
    /// The parameter's name, case-sensitive.
    public var name: String
    /// What is asked of it.
    public var condition: Condition

    /// A condition.
    public init(name: String, condition: Condition) {
        self.name = name
        self.condition = condition
    }
}
