internal import CEnvoyAPI

// swift-format-ignore: the C names are longer than a line.
private enum C {
    typealias Secret = Envoy__Extensions__TransportSockets__Tls__V3__Secret
    typealias Certificate = Envoy__Extensions__TransportSockets__Tls__V3__TlsCertificate
    typealias Context = Envoy__Extensions__TransportSockets__Tls__V3__CertificateValidationContext
    typealias Name = Envoy__Extensions__TransportSockets__Tls__V3__SubjectAltNameMatcher
    static let certificate =
        ENVOY__EXTENSIONS__TRANSPORT_SOCKETS__TLS__V3__SECRET__TYPE_TLS_CERTIFICATE
    static let keys =
        ENVOY__EXTENSIONS__TRANSPORT_SOCKETS__TLS__V3__SECRET__TYPE_SESSION_TICKET_KEYS
    static let context =
        ENVOY__EXTENSIONS__TRANSPORT_SOCKETS__TLS__V3__SECRET__TYPE_VALIDATION_CONTEXT
    static let initializeSystemRoots =
        envoy__extensions__transport_sockets__tls__v3__certificate_validation_context__system_root_certs__init
    static let generic = ENVOY__EXTENSIONS__TRANSPORT_SOCKETS__TLS__V3__SECRET__TYPE_GENERIC_SECRET
}

extension Secret: CRepresentable {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__Secret

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__secret__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(name: String(message.name), kind: try Kind(message, in: arena))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        kind.fill(&message, in: arena)
    }
}

extension Secret: ResourceMessage {
    /// SDS.
    public static let resourceType = ResourceType.secret
    /// The name it is asked for by.
    public var resourceName: String { name }

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: true)
    }
}

extension Secret.Kind {
    fileprivate init(_ message: C.Secret, in arena: Arena) throws(XDSError) {
        switch message.type_case {
        case C.certificate:
            self = .tlsCertificate(
                try arena.readRequired(message.tls_certificate, "tls_certificate"))
        case C.keys:
            guard let keys = message.session_ticket_keys?.pointee else {
                throw .unknownCase(of: "type")
            }
            self = .sessionTicketKeys(
                try arena.read(keys.keys, count: keys.n_keys, "session_ticket_keys.keys"))
        case C.context:
            self = .validationContext(
                try arena.readRequired(message.validation_context, "validation_context"))
        case C.generic:
            guard let generic = message.generic_secret?.pointee else {
                throw .unknownCase(of: "type")
            }
            if generic.n_secrets > 0 { throw .unsupported("generic_secret.secrets") }
            self = .generic(try arena.readRequired(generic.secret, "generic_secret.secret"))
        default: throw .unknownCase(of: "type")
        }
    }

    fileprivate func fill(_ message: inout C.Secret, in arena: Arena) {
        switch self {
        case .tlsCertificate(let certificate):
            message.type_case = C.certificate
            message.tls_certificate = certificate.make(in: arena)
        case .sessionTicketKeys(let keys):
            message.type_case = C.keys
            message.session_ticket_keys = arena.cMessage(
                envoy__extensions__transport_sockets__tls__v3__tls_session_ticket_keys__init
            ) {
                $0.n_keys = keys.count
                $0.keys = arena.messages(keys)
            }
        case .validationContext(let context):
            message.type_case = C.context
            message.validation_context = context.make(in: arena)
        case .generic(let secret):
            message.type_case = C.generic
            message.generic_secret = arena.cMessage(
                envoy__extensions__transport_sockets__tls__v3__generic_secret__init
            ) { $0.secret = secret.make(in: arena) }
        }
    }
}

