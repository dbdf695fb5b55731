import GatewayAPI
import HeddlePlugin
import XDS

/// Attaches one route to its parents and has its plugin translate it for each.
struct ParentTranslation {
    struct Outcome {
        var status: RouteParentStatus
        var routes: [HostKey: [RankedRoute]] = [:]
        var connections: [ConnectionKey: RankedConnection] = [:]
        var clusters: [String: OwnedCluster] = [:]
        var attached: [ObjectReference: Set<String>] = [:]
        var claims: [ListenerID: [String]] = [:]
    }

    struct Refusal: Error {
        var reason: ConditionReason
        var message: String
    }

    let resource: Resource
    let plugin: any RoutePlugin
    let attachment: RouteAttachment
    let context: TranslationContext

    init(
        _ resource: Resource, _ plugin: any RoutePlugin, _ attachment: RouteAttachment,
        _ context: TranslationContext
    ) {
        self.resource = resource
        self.plugin = plugin
        self.attachment = attachment
        self.context = context
    }

    /// Nil where the parent is another controller's.
    mutating func attach(_ parentRef: ParentReference) -> Outcome? {
        switch parentRef.groupKind {
        case .gateway, .listenerSet: return attachToGateway(parentRef)
        case .service: return attachToService(parentRef)
        default: return nil
        }
    }

    // MARK: Parts

    struct Problems {
        var notAccepted: RouteTranslation.Problem?
        var unresolved: RouteTranslation.Problem?
        var partiallyInvalid: RouteTranslation.Problem?

        mutating func add(_ translation: RouteTranslation) {
            notAccepted = notAccepted ?? translation.notAccepted
            unresolved = unresolved ?? translation.unresolved
            partiallyInvalid = partiallyInvalid ?? translation.partiallyInvalid
        }
    }

    func ranked(_ translation: RouteTranslation) -> [RankedRoute] {
        translation.routes.enumerated().map { index, translated in
            var route = translated.route
            route.metadata.filterMetadata[RouteOrigin.metadataKey] =
                RouteOrigin(resource, rule: translated.rule).fields
            if route.name.isEmpty {
                let reference = resource.reference
                route.name = "\(reference.namespace)/\(reference.name)/\(translated.rule)"
            }
            return RankedRoute(
                encoded: EncodedRoute(route),
                clusters: HostModel.clusters(of: route)
                    + translated.filters.flatMap(HostModel.clusters(of:)),
                precedence: translated.precedence,
                created: resource.metadata.creationTimestamp, origin: resource.reference,
                index: index, filters: translated.filters, takesAll: route.match == RouteMatch())
        }
    }

    func conditions(_ problems: Problems) -> [Condition] {
        let generation = resource.metadata.generation
        func condition(
            _ type: ConditionType, _ good: ConditionReason, _ goodMessage: String,
            _ problem: RouteTranslation.Problem?
        ) -> Condition {
            guard let problem else {
                return Condition(
                    type, .true, good, message: goodMessage, observedGeneration: generation)
            }
            return Condition(
                type, .false, ConditionReason(rawValue: problem.reason),
                message: "\(problem.fieldPath): \(problem.message)",
                observedGeneration: generation)
        }
        var conditions = [
            condition(.accepted, .accepted, "the route is served", problems.notAccepted),
            condition(
                .resolvedRefs, .resolvedRefs, "every reference is resolved", problems.unresolved),
        ]
        if let problem = problems.partiallyInvalid, problems.notAccepted == nil {
            conditions.append(
                Condition(
                    "PartiallyInvalid", .true, ConditionReason(rawValue: problem.reason),
                    message: "Dropped Rule: \(problem.fieldPath): \(problem.message)",
                    observedGeneration: generation))
        }
        return conditions
    }

    func status(
        _ parentRef: ParentReference, _ conditions: [Condition]
    ) -> RouteParentStatus {
        RouteParentStatus(
            parentRef: parentRef, controllerName: TranslationOptions.controllerName,
            conditions: conditions)
    }

    func refused(
        _ parentRef: ParentReference, _ reason: ConditionReason, _ message: String
    ) -> Outcome {
        let condition = Condition(
            .accepted, .false, reason, message: message,
            observedGeneration: resource.metadata.generation)
        return Outcome(status: status(parentRef, [condition]))
    }
}
