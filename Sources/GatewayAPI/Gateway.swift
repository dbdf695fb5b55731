/// A Gateway: its class, its listeners, its addresses.
///
/// Fields and defaults are those of `gateway.networking.k8s.io/v1` Gateway's `spec`.
public struct Gateway: TypedContent {
    /// The GatewayClass, which chooses the controller.
    public var gatewayClassName: String
    /// The listeners, 1 to 64, with unique names.
    public var listeners: [Listener] = []
    /// Requested addresses; at most 16; empty leaves the choice to the controller.
    public var addresses: [Address] = []
    /// What goes onto the objects that are made for the Gateway.
    public var infrastructure: Infrastructure?
    /// Which ListenerSets may attach; by default none.
    public var allowedListeners = AllowedListeners()
    /// TLS settings that hold for all listeners.
    public var tls: TLS?
    /// Whether the Gateway takes routes that name no parent; experimental.
    public var defaultScope: DefaultScope?
    /// The addresses in the object's status: what a client connects to.
    public var statusAddresses: [Address] = []

    /// Makes a Gateway with the API's defaults.
    public init(gatewayClassName: String, listeners: [Listener] = []) {
        self.gatewayClassName = gatewayClassName
        self.listeners = listeners
    }

    /// `Gateway`.
    public static var groupKind: GroupKind { .gateway }
}

extension Gateway {
    /// A port that accepts connections.
    public struct Listener: Sendable, Hashable {
        /// The name, unique in the Gateway: a route's `sectionName`.
        public var name: String
        /// The port, 1 to 65535.
        public var port: Int
        /// What is spoken on it.
        public var `protocol`: ProtocolType
        /// The hostname, `*.` allowed in front; nil means all.
        public var hostname: String?
        /// TLS settings, for HTTPS and TLS.
        public var tls: ListenerTLS?
        /// Which routes may attach; by default those of the same namespace.
        public var allowedRoutes: AllowedRoutes = AllowedRoutes()

        /// Makes one with the API's defaults for the rest.
        public init(name: String, port: Int, protocol: ProtocolType) {
            self.name = name
            self.port = port
            self.protocol = `protocol`
        }
    }

    /// A protocol of a listener: the API's, or one of an implementation's own.
    public struct ProtocolType: RawRepresentable, Sendable, Hashable, CustomStringConvertible,
        ExpressibleByStringLiteral
    {
        /// The spelling, as in `HTTP`.
        public let rawValue: String

        /// Reads a spelling.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Spells a protocol.
        public init(stringLiteral value: String) { self.init(rawValue: value) }

        /// The spelling.
        public var description: String { rawValue }

        /// HTTP in clear text.
        public static let http: Self = "HTTP"
        /// HTTP over TLS, terminated here.
        public static let https: Self = "HTTPS"
        /// TLS, passed through or terminated.
        public static let tls: Self = "TLS"
        /// TCP.
        public static let tcp: Self = "TCP"
        /// UDP.
        public static let udp: Self = "UDP"
        /// HTTP CONNECT over mutual TLS, which waypoints speak.
        public static let hbone: Self = "HBONE"
    }

