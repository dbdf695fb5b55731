/// A name by which one resource refers to another.
public struct ResourceReference: Hashable, Sendable {
    /// The type of the resource that is meant.
    public var type: ResourceType
    /// Its name.
    public var name: String

    /// A reference.
    public init(type: ResourceType, name: String) {
        self.type = type
        self.name = name
    }
}

extension EncodedResource {
    /// The resources that this one refers to, each once, in the order of the message:
    /// - a cluster to its endpoints (EDS) and the secrets of its transport sockets (SDS);
    /// - a listener to the route configurations (RDS) of its connection managers, the secrets of its
    ///   transport sockets, and the clusters of routes and TCP proxies in place;
    /// - a route configuration and a virtual host to clusters, mirrors included.
    ///
    /// What a client reads from a file of its own, and a secret without a source, which stands in
    /// the client's own configuration, is no reference. The message is not decoded: what this module
    /// has no field for is stepped over, and what is broken ends its part of the message.
    ///
    /// Complexity: O(size).
    public var references: [ResourceReference] {
        guard let kind = ReferenceScan.Kind(type) else { return [] }
        return withMessage { bytes in
            var scan = ReferenceScan()
            scan.message(bytes, kind, depth: 1)
            return scan.found
        }
    }
}
