import CGRPC
import Glibc
import Synchronization

/// A server's certificate as files, read again when they change.
///
/// The files are looked at when a client connects. Connections that are open go on with what they
/// began with; new ones get what the files hold. Files that cannot be read, and a key that does
/// not fit its certificate, change nothing: the last good ones stay in use until the files are
/// mended.
public final class GRPCCertificateFiles: Sendable {
    /// What a file was like when it was read.
    private struct Stamp: Equatable {
        var device: UInt
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private struct State {
        var stamps: [Stamp?] = []
        /// Reported once, not at each connection.
        var failure: String?
    }

    /// What is in the files.
    struct Contents {
        var certificate: GRPCCertificate
        var clientCAPEM: String?
    }

    /// Whether clients must show a certificate; of use with `clientCAPath` only.
    public let requiresClientCertificate: Bool

    private let certificatePath: String
    private let keyPath: String
    private let clientCAPath: String?
    private let onReload: @Sendable (GRPCStatus?) -> Void
    private let state = Mutex(State())

    /// Files that are read when a server starts.
    ///
    /// - Parameter certificatePath: The certificate chain, PEM.
    /// - Parameter keyPath: The private key of the first certificate, PEM.
    /// - Parameter clientCAPath: The authorities of the clients' certificates, PEM; nil leaves
    ///   clients anonymous.
    /// - Parameter requiresClientCertificate: Whether a client without a certificate is refused.
    /// - Parameter onReload: Told of each later reading: nil when new files were read, else why
    ///   they could not be. Called on a thread of the library.
    public init(
        certificatePath: String, keyPath: String, clientCAPath: String? = nil,
        requiresClientCertificate: Bool = true,
        onReload: @escaping @Sendable (GRPCStatus?) -> Void = { _ in }
    ) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.clientCAPath = clientCAPath
        self.requiresClientCertificate = requiresClientCertificate
        self.onReload = onReload
    }

    private var paths: [String] {
        [certificatePath, keyPath] + (clientCAPath.map { [$0] } ?? [])
    }

    /// Reads the files.
    ///
    /// - Throws: `invalidArgument` naming the file that cannot be read or is no PEM.
    func read() throws(GRPCStatus) -> Contents {
        Contents(
            certificate: GRPCCertificate(
                certificateChainPEM: try Self.pem(certificatePath),
                privateKeyPEM: try Self.pem(keyPath)),
            clientCAPEM: try clientCAPath.map { path throws(GRPCStatus) in try Self.pem(path) })
    }

    /// What the files hold now, if that is another than at the last call; at the first in any case.
    func readIfChanged() -> Contents? {
        let stamps = paths.map(Self.stamp)
        let known = state.withLock { $0.stamps }
        if known == stamps { return nil }
        do throws(GRPCStatus) {
            let contents = try read()
            state.withLock { state in
                state.stamps = stamps
                state.failure = nil
            }
            if !known.isEmpty { onReload(nil) }
            return contents
        } catch {
            let isNew = state.withLock { state in
                defer { state.failure = error.message }
                return state.failure != error.message
            }
            if isNew { onReload(error) }
            return nil
        }
    }

    private static func stamp(_ path: String) -> Stamp? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        return Stamp(
            device: UInt(facts.st_dev), inode: UInt(facts.st_ino), size: Int(facts.st_size),
            seconds: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec)
    }

    private static let sizeLimit = 1 << 20

    private static func pem(_ path: String) throws(GRPCStatus) -> String {
        guard let file = fopen(path, "re") else {
            throw GRPCStatus(
                .invalidArgument, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        if ferror(file) != 0 {
            throw GRPCStatus(.invalidArgument, "\(path) cannot be read")
        }
        if count > sizeLimit {
            throw GRPCStatus(.invalidArgument, "\(path) is larger than 1 MiB")
        }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        guard text.contains("-----BEGIN "), text.contains("-----END ") else {
            throw GRPCStatus(.invalidArgument, "\(path) holds no PEM block")
        }
        return text
    }
}

extension GRPCCertificateFiles: Hashable {
    /// Equal only to itself.
    public static func == (left: GRPCCertificateFiles, right: GRPCCertificateFiles) -> Bool {
        left === right
    }

    /// Hashes the identity.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}

extension GRPCCertificateFiles {
    /// Credentials that ask this object at each handshake; it must outlive them.
    func makeC() -> OpaquePointer? {
        let request =
            clientCAPath == nil
            ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
            : requiresClientCertificate
                ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
        let options = grpc_ssl_server_credentials_create_options_using_config_fetcher(
            request, fetchCertificates, Unmanaged.passUnretained(self).toOpaque())
        return grpc_ssl_server_credentials_create_with_options(options)
    }

    /// The files' contents for the core; nil where they have not changed or are no good.
    fileprivate func fetch() -> OpaquePointer? {
        guard let contents = readIfChanged() else { return nil }
        // The core asserts that there are roots, also where it asks no client for a certificate.
        let roots = contents.clientCAPEM ?? contents.certificate.certificateChainPEM
        return contents.certificate.withC { pair in
            grpc_ssl_server_certificate_config_create(roots, pair, 1)
        }
    }
}

/// Called by the core at each handshake, on one of its threads.
private func fetchCertificates(
    _ files: UnsafeMutableRawPointer?, _ config: UnsafeMutablePointer<OpaquePointer?>?
) -> grpc_ssl_certificate_config_reload_status {
    guard let files, let config else { return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL }
    let owner = Unmanaged<GRPCCertificateFiles>.fromOpaque(files).takeUnretainedValue()
    guard let fetched = owner.fetch() else {
        return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED
    }
    config.pointee = fetched
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW
}
