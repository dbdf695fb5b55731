public import GatewayAPI

/// Makes one or more kinds of object usable in `backendRefs`, beside Services, which the core
/// knows.
public protocol BackendPlugin: Plugin {
    /// Translates a backend.
    ///
    /// - Returns: Its ports with their clusters, or why it cannot be used.
    func translate(_ backend: Resource, context: TranslationContext) -> BackendTranslation
}

/// What a plugin makes of a backend.
public struct BackendTranslation: Hashable, Sendable {
    /// Its ports.
    public var ports: [Port]
    /// Why it is not `Accepted`, if it is not; it then has no ports.
    public var notAccepted: RouteTranslation.Problem?

    /// A translation.
    public init(ports: [Port], notAccepted: RouteTranslation.Problem? = nil) {
        self.ports = ports
        self.notAccepted = notAccepted
    }

    /// Where a port's endpoints come from.
    public enum Endpoints: Hashable, Sendable {
        /// From the core, by the cluster's name: those of a Service.
        case service
        /// From the DNS: the addresses of a host, at a port.
        case hostname(String, port: Int)
    }

    /// One port.
    public struct Port: Hashable, Sendable {
        /// The port's number, as `backendRefs` name it.
        public var number: Int
        /// The port's name, as a policy's `sectionName` names it.
        public var name: String?
        /// The name of its cluster.
        public var cluster: String
        /// Where its endpoints come from.
        public var endpoints: Endpoints
        /// Whether it carries UDP.
        public var isUDP: Bool
        /// How it is reached, before policies.
        public var traits: BackendTraits

        /// A port.
        public init(
            number: Int, name: String? = nil, cluster: String, endpoints: Endpoints = .service,
            isUDP: Bool = false, traits: BackendTraits = BackendTraits()
        ) {
            self.isUDP = isUDP
            self.number = number
            self.name = name
            self.cluster = cluster
            self.endpoints = endpoints
            self.traits = traits
        }
    }
}

/// How proxies reach a port of a backend.
public struct BackendTraits: Hashable, Sendable {
    /// What is spoken to it.
    public enum ApplicationProtocol: Hashable, Sendable {
        /// HTTP/1.1, WebSocket upgrades included; also for TCP, where nothing of it matters.
        case http1
        /// HTTP/2 in clear text with prior knowledge, or over TLS by ALPN.
        case http2
    }

    /// The backend, and the port's name where it has one.
    public var backend: PolicyTarget?
    /// What is spoken to it.
    public var applicationProtocol: ApplicationProtocol
    /// TLS to it, or nil for plain text.
    public var tls: BackendTLS?
    /// Why nothing may be sent to it; its share of requests is answered with an error.
    public var refusal: RouteTranslation.Problem?
    /// How a client stays with one endpoint, for routes that do not say it themselves.
    public var sessionPersistence: HTTPRoute.SessionPersistence?
    /// How many retries may be under way; nil sets no bound.
    public var retryConstraint: XBackendTrafficPolicy.RetryConstraint?

    /// Traits.
    public init(applicationProtocol: ApplicationProtocol = .http1, tls: BackendTLS? = nil) {
        self.applicationProtocol = applicationProtocol
        self.tls = tls
    }
}
