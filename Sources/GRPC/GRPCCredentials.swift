import CGRPC

/// A certificate chain and its private key, both PEM.
public struct GRPCCertificate: Hashable, Sendable {
    /// The certificate, then those that signed it, up to but without the root.
    public var certificateChainPEM: String
    /// The private key of the first certificate.
    public var privateKeyPEM: String

    /// A certificate and its key.
    public init(certificateChainPEM: String, privateKeyPEM: String) {
        self.certificateChainPEM = certificateChainPEM
        self.privateKeyPEM = privateKeyPEM
    }

    /// Calls `body` with the pair as C has it, valid during the call; the core copies it.
    func withC<R>(_ body: (UnsafeMutablePointer<grpc_ssl_pem_key_cert_pair>) -> R) -> R {
        privateKeyPEM.withCString { key in
            certificateChainPEM.withCString { chain in
                var pair = grpc_ssl_pem_key_cert_pair(private_key: key, cert_chain: chain)
                return body(&pair)
            }
        }
    }
}

/// How a server proves who it is, and what it asks of clients.
public enum GRPCServerCredentials: Hashable, Sendable {
    /// Plain text.
    case insecure
    /// TLS; clients stay anonymous.
    case tls(GRPCCertificate)
    /// TLS in which clients show certificates that one of the authorities has signed.
    ///
    /// With `require` false a client without a certificate is let in and has no `peerIdentity`; a
    /// certificate that does not verify is refused in any case.
    case mtls(GRPCCertificate, clientCAPEM: String, require: Bool = true)
    /// TLS, or mutual TLS, by files that are read again when they change.
    case files(GRPCCertificateFiles)

    /// A reference for the caller to release; nil if the core refuses the material.
    func makeC() -> OpaquePointer? {
        switch self {
        case .insecure:
            return grpc_insecure_server_credentials_create()
        case .tls(let certificate):
            return certificate.withC {
                grpc_ssl_server_credentials_create_ex(
                    nil, $0, 1, GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE, nil)
            }
        case .mtls(let certificate, let roots, let require):
            let request =
                require
                ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
            return certificate.withC {
                grpc_ssl_server_credentials_create_ex(roots, $0, 1, request, nil)
            }
        case .files(let files):
            return files.makeC()
        }
    }

    /// - Throws: `invalidArgument` naming the file that cannot be used.
    func check() throws(GRPCStatus) {
        if case .files(let files) = self { _ = try files.read() }
    }
}

/// How a channel proves who it is, and which servers it trusts.
public enum GRPCChannelCredentials: Hashable, Sendable {
    /// Plain text.
    case insecure
    /// TLS to a server whose certificate one of the authorities has signed and names the target.
    ///
    /// - rootsPEM: the authorities; nil for those installed on the machine.
    /// - certificate: the client's own, for a server that asks for one.
    /// - serverName: the name to expect in place of the target's host.
    case tls(
        rootsPEM: String? = nil, certificate: GRPCCertificate? = nil, serverName: String? = nil)

    /// A reference for the caller to release; nil if the core refuses the material.
    func makeC() -> OpaquePointer? {
        switch self {
        case .insecure:
            return grpc_insecure_credentials_create()
        case .tls(let roots, let certificate, _):
            guard let certificate else {
                return grpc_ssl_credentials_create_ex(roots, nil, nil, nil)
            }
            return certificate.withC { grpc_ssl_credentials_create_ex(roots, $0, nil, nil) }
        }
    }

    func addArguments(to arguments: inout ChannelArguments) {
        if case .tls(_, _, let serverName?) = self {
            arguments.set(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, serverName)
        }
    }
}
