import GatewayAPI
import HeddlePlugin
import XDS

extension ParentTranslation {
    func attachToService(_ parentRef: ParentReference) -> Outcome? {
        let reference = parentRef.reference(from: resource.reference.namespace)
        guard let object = context.object(reference), let service = object.content as? Service
        else {
            return refused(
                parentRef, .noMatchingParent,
                "\(reference) does not exist; create it or correct the name")
        }
        guard plugin.traffic.isHTTP else {
            return refused(
                parentRef, .unsupportedValue,
                "a Service's traffic is split by HTTPRoutes and GRPCRoutes; a "
                    + "\(resource.reference.kind) attaches to a Gateway")
        }
        guard service.type != .externalName, service.clusterIP != "None" else {
            return refused(
                parentRef, .unsupportedValue,
                "\(reference) has no address of its own, by which its traffic could be told; name "
                    + "a Service of type ClusterIP")
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
        let rivals = rivals(at: reference)
        let free = ports.filter { rivals[$0.port] == nil && rivals[nil] == nil }
        if free.isEmpty, let winner = rivals.values.min() {
            return refused(
                parentRef, .conflicted,
                "\(winner) is attached to the same port, and GRPCRoutes go before HTTPRoutes "
                    + "(GEP-1294)")
        }
        var outcome = Outcome(status: status(parentRef, []))
        var problems = Problems()
        for port in free {
            let translation = plugin.translate(
                resource, parent: .service(reference, port: port.port), context: context)
            problems.add(translation)
            outcome.routes[host(of: reference, port: port.port)] = ranked(translation)
            for owned in translation.clusters { outcome.clusters[owned.cluster.name] = owned }
        }
        if problems.notAccepted != nil { outcome.routes = [:] }
        outcome.status = status(
            parentRef, conditions(problems) + [waypointCondition(object)])
        return outcome
    }

    /// A route of the Service's own namespace is for all clients, one of another namespace for the
    /// clients there (GEP-1426).
    private func host(of service: ObjectReference, port: Int) -> HostKey {
        let client = resource.reference.namespace
        return client == service.namespace
            ? .service(service, port: port) : .consumer(service, port: port, client: client)
    }

    /// The routes of gRPC that are attached to a Service, by its port, or nil for all of them: they
    /// take these ports from HTTPRoutes.
    private func rivals(at service: ObjectReference) -> [Int?: ObjectReference] {
        guard plugin.traffic == .http else { return [:] }
        let namespace = resource.reference.namespace
        var rivals: [Int?: ObjectReference] = [:]
        for kind in context.routeKinds(carrying: .grpc) {
            for rival in context.objects(kind, targeting: service)
            where rival.reference.namespace == namespace {
                for parent in context.parentRefs(of: rival)
                where parent.reference(from: namespace) == service {
                    rivals[parent.port] = rivals[parent.port] ?? rival.reference
                }
            }
        }
        return rivals
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
}
