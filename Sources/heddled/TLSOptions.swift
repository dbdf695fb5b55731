import ArgumentParser
import GRPC
import Logging

/// The options that secure the xDS port.
struct TLSOptions: ParsableArguments {
    @Option(help: "The server's certificate chain, PEM.")
    var tlsCertificate: String?

    @Option(help: "The certificate's private key, PEM.")
    var tlsKey: String?

    @Option(help: "The CA of the proxies' certificates, PEM; proxies must then show one.")
    var tlsClientCA: String?

    @Option(
        help: "The only SPIFFE trust domain whose proxies are served; any by default.")
    var tlsTrustDomain: String?

    /// Whether TLS is asked for.
    var isUsed: Bool { tlsCertificate != nil }

    func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
        if tlsClientCA != nil && tlsCertificate == nil {
            throw ValidationError("--tls-client-ca needs --tls-certificate and --tls-key")
        }
        if tlsTrustDomain != nil && tlsClientCA == nil {
            throw ValidationError("--tls-trust-domain needs --tls-client-ca")
        }
    }

    /// The files are read again when they change.
    func credentials(_ logger: Logger) -> GRPCServerCredentials {
        guard let tlsCertificate, let tlsKey else { return .insecure }
        return .files(
            GRPCCertificateFiles(
                certificatePath: tlsCertificate, keyPath: tlsKey, clientCAPath: tlsClientCA
            ) { failure in
                if let failure {
                    logger.error(
                        "certificates not reloaded", metadata: ["reason": "\(failure.message)"])
                } else {
                    logger.info("certificates reloaded")
                }
            })
    }
}
