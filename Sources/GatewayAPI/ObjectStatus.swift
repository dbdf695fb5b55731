/// What became of a route at one parent.
public struct RouteParentStatus: Sendable, Hashable {
    /// The parent, exactly as the route names it.
    public var parentRef: ParentReference
    /// The controller that judged.
    public var controllerName: String
    /// The judgement; one a type, at most 8.
    public var conditions: [Condition]

    /// Makes the status of a parent.
    public init(parentRef: ParentReference, controllerName: String, conditions: [Condition]) {
        self.parentRef = parentRef
        self.controllerName = controllerName
        self.conditions = conditions
    }
}

/// What became of a listener.
public struct ListenerStatus: Sendable, Hashable {
    /// The listener.
    public var name: String
    /// How many routes are attached, whether or not the listener is accepted.
    public var attachedRoutes: Int
    /// The kinds of route it can serve.
    public var supportedKinds: [GroupKind]
    /// The judgement; one a type, at most 8.
    public var conditions: [Condition]

    /// Makes the status of a listener.
    public init(
        name: String, attachedRoutes: Int, supportedKinds: [GroupKind], conditions: [Condition]
    ) {
        self.name = name
        self.attachedRoutes = attachedRoutes
        self.supportedKinds = supportedKinds
        self.conditions = conditions
    }
}

/// What became of a policy at one ancestor: the Gateway by which it has an effect.
public struct PolicyAncestorStatus: Sendable, Hashable {
    /// The ancestor.
    public var ancestorRef: ParentReference
    /// The controller that judged.
    public var controllerName: String
    /// The judgement; one a type, 1 to 8.
    public var conditions: [Condition]

    /// Makes the status of an ancestor.
    public init(ancestorRef: ParentReference, controllerName: String, conditions: [Condition]) {
        self.ancestorRef = ancestorRef
        self.controllerName = controllerName
        self.conditions = conditions
    }
}

/// The `status` of an object: which parts are used depends on its kind.
public struct ObjectStatus: Sendable, Hashable {
    /// The judgement of the object as a whole: of Gateways, ListenerSets, classes and meshes.
    public var conditions: [Condition]
    /// What became of a route or an XBackend, one entry a parent; at most 32.
    public var parents: [RouteParentStatus]
    /// What became of a policy, one entry an ancestor; at most 16.
    public var ancestors: [PolicyAncestorStatus]
    /// What became of a Gateway's or a ListenerSet's listeners.
    public var listeners: [ListenerStatus]
    /// A Gateway's addresses; at most 16.
    public var addresses: [Gateway.Address]
    /// How many accepted ListenerSets a Gateway has; nil for other kinds.
    public var attachedListenerSets: Int?
    /// The features of a class or a mesh by name, in any order; at most 64.
    public var supportedFeatures: [String]

    /// Makes a status.
    public init(
        conditions: [Condition] = [], parents: [RouteParentStatus] = [],
        listeners: [ListenerStatus] = [], addresses: [Gateway.Address] = [],
        ancestors: [PolicyAncestorStatus] = [], attachedListenerSets: Int? = nil,
        supportedFeatures: [String] = []
    ) {
        self.conditions = conditions
        self.parents = parents
        self.listeners = listeners
        self.addresses = addresses
        self.ancestors = ancestors
        self.attachedListenerSets = attachedListenerSets
        self.supportedFeatures = supportedFeatures
    }
}
