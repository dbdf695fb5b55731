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

/// The `status` of an object: which parts are used depends on its kind.
public struct ObjectStatus: Sendable, Hashable {
    /// The judgement of the object as a whole: of Gateways, classes and objects like them.
    public var conditions: [Condition]
    /// What became of a route, one entry a parent.
    public var parents: [RouteParentStatus]
    /// What became of a Gateway's listeners.
    public var listeners: [ListenerStatus]
    /// A Gateway's addresses.
    public var addresses: [Gateway.Address]

    /// Makes a status.
    public init(
        conditions: [Condition] = [], parents: [RouteParentStatus] = [],
        listeners: [ListenerStatus] = [], addresses: [Gateway.Address] = []
    ) {
        self.conditions = conditions
        self.parents = parents
        self.listeners = listeners
        self.addresses = addresses
    }
}
