public import GatewayAPI
public import HeddlePlugin

/// Translates BackendTLSPolicies: proxies speak TLS to a Service, and check who answers.
///
/// A policy that cannot be put into force leaves its backend without connections, never with
/// plain text.
///
/// Source: Gateway API v1, BackendTLSPolicy; GEP-1897.
public struct BackendTLSPolicyTranslator: PolicyPlugin {
    /// A translator.
    public init() {}

    /// `BackendTLSPolicy`.
    public var name: String { "BackendTLSPolicy" }

    /// BackendTLSPolicy.
    public var kinds: [GroupKind] { [.backendTLSPolicy] }

    /// The policy's `targetRefs`.
    public func targets(of policy: Resource) -> [PolicyTarget] {
        guard let content = policy.content as? BackendTLSPolicy else { return [] }
        return content.targetRefs.map {
            PolicyTarget(
                $0.reference(from: policy.reference.namespace), sectionName: $0.sectionName)
        }
    }

    /// Sets the backend's TLS from `spec.validation`.
    public func apply(
        _ policy: Resource, to backend: inout BackendTraits, context: TranslationContext
    ) -> PolicyVerdict {
        guard let content = policy.content as? BackendTLSPolicy else { return PolicyVerdict() }
        let outcome = Self.tls(
            content.validation, namespace: policy.reference.namespace, path: "spec.validation",
            context: context)
        backend.tls = outcome.tls
        if var refusal = outcome.verdict.notAccepted {
            refusal.message = "\(policy.reference): \(refusal.message)"
            backend.refusal = refusal
        }
        return outcome.verdict
    }

    /// TLS by the validation of a policy, or of a backend that brings its own.
    ///
    /// - Returns: The TLS, nil where it cannot be spoken safely, and what a status says.
    public static func tls(
        _ validation: BackendTLSPolicy.Validation, namespace: String, path: String,
        context: TranslationContext
    ) -> (tls: BackendTLS?, verdict: PolicyVerdict) {
        if let wellKnown = validation.wellKnownCACertificates {
            let problem = RouteTranslation.Problem(
                reason: "Invalid",
                message: "well-known authorities (\(wellKnown)) are not supported; name a "
                    + "ConfigMap in caCertificateRefs",
                fieldPath: "\(path).wellKnownCACertificates")
            return (nil, PolicyVerdict(notAccepted: problem, hasReferences: true))
        }
        let authorities = CertificateAuthorities(
            validation.caCertificateRefs, namespace: namespace,
            path: "\(path).caCertificateRefs", context: context)
        var verdict = PolicyVerdict(unresolved: authorities.problem, hasReferences: true)
        guard !authorities.pem.isEmpty else {
            var problem = authorities.problem
            problem?.reason = "NoValidCACertificate"
            verdict.notAccepted =
                problem
                ?? .init(
                    reason: "NoValidCACertificate", message: "no authority is named",
                    fieldPath: "\(path).caCertificateRefs")
            return (nil, verdict)
        }
        var names: [BackendTLS.SubjectAltName] = []
        for (index, name) in validation.subjectAltNames.enumerated() {
            switch (name.type, name.hostname, name.uri) {
            case (.hostname, let host?, _): names.append(.dns(host))
            case (.uri, _, let uri?): names.append(.uri(uri))
            default:
                verdict.notAccepted = .init(
                    reason: "Invalid", message: "the name is not one of type \(name.type)",
                    fieldPath: "\(path).subjectAltNames[\(index)]")
                return (nil, verdict)
            }
        }
        return (
            BackendTLS(
                serverName: validation.hostname, authorities: authorities.pem,
                subjectAltNames: names), verdict
        )
    }
}