    /// Which routes may attach to a listener.
    public struct AllowedRoutes: Sendable, Hashable {
        /// The namespaces they may live in.
        public var namespaces: RouteNamespaces = RouteNamespaces()
        /// Their kinds; at most 8; empty means those that fit the protocol.
        public var kinds: [RouteGroupKind] = []

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// The namespaces that routes may live in.
    public struct RouteNamespaces: Sendable, Hashable {
        /// Which namespaces.
        public var from: FromNamespaces = .same
        /// The labels of the namespaces, when `from` is `Selector`.
        public var selector: LabelSelector?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// A choice of namespaces.
    public enum FromNamespaces: OpenEnum {
        /// All.
        case all
        /// Those that the selector matches.
        case selector
        /// That of the Gateway.
        case same
        /// None; for ListenerSets only.
        case none
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, FromNamespaces> = [
            "All": .all,
            "Selector": .selector,
            "Same": .same,
            "None": .none,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// A kind of route.
    public struct RouteGroupKind: Sendable, Hashable {
        /// The kind, as in `HTTPRoute`.
        public var kind: String
        /// The group.
        public var group: String = GroupKind.gatewayGroup

        /// Makes one with the API's defaults for the rest.
        public init(kind: String) {
            self.kind = kind
        }

        /// The group and kind.
        public var groupKind: GroupKind { GroupKind(group: group, kind: kind) }
    }

    /// Which ListenerSets may attach.
    public struct AllowedListeners: Sendable, Hashable {
        /// The namespaces they may live in.
        public var namespaces: ListenerNamespaces = ListenerNamespaces()

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// The namespaces that ListenerSets may live in.
    public struct ListenerNamespaces: Sendable, Hashable {
        /// Which namespaces.
        public var from: FromNamespaces = .none
        /// The labels of the namespaces, when `from` is `Selector`.
        public var selector: LabelSelector?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// TLS settings of a listener.
    public struct ListenerTLS: Sendable, Hashable {
        /// Whether TLS ends here.
        public var mode: TLSMode = .terminate
        /// Certificates, Secrets by default; at most 64.
        public var certificateRefs: [NamespacedObjectReference] = []
        /// Settings of an implementation's own; at most 16.
        public var options: [String: String] = [:]

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// Whether TLS ends at the Gateway.
    public enum TLSMode: OpenEnum {
        /// It ends here, with the listener's certificate.
        case terminate
        /// The backend ends it; only the server name is read.
        case passthrough
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, TLSMode> = [
            "Terminate": .terminate,
            "Passthrough": .passthrough,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// TLS settings that hold for all listeners.
    public struct TLS: Sendable, Hashable {
        /// Towards backends.
        public var backend: BackendTLS?
        /// Towards clients.
        public var frontend: FrontendTLS?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// TLS towards backends.
    public struct BackendTLS: Sendable, Hashable {
        /// The certificate that backends are shown, a Secret by default.
        public var clientCertificateRef: NamespacedObjectReference?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// TLS towards clients.
    public struct FrontendTLS: Sendable, Hashable {
        /// Settings of the ports that `perPort` does not name.
        public var `default`: PortTLS
        /// Settings by port; at most 64.
        public var perPort: [TLSPortConfig] = []

        /// Makes one with the API's defaults for the rest.
        public init(default: PortTLS) {
            self.default = `default`
        }
    }

    /// TLS settings of the listeners of a port.
    public struct TLSPortConfig: Sendable, Hashable {
        /// The port, 1 to 65535.
        public var port: Int
        /// The settings.
        public var tls: PortTLS

        /// Makes one with the API's defaults for the rest.
        public init(port: Int, tls: PortTLS) {
            self.port = port
            self.tls = tls
        }
    }

    /// What is asked of clients.
    public struct PortTLS: Sendable, Hashable {
        /// How their certificates are checked; nil asks for none.
        public var validation: FrontendTLSValidation?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// How certificates of clients are checked.
    public struct FrontendTLSValidation: Sendable, Hashable {
        /// The authorities, 1 to 16.
        public var caCertificateRefs: [NamespacedObjectReference]
        /// Who is let in.
        public var mode: FrontendValidationMode = .allowValidOnly

        /// Makes one with the API's defaults for the rest.
        public init(caCertificateRefs: [NamespacedObjectReference]) {
            self.caCertificateRefs = caCertificateRefs
        }
    }

    /// Which clients are let in.
    public enum FrontendValidationMode: OpenEnum {
        /// Those with a valid certificate.
        case allowValidOnly
        /// All; the certificate is checked where there is one.
        case allowInsecureFallback
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, FrontendValidationMode> = [
            "AllowValidOnly": .allowValidOnly,
            "AllowInsecureFallback": .allowInsecureFallback,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// An address.
    public struct Address: Sendable, Hashable {
        /// What kind of address.
        public var type: AddressType = .ipAddress
        /// The address; nil leaves the choice to the controller.
        public var value: String?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// A kind of address: the API's, or one of an implementation's own.
    public struct AddressType: RawRepresentable, Sendable, Hashable, CustomStringConvertible,
        ExpressibleByStringLiteral
    {
        /// The spelling, as in `IPAddress`.
        public let rawValue: String

        /// Reads a spelling.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Spells a kind of address.
        public init(stringLiteral value: String) { self.init(rawValue: value) }

        /// The spelling.
        public var description: String { rawValue }

        /// An IPv4 or IPv6 address.
        public static let ipAddress: Self = "IPAddress"
        /// A DNS name.
        public static let hostname: Self = "Hostname"
        /// A name that the implementation gives meaning to.
        public static let namedAddress: Self = "NamedAddress"
    }

    /// What goes onto the objects that are made for a Gateway.
    public struct Infrastructure: Sendable, Hashable {
        /// Labels; at most 8.
        public var labels: [String: String] = [:]
        /// Annotations; at most 16.
        public var annotations: [String: String] = [:]
        /// An object with further settings.
        public var parametersRef: LocalObjectReference?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// Which routes without a parent a Gateway takes.
    public enum DefaultScope: OpenEnum {
        /// All.
        case all
        /// None.
        case none
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, DefaultScope> = [
            "All": .all,
            "None": .none,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }
}
