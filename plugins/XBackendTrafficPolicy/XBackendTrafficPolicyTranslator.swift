public import GatewayAPI
public import HeddlePlugin

/// Translates XBackendTrafficPolicies: how many retries a backend takes, and how a client stays
/// with one of its endpoints.
///
/// Source: Gateway API v1alpha1 (experimental), XBackendTrafficPolicy; GEP-3388, GEP-1619.
public struct XBackendTrafficPolicyTranslator: PolicyPlugin {
    /// A translator.
    public init() {}

    /// `XBackendTrafficPolicy`.
    public var name: String { "XBackendTrafficPolicy" }

    /// XBackendTrafficPolicy.
    public var kinds: [GroupKind] { [.xBackendTrafficPolicy] }

    /// The policy's `targetRefs`.
    public func targets(of policy: Resource) -> [PolicyTarget] {
        guard let content = policy.content as? XBackendTrafficPolicy else { return [] }
        return content.targetRefs.map {
            PolicyTarget(
                $0.reference(from: policy.reference.namespace), sectionName: $0.sectionName)
        }
    }

    /// Sets the backend's retry budget and session persistence.
    public func apply(
        _ policy: Resource, to backend: inout BackendTraits, context: TranslationContext
    ) -> PolicyVerdict {
        guard let content = policy.content as? XBackendTrafficPolicy else {
            return PolicyVerdict()
        }
        backend.retryConstraint = content.retryConstraint ?? backend.retryConstraint
        backend.sessionPersistence = content.sessionPersistence ?? backend.sessionPersistence
        return PolicyVerdict()
    }
}