extension DataSource: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Envoy__Config__Core__V3__DataSource>) {
        envoy__config__core__v3__data_source__init(message)
    }

    init(_ message: Envoy__Config__Core__V3__DataSource, in arena: Arena) throws(XDSError) {
        switch message.specifier_case {
        case ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_FILENAME:
            self = .filename(String(message.filename))
        case ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_INLINE_BYTES:
            self = .inlineBytes([UInt8](message.inline_bytes))
        case ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_INLINE_STRING:
            self = .inlineString(String(message.inline_string))
        case ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_ENVIRONMENT_VARIABLE:
            self = .environmentVariable(String(message.environment_variable))
        default: throw .unknownCase(of: "specifier")
        }
    }

    func fill(_ message: inout Envoy__Config__Core__V3__DataSource, in arena: Arena) {
        switch self {
        case .filename(let path):
            message.specifier_case = ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_FILENAME
            message.filename = arena.text(path)
        case .inlineBytes(let bytes):
            message.specifier_case = ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_INLINE_BYTES
            message.inline_bytes = arena.data(bytes)
        case .inlineString(let text):
            message.specifier_case = ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_INLINE_STRING
            message.inline_string = arena.text(text)
        case .environmentVariable(let name):
            message.specifier_case =
                ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_ENVIRONMENT_VARIABLE
            message.environment_variable = arena.text(name)
        }
    }
}

extension TLSCertificate: CRepresentable {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__TlsCertificate

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__tls_certificate__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [6: "private_key_provider", 8: "pkcs12"])
        self.init(
            certificateChain: try arena.read(message.certificate_chain, "certificate_chain"),
            privateKey: try arena.read(message.private_key, "private_key"),
            password: try arena.read(message.password, "password"),
            ocspStaple: try arena.read(message.ocsp_staple, "ocsp_staple"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.certificate_chain = certificateChain?.make(in: arena)
        message.private_key = privateKey?.make(in: arena)
        message.password = password?.make(in: arena)
        message.ocsp_staple = ocspStaple?.make(in: arena)
    }
}

extension CertificateValidationContext: CRepresentable {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__CertificateValidationContext

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__certificate_validation_context__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [1, 2, 3, 7, 10, 11, 15, 17])
        let code = message.trust_chain_verification.rawValue
        guard let verification = TrustChainVerification(rawValue: code) else {
            throw .unknownValue(code, of: "trust_chain_verification")
        }
        self.init(
            trustedCA: try arena.read(message.trusted_ca, "trusted_ca"),
            crl: try arena.read(message.crl, "crl"),
            matchTypedSubjectAltNames: try arena.read(
                message.match_typed_subject_alt_names,
                count: message.n_match_typed_subject_alt_names, "match_typed_subject_alt_names"),
            verifyCertificateHash: [String](
                message.verify_certificate_hash, count: message.n_verify_certificate_hash),
            verifyCertificateSPKI: [String](
                message.verify_certificate_spki, count: message.n_verify_certificate_spki),
            usesSystemRootCerts: message.system_root_certs != nil,
            trustChainVerification: verification)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.trusted_ca = trustedCA?.make(in: arena)
        message.crl = crl?.make(in: arena)
        message.n_match_typed_subject_alt_names = matchTypedSubjectAltNames.count
        message.match_typed_subject_alt_names = arena.messages(matchTypedSubjectAltNames)
        message.n_verify_certificate_hash = verifyCertificateHash.count
        message.verify_certificate_hash = arena.texts(verifyCertificateHash)
        message.n_verify_certificate_spki = verifyCertificateSPKI.count
        message.verify_certificate_spki = arena.texts(verifyCertificateSPKI)
        if usesSystemRootCerts {
            message.system_root_certs = arena.cMessage(C.initializeSystemRoots) { _ in }
        }
        message.trust_chain_verification = .init(rawValue: trustChainVerification.rawValue)
    }
}

extension SubjectAltNameMatcher: CRepresentable {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__SubjectAltNameMatcher

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__subject_alt_name_matcher__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard let kind = Kind(rawValue: message.san_type.rawValue) else {
            throw .unknownValue(message.san_type.rawValue, of: "san_type")
        }
        self.init(kind, try arena.readRequired(message.matcher, "matcher"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.san_type = .init(rawValue: kind.rawValue)
        message.matcher = matcher.make(in: arena)
    }
}
