/// The `metadata` of an object.
public struct ObjectMeta: Sendable, Equatable {
    /// The name, unique for the kind in its namespace.
    public var name: String
    /// The namespace; empty for a cluster-scoped object.
    public var namespace: String
    /// Labels, which selectors match.
    public var labels: [String: String] = [:]
    /// Annotations.
    public var annotations: [String: String] = [:]
    /// When the object was created, RFC 3339 in UTC, so that it orders lexically; nil for an
    /// object from a manifest.
    public var creationTimestamp: String?
    /// The version of the desired state, which conditions refer to as `observedGeneration`.
    public var generation: Int?
    /// The identity that a deleted and recreated object does not keep.
    public var uid: String?
    /// The version of the stored object; opaque.
    public var resourceVersion: String?

    /// Makes the metadata of a fresh object.
    public init(name: String, namespace: String = "") {
        self.name = name
        self.namespace = namespace
    }
}
