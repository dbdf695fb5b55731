import GatewayAPI

/// The statuses of objects other than routes.
enum StatusTranslation {
    static func status(
        of gateway: GatewayModel, generation: Int?, plugins: PluginRegistry,
        attached: [String: Set<ObjectReference>], options: TranslationOptions
    ) -> ObjectStatus {
        let listeners = gateway.listeners.map { listener in
            ListenerStatus(
                name: listener.spec.name,
                attachedRoutes: attached[listener.spec.name]?.count ?? 0,
                supportedKinds: gateway.role == .waypoint
                    ? []
                    : plugins.routeKinds(of: listener.spec.protocol).filter(listener.allows(kind:)),
                conditions: conditions(of: listener, generation: generation))
        }
        let refused = gateway.listeners.filter { $0.refusal != nil }
        let isServed = refused.count < gateway.listeners.count
        var accepted = Condition(
            .accepted, .true, .accepted, message: "the gateway is served",
            observedGeneration: generation)
        if !refused.isEmpty {
            let names = refused.map(\.spec.name).joined(separator: ", ")
            accepted.status = isServed ? .true : .false
            accepted.reason = .listenersNotValid
            accepted.message = "listeners not served: \(names); see their conditions"
        }
        if let problem = gateway.addressProblem {
            accepted.status = .false
            accepted.reason = .unsupportedAddress
            accepted.message = problem
        }
        let programmed = Condition(
            .programmed, isServed ? .true : .false, isServed ? .programmed : .invalid,
            message: isServed
                ? "translated for the proxies of \(gateway.reference.namespace)/"
                    + gateway.reference.name
                : "no listener can be served", observedGeneration: generation)
        return ObjectStatus(
            conditions: [accepted, programmed], listeners: listeners,
            addresses: addresses(of: gateway, options))
    }

    static func status(of binding: WaypointBinding) -> ObjectStatus? {
        let type: ConditionType = "istio.io/WaypointBound"
        switch binding {
        case .notEnrolled:
            return nil
        case .bound(let waypoint):
            return ObjectStatus(conditions: [
                Condition(
                    type, .true, "WaypointAccepted",
                    message: "traffic passes waypoint \(waypoint.namespace)/\(waypoint.name)")
            ])
        case .refused(let reason, let message):
            return ObjectStatus(conditions: [Condition(type, .false, reason, message: message)])
        }
    }

    static func status(ofClass resource: Resource) -> ObjectStatus? {
        guard let content = resource.content as? GatewayClass,
            content.controllerName == TranslationOptions.controllerName
                || content.controllerName == TranslationOptions.waypointControllerName
        else { return nil }
        return ObjectStatus(conditions: [
            Condition(
                .accepted, .true, .accepted, message: "Gateways of this class are served",
                observedGeneration: resource.metadata.generation)
        ])
    }

    private static func conditions(
        of listener: GatewayModel.Listener, generation: Int?
    ) -> [Condition] {
        func condition(_ type: ConditionType, _ good: ConditionReason) -> Condition {
            if let refusal = listener.refusal, refusal.type == type {
                return Condition(
                    type, .false, refusal.reason, message: refusal.message,
                    observedGeneration: generation)
            }
            return Condition(type, .true, good, observedGeneration: generation)
        }
        var conflicted = Condition(
            .conflicted, .false, .noConflicts, observedGeneration: generation)
        if let refusal = listener.refusal, refusal.type == .conflicted {
            conflicted.status = .true
            conflicted.reason = refusal.reason
            conflicted.message = refusal.message
        }
        var programmed = condition(.programmed, .programmed)
        if listener.refusal != nil {
            programmed.status = .false
            programmed.reason = .invalid
        }
        return [
            condition(.accepted, .accepted), programmed, condition(.resolvedRefs, .resolvedRefs),
            conflicted,
        ]
    }

    private static func addresses(
        of gateway: GatewayModel, _ options: TranslationOptions
    ) -> [Gateway.Address] {
        let bound = gateway.addresses.isEmpty ? [options.bindAddress] : gateway.addresses
        return bound.map { value in
            var address = Gateway.Address()
            address.value = value
            return address
        }
    }
}
