import GatewayAPI
import HeddlePlugin

/// The status of a policy: one entry for each Gateway, or mesh Service, that reaches a target.
enum PolicyStatus {
    /// What the API takes at most.
    private static let mostAncestors = 16

    /// The status of a policy.
    ///
    /// - Parameters:
    ///   - gateways: The Gateways whose proxies have any of a target's clusters, in one order.
    static func status(
        of policy: PolicyModel, generation: Int?, gateways: ([String]) -> [ObjectReference]
    ) -> ObjectStatus {
        var ancestors: [ObjectReference: [PolicyModel.Outcome]] = [:]
        for outcome in policy.outcomes {
            let reached = gateways(outcome.clusters)
            // Where no Gateway reaches the target, the target itself is what the policy is about.
            for ancestor in reached.isEmpty ? [outcome.target.reference] : reached {
                ancestors[ancestor, default: []].append(outcome)
            }
        }
        let entries = ancestors.sorted { $0.key < $1.key }.prefix(mostAncestors)
        return ObjectStatus(
            ancestors: entries.map { reference, outcomes in
                PolicyAncestorStatus(
                    ancestorRef: parent(reference),
                    controllerName: TranslationOptions.controllerName,
                    conditions: conditions(outcomes.map(\.verdict), generation))
            })
    }

    /// Of an object that a plugin makes a backend, such as an XBackend.
    static func status(
        ofBackend backend: BackendModel, generation: Int?, gateways: [ObjectReference]
    ) -> ObjectStatus {
        let verdict = PolicyVerdict(notAccepted: backend.notAccepted)
        return ObjectStatus(
            ancestors: gateways.prefix(mostAncestors).map { reference in
                PolicyAncestorStatus(
                    ancestorRef: parent(reference),
                    controllerName: TranslationOptions.controllerName,
                    conditions: conditions([verdict], generation))
            })
    }

    private static func parent(_ reference: ObjectReference) -> ParentReference {
        var parent = ParentReference(name: reference.name)
        parent.group = reference.group
        parent.kind = reference.kind
        parent.namespace = reference.namespace
        return parent
    }

    private static func conditions(
        _ verdicts: [PolicyVerdict], _ generation: Int?
    ) -> [Condition] {
        func condition(
            _ type: ConditionType, _ good: ConditionReason, _ text: String,
            _ problem: RouteTranslation.Problem?
        ) -> Condition {
            guard let problem else {
                return Condition(type, .true, good, message: text, observedGeneration: generation)
            }
            return Condition(
                type, .false, ConditionReason(rawValue: problem.reason),
                message: "\(problem.fieldPath): \(problem.message)",
                observedGeneration: generation)
        }
        var conditions = [
            condition(
                .accepted, .accepted, "the policy is in force",
                verdicts.lazy.compactMap(\.notAccepted).first)
        ]
        if verdicts.contains(where: \.hasReferences) {
            conditions.append(
                condition(
                    .resolvedRefs, .resolvedRefs, "every reference is resolved",
                    verdicts.lazy.compactMap(\.unresolved).first))
        }
        return conditions
    }
}
