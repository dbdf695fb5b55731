import XDS

/// The clusters of all backends, in the form that a Gateway's proxies get.
///
/// A cluster that speaks TLS, and has no certificate of its own, shows the Gateway's: that form is
/// the Gateway's alone.
struct ClusterTable {
    private var encoded: [String: EncodedResource] = [:]
    private var withoutCertificate: [String: XDS.Cluster] = [:]

    /// Puts a cluster in the place of its former version.
    ///
    /// - Returns: Whether it differs.
    mutating func set(_ cluster: XDS.Cluster) -> Bool {
        let resource = EncodedResource(cluster)
        guard encoded[cluster.name]?.version != resource.version else { return false }
        encoded[cluster.name] = resource
        withoutCertificate[cluster.name] = Self.showsNothing(cluster) ? cluster : nil
        return true
    }

    /// Removes a cluster.
    mutating func remove(_ name: String) {
        encoded[name] = nil
        withoutCertificate[name] = nil
    }

    /// A cluster, for proxies that show backends a certificate.
    ///
    /// - Parameter certificate: The name of its secret; nil for proxies that show none.
    func resource(_ name: String, certificate: String?) -> EncodedResource? {
        guard let certificate, var cluster = withoutCertificate[name],
            case .upstreamTLS(var tls) = cluster.transportSocket
        else { return encoded[name] }
        tls.common.tlsCertificateSDSSecrets = [certificate]
        cluster.transportSocket = .upstreamTLS(tls)
        return EncodedResource(cluster)
    }

    /// The clusters whose form depends on the Gateway's certificate.
    var dependingOnCertificate: [String] { Array(withoutCertificate.keys) }

    private static func showsNothing(_ cluster: XDS.Cluster) -> Bool {
        guard case .upstreamTLS(let tls) = cluster.transportSocket else { return false }
        return tls.common.tlsCertificates.isEmpty && tls.common.tlsCertificateSDSSecrets.isEmpty
    }
}
