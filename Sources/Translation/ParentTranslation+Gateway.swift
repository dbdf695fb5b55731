import GatewayAPI
import HeddlePlugin
import XDS

extension ParentTranslation {
    /// Attaches the route to a Gateway or a ListenerSet; nil where it is another controller's.
    func attachToGateway(_ parentRef: ParentReference) -> Outcome? {
        let reference = parentRef.reference(from: resource.reference.namespace)
        // What matters of a Gateway is what the core has made of it, not each of its fields.
        guard context.exists(reference) else {
            return refused(
                parentRef, .noMatchingParent,
                "\(reference) does not exist; create it or correct the name")
        }
        guard let parent = context.model(ParentModel.self, reference) else { return nil }
        do {
            return translate(try hosts(of: parent, parentRef), parent, parentRef)
        } catch {
            return refused(parentRef, at: parent, error)
        }
    }

    /// The Gateways of a default scope that the route does not name, if it wants them (GEP-3793).
    var defaultParents: [ParentReference] {
        guard attachment.usesDefaultGateways else { return [] }
        let namespace = resource.reference.namespace
        let named = Set(attachment.parentRefs.map { $0.reference(from: namespace) })
        return context.objects(.gateway, targeting: GatewayModel.defaultGateways)
            .map(\.reference).filter { !named.contains($0) }
            .map { gateway in
                var parentRef = ParentReference(name: gateway.name)
                parentRef.namespace = gateway.namespace
                return parentRef
            }
    }

    /// The listeners that take the route, with the hosts that it serves there.
    private func hosts(
        of parent: ParentModel, _ parentRef: ParentReference
    ) throws(Refusal) -> [(Gateway.Listener, [String])] {
        if let refusal = parent.refusal {
            throw Refusal(reason: .noMatchingParent, message: refusal)
        }
        let named = parent.listeners.filter { listener in
            (parentRef.sectionName ?? listener.name) == listener.name
                && (parentRef.port ?? listener.port) == listener.port
        }
        if named.isEmpty {
            let known = parent.listeners.map { "\($0.name) (\($0.port))" }
            throw Refusal(
                reason: .noMatchingParent,
                message: "\(parent.owner) has no such listener; it has "
                    + known.joined(separator: ", "))
        }
        let allowing = named.filter { allows($0, parent) }
        if allowing.isEmpty {
            throw Refusal(
                reason: .notAllowedByListeners,
                message: "no listener of \(parent.owner) allows this route; "
                    + mend(of: named, parent))
        }
        let served = allowing.compactMap { listener in
            serve(listener).map { (listener, $0) }
        }
        if served.isEmpty {
            throw Refusal(
                reason: .noMatchingListenerHostname,
                message: "none of the hostnames \(attachment.hostnames.joined(separator: ", ")) "
                    + "is one of the listeners' of \(parent.owner)")
        }
        return served
    }

    private func takes(_ listener: Gateway.Listener) -> Bool {
        let kinds = listener.allowedRoutes.kinds
        return plugin.traffic.listenerProtocols.contains(listener.protocol)
            && (kinds.isEmpty || kinds.contains { $0.groupKind == resource.reference.groupKind })
    }

    private func allows(_ listener: Gateway.Listener, _ parent: ParentModel) -> Bool {
        parent.role == .gateway && takes(listener)
            && parent.allows(
                routesOf: resource.reference.namespace, at: listener, context: context)
    }

    private func mend(of named: [Gateway.Listener], _ parent: ParentModel) -> String {
        if parent.role == .waypoint {
            return "a waypoint takes the routes of Services; name the Service as the parent"
        }
        let kind = resource.reference.kind
        guard named.contains(where: takes) else {
            let protocols = plugin.traffic.listenerProtocols.map(\.rawValue)
            return "\(kind)s need a listener of protocol \(protocols.joined(separator: " or ")) "
                + "whose allowedRoutes.kinds do not leave it out"
        }
        return "set allowedRoutes of a listener to let \(kind)s of namespace "
            + "\(resource.reference.namespace) in"
    }

    private func serve(_ listener: Gateway.Listener) -> [String]? {
        if attachment.hostnames.isEmpty || !plugin.traffic.hasNames {
            let hostname = listener.hostname?.lowercased() ?? ""
            return [hostname.isEmpty || !plugin.traffic.hasNames ? Hostname.any : hostname]
        }
        let hosts = attachment.hostnames.compactMap {
            Hostname.intersection(listener: listener.hostname, route: $0)
        }
        return hosts.isEmpty ? nil : hosts
    }

    private func translate(
        _ hosts: [(Gateway.Listener, [String])], _ parent: ParentModel,
        _ parentRef: ParentReference
    ) -> Outcome {
        var outcome = Outcome(status: status(parentRef, []))
        var problems = Problems()
        let rejections = context.model(RouteRejections.self, resource.reference)
        var winner: ObjectReference?
        for (listener, names) in hosts {
            let id = ListenerID(gateway: parent.gateway, owner: parent.owner, name: listener.name)
            outcome.claims[id, default: []] += names
            let listenerParent = Self.listenerParent(listener, parent)
            let translation = plugin.translate(
                resource, parent: .listener(listenerParent), context: context)
            problems.add(translation)
            if let other = rejections?.winners[id] {
                winner = winner ?? other
                continue
            }
            outcome.attached[parent.owner, default: []].insert(listener.name)
            place(translation, id, names, in: &outcome)
        }
        if problems.notAccepted != nil { outcome.claims = [:] }
        if outcome.attached.isEmpty, let winner, problems.notAccepted == nil {
            problems.notAccepted = .init(
                reason: ConditionReason.conflicted.rawValue,
                message: "\(winner) has the same hostnames at the same listener and goes before "
                    + "this route; use other hostnames", fieldPath: "spec.hostnames")
        }
        if problems.notAccepted != nil {
            outcome = Outcome(status: outcome.status, claims: outcome.claims)
        }
        outcome.status = status(parentRef, conditions(problems))
        return outcome
    }

    private func place(
        _ translation: RouteTranslation, _ listener: ListenerID, _ names: [String],
        in outcome: inout Outcome
    ) {
        for name in names {
            if let connection = translation.connection {
                let key = ConnectionKey(listener: listener, serverName: name)
                outcome.connections[key] = RankedConnection(
                    connection: connection, created: resource.metadata.creationTimestamp,
                    origin: resource.reference)
            }
            guard !translation.routes.isEmpty else { continue }
            outcome.routes[.listener(listener, host: name)] = ranked(translation)
        }
        for owned in translation.clusters { outcome.clusters[owned.cluster.name] = owned }
    }

    /// A route that attaches to nothing is told about its references all the same.
    private func refused(
        _ parentRef: ParentReference, at parent: ParentModel, _ refusal: Refusal
    ) -> Outcome {
        var outcome = refused(parentRef, refusal.reason, refusal.message)
        let listener = Gateway.Listener(
            name: parentRef.sectionName ?? "", port: parentRef.port ?? 80,
            protocol: plugin.traffic.listenerProtocols.first ?? .http)
        let translation = plugin.translate(
            resource, parent: .listener(Self.listenerParent(listener, parent)), context: context)
        var problems = Problems()
        problems.unresolved = translation.unresolved
        let resolved = conditions(problems).filter { $0.type == .resolvedRefs }
        outcome.status.conditions += resolved
        return outcome
    }

    private static func listenerParent(
        _ listener: Gateway.Listener, _ parent: ParentModel
    ) -> ListenerParent {
        ListenerParent(
            gateway: parent.gateway, owner: parent.owner, name: listener.name,
            port: listener.port, protocol: listener.protocol)
    }
}
