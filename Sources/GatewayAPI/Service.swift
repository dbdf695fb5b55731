/// A Service: a name, its ports, and the labels of the workloads behind it.
public struct Service: TypedContent {
    /// How it is reached.
    public var type: ServiceType = .clusterIP
    /// The ports.
    public var ports: [Port] = []
    /// The labels of the workloads; empty means that endpoints are given otherwise.
    public var selector: [String: String] = [:]
    /// The virtual address; `None` for a headless Service.
    public var clusterIP: String?
    /// The virtual addresses, one an address family.
    public var clusterIPs: [String] = []
    /// The DNS name, when `type` is `ExternalName`.
    public var externalName: String?
    /// Whether workloads that are not ready take requests, too.
    public var publishNotReadyAddresses = false

    /// Makes one with the API's defaults.
    public init() {}

    /// `Service`.
    public static var groupKind: GroupKind { .service }
}

extension Service {
    /// How a Service is reached.
    public enum ServiceType: OpenEnum {
        /// By a virtual address in the cluster.
        case clusterIP
        /// By a port of each node, too.
        case nodePort
        /// By a load balancer, too.
        case loadBalancer
        /// It is an alias of a DNS name.
        case externalName
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, ServiceType> = [
            "ClusterIP": .clusterIP,
            "NodePort": .nodePort,
            "LoadBalancer": .loadBalancer,
            "ExternalName": .externalName,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// A port of a Service.
    public struct Port: Sendable, Hashable {
        /// The port that clients name, 1 to 65535.
        public var port: Int
        /// The name; required with several ports.
        public var name: String?
        /// The transport protocol.
        public var `protocol`: TransportProtocol = .tcp
        /// The application protocol, as in `kubernetes.io/h2c`.
        public var appProtocol: String?
        /// The port of the workload; nil means the same number.
        public var targetPort: PortReference?
        /// The port of each node.
        public var nodePort: Int?

        /// Makes one with the API's defaults for the rest.
        public init(port: Int) {
            self.port = port
        }
    }
}

/// A transport protocol of a port.
public enum TransportProtocol: OpenEnum {
    /// TCP.
    case tcp
    /// UDP.
    case udp
    /// SCTP.
    case sctp
    /// A value this version does not know.
    case unknown(String)

    /// The spellings of the API.
    public static let spellings: KeyValuePairs<String, TransportProtocol> = [
        "TCP": .tcp,
        "UDP": .udp,
        "SCTP": .sctp,
    ]
    /// The spelling of an unknown value.
    public var unknownSpelling: String? {
        if case .unknown(let spelling) = self { spelling } else { nil }
    }
}

/// A port by number or by the name that the workload gives it.
public enum PortReference: Sendable, Hashable {
    /// A number, 1 to 65535.
    case number(Int)
    /// The name of a container's port, or of a port of a `WorkloadEntry`.
    case name(String)
}
