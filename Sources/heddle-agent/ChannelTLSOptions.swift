import ArgumentParser
import GRPC
import ProgramOptions

/// The options that secure the connection to the control plane.
struct ChannelTLSOptions: ParsableArguments {
    @Option(help: "The CA of the control plane's certificate, PEM; turns TLS on.")
    var tlsCA: String?

    @Option(help: "The agent's certificate chain, PEM, where the control plane asks for one.")
    var tlsCertificate: String?

    @Option(help: "The certificate's private key, PEM.")
    var tlsKey: String?

    @Option(help: "The name to expect in the control plane's certificate.")
    var tlsServerName: String?

    func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key go together")
        }
        if tlsCA == nil && (tlsCertificate != nil || tlsServerName != nil) {
            throw ValidationError("--tls-certificate and --tls-server-name need --tls-ca")
        }
    }

    /// - Throws: Where a file cannot be read.
    func credentials() throws -> GRPCChannelCredentials {
        guard let tlsCA else { return .insecure }
        var certificate: GRPCCertificate?
        if let tlsCertificate, let tlsKey {
            certificate = GRPCCertificate(
                certificateChainPEM: try TextFile.read(tlsCertificate),
                privateKeyPEM: try TextFile.read(tlsKey))
        }
        return .tls(
            rootsPEM: try TextFile.read(tlsCA), certificate: certificate, serverName: tlsServerName)
    }
}
