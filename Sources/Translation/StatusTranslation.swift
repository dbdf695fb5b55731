import GatewayAPI

/// The statuses of objects other than routes.
enum StatusTranslation {
    /// Of a Gateway.
    ///
    /// - Parameters:
    ///   - attached: The accepted routes, by listener.
    ///   - proxies: What its proxies say; nil where nobody asks them, so that only the translation
    ///     is judged.
    static func status(
        of gateway: GatewayModel, generation: Int?, attached: [String: Set<ObjectReference>],
        proxies: [ProxyDelivery]?
    ) -> ObjectStatus {
        let programming = Programming(of: gateway, proxies: proxies)
        return ObjectStatus(
            conditions: conditions(of: gateway, programming, generation),
            listeners: listeners(gateway.listeners, programming, generation, attached),
            addresses: addresses(of: gateway, programming),
            attachedListenerSets: gateway.role == .gateway
                ? gateway.sets.count(where: \.isAccepted) : nil)
    }

    /// Of a ListenerSet.
    ///
    /// - Parameters:
    ///   - attached: The accepted routes, by listener.
    ///   - proxies: What the Gateway's proxies say; nil where nobody asks them.
    static func status(
        ofListenerSet reference: ObjectReference, of gateway: GatewayModel, generation: Int?,
        attached: [String: Set<ObjectReference>], proxies: [ProxyDelivery]?
    ) -> ObjectStatus? {
        guard let set = gateway.sets.first(where: { $0.reference == reference }) else { return nil }
        if let refusal = set.refusal {
            return ObjectStatus(
                conditions: [ConditionType.accepted, .programmed].map { type in
                    Condition(
                        type, .false, refusal.reason, message: refusal.message,
                        observedGeneration: generation)
                })
        }
        let programming = Programming(of: gateway, proxies: proxies)
        var conditions = [accepted(set.listeners, "the ListenerSet is served", generation)]
        var programmed = programming.condition(of: set.listeners, generation)
        if let problem = gateway.unusableAddress {
            programmed.set(.false, .init(.parentNotProgrammed, problem.message))
        } else if programmed.reason == .addressNotUsable {
            programmed.reason = .parentNotProgrammed
        }
        conditions.append(programmed)
        return ObjectStatus(
            conditions: conditions,
            listeners: listeners(set.listeners, programming, generation, attached))
    }

    /// Of a Service that is enrolled with a waypoint.
    static func status(of binding: WaypointBinding) -> ObjectStatus? {
        switch binding {
        case .notEnrolled:
            return nil
        case .bound(let waypoint):
            return ObjectStatus(conditions: [
                Condition(
                    .waypointBound, .true, "WaypointAccepted",
                    message: "traffic passes waypoint \(waypoint.namespace)/\(waypoint.name)")
            ])
        case .refused(let reason, let message):
            return ObjectStatus(conditions: [
                Condition(.waypointBound, .false, reason, message: message)
            ])
        }
    }

    // MARK: Gateways

    private static func conditions(
        of gateway: GatewayModel, _ programming: Programming, _ generation: Int?
    ) -> [Condition] {
        var accepted = accepted(gateway.listeners, "the gateway is served", generation)
        if let problem = gateway.notAccepted {
            accepted.set(.false, problem)
        }
        var programmed = programming.condition(of: gateway.listeners, generation)
        // The API has no such reason for a Gateway as a whole.
        if programmed.reason == .portUnavailable { programmed.reason = .invalid }
        if gateway.notAccepted != nil {
            programmed.set(.false, .init(.invalid, "the gateway is not accepted"))
        } else if let problem = gateway.unusableAddress {
            programmed.set(.false, problem)
        } else if programmed.status == .true, addresses(of: gateway, programming).isEmpty {
            programmed.set(
                .false,
                .init(.addressNotAssigned, "no address is known at which its proxies listen"))
        }
        var conditions = [accepted, programmed]
        if gateway.role == .gateway { conditions.append(resolvedRefs(of: gateway, generation)) }
        if !gateway.insecureFields.isEmpty {
            conditions.append(
                Condition(
                    .insecureFrontendValidationMode, .true, .configurationChanged,
                    message: "clients without a valid certificate are let in by "
                        + gateway.insecureFields.joined(separator: " and "),
                    observedGeneration: generation))
        }
        return conditions
    }

