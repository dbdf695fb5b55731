/// `envoy.config.cluster.v3.Cluster`.
public struct Cluster: Hashable, Sendable {
    /// How the endpoints are found (`DiscoveryType`).
    public enum Discovery: Hashable, Sendable {
        /// EDS over ADS; the name asked for, or the cluster's own when empty.
        case eds(serviceName: String)
        /// In place.
        case staticEndpoints(ClusterLoadAssignment)
    }
    /// `LbPolicy`.
    public enum LoadBalancing: Hashable, Sendable {
        /// One after the other.
        case roundRobin
        /// The less loaded of two picked by chance.
        case leastRequest
        /// By chance.
        case random
    }
    /// The resource's name.
    public var name: String
    /// How the endpoints are found.
    public var discovery: Discovery
    /// How an endpoint is picked.
    public var loadBalancing: LoadBalancing
    /// How long a connection may take to open; nil is the client's default (Envoy: 5 s).
    public var connectTimeout: Duration?
    /// Endpoints speak HTTP/2 (`HttpProtocolOptions.explicit_http_config`).
    public var usesHTTP2: Bool

    /// A cluster.
    public init(
        name: String, discovery: Discovery = .eds(serviceName: ""),
        loadBalancing: LoadBalancing = .roundRobin, connectTimeout: Duration? = nil,
        usesHTTP2: Bool = false
    ) {
        self.name = name
        self.discovery = discovery
        self.loadBalancing = loadBalancing
        self.connectTimeout = connectTimeout
        self.usesHTTP2 = usesHTTP2
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
