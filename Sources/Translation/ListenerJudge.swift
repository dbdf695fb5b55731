import GatewayAPI
import HeddlePlugin
import XDS

/// Judges the listeners of one Gateway and its ListenerSets, each by itself.
struct ListenerJudge {
    private typealias Problem = ListenerModel.Problem

    private let gateway: Gateway
    private let reference: ObjectReference
    private let role: GatewayModel.Role
    private let plugins: PluginRegistry
    private let context: TranslationContext
    private var validations: [String: FrontendAuthorities] = [:]
    /// The secrets that were read, by name.
    private(set) var secrets: [String: XDS.Secret] = [:]

    init(
        _ gateway: Gateway, _ reference: ObjectReference, _ role: GatewayModel.Role,
        plugins: PluginRegistry, context: TranslationContext
    ) {
        self.gateway = gateway
        self.reference = reference
        self.role = role
        self.plugins = plugins
        self.context = context
    }

    /// Judges the listeners of the Gateway or of a ListenerSet.
    mutating func judge(
        _ listeners: [Gateway.Listener], of owner: ObjectReference
    ) -> [ListenerModel] {
        listeners.enumerated().map { index, spec in
            let id = ListenerID(gateway: reference, owner: owner, name: spec.name)
            var listener = ListenerModel(id, spec)
            switch role {
            case .waypoint: judgeWaypoint(&listener)
            case .gateway: judge(&listener, path: "spec.listeners[\(index)]")
            }
            return listener
        }
    }

    /// Reads the certificate that the Gateway shows to backends.
    mutating func clientCertificate(
        _ reference: NamespacedObjectReference
    ) -> Result<String, ListenerModel.Problem> {
        do {
            return .success(
                try read(
                    reference, from: self.reference,
                    path: "spec.tls.backend.clientCertificateRef",
                    reason: .invalidClientCertificateRef))
        } catch {
            return .failure(error)
        }
    }

    /// The fields that let clients in without a valid certificate.
    var insecureFields: [String] {
        guard let frontend = gateway.tls?.frontend else { return [] }
        var fields: [String] = []
        if frontend.default.validation?.mode == .allowInsecureFallback {
            fields.append("spec.tls.frontend.default.validation.mode")
        }
        for (index, port) in frontend.perPort.enumerated()
        where port.tls.validation?.mode == .allowInsecureFallback {
            fields.append("spec.tls.frontend.perPort[\(index)].tls.validation.mode")
        }
        return fields
    }

    // MARK: Listeners

    private func judgeWaypoint(_ listener: inout ListenerModel) {
        if listener.spec.protocol == .hbone && listener.spec.port == 15008 { return }
        listener.notAccepted = .init(
            .unsupportedProtocol, "a waypoint listens on port 15008 with protocol HBONE")
    }

    private mutating func judge(_ listener: inout ListenerModel, path: String) {
        guard listener.family != nil else {
            listener.notAccepted = .init(
                .unsupportedProtocol,
                "\(path).protocol: \(listener.spec.protocol) is not served; use HTTP, HTTPS, TLS, "
                    + "TCP or UDP")
            return
        }
        let supported = plugins.routeKinds(of: listener.spec.protocol)
        let asked = listener.spec.allowedRoutes.kinds.map(\.groupKind)
        listener.kinds = asked.isEmpty ? supported : supported.filter(asked.contains)
        judgeMode(&listener, path: "\(path).tls.mode")
        if listener.terminatesTLS, listener.notAccepted == nil {
            judgeCertificates(&listener, path: "\(path).tls.certificateRefs")
            judgeValidation(&listener)
        }
        if let index = asked.firstIndex(where: { !supported.contains($0) }) {
            let known = supported.map(\.kind).joined(separator: " or ")
            listener.unresolved =
                listener.unresolved
                ?? .init(
                    .invalidRouteKinds,
                    "\(path).allowedRoutes.kinds[\(index)]: a listener of protocol "
                        + "\(listener.spec.protocol) takes no \(asked[index].kind); it takes "
                        + "\(known)")
        }
    }

