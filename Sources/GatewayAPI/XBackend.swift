/// A destination outside of the cluster, by its DNS name.
///
/// Fields and defaults are those of `gateway.networking.x-k8s.io/v1alpha1` XBackend's `spec`.
public struct XBackend: TypedContent {
    /// What kind of destination it is.
    public var type: BackendType
    /// The port to connect to, 1 to 65535.
    public var port: Int
    /// The port's name, which a policy can name as a section.
    public var portName: String?
    /// The host, when `type` is `ExternalHostname`; none of the cluster's own.
    public var externalHostname: String?
    /// What is spoken; nil means what the route or the listener says.
    public var `protocol`: BackendProtocol?
    /// TLS towards the backend; nil means none.
    public var tls: TLS?

    /// Makes one with the API's defaults for the rest.
    public init(externalHostname: String, port: Int) {
        type = .externalHostname
        self.externalHostname = externalHostname
        self.port = port
    }

    /// Makes one of a type, with the API's defaults for the rest.
    public init(type: BackendType, port: Int) {
        self.type = type
        self.port = port
    }

    /// `XBackend`.
    public static var groupKind: GroupKind { .xBackend }
}

extension XBackend {
    /// What kind of destination a backend is.
    public enum BackendType: OpenEnum {
        /// A host outside of the cluster.
        case externalHostname
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, BackendType> = [
            "ExternalHostname": .externalHostname
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// What is spoken with a backend.
    public enum BackendProtocol: OpenEnum {
        /// Bytes.
        case tcp
        /// HTTP of whatever version the two agree on.
        case http
        /// HTTP/2.
        case http2
        /// HTTP/1.1.
        case http11
        /// HTTP/2 in clear text.
        case h2c
        /// The Model Context Protocol.
        case mcp
        /// gRPC.
        case grpc
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, BackendProtocol> = [
            "TCP": .tcp,
            "HTTP": .http,
            "HTTP2": .http2,
            "HTTP11": .http11,
            "H2C": .h2c,
            "MCP": .mcp,
            "GRPC": .grpc,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// TLS towards a backend.
    public struct TLS: Sendable, Hashable {
        /// Who proves who it is.
        public var mode: TLSMode
        /// The certificate that the backend is shown, a Secret by default; for `ClientAndServer`.
        public var clientCertificateRef: NamespacedObjectReference?
        /// How the backend's certificate is checked.
        public var validation: BackendTLSPolicy.Validation?

        /// Makes one with the API's defaults for the rest.
        public init(mode: TLSMode) {
            self.mode = mode
        }
    }

    /// Who proves who it is.
    public enum TLSMode: OpenEnum {
        /// Nobody: no TLS.
        case none
        /// The backend.
        case serverOnly
        /// Both.
        case clientAndServer
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, TLSMode> = [
            "None": .none,
            "ServerOnly": .serverOnly,
            "ClientAndServer": .clientAndServer,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }
}
