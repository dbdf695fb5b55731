public import GatewayAPI

/// Translates one or more kinds of policy: objects that attach to backends by `targetRefs` and
/// change how proxies speak to them.
///
/// The core finds the policies of a backend, lets the most specific and then the oldest win
/// (GEP-713, conflict resolution), applies the winner of each kind, and writes the status, with
/// one entry for each Gateway whose proxies reach the backend.
public protocol PolicyPlugin: Plugin {
    /// What a policy attaches to.
    func targets(of policy: Resource) -> [PolicyTarget]

    /// Applies a policy to a backend that it targets.
    ///
    /// - Parameters:
    ///   - policy: The policy, of one of ``Plugin/kinds``, which won over all others.
    ///   - backend: What proxies do to reach the backend; changed in place. A policy that cannot
    ///     be applied and whose absence would be unsafe sets ``BackendTraits/refusal``.
    ///   - context: The only way to read other objects.
    /// - Returns: What the policy's status says.
    func apply(
        _ policy: Resource, to backend: inout BackendTraits, context: TranslationContext
    ) -> PolicyVerdict
}

/// One of a policy's targets.
public struct PolicyTarget: Hashable, Sendable {
    /// The object.
    public var reference: ObjectReference
    /// The part of it, such as a Service port's name; nil for the whole.
    public var sectionName: String?

    /// A target.
    public init(_ reference: ObjectReference, sectionName: String? = nil) {
        self.reference = reference
        self.sectionName = sectionName
    }
}

/// What became of a policy.
public struct PolicyVerdict: Hashable, Sendable {
    /// Why it is not `Accepted`, if it is not.
    public var notAccepted: RouteTranslation.Problem?
    /// Why its references are not resolved, if they are not.
    public var unresolved: RouteTranslation.Problem?
    /// Whether the status has the condition `ResolvedRefs`.
    public var hasReferences: Bool

    /// A verdict; without problems the policy is in force.
    public init(
        notAccepted: RouteTranslation.Problem? = nil, unresolved: RouteTranslation.Problem? = nil,
        hasReferences: Bool = false
    ) {
        self.notAccepted = notAccepted
        self.unresolved = unresolved
        self.hasReferences = hasReferences
    }
}
