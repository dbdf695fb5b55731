import GatewayAPI
import HeddlePlugin

/// Which policies apply to a backend's port, and which have lost to others.
///
/// Source: GEP-713, conflict resolution, and BackendTLSPolicy: a policy for a section beats one
/// for the whole; of two for the same target, the older one, then the first by name.
enum PolicyAttachment {
    /// Applies the winner of each kind to a port.
    static func apply(
        to traits: inout BackendTraits, of backend: ObjectReference, section: String?,
        plugins: PluginRegistry, context: TranslationContext
    ) {
        traits.backend = PolicyTarget(backend, sectionName: section)
        for kind in plugins.policyKinds {
            guard let plugin = plugins.policy(kind) else { continue }
            let policies = context.objects(kind, targeting: backend)
            guard
                let winner = section.flatMap({ oldest(policies, $0, backend, plugin) })
                    ?? oldest(policies, nil, backend, plugin)
            else { continue }
            _ = plugin.apply(winner, to: &traits, context: context)
        }
    }

    /// The policy that took a target before another could, or nil where the policy has it.
    static func conflict(
        of policy: Resource, at target: PolicyTarget, _ plugin: any PolicyPlugin,
        context: TranslationContext
    ) -> ObjectReference? {
        let all = context.objects(policy.reference.groupKind, targeting: target.reference)
        let winner = oldest(all, target.sectionName, target.reference, plugin)
        return winner?.reference == policy.reference ? nil : winner?.reference
    }

    /// The oldest of policies, which are sorted by age, with a target.
    private static func oldest(
        _ policies: [Resource], _ section: String?, _ backend: ObjectReference,
        _ plugin: any PolicyPlugin
    ) -> Resource? {
        let target = PolicyTarget(backend, sectionName: section)
        return policies.first { plugin.targets(of: $0).contains(target) }
    }
}

/// A policy, judged.
struct PolicyModel: Equatable {
    /// What becomes of it at one target.
    struct Outcome: Equatable {
        var target: PolicyTarget
        var verdict: PolicyVerdict
        /// The clusters of the target, by which the Gateways are found that reach it.
        var clusters: [String]
    }
    var outcomes: [Outcome]

    init(_ policy: Resource, plugin: any PolicyPlugin, context: TranslationContext) {
        outcomes = plugin.targets(of: policy).map { target in
            Self.outcome(policy, target, plugin, context)
        }
    }

    private static func outcome(
        _ policy: Resource, _ target: PolicyTarget, _ plugin: any PolicyPlugin,
        _ context: TranslationContext
    ) -> Outcome {
        func refused(_ reason: String, _ message: String) -> Outcome {
            let problem = RouteTranslation.Problem(
                reason: reason, message: message, fieldPath: "spec.targetRefs")
            return Outcome(target: target, verdict: .init(notAccepted: problem), clusters: [])
        }
        guard let model = context.model(BackendModel.self, target.reference) else {
            return refused(
                "TargetNotFound",
                "\(target.reference) does not exist; create it or correct the name")
        }
        let ports = model.ports.filter {
            target.sectionName == nil || target.sectionName == $0.translation.name
        }
        guard !ports.isEmpty else {
            let known = model.ports.compactMap(\.translation.name).joined(separator: ", ")
            return refused(
                "TargetNotFound",
                "\(target.reference) has no port named \(target.sectionName ?? ""); it has \(known)"
            )
        }
        let clusters = ports.map(\.translation.cluster)
        if let winner = PolicyAttachment.conflict(
            of: policy, at: target, plugin, context: context)
        {
            var outcome = refused("Conflicted", "\(winner) targets the same and is older")
            outcome.clusters = clusters
            return outcome
        }
        var traits = BackendTraits()
        traits.backend = target
        let verdict = plugin.apply(policy, to: &traits, context: context)
        return Outcome(target: target, verdict: verdict, clusters: clusters)
    }
}
