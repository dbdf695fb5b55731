package import XDS

/// A certificate with where it comes from.
package struct CompiledCertificate: Sendable, Hashable {
    /// The secret's name, or the place in the resource.
    package let origin: String
    /// The certificate and its key.
    package let certificate: TLSCertificate

    /// A certificate.
    package init(origin: String, certificate: TLSCertificate) {
        self.origin = origin
        self.certificate = certificate
    }
}

/// What a peer's certificate is checked against, with where it comes from.
package struct CompiledValidation: Sendable, Hashable {
    /// The secret's name, or the place in the resource.
    package let origin: String
    /// The authorities, the names and so on.
    package let context: CertificateValidationContext

    /// What a peer's certificate is checked against.
    package init(origin: String, context: CertificateValidationContext) {
        self.origin = origin
        self.context = context
    }
}

/// TLS with clients, every secret at hand.
///
/// It keeps its identity as long as the resource and the secrets it names stay the same.
package final class CompiledDownstreamTLS: Sendable {
    /// The context as it was received.
    package let source: DownstreamTLSContext
    /// The certificates, at least one.
    package let certificates: [CompiledCertificate]
    /// What a client's certificate is checked against; nil asks for none.
    package let validation: CompiledValidation?
    /// What is agreed on (ALPN), the best first.
    package let protocols: [[UInt8]]

    init?(
        _ context: DownstreamTLSContext, at place: String, secrets: SecretTable,
        errors: inout ErrorCollector
    ) {
        let common = context.common
        let before = errors.errors.count
        source = context
        protocols = common.alpnProtocols.map { Array($0.utf8) }
        certificates = secrets.certificates(of: common, at: place, errors: &errors)
        validation = secrets.validation(of: common, at: place, errors: &errors)
        check(common, validation, at: place, errors: &errors)
        if certificates.isEmpty && errors.errors.count == before {
            errors.invalid(place, "TLS with clients needs a certificate")
        }
        if let validation, !validation.context.matchTypedSubjectAltNames.isEmpty {
            errors.unsupported(
                "\(place).validation_context",
                "the names in a client's certificate are not looked at")
        }
        if errors.errors.count > before { return nil }
    }

    func isMade(of other: CompiledDownstreamTLS) -> Bool {
        source == other.source && certificates == other.certificates
            && validation == other.validation
    }
}

/// TLS with endpoints, every secret at hand.
package final class CompiledUpstreamTLS: Sendable {
    /// The context as it was received.
    package let source: UpstreamTLSContext
    /// The proxy's own certificate; nil when it has none.
    package let certificate: CompiledCertificate?
    /// What the endpoint's certificate is checked against; nil checks nothing.
    package let validation: CompiledValidation?
    /// The server name that is sent; empty sends none.
    package let serverName: String
    /// One of these must be a DNS name of the endpoint's certificate, or one of ``uris`` a URI;
    /// both empty: any certificate that is trusted will do.
    package let dnsNames: [String]
    /// See ``dnsNames``.
    package let uris: [String]
    /// What is offered (ALPN), the best first; empty leaves it to what is carried.
    package let protocols: [[UInt8]]

    init?(
        _ context: UpstreamTLSContext, at place: String, secrets: SecretTable,
        errors: inout ErrorCollector
    ) {
        let common = context.common
        let before = errors.errors.count
        source = context
        serverName = context.sni
        protocols = common.alpnProtocols.map { Array($0.utf8) }
        certificate = secrets.certificates(of: common, at: place, errors: &errors).first
        validation = secrets.validation(of: common, at: place, errors: &errors)
        check(common, validation, at: place, errors: &errors)
        var dnsNames: [String] = []
        var uris: [String] = []
        for matcher in validation?.context.matchTypedSubjectAltNames ?? [] {
            switch (matcher.kind, matcher.matcher.pattern) {
            case (.dns, .exact(let name)): dnsNames.append(name)
            case (.uri, .exact(let uri)): uris.append(uri)
            case (.dns, _), (.uri, _), (.email, _), (.ipAddress, _):
                errors.unsupported(
                    "\(place).validation_context.match_typed_subject_alt_names",
                    "the proxy compares DNS names and URIs, exactly")
            }
        }
        if context.usesAutoHostSNI {
            errors.unsupported(
                "\(place).auto_host_sni", "the proxy sends the server name of the cluster")
        }
        if context.usesAutoSNISANValidation && !context.sni.isEmpty { dnsNames.append(context.sni) }
        self.dnsNames = dnsNames
        self.uris = uris
        if let context = validation?.context, context.trustedCA == nil,
            !context.usesSystemRootCerts,
            !dnsNames.isEmpty || !uris.isEmpty
        {
            errors.invalid(
                "\(place).validation_context", "names in a certificate that nobody vouches for")
        }
        if errors.errors.count > before { return nil }
    }

    /// The TLS of a cluster; nil for plain text, and for a wrong one, whose errors are told.
    convenience init?(
        of cluster: Cluster, secrets: SecretTable, errors: inout ErrorCollector
    ) {
        switch cluster.transportSocket {
        case nil, .rawBuffer: return nil
        case .downstreamTLS:
            errors.invalid("transport_socket", "the TLS of a listener on a cluster")
            return nil
        case .upstreamTLS(let context):
            self.init(context, at: "transport_socket", secrets: secrets, errors: &errors)
        }
    }

    /// Whether connections of the other one are as good as connections of this one.
    package func isAsGood(as other: CompiledUpstreamTLS?) -> Bool { source == other?.source }

    func isMade(of other: CompiledUpstreamTLS) -> Bool {
        source == other.source && certificate == other.certificate
            && validation == other.validation
    }
}

