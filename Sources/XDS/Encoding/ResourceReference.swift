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
    /// The resources that this one refers to.
    public var references: [ResourceReference] {
        guard type == .cluster else { return [] }
        return [ResourceReference(type: .endpoints, name: name)]
    }
}
