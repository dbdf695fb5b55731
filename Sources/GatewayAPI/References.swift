/// What a route attaches to: a Gateway, a ListenerSet or, in a mesh, a Service.
public struct ParentReference: Sendable, Hashable {
    /// The group; `gateway.networking.k8s.io` by default, empty for a Service.
    public var group = GroupKind.gatewayGroup
    /// The kind; `Gateway` by default.
    public var kind = "Gateway"
    /// The namespace; nil means the route's own.
    public var namespace: String?
    /// The name of the parent.
    public var name: String
    /// The listener of a Gateway, or the port name of a Service; nil means all.
    public var sectionName: String?
    /// The port of the listeners, or of the Service, 1 to 65535; nil means all.
    public var port: Int?

    /// Refers to a Gateway in the route's namespace.
    public init(name: String) { self.name = name }

    /// The group and kind of the parent.
    public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

    /// The parent's identity for a route of the given namespace.
    public func reference(from routeNamespace: String) -> ObjectReference {
        ObjectReference(groupKind, namespace: namespace ?? routeNamespace, name: name)
    }
}

/// What a route, a mirror or an authorization filter sends to.
public struct BackendObjectReference: Sendable, Hashable {
    /// The group; empty, the core group, by default.
    public var group = ""
    /// The kind; `Service` by default.
    public var kind = "Service"
    /// The name of the backend.
    public var name: String
    /// The namespace; nil means that of the referring object.
    public var namespace: String?
    /// The Service's port, 1 to 65535, not its target port; required for a Service.
    public var port: Int?

    /// Refers to a Service in the namespace of the referring object.
    public init(name: String, port: Int? = nil) {
        self.name = name
        self.port = port
    }

    /// The group and kind of the backend.
    public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

    /// The backend's identity for an object of the given namespace.
    public func reference(from namespaceOfReferrer: String) -> ObjectReference {
        ObjectReference(groupKind, namespace: namespace ?? namespaceOfReferrer, name: name)
    }
}

/// An object in the namespace of the one that refers to it, or a cluster-scoped one.
public struct LocalObjectReference: Sendable, Hashable {
    /// The group; empty for the core group.
    public var group: String
    /// The kind.
    public var kind: String
    /// The name.
    public var name: String

    /// Refers to an object.
    public init(group: String, kind: String, name: String) {
        self.group = group
        self.kind = kind
        self.name = name
    }
}

/// An object in any namespace.
public struct NamespacedObjectReference: Sendable, Hashable {
    /// The group; empty for the core group.
    public var group: String
    /// The kind.
    public var kind: String
    /// The name.
    public var name: String
    /// The namespace; nil means that of the referring object, or cluster scope.
    public var namespace: String?

    /// Refers to an object.
    public init(group: String, kind: String, name: String, namespace: String? = nil) {
        self.group = group
        self.kind = kind
        self.name = name
        self.namespace = namespace
    }

    /// The object's identity for a referrer of the given namespace.
    public func reference(from namespaceOfReferrer: String) -> ObjectReference {
        ObjectReference(
            group: group, kind: kind, namespace: namespace ?? namespaceOfReferrer, name: name)
    }
}