    private static func accepted(
        _ listeners: [ListenerModel], _ message: String, _ generation: Int?
    ) -> Condition {
        var accepted = Condition(
            .accepted, .true, .accepted, message: message, observedGeneration: generation)
        let refused = listeners.filter { $0.refusal != nil }
        if !refused.isEmpty {
            let names = refused.map(\.spec.name).joined(separator: ", ")
            let isServed = refused.count < listeners.count
            accepted.set(
                isServed ? .true : .false,
                .init(.listenersNotValid, "listeners not served: \(names); see their conditions"))
        }
        return accepted
    }

    private static func resolvedRefs(of gateway: GatewayModel, _ generation: Int?) -> Condition {
        var condition = Condition(
            .resolvedRefs, .true, .resolvedRefs, message: "every reference is resolved",
            observedGeneration: generation)
        if let problem = gateway.unresolved {
            condition.set(.false, problem)
            return condition
        }
        let broken = gateway.listeners.filter { $0.unresolved != nil }
        if !broken.isEmpty {
            let names = broken.map(\.spec.name).joined(separator: ", ")
            condition.set(
                .false,
                .init(
                    .listenersNotResolved,
                    "listeners with references that are not resolved: \(names); see their "
                        + "conditions"))
        }
        return condition
    }

    private static func addresses(
        of gateway: GatewayModel, _ programming: Programming
    ) -> [Gateway.Address] {
        if gateway.notAccepted != nil { return [] }
        return programming.addresses.map { value in
            var address = Gateway.Address()
            address.value = value
            return address
        }
    }

    // MARK: Listeners

    private static func listeners(
        _ listeners: [ListenerModel], _ programming: Programming, _ generation: Int?,
        _ attached: [String: Set<ObjectReference>]
    ) -> [ListenerStatus] {
        listeners.map { listener in
            ListenerStatus(
                name: listener.spec.name,
                attachedRoutes: attached[listener.spec.name]?.count ?? 0,
                supportedKinds: listener.kinds,
                conditions: conditions(of: listener, programming, generation))
        }
    }

    private static func conditions(
        of listener: ListenerModel, _ programming: Programming, _ generation: Int?
    ) -> [Condition] {
        var accepted = Condition(.accepted, .true, .accepted, observedGeneration: generation)
        if let problem = listener.refusal { accepted.set(.false, problem) }
        var programmed = Condition(
            .programmed, .false, .invalid, observedGeneration: generation)
        if listener.isServed {
            programmed = programming.condition(of: listener, generation)
        } else {
            let problem = listener.refusal ?? listener.unresolved
            programmed.set(.false, .init(.invalid, problem?.message ?? ""))
        }
        var resolved = Condition(
            .resolvedRefs, .true, .resolvedRefs, observedGeneration: generation)
        if let problem = listener.unresolved { resolved.set(.false, problem) }
        var conflicted = Condition(
            .conflicted, .false, .noConflicts, observedGeneration: generation)
        if let problem = listener.conflict { conflicted.set(.true, problem) }
        var conditions = [accepted, programmed, resolved, conflicted]
        if let problem = listener.overlap {
            conditions.append(
                Condition(
                    .overlappingTLSConfig, .true, problem.reason, message: problem.message,
                    observedGeneration: generation))
        }
        return conditions
    }
}

extension ListenerModel {
    /// Why it is not accepted, conflicts among the reasons.
    fileprivate var refusal: Problem? { notAccepted ?? conflict }
}

extension Condition {
    /// Gives another judgement.
    fileprivate mutating func set(_ status: Status, _ problem: ListenerModel.Problem) {
        self.status = status
        reason = problem.reason
        message = problem.message
    }
}
