public import Discovery
public import GRPC

/// What a discovery server is to be like.
public struct DiscoveryServerConfiguration: Sendable {
    /// Where to listen, `HOST:PORT`; port 0 for a free one.
    public var addresses: [String]
    /// How the server proves who it is, and what it asks of proxies.
    public var credentials: GRPCServerCredentials
    /// Whether plain text is served on an address that is not loopback, where anybody who reaches
    /// it can read the configuration.
    public var allowsPlaintext = false
    /// What a client may use up.
    public var limits = DiscoveryLimits()
    /// Which configuration a client may ask for; by default its own by SPIFFE identity, where it
    /// shows one.
    public var authorization = ProxyAuthorization.spiffe()
    /// How long streams may go on after `shutdown()`.
    public var shutdownGrace: Duration = .milliseconds(500)

    /// A configuration with the defaults.
    public init(
        addresses: [String] = ["127.0.0.1:0"], credentials: GRPCServerCredentials = .insecure
    ) {
        self.addresses = addresses
        self.credentials = credentials
    }
}

/// What a client may use up. A stream that goes over a limit ends with `RESOURCE_EXHAUSTED` and a
/// message that names the limit; the others go on.
public struct DiscoveryLimits: Hashable, Sendable {
    /// Streams of all clients at a time.
    public var streams = 20_000
    /// Streams of one connection at a time.
    public var streamsPerConnection = 100
    /// The size of a request in bytes.
    public var messageBytes = 16 << 20
    /// Types and names that one stream may have asked for at a time.
    public var subscriptionsPerStream = 100_000
    /// Requests of one stream, a second, once the burst is used up.
    public var requestsPerSecond = 200
    /// Requests of one stream that may come at once.
    public var requestBurst = 2_000

    /// The defaults.
    public init() {}
}

/// Decides which group's configuration a client may ask for.
public struct ProxyAuthorization: Sendable {
    /// Why a client may not; its message goes to the client.
    public struct Refusal: Error, Hashable, Sendable {
        /// What is wrong, and what would be right.
        public var message: String

        /// A refusal.
        public init(_ message: String) {
            self.message = message
        }
    }

    private let check: @Sendable (PeerIdentity?, ProxyGroup) throws(Refusal) -> Void

    /// A decision by a function.
    ///
    /// - Parameter check: Throws for a client that may not have the group's configuration. The
    ///   identity is nil without mutual TLS.
    public init(
        _ check: @escaping @Sendable (PeerIdentity?, ProxyGroup) throws(Refusal) -> Void
    ) {
        self.check = check
    }

    /// Everybody may have everything.
    public static let anyone = ProxyAuthorization { _, _ in }

    /// A client with a certificate may have what its SPIFFE identity says:
    /// `spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/GATEWAY` the group `NAMESPACE/GATEWAY`, any identity
    /// of the trust domain the group `mesh`. A client without a certificate (the server does not
    /// ask for one) may have everything.
    ///
    /// - Parameter trustDomain: The only trust domain whose identities are good; nil for any.
    public static func spiffe(trustDomain: String? = nil) -> ProxyAuthorization {
        ProxyAuthorization { (identity, group) throws(Refusal) in
            guard let identity else { return }
            try SPIFFEIdentity(identity, trustDomain: trustDomain).mayHave(group)
        }
    }

    /// - Throws: ``Refusal`` where the client may not have the group's configuration.
    func authorize(_ identity: PeerIdentity?, _ group: ProxyGroup) throws(Refusal) {
        try check(identity, group)
    }
}

/// A workload by its SPIFFE ID, as meshes write it.
private struct SPIFFEIdentity {
    private let id: String
    private let namespace: String
    private let serviceAccount: String

    init(_ identity: PeerIdentity, trustDomain: String?) throws(ProxyAuthorization.Refusal) {
        guard let id = identity.spiffeID else {
            throw ProxyAuthorization.Refusal(
                "the client's certificate has no SPIFFE ID; issue one with the URI "
                    + "spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/GATEWAY")
        }
        let parts = id.dropFirst("spiffe://".count).split(
            separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[1] == "ns", parts[3] == "sa",
            parts.allSatisfy({ !$0.isEmpty })
        else {
            throw ProxyAuthorization.Refusal(
                "the identity \(id) is not of the form "
                    + "spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/GATEWAY")
        }
        if let trustDomain, parts[0] != trustDomain {
            throw ProxyAuthorization.Refusal(
                "the identity \(id) is not of the trust domain \(trustDomain)")
        }
        self.id = id
        namespace = String(parts[2])
        serviceAccount = String(parts[4])
    }

    func mayHave(_ group: ProxyGroup) throws(ProxyAuthorization.Refusal) {
        if group == .mesh { return }
        let own = ProxyGroup(gateway: serviceAccount, namespace: namespace)
        if group == own { return }
        throw ProxyAuthorization.Refusal(
            "the identity \(id) may ask for \(own), not for \(group); set node.cluster to \(own), "
                + "or issue the proxy a certificate for \(group)")
    }
}
