/// A mesh, cluster-scoped: which controller runs it. Its status tells what the mesh can do.
///
/// Fields and defaults are those of `gateway.networking.x-k8s.io/v1alpha1` XMesh's `spec`.
public struct XMesh: TypedContent {
    /// The controller, as in `example.net/mesh-controller`.
    public var controllerName: String
    /// An object with further settings.
    public var parametersRef: NamespacedObjectReference?
    /// What the mesh is for, for people; at most 64 characters.
    public var description: String?

    /// Makes one with the API's defaults for the rest.
    public init(controllerName: String) {
        self.controllerName = controllerName
    }

    /// `XMesh`.
    public static var groupKind: GroupKind { .xMesh }
}
