import GatewayAPI
import HeddlePlugin
import XDS

extension ParentTranslation {
    func attachToGateway(_ parentRef: ParentReference) -> Outcome? {
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
}