private func check(
    _ common: CommonTLSContext, _ validation: CompiledValidation?, at place: String,
    errors: inout ErrorCollector
) {
    for (index, name) in common.alpnProtocols.enumerated()
    where !(1...255).contains(name.utf8.count) {
        errors.invalid("\(place).alpn_protocols[\(index)]", "`\(name)` is no protocol's name")
    }
    if let context = validation?.context,
        context.crl != nil || !context.verifyCertificateHash.isEmpty
            || !context.verifyCertificateSPKI.isEmpty
    {
        // What the proxy does not check must not look as if it did.
        errors.unsupported(
            "\(place).validation_context",
            "the proxy checks authorities and names, not revocations or hashes")
    }
}

/// The secrets of one compilation.
struct SecretTable {
    let secrets: [String: Versioned<Secret>]

    func certificates(
        of common: CommonTLSContext, at place: String, errors: inout ErrorCollector
    ) -> [CompiledCertificate] {
        var result = common.tlsCertificates.enumerated().map { index, certificate in
            CompiledCertificate(
                origin: "\(place).tls_certificates[\(index)]", certificate: certificate)
        }
        for name in common.tlsCertificateSDSSecrets {
            guard let secret = find(name, at: place, errors: &errors) else { continue }
            guard case .tlsCertificate(let certificate) = secret.kind else {
                errors.invalid(place, "the secret `\(name)` is no certificate")
                continue
            }
            result.append(CompiledCertificate(origin: "secret \(name)", certificate: certificate))
        }
        return result
    }

    func validation(
        of common: CommonTLSContext, at place: String, errors: inout ErrorCollector
    ) -> CompiledValidation? {
        switch common.validationContext {
        case nil: return nil
        case .inline(let context):
            return CompiledValidation(origin: "\(place).validation_context", context: context)
        case .sds(let name):
            return authorities(name, at: place, errors: &errors).map {
                CompiledValidation(origin: "secret \(name)", context: $0)
            }
        case .combined(var context, let name):
            guard let secret = authorities(name, at: place, errors: &errors) else { return nil }
            context.trustedCA = secret.trustedCA ?? context.trustedCA
            context.usesSystemRootCerts = context.usesSystemRootCerts || secret.usesSystemRootCerts
            context.matchTypedSubjectAltNames += secret.matchTypedSubjectAltNames
            return CompiledValidation(origin: "secret \(name)", context: context)
        }
    }

    private func authorities(
        _ name: String, at place: String, errors: inout ErrorCollector
    ) -> CertificateValidationContext? {
        guard let secret = find(name, at: place, errors: &errors) else { return nil }
        guard case .validationContext(let context) = secret.kind else {
            errors.invalid(place, "the secret `\(name)` holds no authorities")
            return nil
        }
        return context
    }

    private func find(
        _ name: String, at place: String, errors: inout ErrorCollector
    ) -> Secret? {
        if let secret = secrets[name] { return secret.resource }
        errors.unresolved(place, .secret, name)
        return nil
    }
}
