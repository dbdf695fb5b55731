/// Some of the endpoints of a Service, which the label `kubernetes.io/service-name` names.
public struct EndpointSlice: TypedContent {
    /// What the addresses are.
    public var addressType: AddressType
    /// The endpoints; at most 1000.
    public var endpoints: [Endpoint] = []
    /// The ports that every endpoint has.
    public var ports: [Port] = []

    /// Makes one with the API's defaults for the rest.
    public init(addressType: AddressType) {
        self.addressType = addressType
    }

    /// `EndpointSlice`.
    public static var groupKind: GroupKind { .endpointSlice }

    /// The label of the slice that names its Service.
    public static let serviceNameLabel = "kubernetes.io/service-name"
}

extension EndpointSlice {
    /// What the addresses of a slice are.
    public enum AddressType: OpenEnum {
        /// IPv4 addresses.
        case ipv4
        /// IPv6 addresses.
        case ipv6
        /// DNS names.
        case fqdn
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, AddressType> = [
            "IPv4": .ipv4,
            "IPv6": .ipv6,
            "FQDN": .fqdn,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// One endpoint.
    public struct Endpoint: Sendable, Hashable {
        /// Its addresses, all of the same workload; 1 to 100.
        public var addresses: [String]
        /// Whether it takes requests.
        public var conditions: Conditions = Conditions()
        /// Its hostname.
        public var hostname: String?
        /// The object behind it, mostly a Pod.
        public var targetRef: ObjectReference?
        /// The node it runs on.
        public var nodeName: String?
        /// The zone it runs in.
        public var zone: String?

        /// Makes one with the API's defaults for the rest.
        public init(addresses: [String]) {
            self.addresses = addresses
        }
    }

    /// Whether an endpoint takes requests; nil means unknown, to be read as the API says.
    public struct Conditions: Sendable, Hashable {
        /// Whether it takes new requests; unknown means yes.
        public var ready: Bool?
        /// Whether it works, even while it terminates; unknown means as `ready`.
        public var serving: Bool?
        /// Whether it ends; unknown means no.
        public var terminating: Bool?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// A port of the endpoints.
    public struct Port: Sendable, Hashable {
        /// The name of the Service's port; empty for an unnamed one.
        public var name: String = ""
        /// The transport protocol.
        public var `protocol`: TransportProtocol = .tcp
        /// The workload's port; nil means all ports.
        public var port: Int?
        /// The application protocol.
        public var appProtocol: String?

        /// Makes one with the API's defaults.
        public init() {}
    }
}
