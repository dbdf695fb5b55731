package import XDS

/// The form in which a client takes virtual hosts.
package enum RouteForm: Hashable, Sendable {
    /// Each as a resource of its own, by VHDS.
    case virtualHosts
    /// Inside whole route configurations.
    case whole

    /// The name by which a client says, in `node.client_features`, that it takes VHDS.
    package static let virtualHostsFeature = "heddle.virtual_host_discovery"

    /// The form for a client: whole route configurations unless it asks for VHDS by delta, since
    /// neither Envoy without its on-demand filter nor gRPC can take virtual hosts by themselves.
    package init(of node: Node, isDelta: Bool) {
        let takesVHDS = isDelta && node.clientFeatures.contains(Self.virtualHostsFeature)
        self = takesVHDS ? .virtualHosts : .whole
    }
}
