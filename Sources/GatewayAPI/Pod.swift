/// A Pod, as an endpoint: its addresses, its named ports, and whether it is ready.
public struct Pod: TypedContent {
    /// The containers, for their named ports.
    public var containers: [Container] = []
    /// The service account it runs as.
    public var serviceAccountName: String?
    /// The node it runs on.
    public var nodeName: String?
    /// Its addresses, the first one first.
    public var podIPs: [String] = []
    /// Where it is in its life, as in `Running`.
    public var phase: String?
    /// The conditions of its status.
    public var conditions: [PodCondition] = []
    /// Whether it uses the node's network.
    public var hostNetwork: Bool = false

    /// Makes one with the API's defaults.
    public init() {}

    /// `Pod`.
    public static var groupKind: GroupKind { .pod }

    /// Whether the condition `Ready` is true.
    public var isReady: Bool { conditions.contains { $0.type == "Ready" && $0.status == "True" } }
}

extension Pod {
    /// A container, for its named ports.
    public struct Container: Sendable, Hashable {
        /// The name.
        public var name: String
        /// The declared ports.
        public var ports: [ContainerPort] = []

        /// Makes one with the API's defaults for the rest.
        public init(name: String) {
            self.name = name
        }
    }

    /// A declared port of a container.
    public struct ContainerPort: Sendable, Hashable {
        /// The port, 1 to 65535.
        public var containerPort: Int
        /// The name that a Service's `targetPort` may use.
        public var name: String?
        /// The transport protocol.
        public var `protocol`: TransportProtocol = .tcp

        /// Makes one with the API's defaults for the rest.
        public init(containerPort: Int) {
            self.containerPort = containerPort
        }
    }

    /// A condition of a Pod.
    public struct PodCondition: Sendable, Hashable {
        /// What it is about, as in `Ready`.
        public var type: String
        /// `True`, `False` or `Unknown`.
        public var status: String

        /// Makes one with the API's defaults for the rest.
        public init(type: String, status: String) {
            self.type = type
            self.status = status
        }
    }
}
