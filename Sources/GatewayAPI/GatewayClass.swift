/// A class of Gateways: which controller serves them.
public struct GatewayClass: TypedContent {
    /// The controller, as in `example.net/gateway-controller`.
    public var controllerName: String
    /// An object with further settings.
    public var parametersRef: NamespacedObjectReference?
    /// What the class is for; at most 64 characters.
    public var description: String?

    /// Makes one with the API's defaults for the rest.
    public init(controllerName: String) {
        self.controllerName = controllerName
    }

    /// `GatewayClass`.
    public static var groupKind: GroupKind { .gatewayClass }
}
