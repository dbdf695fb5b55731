import COpenSSL
import Glibc
import Routing
import XDS

/// What all connections of a filter chain, or to a cluster, have in common of TLS.
///
/// Unsafe but sound: it is written before anybody else sees it, and then only read; OpenSSL counts
/// its references atomically.
final class TLSContext: @unchecked Sendable {
    let handle: OpaquePointer

    /// Why a certificate or an authority cannot be used.
    struct Failure: Error {
        /// The secret or the place in the resource.
        let origin: String
        let reason: String
    }

    private init(isServer: Bool, origin: String) throws(Failure) {
        var error = tls_error()
        guard let handle = tls_context_create(isServer ? 1 : 0, &error) else {
            throw Failure(origin: origin, reason: Self.text(error))
        }
        self.handle = handle
    }

    deinit {
        tls_context_free(handle)
    }

    /// TLS with clients.
    convenience init(_ compiled: CompiledDownstreamTLS) throws(Failure) {
        try self.init(isServer: true, origin: "TLS")
        try limitVersions(compiled.source.common.tlsParameters)
        for certificate in compiled.certificates { try add(certificate) }
        if let validation = compiled.validation {
            try trust(validation)
            tls_context_ask_clients(handle, Self.demand(compiled, validation))
        }
        let list = Self.list(compiled.protocols)
        if tls_context_offer_protocols(handle, list, list.count) != 1 {
            throw Failure(origin: "TLS", reason: "no memory")
        }
        var identity = UInt64.random(in: .min ... .max)
        withUnsafeBytes(of: &identity) {
            tls_context_identify(handle, $0.baseAddress, $0.count)
        }
    }

    private static func demand(
        _ compiled: CompiledDownstreamTLS, _ validation: CompiledValidation
    ) -> Int32 {
        let context = validation.context
        let isChecked = context.trustedCA != nil || context.usesSystemRootCerts
        switch context.trustChainVerification {
        case .acceptUntrusted: return Int32(TLS_CLIENT_MAY_BE_UNTRUSTED)
        case .verify:
            if !isChecked { return Int32(TLS_CLIENT_MAY_BE_UNTRUSTED) }
            return compiled.source.requiresClientCertificate
                ? Int32(TLS_CLIENT_VERIFIED) : Int32(TLS_CLIENT_VERIFIED_IF_GIVEN)
        }
    }

    /// TLS with endpoints.
    convenience init(_ compiled: CompiledUpstreamTLS) throws(Failure) {
        try self.init(isServer: false, origin: "TLS")
        try limitVersions(compiled.source.common.tlsParameters)
        if let certificate = compiled.certificate { try add(certificate) }
        if let validation = compiled.validation,
            validation.context.trustChainVerification == .verify
        {
            try trust(validation)
        }
    }

    /// What is wrong with a secret that can be seen without its use; nil when nothing is.
    static func problem(of secret: Secret) -> String? {
        do throws(Failure) {
            switch secret.kind {
            case .tlsCertificate(let certificate):
                try TLSContext(isServer: true, origin: secret.name)
                    .add(CompiledCertificate(origin: secret.name, certificate: certificate))
            case .validationContext(let context):
                try TLSContext(isServer: false, origin: secret.name)
                    .trust(CompiledValidation(origin: secret.name, context: context))
            case .sessionTicketKeys, .generic: break
            }
            return nil
        } catch {
            return error.reason
        }
    }

    // MARK: Parts

    private func add(_ certificate: CompiledCertificate) throws(Failure) {
        let origin = certificate.origin
        if certificate.certificate.password != nil {
            throw Failure(origin: origin, reason: "private keys with a password are not read")
        }
        guard let chain = certificate.certificate.certificateChain,
            let key = certificate.certificate.privateKey
        else {
            throw Failure(origin: origin, reason: "the certificate or its private key is missing")
        }
        let chainBytes = try Self.bytes(chain, origin)
        let keyBytes = try Self.bytes(key, origin)
        var error = tls_error()
        let isAdded = tls_context_add_certificate(
            handle, chainBytes, chainBytes.count, keyBytes, keyBytes.count, &error)
        if isAdded != 1 { throw Failure(origin: origin, reason: Self.text(error)) }
    }

    private func trust(_ validation: CompiledValidation) throws(Failure) {
        var error = tls_error()
        if let authorities = validation.context.trustedCA {
            let bytes = try Self.bytes(authorities, validation.origin)
            if tls_context_trust(handle, bytes, bytes.count, &error) != 1 {
                throw Failure(origin: validation.origin, reason: Self.text(error))
            }
        } else if validation.context.usesSystemRootCerts {
            if tls_context_trust_system(handle, &error) != 1 {
                throw Failure(origin: validation.origin, reason: Self.text(error))
            }
        }
    }

    private func limitVersions(_ parameters: TLSParameters?) throws(Failure) {
        guard let parameters else { return }
        let least = Self.number(parameters.minimumVersion)
        let greatest = Self.number(parameters.maximumVersion)
        if tls_context_limit_versions(handle, least, greatest) != 1 {
            throw Failure(origin: "tls_params", reason: "the versions are not possible")
        }
    }

    private static func number(_ version: TLSParameters.Version) -> Int32 {
        switch version {
        case .auto: 0
        case .tls1_0: 0x0301
        case .tls1_1: 0x0302
        case .tls1_2: 0x0303
        case .tls1_3: 0x0304
        }
    }

    /// The bytes of a source, read where they are in a file.
    private static func bytes(_ source: DataSource, _ origin: String) throws(Failure) -> [UInt8] {
        switch source {
        case .inlineBytes(let bytes): return bytes
        case .inlineString(let text): return Array(text.utf8)
        case .filename(let path):
            guard let bytes = contents(of: path) else {
                throw Failure(
                    origin: origin,
                    reason: "the file \(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            return bytes
        case .environmentVariable(let name):
            guard let value = getenv(name) else {
                throw Failure(origin: origin, reason: "the variable \(name) is not set")
            }
            return Array(String(cString: value).utf8)
        }
    }

    private static let largestFile = 4 << 20

    private static func contents(of path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count < largestFile {
            let count = read(file, &chunk, chunk.count)
            if count < 0 { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// Protocols as ALPN writes them: each after its length.
    static func list(_ protocols: [[UInt8]]) -> [UInt8] {
        protocols.flatMap { [UInt8(truncatingIfNeeded: $0.count)] + $0 }
    }

    /// An error's text.
    static func text(_ error: tls_error) -> String {
        withUnsafeBytes(of: error.text) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
