/// `envoy.config.listener.v3.Listener`.
public struct Listener: Hashable, Sendable {
    /// The resource's name.
    public var name: String
    /// Where to listen; nil for an API listener.
    public var address: SocketAddress?
    /// What to do with a connection.
    public var filterChains: [FilterChain]
    /// For a client without a socket, such as proxyless gRPC.
    public var apiListener: HTTPConnectionManager?

    /// A listener.
    public init(
        name: String, address: SocketAddress? = nil, filterChains: [FilterChain] = [],
        apiListener: HTTPConnectionManager? = nil
    ) {
        self.name = name
        self.address = address
        self.filterChains = filterChains
        self.apiListener = apiListener
    }
}

/// `envoy.config.listener.v3.FilterChain`.
public struct FilterChain: Hashable, Sendable {
    /// The chain's name.
    public var name: String
    /// The network filters, in order.
    public var filters: [NetworkFilter]

    /// A chain.
    public init(name: String = "", filters: [NetworkFilter]) {
        self.name = name
        self.filters = filters
    }
}

/// `envoy.config.listener.v3.Filter`: a network filter.
public struct NetworkFilter: Hashable, Sendable {
    /// The filter's typed configuration.
    public enum Config: Hashable, Sendable {
        /// HTTP.
        case httpConnectionManager(HTTPConnectionManager)
        /// A filter this module has no type for.
        case other(AnyMessage)
    }
    /// The filter's name.
    public var name: String
    /// The filter's configuration.
    public var config: Config

    /// A network filter.
    public init(name: String, config: Config) {
        self.name = name
        self.config = config
    }
}

/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`.
public struct HTTPConnectionManager: Hashable, Sendable {
    /// Where the routes come from.
    public enum RouteSpecifier: Hashable, Sendable {
        /// RDS over ADS, by the route configuration's name.
        case rds(String)
        /// In place.
        case routeConfig(RouteConfiguration)
    }
    /// The prefix of the listener's metrics.
    public var statPrefix: String
    /// Where the routes come from.
    public var routeSpecifier: RouteSpecifier
    /// The HTTP filters, in order; the last is the router.
    public var httpFilters: [HTTPFilter]
    /// Upgrades that are let through, such as `websocket`.
    public var upgradeTypes: [String]
    /// The peer's address is the client's (`X-Forwarded-For` is appended to).
    public var useRemoteAddress: Bool?
    /// RFC 3986 normalisation of the path before matching.
    public var normalizePath: Bool?
    /// Adjacent slashes become one before matching.
    public var mergeSlashes: Bool

    /// A connection manager.
    public init(
        statPrefix: String, routeSpecifier: RouteSpecifier, httpFilters: [HTTPFilter] = [.router],
        upgradeTypes: [String] = [], useRemoteAddress: Bool? = nil, normalizePath: Bool? = nil,
        mergeSlashes: Bool = false
    ) {
        self.statPrefix = statPrefix
        self.routeSpecifier = routeSpecifier
        self.httpFilters = httpFilters
        self.upgradeTypes = upgradeTypes
        self.useRemoteAddress = useRemoteAddress
        self.normalizePath = normalizePath
        self.mergeSlashes = mergeSlashes
    }
}

/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter`.
public struct HTTPFilter: Hashable, Sendable {
    /// The filter's name.
    public var name: String
    /// The filter's typed configuration.
    public var config: AnyMessage
    /// A client that does not know the filter leaves it out.
    public var isOptional: Bool

    /// A filter.
    public init(name: String, config: AnyMessage, isOptional: Bool = false) {
        self.name = name
        self.config = config
        self.isOptional = isOptional
    }

    /// The terminal filter, with its defaults.
    public static let router = HTTPFilter(
        name: "envoy.filters.http.router",
        config: AnyMessage(
            typeURL: ResourceType.prefix + "envoy.extensions.filters.http.router.v3.Router"))
}
