import XDS

/// The clusters of all backends.
struct ClusterTable {
    private var encoded: [String: EncodedResource] = [:]

    /// Puts a cluster in the place of its former version.
    ///
    /// - Returns: Whether it differs.
    mutating func set(_ cluster: XDS.Cluster) -> Bool {
        let resource = EncodedResource(cluster)
        guard encoded[cluster.name]?.version != resource.version else { return false }
        encoded[cluster.name] = resource
        return true
    }

    /// Removes a cluster.
    mutating func remove(_ name: String) { encoded[name] = nil }

    /// A cluster, as all proxies get it.
    func resource(_ name: String) -> EncodedResource? { encoded[name] }
}
