internal import CEnvoyAPI

// swift-format-ignore: the C names are longer than a line.
private enum C {
    typealias Context = Envoy__Extensions__TransportSockets__Tls__V3__CommonTlsContext
    static let inline =
        ENVOY__EXTENSIONS__TRANSPORT_SOCKETS__TLS__V3__COMMON_TLS_CONTEXT__VALIDATION_CONTEXT_TYPE_VALIDATION_CONTEXT
    static let sds =
        ENVOY__EXTENSIONS__TRANSPORT_SOCKETS__TLS__V3__COMMON_TLS_CONTEXT__VALIDATION_CONTEXT_TYPE_VALIDATION_CONTEXT_SDS_SECRET_CONFIG
    static let combined =
        ENVOY__EXTENSIONS__TRANSPORT_SOCKETS__TLS__V3__COMMON_TLS_CONTEXT__VALIDATION_CONTEXT_TYPE_COMBINED_VALIDATION_CONTEXT
    static let unset =
        ENVOY__EXTENSIONS__TRANSPORT_SOCKETS__TLS__V3__COMMON_TLS_CONTEXT__VALIDATION_CONTEXT_TYPE__NOT_SET
    static let initializeCombined =
        envoy__extensions__transport_sockets__tls__v3__common_tls_context__combined_certificate_validation_context__init
}

extension CommonTLSContext: CRepresentable {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__CommonTlsContext

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__common_tls_context__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(
            message,
            [
                9: "tls_certificate_certificate_provider",
                11: "tls_certificate_certificate_provider_instance", 13: "custom_handshaker",
                14: "tls_certificate_provider_instance", 16: "custom_tls_certificate_selector",
            ])
        let secrets: [SDSSecretConfig] = try arena.read(
            message.tls_certificate_sds_secret_configs,
            count: message.n_tls_certificate_sds_secret_configs,
            "tls_certificate_sds_secret_configs")
        self.init(
            tlsParameters: try arena.read(message.tls_params, "tls_params"),
            tlsCertificates: try arena.read(
                message.tls_certificates, count: message.n_tls_certificates, "tls_certificates"),
            tlsCertificateSDSSecrets: secrets.map(\.name),
            validationContext: try Self.validationContext(message, in: arena),
            alpnProtocols: [String](message.alpn_protocols, count: message.n_alpn_protocols))
    }

    private static func validationContext(
        _ message: CMessage, in arena: Arena
    ) throws(XDSError) -> ValidationContext? {
        switch message.validation_context_type_case {
        case C.unset: return nil
        case C.inline:
            return .inline(
                try arena.readRequired(message.validation_context, "validation_context"))
        case C.sds:
            return .sds(
                try arena.readRequired(
                    message.validation_context_sds_secret_config,
                    "validation_context_sds_secret_config", as: SDSSecretConfig.self
                ).name)
        case C.combined:
            let combined = try arena.readRequired(
                message.combined_validation_context, "combined_validation_context",
                as: CombinedContext.self)
            return .combined(combined.inline, sds: combined.secret.name)
        default: throw .unknownCase(of: "validation_context_type")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.tls_params = tlsParameters?.make(in: arena)
        message.n_tls_certificates = tlsCertificates.count
        message.tls_certificates = arena.messages(tlsCertificates)
        message.n_tls_certificate_sds_secret_configs = tlsCertificateSDSSecrets.count
        message.tls_certificate_sds_secret_configs = arena.messages(
            tlsCertificateSDSSecrets.map(SDSSecretConfig.init))
        message.n_alpn_protocols = alpnProtocols.count
        message.alpn_protocols = arena.texts(alpnProtocols)
        switch validationContext {
        case nil: return
        case .inline(let context):
            message.validation_context_type_case = C.inline
            message.validation_context = context.make(in: arena)
        case .sds(let name):
            message.validation_context_type_case = C.sds
            message.validation_context_sds_secret_config = SDSSecretConfig(name).make(in: arena)
        case .combined(let context, let name):
            message.validation_context_type_case = C.combined
            message.combined_validation_context = CombinedContext(
                inline: context, secret: SDSSecretConfig(name)
            ).make(in: arena)
        }
    }
}

/// `CommonTlsContext.CombinedCertificateValidationContext`.
private struct CombinedContext: CRepresentable {
    typealias CMessage =
        Envoy__Extensions__TransportSockets__Tls__V3__CommonTlsContext__CombinedCertificateValidationContext

    var inline: CertificateValidationContext
    var secret: SDSSecretConfig

    init(inline: CertificateValidationContext, secret: SDSSecretConfig) {
        self.inline = inline
        self.secret = secret
    }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        C.initializeCombined(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [1, 2])
        inline = try arena.readRequired(
            message.default_validation_context, "default_validation_context")
        secret = try arena.readRequired(
            message.validation_context_sds_secret_config, "validation_context_sds_secret_config")
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.default_validation_context = inline.make(in: arena)
        message.validation_context_sds_secret_config = secret.make(in: arena)
    }
}

/// `SdsSecretConfig`: a secret's name, asked for over ADS.
private struct SDSSecretConfig: CRepresentable {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__SdsSecretConfig

    var name: String

    init(_ name: String) { self.name = name }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__sds_secret_config__init(message)
    }

    /// Without a source, the secret stands in a client's own configuration, and there is none here.
    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        _ = try arena.readRequired(message.sds_config, "sds_config", as: ADSConfigSource.self)
        name = String(message.name)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.sds_config = ADSConfigSource().make(in: arena)
    }
}

extension TLSParameters: CRepresentable {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__TlsParameters

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__tls_parameters__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [5: "signature_algorithms", 6: "compliance_policies"])
        self.init(
            minimumVersion: try Self.version(
                message.tls_minimum_protocol_version.rawValue, "tls_minimum_protocol_version"),
            maximumVersion: try Self.version(
                message.tls_maximum_protocol_version.rawValue, "tls_maximum_protocol_version"),
            cipherSuites: [String](message.cipher_suites, count: message.n_cipher_suites),
            ecdhCurves: [String](message.ecdh_curves, count: message.n_ecdh_curves))
    }

    private static func version(
        _ value: UInt32, _ field: String
    ) throws(XDSError) -> Version {
        guard let version = Version(rawValue: value) else { throw .unknownValue(value, of: field) }
        return version
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.tls_minimum_protocol_version = .init(rawValue: minimumVersion.rawValue)
        message.tls_maximum_protocol_version = .init(rawValue: maximumVersion.rawValue)
        message.n_cipher_suites = cipherSuites.count
        message.cipher_suites = arena.texts(cipherSuites)
        message.n_ecdh_curves = ecdhCurves.count
        message.ecdh_curves = arena.texts(ecdhCurves)
    }
}
