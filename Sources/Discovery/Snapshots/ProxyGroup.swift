public import XDS

/// A group of proxies that have the same snapshot.
public struct ProxyGroup: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// `NAMESPACE/GATEWAY`, or `mesh`.
    public var description: String

    /// A group by its name.
    public init(_ name: String) {
        self.description = name
    }

    /// The proxies of a Gateway.
    public init(gateway name: String, namespace: String) {
        self.description = "\(namespace)/\(name)"
    }

    /// Proxyless gRPC clients; they see every Service.
    public static let mesh = ProxyGroup("mesh")

    /// The group of a node: by `node.cluster`, which Envoy sets in its bootstrap, else by the
    /// parts of `node.id` (`gateway~NAMESPACE~GATEWAY~INSTANCE`, `mesh~NAMESPACE~~INSTANCE`).
    ///
    /// - Returns: Nil where the node says neither.
    public init?(of node: Node) {
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
    public static func < (left: Self, right: Self) -> Bool {
        left.description < right.description
    }
}
