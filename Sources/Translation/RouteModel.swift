import GatewayAPI
import HeddlePlugin
import XDS

/// The host that routes are merged for.
enum HostKey: Hashable {
    /// A host of one of a Gateway's route configurations.
    case listener(gateway: ObjectReference, configuration: String, host: String)
    /// A port of a Service.
    case service(ObjectReference, port: Int)
}

/// One xDS route with all that decides its place.
struct RankedRoute: Equatable {
    var route: XDS.Route
    var precedence: RoutePrecedence
    var created: String?
    var origin: ObjectReference
    /// The position in its object.
    var index: Int
    /// HTTP filters that its listener must have.
    var filters: [HTTPFilter]

    /// Whether it comes before another: the more specific match, the older object, the name, the
    /// order in the object (Gateway API, HTTPRouteRule).
    static func precedes(_ left: RankedRoute, _ right: RankedRoute) -> Bool {
        if left.precedence != right.precedence { return left.precedence > right.precedence }
        if left.origin == right.origin { return left.index < right.index }
        return Age.precedes((left.created, left.origin), (right.created, right.origin))
    }
}

/// What a connection, or a datagram, comes in by.
struct ConnectionKey: Hashable {
    var gateway: ObjectReference
    var port: Int
    var `protocol`: Gateway.ProtocolType
    /// The TLS server name, or `*`; of TLS only, else `*`.
    var serverName: String
}

/// Where connections go, with all that decides which of several routes carries them.
struct RankedConnection: Equatable {
    var connection: TranslatedConnection
    var created: String?
    var origin: ObjectReference

    /// Whether it comes before another: the older route, then the name (Gateway API, TCPRoute).
    static func precedes(_ left: RankedConnection, _ right: RankedConnection) -> Bool {
        Age.precedes((left.created, left.origin), (right.created, right.origin))
    }
}

/// A route, translated for each of its parents.
struct RouteModel {
    /// The xDS routes, by host.
    var routes: [HostKey: [RankedRoute]] = [:]
    /// Where connections go, by what is accepted.
    var connections: [ConnectionKey: RankedConnection] = [:]
    /// The clusters it brings along, by name.
    var clusters: [String: OwnedCluster] = [:]
    /// The listeners it attaches to, by the Gateway or ListenerSet that declares them, for
    /// `attachedRoutes`.
    var attached: [ObjectReference: Set<String>] = [:]
    /// One entry for each parent that is ours.
    var parents: [RouteParentStatus] = []

    init(_ resource: Resource, plugin: any RoutePlugin, context: TranslationContext) {
        let attachment = plugin.attachment(of: resource)
        var translation = ParentTranslation(resource, plugin, attachment, context)
        for parentRef in attachment.parentRefs {
            guard let outcome = translation.attach(parentRef) else { continue }
            for (gateway, listeners) in outcome.attached {
                attached[gateway, default: []].formUnion(listeners)
            }
            // Two parentRefs may reach the same host; its routes count once.
            routes.merge(outcome.routes) { first, _ in first }
            connections.merge(outcome.connections) { first, _ in first }
            clusters.merge(outcome.clusters) { first, _ in first }
            parents.append(outcome.status)
        }
    }
}

/// Attaches one route to its parents and has its plugin translate it for each.
private struct ParentTranslation {
    struct Outcome {
        var status: RouteParentStatus
        var routes: [HostKey: [RankedRoute]] = [:]
        var connections: [ConnectionKey: RankedConnection] = [:]
        var clusters: [String: OwnedCluster] = [:]
        var attached: [ObjectReference: Set<String>] = [:]
    }

    private struct Refusal: Error {
        var reason: ConditionReason
        var message: String
    }