    private func judgeMode(_ listener: inout ListenerModel, path: String) {
        guard listener.family == .tls, let mode = listener.spec.tls?.mode else { return }
        switch mode {
        case .terminate: return
        case .passthrough where listener.spec.protocol == .tls: return
        case .passthrough:
            listener.notAccepted = .init(
                .unsupportedValue,
                "\(path): an HTTPS listener terminates TLS; use protocol TLS to pass it through")
        case .unknown(let spelling):
            listener.notAccepted = .init(
                .unsupportedValue, "\(path): \(spelling) is not known; use Terminate or Passthrough"
            )
        }
    }

    private mutating func judgeCertificates(_ listener: inout ListenerModel, path: String) {
        let references = listener.spec.tls?.certificateRefs ?? []
        if references.isEmpty {
            listener.unresolved = .init(
                .invalidCertificateRef,
                "\(path): TLS cannot end here without a certificate; name "
                    + "a Secret of type \(GatewayAPI.Secret.SecretType.tls)")
        }
        for (index, reference) in references.enumerated() {
            do {
                listener.certificates.append(
                    try read(
                        reference, from: listener.id.owner, path: "\(path)[\(index)]",
                        reason: .invalidCertificateRef))
            } catch {
                listener.unresolved = listener.unresolved ?? error
            }
        }
    }

    private mutating func judgeValidation(_ listener: inout ListenerModel) {
        guard listener.spec.protocol == .https, let frontend = gateway.tls?.frontend else { return }
        var key = "default"
        var path = "spec.tls.frontend.default"
        var settings = frontend.default
        let port = listener.spec.port
        if let index = frontend.perPort.firstIndex(where: { $0.port == port }) {
            key = String(port)
            path = "spec.tls.frontend.perPort[\(index)].tls"
            settings = frontend.perPort[index].tls
        }
        guard let validation = settings.validation else { return }
        let authorities =
            validations[key]
            ?? FrontendAuthorities(
                validation, of: reference, path: "\(path).validation", context: context)
        validations[key] = authorities
        listener.unresolved = listener.unresolved ?? authorities.problem
        guard let pem = authorities.pem else {
            listener.notAccepted = .init(
                .noValidCACertificate,
                "\(path).validation.caCertificateRefs: none of them can be used, so that no "
                    + "client could be checked")
            return
        }
        let isOptional = validation.mode == .allowInsecureFallback
        let name = "ca/frontend:\(key)"
        secrets[name] = XDS.Secret(
            name: name,
            kind: .validationContext(
                CertificateValidationContext(
                    trustedCA: .inlineBytes(pem),
                    trustChainVerification: isOptional ? .acceptUntrusted : .verify)))
        listener.validation = .init(secret: name, isOptional: isOptional)
    }

    // MARK: References

    /// Reads a certificate and its key.
    ///
    /// A refused reference is refused before the target is looked up, so that nobody learns what
    /// another namespace holds (Gateway API, ReferenceGrant).
    ///
    /// - Parameter reason: The reason where the reference is allowed and of no use.
    /// - Returns: The name of the secret, which is among ``secrets``.
    private mutating func read(
        _ reference: NamespacedObjectReference, from referrer: ObjectReference, path: String,
        reason: ConditionReason
    ) throws(ListenerModel.Problem) -> String {
        let target = reference.reference(from: referrer.namespace)
        guard target.groupKind == .secret else {
            throw Problem(
                reason, "\(path): \(target.groupKind) is no certificate; name a Secret")
        }
        if let refusal = context.refusal(of: target, from: referrer) {
            throw Problem(.refNotPermitted, "\(path): \(refusal)")
        }
        guard let secret = context.content(GatewayAPI.Secret.self, target) else {
            throw Problem(
                reason, "\(path): \(target) does not exist; create it or correct the name")
        }
        guard secret.type == .tls else {
            throw Problem(
                reason,
                "\(path): \(target) is of type \(secret.type); use "
                    + "\(GatewayAPI.Secret.SecretType.tls)")
        }
        let certificate = try part(
            GatewayAPI.Secret.certificateKey, "CERTIFICATE", of: secret, target, path, reason)
        let key = try part(
            GatewayAPI.Secret.privateKeyKey, "PRIVATE KEY", of: secret, target, path, reason)
        let name = "\(target.namespace)/\(target.name)"
        secrets[name] = XDS.Secret(
            name: name,
            kind: .tlsCertificate(
                TLSCertificate(
                    certificateChain: .inlineBytes(certificate), privateKey: .inlineBytes(key))))
        return name
    }

