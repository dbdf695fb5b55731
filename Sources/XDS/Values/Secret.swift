/// `envoy.extensions.transport_sockets.tls.v3.Secret`, what SDS serves.
public struct Secret: Hashable, Sendable {
    /// What the secret is.
    public enum Kind: Hashable, Sendable {
        /// A certificate and its private key.
        case tlsCertificate(TLSCertificate)
        /// Keys of session tickets; the first encrypts, all decrypt.
        case sessionTicketKeys([DataSource])
        /// What a peer's certificate is checked against.
        case validationContext(CertificateValidationContext)
        /// Any other secret.
        case generic(DataSource)
    }
    /// The name it is asked for by.
    public var name: String
    /// What the secret is.
    public var kind: Kind

    /// A secret.
    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// `envoy.config.core.v3.DataSource`: bytes, or where the client finds them.
///
/// Its description never shows the bytes: they may be a private key.
public enum DataSource: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// A file of the client's machine.
    case filename(String)
    /// The bytes themselves.
    case inlineBytes([UInt8])
    /// The text itself.
    case inlineString(String)
    /// A variable of the client's environment.
    case environmentVariable(String)

    /// Where the bytes are, or how many there are.
    public var description: String {
        switch self {
        case .filename(let path): "file \(path)"
        case .inlineBytes(let bytes): "\(bytes.count) bytes in place"
        case .inlineString(let text): "\(text.utf8.count) bytes of text in place"
        case .environmentVariable(let name): "environment variable \(name)"
        }
    }

    /// As ``description``.
    public var debugDescription: String { description }
}

/// `envoy.extensions.transport_sockets.tls.v3.TlsCertificate`.
public struct TLSCertificate: Hashable, Sendable {
    /// The certificate and those that sign it, PEM.
    public var certificateChain: DataSource?
    /// The private key, PEM.
    public var privateKey: DataSource?
    /// What opens the private key; nil when it is not encrypted.
    public var password: DataSource?
    /// A stapled OCSP response, DER.
    public var ocspStaple: DataSource?

    /// A certificate.
    public init(
        certificateChain: DataSource?, privateKey: DataSource?, password: DataSource? = nil,
        ocspStaple: DataSource? = nil
    ) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
        self.password = password
        self.ocspStaple = ocspStaple
    }
}

/// `envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher`.
public struct SubjectAltNameMatcher: Hashable, Sendable {
    /// `SanType`.
    public enum Kind: UInt32, Hashable, Sendable {
        /// An e-mail address.
        case email = 1
        /// A host name.
        case dns = 2
        /// A URI, such as a SPIFFE identity.
        case uri = 3
        /// An IP address.
        case ipAddress = 4
    }
    /// The kind of name that is compared.
    public var kind: Kind
    /// What it must be.
    public var matcher: StringMatcher

    /// A matcher.
    public init(_ kind: Kind, _ matcher: StringMatcher) {
        self.kind = kind
        self.matcher = matcher
    }
}

/// `envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext`.
public struct CertificateValidationContext: Hashable, Sendable {
    /// `TrustChainVerification`.
    public enum TrustChainVerification: UInt32, Hashable, Sendable {
        /// A certificate that does not lead to a trusted authority is refused.
        case verify = 0
        /// It is taken all the same.
        case acceptUntrusted = 1
    }
    /// The authorities that are trusted, PEM; nil checks no chain.
    public var trustedCA: DataSource?
    /// Without `trustedCA`, the authorities that the client's system trusts.
    ///
    /// Envoy does not implement it (1.40): for Envoy, name the system's file in `trustedCA`.
    public var usesSystemRootCerts: Bool
    /// What becomes of a certificate that does not lead to a trusted authority.
    public var trustChainVerification: TrustChainVerification
    /// What is revoked, PEM.
    public var crl: DataSource?
    /// One of these must match a name of the certificate; empty: any name will do.
    public var matchTypedSubjectAltNames: [SubjectAltNameMatcher]
    /// One of these must be the SHA-256 of the certificate, in hexadecimal; empty: any.
    public var verifyCertificateHash: [String]
    /// One of these must be the SHA-256 of the public key, in base64; empty: any.
    public var verifyCertificateSPKI: [String]

    /// A validation context.
    public init(
        trustedCA: DataSource?, crl: DataSource? = nil,
        matchTypedSubjectAltNames: [SubjectAltNameMatcher] = [],
        verifyCertificateHash: [String] = [], verifyCertificateSPKI: [String] = [],
        usesSystemRootCerts: Bool = false, trustChainVerification: TrustChainVerification = .verify
    ) {
        self.trustedCA = trustedCA
        self.usesSystemRootCerts = usesSystemRootCerts
        self.trustChainVerification = trustChainVerification
        self.crl = crl
        self.matchTypedSubjectAltNames = matchTypedSubjectAltNames
        self.verifyCertificateHash = verifyCertificateHash
        self.verifyCertificateSPKI = verifyCertificateSPKI
    }
}
