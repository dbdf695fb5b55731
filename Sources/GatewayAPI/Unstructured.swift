/// An object of a kind without a Swift type, kept as it was decoded, so that plugins can read it.
public struct Unstructured: ResourceContent {
    /// The kind.
    public var groupKind: GroupKind
    /// The version, as in `v1alpha1`.
    public var version: String
    /// All of the object, `metadata` included.
    public var value: JSONValue

    /// Keeps an object.
    public init(groupKind: GroupKind, version: String, value: JSONValue) {
        self.groupKind = groupKind
        self.version = version
        self.value = value
    }
}