    private func part(
        _ name: String, _ label: String, of secret: GatewayAPI.Secret, _ target: ObjectReference,
        _ path: String, _ reason: ConditionReason
    ) throws(ListenerModel.Problem) -> [UInt8] {
        guard let bytes = secret.data[name], !bytes.isEmpty else {
            throw Problem(reason, "\(path): \(target) has nothing under \(name)")
        }
        guard PEM.blocks(bytes, label: label) > 0 else {
            throw Problem(
                reason, "\(path): \(target) has no well-formed PEM \(label) under \(name)")
        }
        return bytes
    }
}

/// The authorities that sign the certificates of clients.
private struct FrontendAuthorities {
    /// Those that can be used, PEM, one after the other; nil where none can.
    var pem: [UInt8]?
    /// The first reference that cannot be used.
    var problem: ListenerModel.Problem?

    init(
        _ validation: Gateway.FrontendTLSValidation, of gateway: ObjectReference, path: String,
        context: TranslationContext
    ) {
        for (index, reference) in validation.caCertificateRefs.enumerated() {
            let field = "\(path).caCertificateRefs[\(index)]"
            switch Self.read(reference, of: gateway, field, context) {
            case .success(let bytes):
                pem = (pem ?? []) + bytes
                if bytes.last != UInt8(ascii: "\n") { pem?.append(UInt8(ascii: "\n")) }
            case .failure(let failure): problem = problem ?? failure
            }
        }
    }

    private static func read(
        _ reference: NamespacedObjectReference, of gateway: ObjectReference, _ path: String,
        _ context: TranslationContext
    ) -> Result<[UInt8], ListenerModel.Problem> {
        let target = reference.reference(from: gateway.namespace)
        guard target.groupKind == .configMap else {
            return .failure(
                .init(
                    .invalidCACertificateKind,
                    "\(path): \(target.groupKind) holds no authorities that are read; name a "
                        + "ConfigMap"))
        }
        if let refusal = context.refusal(of: target, from: gateway) {
            return .failure(.init(.refNotPermitted, "\(path): \(refusal)"))
        }
        guard let map = context.content(ConfigMap.self, target) else {
            return .failure(
                .init(
                    .invalidCACertificateRef,
                    "\(path): \(target) does not exist; create it or correct the name"))
        }
        let name = GatewayAPI.Secret.authorityKey
        guard let bytes = map.bytes(name), CertificateAuthorities.holdsCertificate(bytes) else {
            return .failure(
                .init(
                    .invalidCACertificateRef,
                    "\(path): \(target) has no well-formed PEM certificate under \(name)"))
        }
        return .success(bytes)
    }
}

extension TranslationContext {
    /// Why an object may not refer to another, or nil where it may.
    func refusal(of target: ObjectReference, from referrer: ObjectReference) -> String? {
        if target.namespace == referrer.namespace || isGranted(from: referrer, to: target) {
            return nil
        }
        return "no ReferenceGrant in namespace \(target.namespace) lets a \(referrer.kind) of "
            + "namespace \(referrer.namespace) refer to \(target.kind) \(target.name)"
    }
}
