/// The API group and kind of an object, without a version: what a plugin registers for.
public struct GroupKind: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The API group; empty for the core group.
    public var group: String
    /// The kind, as in `HTTPRoute`.
    public var kind: String

    /// Names a kind of an API group.
    public init(group: String, kind: String) {
        self.group = group
        self.kind = kind
    }

    /// `HTTPRoute.gateway.networking.k8s.io`, or the bare kind for the core group.
    public var description: String { group.isEmpty ? kind : "\(kind).\(group)" }

    /// Orders by group, then kind.
    public static func < (lhs: GroupKind, rhs: GroupKind) -> Bool {
        (lhs.group, lhs.kind) < (rhs.group, rhs.kind)
    }
}

extension GroupKind {
    /// The group of the Gateway API.
    public static let gatewayGroup = "gateway.networking.k8s.io"

    /// A class of Gateways, cluster-scoped.
    public static let gatewayClass = GroupKind(group: gatewayGroup, kind: "GatewayClass")
    /// A Gateway and its listeners.
    public static let gateway = GroupKind(group: gatewayGroup, kind: "Gateway")
    /// Routing of HTTP requests.
    public static let httpRoute = GroupKind(group: gatewayGroup, kind: "HTTPRoute")
    /// Routing of gRPC requests.
    public static let grpcRoute = GroupKind(group: gatewayGroup, kind: "GRPCRoute")
    /// Routing of TLS connections by server name.
    public static let tlsRoute = GroupKind(group: gatewayGroup, kind: "TLSRoute")
    /// Routing of TCP connections.
    public static let tcpRoute = GroupKind(group: gatewayGroup, kind: "TCPRoute")
    /// Routing of UDP packets.
    public static let udpRoute = GroupKind(group: gatewayGroup, kind: "UDPRoute")
    /// Permission for references from other namespaces.
    public static let referenceGrant = GroupKind(group: gatewayGroup, kind: "ReferenceGrant")
    /// TLS from the gateway to a backend.
    public static let backendTLSPolicy = GroupKind(group: gatewayGroup, kind: "BackendTLSPolicy")
    /// A set of listeners added to a Gateway.
    public static let listenerSet = GroupKind(group: gatewayGroup, kind: "ListenerSet")
    /// The group of the Gateway API's experimental kinds.
    public static let experimentalGatewayGroup = "gateway.networking.x-k8s.io"

    /// A destination outside of the cluster; experimental.
    public static let xBackend = GroupKind(group: experimentalGatewayGroup, kind: "XBackend")
    /// Retries and sessions of backends; experimental.
    public static let xBackendTrafficPolicy = GroupKind(
        group: experimentalGatewayGroup, kind: "XBackendTrafficPolicy")
    /// A mesh, cluster-scoped; experimental.
    public static let xMesh = GroupKind(group: experimentalGatewayGroup, kind: "XMesh")
    /// The definition of a kind, cluster-scoped.
    public static let customResourceDefinition = GroupKind(
        group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
    /// A Kubernetes Service.
    public static let service = GroupKind(group: "", kind: "Service")
    /// A Kubernetes Namespace, cluster-scoped.
    public static let namespace = GroupKind(group: "", kind: "Namespace")
    /// A Kubernetes Pod.
    public static let pod = GroupKind(group: "", kind: "Pod")
    /// A Kubernetes Secret.
    public static let secret = GroupKind(group: "", kind: "Secret")
    /// A Kubernetes ConfigMap.
    public static let configMap = GroupKind(group: "", kind: "ConfigMap")
    /// The endpoints of a Service.
    public static let endpointSlice = GroupKind(group: "discovery.k8s.io", kind: "EndpointSlice")
    /// A workload that is not a Pod: a process on a machine.
    public static let workloadEntry = GroupKind(group: "networking.istio.io", kind: "WorkloadEntry")
}

/// The identity of an object: group, kind, namespace and name.
public struct ObjectReference: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The API group; empty for the core group.
    public var group: String
    /// The kind, as in `HTTPRoute`.
    public var kind: String
    /// The namespace; empty for a cluster-scoped object.
    public var namespace: String
    /// The object's name.
    public var name: String

    /// Names an object.
    public init(group: String, kind: String, namespace: String, name: String) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    /// Names an object of a kind.
    ///
    /// - Parameter namespace: Empty, the default, for a cluster-scoped object.
    public init(_ groupKind: GroupKind, namespace: String = "", name: String) {
        self.init(
            group: groupKind.group, kind: groupKind.kind, namespace: namespace, name: name)
    }

    /// The group and kind.
    public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }

    /// `HTTPRoute bookinfo/reviews-route`, or `GatewayClass heddle` for cluster scope.
    public var description: String {
        namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)"
    }

    /// Orders by namespace, name, group, kind: the order that ties between routes are broken in.
    public static func < (lhs: ObjectReference, rhs: ObjectReference) -> Bool {
        (lhs.namespace, lhs.name, lhs.group, lhs.kind)
            < (rhs.namespace, rhs.name, rhs.group, rhs.kind)
    }
}
