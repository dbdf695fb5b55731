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

    /// A route.
    public init(
        name: String = "", match: RouteMatch, action: Action, metadata: Metadata = Metadata(),
        requestHeadersToAdd: [HeaderValueOption] = [], requestHeadersToRemove: [String] = [],
        responseHeadersToAdd: [HeaderValueOption] = [], responseHeadersToRemove: [String] = []
    ) {
        self.name = name
        self.match = match
        self.action = action
        self.metadata = metadata
        self.requestHeadersToAdd = requestHeadersToAdd
        self.requestHeadersToRemove = requestHeadersToRemove
        self.responseHeadersToAdd = responseHeadersToAdd
        self.responseHeadersToRemove = responseHeadersToRemove
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

    /// A match; every path by default.
    public init(
        path: Path = .prefix("/"), headers: [HeaderMatcher] = [],
        queryParameters: [QueryParameterMatcher] = []
    ) {
        self.path = path
        self.headers = headers
        self.queryParameters = queryParameters
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

/// `envoy.config.route.v3.RouteAction`.
public struct RouteAction: Hashable, Sendable {
    /// Where the request goes.
    public enum ClusterSpecifier: Hashable, Sendable {
        /// One cluster.
        case cluster(String)
        /// Several, by weight.
        case weightedClusters([ClusterWeight])
    }
    /// The status when the cluster does not exist (`ClusterNotFoundResponseCode`).
    public enum ClusterNotFoundResponseCode: Hashable, Sendable {
        /// 503, the default.
        case serviceUnavailable
        /// 404.
        case notFound
        /// 500.
        case internalServerError
    }
    /// Where the request goes.
    public var cluster: ClusterSpecifier
    /// The status when the cluster does not exist.
    public var clusterNotFoundResponseCode: ClusterNotFoundResponseCode
    /// The whole exchange's bound; nil is the client's default (Envoy: 15 s), zero is none.
    public var timeout: Duration?
    /// How long the stream may be silent; nil is the client's default, zero is none.
    public var idleTimeout: Duration?
    /// What replaces the matched prefix, or the matched whole path.
    public var prefixRewrite: String
    /// What replaces `Host`.
    public var hostRewriteLiteral: String

    /// An action.
    public init(
        cluster: ClusterSpecifier,
        clusterNotFoundResponseCode: ClusterNotFoundResponseCode = .serviceUnavailable,
        timeout: Duration? = nil, idleTimeout: Duration? = nil, prefixRewrite: String = "",
        hostRewriteLiteral: String = ""
    ) {
        self.cluster = cluster
        self.clusterNotFoundResponseCode = clusterNotFoundResponseCode
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.prefixRewrite = prefixRewrite
        self.hostRewriteLiteral = hostRewriteLiteral
    }
}

/// `envoy.config.route.v3.WeightedCluster.ClusterWeight`.
public struct ClusterWeight: Hashable, Sendable {
    /// The cluster.
    public var name: String
    /// Its weight; its share is the weight over the sum of all weights.
    public var weight: UInt32
    /// Headers added to the request when this cluster is picked.
    public var requestHeadersToAdd: [HeaderValueOption]
    /// Headers removed from the request when this cluster is picked.
    public var requestHeadersToRemove: [String]

    /// A weighted cluster.
    public init(
        name: String, weight: UInt32, requestHeadersToAdd: [HeaderValueOption] = [],
        requestHeadersToRemove: [String] = []
    ) {
        self.name = name
        self.weight = weight
        self.requestHeadersToAdd = requestHeadersToAdd
        self.requestHeadersToRemove = requestHeadersToRemove
    }
}

/// `envoy.config.route.v3.RedirectAction`.
public struct RedirectAction: Hashable, Sendable {
    /// What becomes of the path.
    public enum Path: Hashable, Sendable {
        /// It stays.
        case keep
        /// It is replaced whole.
        case replace(String)
        /// Its matched prefix is replaced.
        case replacePrefix(String)
    }
    /// The new scheme; empty keeps it.
    public var scheme: String
    /// The new host; empty keeps it.
    public var host: String
    /// The new port; 0 leaves it to the scheme.
    public var port: UInt32
    /// What becomes of the path.
    public var path: Path
    /// The status, one of 301, 302, 303, 307 and 308.
    public var status: Int

    /// A redirect.
    public init(
        scheme: String = "", host: String = "", port: UInt32 = 0, path: Path = .keep,
        status: Int = 301
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.status = status
    }
}

/// `envoy.config.route.v3.DirectResponseAction`.
public struct DirectResponseAction: Hashable, Sendable {
    /// The status, 200 to 599.
    public var status: UInt32
    /// The body, plain text.
    public var body: String

    /// An answer in place.
    public init(status: UInt32, body: String = "") {
        self.status = status
        self.body = body
    }
}
