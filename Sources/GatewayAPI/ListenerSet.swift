/// A set of listeners that is added to a Gateway.
///
/// Fields and defaults are those of `gateway.networking.k8s.io/v1` ListenerSet's `spec`.
public struct ListenerSet: TypedContent {
    /// The Gateway that the listeners belong to.
    public var parentRef: ParentGatewayReference
    /// The listeners, 1 to 64, with names that are unique in the set.
    public var listeners: [Gateway.Listener]

    /// Makes a set.
    public init(parentRef: ParentGatewayReference, listeners: [Gateway.Listener]) {
        self.parentRef = parentRef
        self.listeners = listeners
    }

    /// `ListenerSet`.
    public static var groupKind: GroupKind { .listenerSet }
}

/// The Gateway that a ListenerSet attaches to.
public struct ParentGatewayReference: Sendable, Hashable {
    /// The group; `gateway.networking.k8s.io` by default.
    public var group = GroupKind.gatewayGroup
    /// The kind; `Gateway` by default.
    public var kind = "Gateway"
    /// The name of the Gateway.
    public var name: String
    /// The namespace; nil means that of the ListenerSet.
    public var namespace: String?

    /// Refers to a Gateway.
    public init(name: String, namespace: String? = nil) {
        self.name = name
        self.namespace = namespace
    }

    /// The group and kind of the parent.
    public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

    /// The parent's identity for a ListenerSet of the given namespace.
    public func reference(from namespaceOfSet: String) -> ObjectReference {
        ObjectReference(groupKind, namespace: namespace ?? namespaceOfSet, name: name)
    }
}
