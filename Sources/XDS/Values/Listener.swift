/// `envoy.config.listener.v3.Listener`.
public struct Listener: Hashable, Sendable {
    /// The resource's name.
    public var name: String
    /// Where to listen; nil for an API listener.
    public var address: SocketAddress?
    /// What to do with a connection; of the chains whose match takes it, the most specific.
    public var filterChains: [FilterChain]
    /// What to do with a connection that no chain takes; nil closes it.
    public var defaultFilterChain: FilterChain?
    /// What looks at a connection first, in order; on UDP, what takes the datagrams.
    public var listenerFilters: [ListenerFilter]
    /// For a client without a socket, such as proxyless gRPC.
    public var apiListener: HTTPConnectionManager?

    /// A listener.
    public init(
        name: String, address: SocketAddress? = nil, filterChains: [FilterChain] = [],
        defaultFilterChain: FilterChain? = nil, listenerFilters: [ListenerFilter] = [],
        apiListener: HTTPConnectionManager? = nil
    ) {
        self.name = name
        self.address = address
        self.filterChains = filterChains
        self.defaultFilterChain = defaultFilterChain
        self.listenerFilters = listenerFilters
        self.apiListener = apiListener
    }
}

/// `envoy.config.listener.v3.FilterChain`.
public struct FilterChain: Hashable, Sendable {
    /// The chain's name.
    public var name: String
    /// Which connections it takes.
    public var match: FilterChainMatch
    /// The network filters, in order.
    public var filters: [NetworkFilter]
    /// What stands between the connection and its bytes; nil is clear text.
    public var transportSocket: TransportSocket?

    /// A chain; for every connection, in clear text, by default.
    public init(
        name: String = "", match: FilterChainMatch = FilterChainMatch(), filters: [NetworkFilter],
        transportSocket: TransportSocket? = nil
    ) {
        self.name = name
        self.match = match
        self.filters = filters
        self.transportSocket = transportSocket
    }
}

/// `envoy.config.listener.v3.Filter`: a network filter.
public struct NetworkFilter: Hashable, Sendable {
    /// The filter's typed configuration.
    public enum Config: Hashable, Sendable {
        /// HTTP.
        case httpConnectionManager(HTTPConnectionManager)
        /// Any connection.
        case tcpProxy(TCPProxy)
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

    /// A connection manager under its usual name.
    public static func httpConnectionManager(_ manager: HTTPConnectionManager) -> NetworkFilter {
        NetworkFilter(
            name: "envoy.filters.network.http_connection_manager",
            config: .httpConnectionManager(manager))
    }

    /// A TCP proxy under its usual name.
    public static func tcpProxy(_ proxy: TCPProxy) -> NetworkFilter {
        NetworkFilter(name: "envoy.filters.network.tcp_proxy", config: .tcpProxy(proxy))
    }
}
