/// `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`.
public struct TCPProxy: Hashable, Sendable {
    /// Where a connection goes.
    public enum ClusterSpecifier: Hashable, Sendable {
        /// One cluster.
        case cluster(String)
        /// Several, by weight.
        case weightedClusters([WeightedCluster])
    }
    /// `TcpProxy.WeightedCluster.ClusterWeight`.
    public struct WeightedCluster: Hashable, Sendable {
        /// The cluster.
        public var name: String
        /// Its weight, at least 1; its share is the weight over the sum of all weights.
        public var weight: UInt32

        /// A weighted cluster.
        public init(name: String, weight: UInt32) {
            self.name = name
            self.weight = weight
        }
    }
    /// The prefix of the proxy's metrics.
    public var statPrefix: String
    /// Where a connection goes.
    public var cluster: ClusterSpecifier
    /// How long neither side may send; nil is the client's default (Envoy: 1 hour), zero is no bound.
    public var idleTimeout: Duration?
    /// How often an endpoint is tried; nil is once.
    public var maxConnectAttempts: UInt32?

    /// A TCP proxy.
    public init(
        statPrefix: String, cluster: ClusterSpecifier, idleTimeout: Duration? = nil,
        maxConnectAttempts: UInt32? = nil
    ) {
        self.statPrefix = statPrefix
        self.cluster = cluster
        self.idleTimeout = idleTimeout
        self.maxConnectAttempts = maxConnectAttempts
    }
}
