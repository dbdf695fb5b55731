/// TLS from a proxy to a backend.
public struct BackendTLS: Hashable, Sendable {
    /// The name that is sent, and, without ``subjectAltNames``, that the certificate must be for.
    public var serverName: String
    /// The authorities that may have signed the backend's certificate, PEM.
    public var authorities: [UInt8]
    /// The names of which the certificate must have at least one, in place of ``serverName``.
    public var subjectAltNames: [SubjectAltName]
    /// What the proxy shows of itself where the backend asks; nil: what its Gateway says
    /// (`spec.tls.backend.clientCertificateRef`), or nothing.
    public var clientCertificate: ClientCertificate?

    /// TLS by a server name and authorities.
    public init(
        serverName: String, authorities: [UInt8], subjectAltNames: [SubjectAltName] = [],
        clientCertificate: ClientCertificate? = nil
    ) {
        self.serverName = serverName
        self.authorities = authorities
        self.subjectAltNames = subjectAltNames
        self.clientCertificate = clientCertificate
    }

    /// A name in a certificate.
    public enum SubjectAltName: Hashable, Sendable {
        /// A DNS name, `*.` allowed in front.
        case dns(String)
        /// A URI, such as a SPIFFE ID.
        case uri(String)
    }

    /// A certificate with its key, PEM.
    public struct ClientCertificate: Hashable, Sendable {
        /// The certificate and those between it and the authority.
        public var chain: [UInt8]
        /// Its private key.
        public var privateKey: [UInt8]

        /// A certificate.
        public init(chain: [UInt8], privateKey: [UInt8]) {
            self.chain = chain
            self.privateKey = privateKey
        }
    }
}
