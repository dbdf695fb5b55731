package import GatewayAPI
package import XDS

/// What the core has made of a backend: its ports, each with a cluster.
package struct BackendModel: Equatable {
    /// One port.
    package struct Port: Equatable {
        /// The port as the plugin, or the core, gave it, with the traits after policies.
        package var translation: BackendTranslation.Port
        /// The cluster as proxies get it.
        package var cluster: XDS.Cluster
        /// The hosts by which mesh clients reach it, without the short name; of Services only.
        package var domains: [String] = []
        /// The hosts that only mesh clients of the same namespace may use.
        package var shortDomains: [String] = []

        package init(
            translation: BackendTranslation.Port, cluster: XDS.Cluster, domains: [String] = [],
            shortDomains: [String] = []
        ) {
            self.translation = translation
            self.cluster = cluster
            self.domains = domains
            self.shortDomains = shortDomains
        }

        /// The port's number.
        package var number: Int { translation.number }
        /// Whether it carries UDP.
        package var isUDP: Bool { translation.isUDP }
    }
    /// The backend.
    package var reference: ObjectReference
    /// Its ports.
    package var ports: [Port]
    /// Why it is not `Accepted`, if it is not.
    package var notAccepted: RouteTranslation.Problem?

    package init(
        reference: ObjectReference, ports: [Port],
        notAccepted: RouteTranslation.Problem? = nil
    ) {
        self.reference = reference
        self.ports = ports
        self.notAccepted = notAccepted
    }
}
