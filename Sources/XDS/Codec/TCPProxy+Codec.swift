internal import CEnvoyAPI

extension TCPProxy: ConfigMessage {
    typealias CMessage = Envoy__Extensions__Filters__Network__TcpProxy__V3__TcpProxy

    static let messageName = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__network__tcp_proxy__v3__tcp_proxy__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(
            message,
            [
                9: "metadata_match", 12: "tunneling_config", 14: "on_demand",
                19: "proxy_protocol_tlvs",
            ])
        self.init(
            statPrefix: String(message.stat_prefix),
            cluster: try ClusterSpecifier(message, in: arena),
            idleTimeout: try arena.read(message.idle_timeout, "idle_timeout"),
            maxConnectAttempts: message.max_connect_attempts?.pointee.value)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.stat_prefix = arena.text(statPrefix)
        cluster.fill(&message, in: arena)
        message.idle_timeout = idleTimeout?.make(in: arena)
        message.max_connect_attempts = maxConnectAttempts.map(arena.wrapped)
    }
}

extension TCPProxy.ClusterSpecifier {
    fileprivate init(_ message: TCPProxy.CMessage, in arena: Arena) throws(XDSError) {
        switch message.cluster_specifier_case {
        case ENVOY__EXTENSIONS__FILTERS__NETWORK__TCP_PROXY__V3__TCP_PROXY__CLUSTER_SPECIFIER_CLUSTER:
            self = .cluster(String(message.cluster))
        case ENVOY__EXTENSIONS__FILTERS__NETWORK__TCP_PROXY__V3__TCP_PROXY__CLUSTER_SPECIFIER_WEIGHTED_CLUSTERS:
            guard let weighted = message.weighted_clusters?.pointee else {
                throw .unknownCase(of: "cluster_specifier")
            }
            self = .weightedClusters(
                try arena.read(
                    weighted.clusters, count: weighted.n_clusters, "weighted_clusters.clusters"))
        default: throw .unknownCase(of: "cluster_specifier")
        }
    }

    fileprivate func fill(_ message: inout TCPProxy.CMessage, in arena: Arena) {
        switch self {
        case .cluster(let name):
            message.cluster_specifier_case =
                ENVOY__EXTENSIONS__FILTERS__NETWORK__TCP_PROXY__V3__TCP_PROXY__CLUSTER_SPECIFIER_CLUSTER
            message.cluster = arena.text(name)
        case .weightedClusters(let clusters):
            message.cluster_specifier_case =
                ENVOY__EXTENSIONS__FILTERS__NETWORK__TCP_PROXY__V3__TCP_PROXY__CLUSTER_SPECIFIER_WEIGHTED_CLUSTERS
            message.weighted_clusters = arena.cMessage(
                envoy__extensions__filters__network__tcp_proxy__v3__tcp_proxy__weighted_cluster__init
            ) {
                $0.n_clusters = clusters.count
                $0.clusters = arena.messages(clusters)
            }
        }
    }
}

extension TCPProxy.WeightedCluster: CRepresentable {
    typealias CMessage =
        Envoy__Extensions__Filters__Network__TcpProxy__V3__TcpProxy__WeightedCluster__ClusterWeight

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__network__tcp_proxy__v3__tcp_proxy__weighted_cluster__cluster_weight__init(
            message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [3: "metadata_match"])
        guard message.weight > 0 else {
            throw .invalid("a weight is at least 1", at: "weight")
        }
        self.init(name: String(message.name), weight: message.weight)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.weight = weight
    }
}
