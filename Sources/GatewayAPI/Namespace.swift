/// A Namespace; what matters of it are its labels, in the metadata.
public struct Namespace: TypedContent {
    /// Makes one.
    public init() {}

    /// `Namespace`.
    public static var groupKind: GroupKind { .namespace }
}
