package import XDS

/// A connection forwarded as it is: to one of several clusters, picked once.
package final class CompiledTCPProxy: Sendable {
    /// One cluster that connections go to.
    package struct Backend: Sendable {
        /// The cluster's name.
        package let cluster: String
        /// The cluster's slot, see ``CompiledCluster/slot``; nil for an invalid backend.
        package let clusterSlot: Int?
    }

    /// The proxy as it was received.
    package let source: TCPProxy
    /// The clusters; at least one.
    package let backends: [Backend]
    /// Where a worker finds its picker, when there is more than one cluster.
    package let split: CompiledRoute.Split?
    /// How long both sides may be silent, in nanoseconds; nil is the data path's default, zero
    /// is for ever.
    package let idleTimeout: UInt64?
    /// How many endpoints are tried; nil is the data path's default.
    package let mostAttempts: Int?

    init(
        _ proxy: TCPProxy, at place: String, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) {
        source = proxy
        mostAttempts = proxy.maxConnectAttempts.map { max(Int($0), 1) }
        idleTimeout = proxy.idleTimeout.map(\.wholeNanoseconds)
        let weights = proxy.weights
        backends = weights.map { weight in
            Backend(
                cluster: weight.name,
                clusterSlot: weight.name == ClusterName.invalidBackend
                    ? nil : slots.cluster(weight.name))
        }
        let sum = weights.reduce(UInt64(0)) { $0 + UInt64($1.weight) }
        if sum == 0 || sum > UInt64(UInt32.max) {
            errors.invalid(
                "\(place).weighted_clusters",
                "the weights sum to \(sum), it must be 1 to \(UInt32.max)")
        }
        let isSplit = weights.count > 1 && errors.errors.isEmpty
        split = isSplit ? slots.split(weights.map(\.weight)) : nil
    }
}

extension TCPProxy {
    fileprivate var weights: [WeightedCluster] {
        switch cluster {
        case .cluster(let name): [WeightedCluster(name: name, weight: 1)]
        case .weightedClusters(let weights): weights
        }
    }
}

/// Datagrams forwarded as they are, by sessions.
package final class CompiledUDPProxy: Sendable {
    /// Where they go.
    package let cluster: String
    /// The cluster's slot, see ``CompiledCluster/slot``; nil for an invalid backend.
    package let clusterSlot: Int?
    /// How long a session may be silent, in nanoseconds; nil is the data path's default.
    package let idleTimeout: UInt64?

    init(_ proxy: UDPProxy, slots: inout SlotRegistry) {
        cluster = proxy.cluster
        clusterSlot =
            proxy.cluster == ClusterName.invalidBackend ? nil : slots.cluster(proxy.cluster)
        idleTimeout = proxy.idleTimeout.map(\.wholeNanoseconds)
    }
}
