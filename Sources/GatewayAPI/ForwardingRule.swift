/// What happens to the connections or datagrams of a TLSRoute, TCPRoute or UDPRoute: they go to
/// backends.
public struct ForwardingRule: Sendable, Hashable {
    /// The rule's name, unique in the route.
    public var name: String?
    /// Where they go, in proportion to the weights; 1 to 16.
    public var backendRefs: [BackendRef]

    /// Makes a rule without a name.
    public init(backendRefs: [BackendRef]) {
        self.backendRefs = backendRefs
    }
}

/// A backend and its share of what is forwarded.
public struct BackendRef: Sendable, Hashable {
    /// The backend: group, kind, name, namespace and port, which the API spells inline.
    public var backendRef: BackendObjectReference
    /// The share, in proportion to the rule's other weights; 0 to 1,000,000; 0 means none.
    public var weight: Int = 1

    /// Makes one with the API's defaults for the rest.
    public init(backendRef: BackendObjectReference) {
        self.backendRef = backendRef
    }

    /// Refers to a Service in the route's namespace.
    public init(name: String, port: Int, weight: Int = 1) {
        self.init(backendRef: BackendObjectReference(name: name, port: port))
        self.weight = weight
    }
}
