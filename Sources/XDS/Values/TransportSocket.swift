/// `envoy.config.core.v3.TransportSocket`: what stands between a connection and its bytes.
public enum TransportSocket: Hashable, Sendable {
    /// Clear text.
    case rawBuffer
    /// TLS towards the client, on a listener's filter chain.
    case downstreamTLS(DownstreamTLSContext)
    /// TLS towards an endpoint, on a cluster.
    case upstreamTLS(UpstreamTLSContext)
}

/// `envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext`.
public struct DownstreamTLSContext: Hashable, Sendable {
    /// Certificates, protocols and what a client's certificate is checked against.
    public var common: CommonTLSContext
    /// A client without a certificate is refused.
    public var requiresClientCertificate: Bool

    /// A context.
    public init(common: CommonTLSContext, requiresClientCertificate: Bool = false) {
        self.common = common
        self.requiresClientCertificate = requiresClientCertificate
    }
}

/// `envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`.
public struct UpstreamTLSContext: Hashable, Sendable {
    /// The client's own certificate, protocols and what the endpoint's certificate is checked
    /// against.
    public var common: CommonTLSContext
    /// The server name (SNI) that is sent; empty sends none.
    public var sni: String
    /// The endpoint's host name is the server name, where it has one.
    public var usesAutoHostSNI: Bool
    /// A name of the endpoint's certificate must be the server name.
    public var usesAutoSNISANValidation: Bool

    /// A context.
    public init(
        common: CommonTLSContext, sni: String = "", usesAutoHostSNI: Bool = false,
        usesAutoSNISANValidation: Bool = false
    ) {
        self.common = common
        self.sni = sni
        self.usesAutoHostSNI = usesAutoHostSNI
        self.usesAutoSNISANValidation = usesAutoSNISANValidation
    }
}

/// `envoy.extensions.transport_sockets.tls.v3.CommonTlsContext`.
public struct CommonTLSContext: Hashable, Sendable {
    /// What a peer's certificate is checked against.
    public enum ValidationContext: Hashable, Sendable {
        /// In place.
        case inline(CertificateValidationContext)
        /// A secret, by SDS over ADS.
        case sds(String)
        /// Both: what stands in place, with what the secret says put over it.
        case combined(CertificateValidationContext, sds: String)
    }
    /// The versions and ciphers; nil is the client's default.
    public var tlsParameters: TLSParameters?
    /// Certificates in place.
    public var tlsCertificates: [TLSCertificate]
    /// The names of the secrets that hold certificates, by SDS over ADS.
    public var tlsCertificateSDSSecrets: [String]
    /// What a peer's certificate is checked against; nil checks nothing.
    public var validationContext: ValidationContext?
    /// The protocols that are offered or accepted (ALPN), the best first.
    public var alpnProtocols: [String]

    /// A context.
    public init(
        tlsParameters: TLSParameters? = nil, tlsCertificates: [TLSCertificate] = [],
        tlsCertificateSDSSecrets: [String] = [], validationContext: ValidationContext? = nil,
        alpnProtocols: [String] = []
    ) {
        self.tlsParameters = tlsParameters
        self.tlsCertificates = tlsCertificates
        self.tlsCertificateSDSSecrets = tlsCertificateSDSSecrets
        self.validationContext = validationContext
        self.alpnProtocols = alpnProtocols
    }
}

/// `envoy.extensions.transport_sockets.tls.v3.TlsParameters`.
public struct TLSParameters: Hashable, Sendable {
    /// `TlsProtocol`.
    public enum Version: UInt32, Hashable, Sendable {
        /// The client's default.
        case auto = 0
        /// TLS 1.0.
        case tls1_0 = 1
        /// TLS 1.1.
        case tls1_1 = 2
        /// TLS 1.2.
        case tls1_2 = 3
        /// TLS 1.3.
        case tls1_3 = 4
    }
    /// The oldest version.
    public var minimumVersion: Version
    /// The newest version.
    public var maximumVersion: Version
    /// Cipher suites of TLS 1.2 and older, by OpenSSL's names; empty is the client's default.
    public var cipherSuites: [String]
    /// Curves of the key exchange, by OpenSSL's names; empty is the client's default.
    public var ecdhCurves: [String]

    /// Parameters; the client's defaults unless said otherwise.
    public init(
        minimumVersion: Version = .auto, maximumVersion: Version = .auto,
        cipherSuites: [String] = [], ecdhCurves: [String] = []
    ) {
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.cipherSuites = cipherSuites
        self.ecdhCurves = ecdhCurves
    }
}
