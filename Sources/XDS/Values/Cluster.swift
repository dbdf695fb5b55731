/// `envoy.config.cluster.v3.Cluster`.
public struct Cluster: Hashable, Sendable {
    /// How the endpoints are found (`DiscoveryType`).
    public enum Discovery: Hashable, Sendable {
        /// EDS over ADS; the name asked for, or the cluster's own when empty.
        case eds(serviceName: String)
        /// In place.
        case staticEndpoints(ClusterLoadAssignment)
        /// In place, by host name: every address of a name is an endpoint.
        case strictDNS(ClusterLoadAssignment)
        /// In place, one host name: a new connection goes to its first address.
        case logicalDNS(ClusterLoadAssignment)
    }
    /// `DnsLookupFamily`.
    public enum DNSLookupFamily: UInt32, Hashable, Sendable {
        /// IPv6, and IPv4 where there is none.
        case auto = 0
        /// IPv4.
        case v4Only = 1
        /// IPv6.
        case v6Only = 2
        /// IPv4, and IPv6 where there is none.
        case v4Preferred = 3
        /// Both.
        case all = 4
    }
    /// Which HTTP the endpoints speak (`envoy.extensions.upstreams.http.v3.HttpProtocolOptions`).
    public enum HTTPVersion: Hashable, Sendable {
        /// HTTP/1.1.
        case http1
        /// HTTP/2, in clear text by prior knowledge.
        case http2
        /// What the endpoint picks by ALPN; needs a transport socket of TLS.
        case auto
    }
    /// `LbPolicy`.
    public enum LoadBalancing: Hashable, Sendable {
        /// One after the other.
        case roundRobin
        /// The less loaded of two picked by chance.
        case leastRequest
        /// By chance.
        case random
        /// By the request's hash, on a ring of endpoints.
        case ringHash
        /// By the request's hash, in a Maglev table of endpoints.
        case maglev
    }
    /// The resource's name.
    public var name: String
    /// How the endpoints are found.
    public var discovery: Discovery
    /// How an endpoint is picked.
    public var loadBalancing: LoadBalancing
    /// How long a connection may take to open; nil is the client's default (Envoy: 5 s).
    public var connectTimeout: Duration?
    /// Which HTTP the endpoints speak.
    public var httpVersion: HTTPVersion
    /// How the connections are secured; nil is clear text.
    public var transportSocket: TransportSocket?
    /// A locality is picked by its weight before an endpoint of it (`locality_weighted_lb_config`).
    public var usesLocalityWeights: Bool
    /// What may be under way, by priority.
    public var circuitBreakers: [CircuitBreakerThresholds]
    /// Which endpoints are left out because they fail; nil leaves out none.
    public var outlierDetection: OutlierDetection?
    /// Which addresses of a host name are asked for.
    public var dnsLookupFamily: DNSLookupFamily

    /// Endpoints speak HTTP/2, always.
    public var usesHTTP2: Bool {
        get { httpVersion == .http2 }
        set { httpVersion = newValue ? .http2 : .http1 }
    }

    /// A cluster.
    ///
    /// - Parameter usesHTTP2: Short for `httpVersion: .http2`; not read where that is given.
    public init(
        name: String, discovery: Discovery = .eds(serviceName: ""),
        loadBalancing: LoadBalancing = .roundRobin, connectTimeout: Duration? = nil,
        usesHTTP2: Bool = false, httpVersion: HTTPVersion? = nil,
        transportSocket: TransportSocket? = nil, usesLocalityWeights: Bool = false,
        circuitBreakers: [CircuitBreakerThresholds] = [], outlierDetection: OutlierDetection? = nil,
        dnsLookupFamily: DNSLookupFamily = .auto
    ) {
        self.name = name
        self.discovery = discovery
        self.loadBalancing = loadBalancing
        self.connectTimeout = connectTimeout
        self.httpVersion = httpVersion ?? (usesHTTP2 ? .http2 : .http1)
        self.transportSocket = transportSocket
        self.usesLocalityWeights = usesLocalityWeights
        self.circuitBreakers = circuitBreakers
        self.outlierDetection = outlierDetection
        self.dnsLookupFamily = dnsLookupFamily
    }
}

/// `envoy.config.endpoint.v3.ClusterLoadAssignment`.
public struct ClusterLoadAssignment: Hashable, Sendable {
    /// The resource's name.
    public var clusterName: String
    /// The endpoints by locality and priority.
    public var endpoints: [LocalityLbEndpoints]

    /// An assignment.
    public init(clusterName: String, endpoints: [LocalityLbEndpoints] = []) {
        self.clusterName = clusterName
        self.endpoints = endpoints
    }
}

/// `envoy.config.endpoint.v3.LocalityLbEndpoints`.
public struct LocalityLbEndpoints: Hashable, Sendable {
    /// Where the endpoints are.
    public var locality: Locality
    /// The locality's weight, at least 1; proxyless gRPC leaves out a locality without one.
    public var loadBalancingWeight: UInt32
    /// 0 is tried first; no gaps.
    public var priority: UInt32
    /// The endpoints.
    public var lbEndpoints: [LbEndpoint]

    /// A locality's endpoints.
    public init(
        locality: Locality = Locality(), loadBalancingWeight: UInt32 = 1, priority: UInt32 = 0,
        lbEndpoints: [LbEndpoint]
    ) {
        self.locality = locality
        self.loadBalancingWeight = loadBalancingWeight
        self.priority = priority
        self.lbEndpoints = lbEndpoints
    }
}

/// `envoy.config.endpoint.v3.LbEndpoint`.
public struct LbEndpoint: Hashable, Sendable {
    /// `envoy.config.core.v3.HealthStatus`.
    public enum HealthStatus: Hashable, Sendable {
        /// Not known; counts as healthy.
        case unknown
        /// Healthy.
        case healthy
        /// Unhealthy.
        case unhealthy
        /// Finishes what it has, gets nothing new.
        case draining
    }
    /// Where it listens.
    public var address: SocketAddress
    /// How it is.
    public var healthStatus: HealthStatus
    /// Its weight among the locality's endpoints, at least 1.
    public var loadBalancingWeight: UInt32

    /// An endpoint.
    public init(
        address: SocketAddress, healthStatus: HealthStatus = .unknown,
        loadBalancingWeight: UInt32 = 1
    ) {
        self.address = address
        self.healthStatus = healthStatus
        self.loadBalancingWeight = loadBalancingWeight
    }
}