    private let resource: Resource
    private let plugin: any RoutePlugin
    private let attachment: RouteAttachment
    private let context: TranslationContext

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
        case .gateway: return attachToGateway(parentRef)
        case .service: return attachToService(parentRef)
        default: return nil
        }
    }

    // MARK: Gateways

    private func attachToGateway(_ parentRef: ParentReference) -> Outcome? {
        let reference = parentRef.reference(from: resource.reference.namespace)
        guard context.object(reference) != nil else {
            return refused(
                parentRef, .noMatchingParent,
                "\(reference) does not exist; create it or correct the name")
        }
        guard let gateway = context.model(GatewayModel.self, reference) else { return nil }
        do {
            let hosts = try hosts(of: gateway, parentRef)
            return translate(hosts, gateway, parentRef)
        } catch {
            return refused(parentRef, error.reason, error.message)
        }
    }

    private func hosts(
        of gateway: GatewayModel, _ parentRef: ParentReference
    ) throws(Refusal) -> [(GatewayModel.Listener, [String])] {
        let named = gateway.listeners.filter { listener in
            (parentRef.sectionName ?? listener.spec.name) == listener.spec.name
                && (parentRef.port ?? listener.spec.port) == listener.spec.port
        }
        if named.isEmpty {
            let known = gateway.listeners.map { "\($0.spec.name) (\($0.spec.port))" }
            throw Refusal(
                reason: .noMatchingParent,
                message: "\(gateway.reference) has no such listener; it has "
                    + known.joined(separator: ", "))
        }
        let allowing = named.filter {
            gateway.role == .gateway && $0.allows(kind: resource.reference.groupKind)
                && $0.allows(
                    routesOf: resource.reference.namespace, gateway: gateway.reference,
                    context: context)
        }
        if allowing.isEmpty {
            let mend =
                gateway.role == .waypoint
                ? "a waypoint takes the routes of Services; name the Service as the parent"
                : "set allowedRoutes of a listener to let \(resource.reference.kind)s of "
                    + "namespace \(resource.reference.namespace) in"
            throw Refusal(
                reason: .notAllowedByListeners,
                message: "no listener of \(gateway.reference) allows this route; \(mend)")
        }
        let served = allowing.compactMap { listener in
            serve(listener).map { (listener, $0) }
        }
        if served.isEmpty {
            throw Refusal(
                reason: .noMatchingListenerHostname,
                message: "none of the hostnames \(attachment.hostnames.joined(separator: ", ")) "
                    + "is one of the listeners' of \(gateway.reference)")
        }
        return served
    }

    private func serve(_ listener: GatewayModel.Listener) -> [String]? {
        if attachment.hostnames.isEmpty {
            return [listener.spec.hostname?.lowercased() ?? "*"]
        }
        let hosts = attachment.hostnames.compactMap {
            Hostname.intersection(listener: listener.spec.hostname, route: $0)
        }
        return hosts.isEmpty ? nil : hosts
    }

    private func translate(
        _ hosts: [(GatewayModel.Listener, [String])], _ gateway: GatewayModel,
        _ parentRef: ParentReference
    ) -> Outcome {
        var outcome = Outcome(status: status(parentRef, []))
        var problems = Problems()
        for (listener, names) in hosts {
            outcome.attached[gateway.reference, default: []].insert(listener.spec.name)
            let parent = ListenerParent(
                gateway: gateway.reference, owner: gateway.reference, name: listener.spec.name,
                port: listener.spec.port, protocol: listener.spec.protocol)
            let translation = plugin.translate(
                resource, parent: .listener(parent), context: context)
            problems.add(translation)
            guard listener.refusal == nil, problems.notAccepted == nil else { continue }
            place(translation, parent, names, in: &outcome)
        }
        if problems.notAccepted != nil {
            outcome.routes = [:]
            outcome.connections = [:]
        }
        outcome.status = status(parentRef, conditions(problems))
        return outcome
    }

    private func place(
        _ translation: RouteTranslation, _ listener: ListenerParent, _ names: [String],
        in outcome: inout Outcome
    ) {
        for name in names {
            if let connection = translation.connection {
                let key = ConnectionKey(
                    gateway: listener.gateway, port: listener.port, protocol: listener.protocol,
                    serverName: name)
                outcome.connections[key] = RankedConnection(
                    connection: connection, created: resource.metadata.creationTimestamp,
                    origin: resource.reference)
            }
            guard !translation.routes.isEmpty else { continue }
            let key = HostKey.listener(
                gateway: listener.gateway,
                configuration: HostModel.gatewayRoutes(port: listener.port), host: name)
            outcome.routes[key] = ranked(translation)
        }
        for owned in translation.clusters { outcome.clusters[owned.cluster.name] = owned }
    }

    // MARK: Services

    private func attachToService(_ parentRef: ParentReference) -> Outcome? {
        let reference = parentRef.reference(from: resource.reference.namespace)
        guard reference.namespace == resource.reference.namespace else {
            return refused(
                parentRef, .unsupportedValue,
                "a route for a Service of another namespace (a consumer route) is not served; "
                    + "move the route to namespace \(reference.namespace)")
        }
        guard let object = context.object(reference), let service = object.content as? Service
        else {
            return refused(
                parentRef, .noMatchingParent,
                "\(reference) does not exist; create it or correct the name")
        }
        let ports = service.ports.filter { port in
            port.protocol == .tcp && (parentRef.port ?? port.port) == port.port
                && (parentRef.sectionName == nil || parentRef.sectionName == port.name)
        }
        guard !ports.isEmpty else {
            let known = service.ports.map { String($0.port) }.joined(separator: ", ")
            return refused(
                parentRef, .noMatchingParent,
                "\(reference) has no such port; it has \(known)")
        }
        var outcome = Outcome(status: status(parentRef, []))
        var problems = Problems()
        for port in ports {
            let translation = plugin.translate(
                resource, parent: .service(reference, port: port.port), context: context)
            problems.add(translation)
            outcome.routes[.service(reference, port: port.port)] = ranked(translation)
            for owned in translation.clusters { outcome.clusters[owned.cluster.name] = owned }
        }
        if problems.notAccepted != nil { outcome.routes = [:] }
        outcome.status = status(
            parentRef, conditions(problems) + [waypointCondition(object)])
        return outcome
    }

    /// Whether the Service's traffic passes a waypoint, without which only proxyless clients
    /// follow the route.
    private func waypointCondition(_ service: Resource) -> Condition {
        let type: ConditionType = "ResolvedWaypoints"
        switch WaypointBinding.resolve(service, context: context) {
        case .bound(let waypoint):
            return Condition(
                type, .true, "ResolvedWaypoints",
                message: "served by waypoint \(waypoint.namespace)/\(waypoint.name)")
        case .notEnrolled:
            return Condition(
                type, .false, "MissingUseWaypointLabel",
                message: "\(service.reference) is enrolled with no waypoint, so that only "
                    + "proxyless clients follow this route; label it or its Namespace "
                    + "\(WaypointBinding.useWaypoint)=NAME")
        case .refused(let reason, let message):
            return Condition(type, .false, reason, message: message)
        }
    }

    // MARK: Parts

    private struct Problems {
        var notAccepted: RouteTranslation.Problem?
        var unresolved: RouteTranslation.Problem?
        var partiallyInvalid: RouteTranslation.Problem?

        mutating func add(_ translation: RouteTranslation) {
            notAccepted = notAccepted ?? translation.notAccepted
            unresolved = unresolved ?? translation.unresolved
            partiallyInvalid = partiallyInvalid ?? translation.partiallyInvalid
        }
    }

    private func ranked(_ translation: RouteTranslation) -> [RankedRoute] {
        translation.routes.enumerated().map { index, translated in
            var route = translated.route
            route.metadata.filterMetadata[RouteOrigin.metadataKey] =
                RouteOrigin(resource, rule: translated.rule).fields
            if route.name.isEmpty {
                let reference = resource.reference
                route.name = "\(reference.namespace)/\(reference.name)/\(translated.rule)"
            }
            return RankedRoute(
                route: route, precedence: translated.precedence,
                created: resource.metadata.creationTimestamp, origin: resource.reference,
                index: index, filters: translated.filters)
        }
    }

    private func conditions(_ problems: Problems) -> [Condition] {
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

    private func status(
        _ parentRef: ParentReference, _ conditions: [Condition]
    ) -> RouteParentStatus {
        RouteParentStatus(
            parentRef: parentRef, controllerName: TranslationOptions.controllerName,
            conditions: conditions)
    }

    private func refused(
        _ parentRef: ParentReference, _ reason: ConditionReason, _ message: String
    ) -> Outcome {
        let condition = Condition(
            .accepted, .false, reason, message: message,
            observedGeneration: resource.metadata.generation)
        return Outcome(status: status(parentRef, [condition]))
    }
}
