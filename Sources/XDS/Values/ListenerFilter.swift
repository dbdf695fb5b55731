/// `envoy.config.listener.v3.ListenerFilter`: looks at a connection before a filter chain is picked,
/// or takes the datagrams of a UDP listener.
public struct ListenerFilter: Hashable, Sendable {
    /// The filter's typed configuration.
    public enum Config: Hashable, Sendable {
        /// Reads the server name and the protocols of a TLS ClientHello.
        case tlsInspector
        /// Carries datagrams.
        case udpProxy(UDPProxy)
        /// A filter this module has no type for.
        case other(AnyMessage)
    }
    /// The filter's name.
    public var name: String
    /// The filter's configuration.
    public var config: Config

    /// A listener filter.
    public init(name: String, config: Config) {
        self.name = name
        self.config = config
    }

    /// The TLS inspector under its usual name.
    public static let tlsInspector = ListenerFilter(
        name: "envoy.filters.listener.tls_inspector", config: .tlsInspector)

    /// A UDP proxy under its usual name.
    public static func udpProxy(_ proxy: UDPProxy) -> ListenerFilter {
        ListenerFilter(name: "envoy.filters.udp_listener.udp_proxy", config: .udpProxy(proxy))
    }
}

/// `envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig`.
public struct UDPProxy: Hashable, Sendable {
    /// The prefix of the proxy's metrics.
    public var statPrefix: String
    /// Where all datagrams go.
    public var cluster: String
    /// How long a session without datagrams lives; nil is the client's default (Envoy: 1 minute).
    public var idleTimeout: Duration?
    /// An endpoint is picked for each datagram, and not for each session.
    public var usesPerPacketLoadBalancing: Bool

    /// A UDP proxy.
    public init(
        statPrefix: String, cluster: String, idleTimeout: Duration? = nil,
        usesPerPacketLoadBalancing: Bool = false
    ) {
        self.statPrefix = statPrefix
        self.cluster = cluster
        self.idleTimeout = idleTimeout
        self.usesPerPacketLoadBalancing = usesPerPacketLoadBalancing
    }
}
