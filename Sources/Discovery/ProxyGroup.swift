package import XDS

/// A group of proxies that have the same snapshot.
package struct ProxyGroup: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// `NAMESPACE/GATEWAY`, or `mesh`.
    package var description: String

    /// A group by its name.
    package init(_ name: String) {
        self.description = name
    }

    /// The proxies of a Gateway.
    package init(gateway name: String, namespace: String) {
        self.description = "\(namespace)/\(name)"
    }

    /// Proxyless gRPC clients; they see every Service.
    package static let mesh = ProxyGroup("mesh")

    /// The group of a node: by `node.cluster`, which Envoy sets in its bootstrap, else by the
    /// parts of `node.id` (`gateway~NAMESPACE~GATEWAY~INSTANCE`, `mesh~NAMESPACE~~INSTANCE`).
    ///
    /// - Returns: Nil where the node says neither.
    package init?(of node: Node) {
        let parts = node.id.split(separator: "~", omittingEmptySubsequences: false)
        if parts.first == "mesh" {
            self = .mesh
        } else if node.cluster.contains("/") {
            self.init(node.cluster)
        } else if parts.count >= 3, parts[0] == "gateway", !parts[1].isEmpty, !parts[2].isEmpty {
            self.init(gateway: String(parts[2]), namespace: String(parts[1]))
        } else {
            return nil
        }
    }

    /// By name.
    package static func < (left: Self, right: Self) -> Bool {
        left.description < right.description
    }
}

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
