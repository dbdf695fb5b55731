import GatewayAPI
import Translation
import XDS

/// Who may have what, read from the objects alone and written down a second time, in plain words,
/// for the translation to be held against.
struct Boundaries {
    let objects: [ObjectReference: Resource]

    /// What groups of Gateways at the edge hold and may not.
    func strangers(in world: World) throws -> [String] {
        var strangers: [String] = []
        for (name, resources) in world.groups where name.hasSuffix("/edge") {
            let parts = name.split(separator: "/").map(String.init)
            let gateway = ObjectReference(.gateway, namespace: parts[0], name: parts[1])
            for (key, resource) in resources {
                switch key.type {
                case .virtualHost:
                    let host = try resource.decoded(as: VirtualHost.self)
                    strangers += self.strangers(in: host, of: gateway).map { "\(name): \($0)" }
                case .secret where !mayHave(key.name, gateway):
                    strangers.append("\(name): secret \(key.name)")
                default: break
                }
            }
        }
        return strangers
    }

    // MARK: Routes

    private func strangers(in host: VirtualHost, of gateway: ObjectReference) -> [String] {
        host.routes.compactMap { route in
            let origin = route.metadata.filterMetadata["heddle.origin"] ?? [:]
            guard case .string(let kind)? = origin["kind"],
                case .string(let namespace)? = origin["namespace"],
                case .string(let name)? = origin["name"]
            else { return route.name == "misdirected" ? nil : "\(host.name): \(route.name)" }
            let reference = ObjectReference(
                GroupKind(group: GroupKind.gatewayGroup, kind: kind), namespace: namespace,
                name: name)
            let isOurs = host.domains.allSatisfy { mayServe(reference, $0, gateway) }
            return isOurs ? nil : "\(host.name): \(reference)"
        }
    }

    private func mayServe(
        _ route: ObjectReference, _ host: String, _ gateway: ObjectReference
    ) -> Bool {
        guard let attachment = attachment(of: route),
            let content = objects[gateway]?.content as? Gateway
        else { return false }
        let named = attachment.parentRefs.map { $0.reference(from: route.namespace) }
        var owners = named.filter { $0 == gateway || isSet($0, of: gateway) }
        if attachment.usesDefault, content.defaultScope == .all { owners.append(gateway) }
        guard
            attachment.hostnames.isEmpty
                || attachment.hostnames.contains(where: { covers($0, host) })
        else { return false }
        return owners.contains { owner in
            listeners(of: owner).contains { listener in
                [.http, .https].contains(listener.protocol)
                    && covers(listener.hostname ?? "*", host)
                    && allows(
                        route.namespace, listener.allowedRoutes.namespaces.from,
                        listener.allowedRoutes.namespaces.selector, owner)
            }
        }
    }

    private func attachment(
        of route: ObjectReference
    ) -> (parentRefs: [ParentReference], hostnames: [String], usesDefault: Bool)? {
        switch objects[route]?.content {
        case let content as HTTPRoute:
            (content.parentRefs, content.hostnames, content.useDefaultGateways == .all)
        case let content as GRPCRoute:
            (content.parentRefs, content.hostnames, content.useDefaultGateways == .all)
        default: nil
        }
    }

    // MARK: Secrets

    private func mayHave(_ name: String, _ gateway: ObjectReference) -> Bool {
        guard let content = objects[gateway]?.content as? Gateway else { return false }
        // Authorities are not secret.
        if name.hasPrefix("ca/") { return true }
        let parts = name.split(separator: "/").map(String.init)
        let secret = ObjectReference(.secret, namespace: parts[0], name: parts[1])
        if let client = content.tls?.backend?.clientCertificateRef,
            client.reference(from: gateway.namespace) == secret, mayRefer(gateway, secret)
        {
            return true
        }
        let sets = objects.keys.filter { isSet($0, of: gateway) }
        return ([gateway] + sets).contains { owner in
            mayRefer(owner, secret)
                && listeners(of: owner).contains { listener in
                    (listener.tls?.certificateRefs ?? []).contains {
                        $0.reference(from: owner.namespace) == secret
                    }
                }
        }
    }

    private func mayRefer(_ from: ObjectReference, _ to: ObjectReference) -> Bool {
        if from.namespace == to.namespace { return true }
        return objects.values.contains { resource in
            guard let grant = resource.content as? ReferenceGrant,
                resource.reference.namespace == to.namespace
            else { return false }
            return grant.from.contains {
                $0.group == from.group && $0.kind == from.kind && $0.namespace == from.namespace
            }
                && grant.to.contains {
                    $0.group == to.group && $0.kind == to.kind
                        && ($0.name == nil || $0.name == to.name)
                }
        }
    }

    // MARK: Listeners

    private func listeners(of owner: ObjectReference) -> [Gateway.Listener] {
        switch objects[owner]?.content {
        case let content as Gateway: content.listeners
        case let content as ListenerSet: content.listeners
        default: []
        }
    }

    private func isSet(_ reference: ObjectReference, of gateway: ObjectReference) -> Bool {
        guard let set = objects[reference]?.content as? ListenerSet,
            let content = objects[gateway]?.content as? Gateway
        else { return false }
        return set.parentRef.reference(from: reference.namespace) == gateway
            && allows(
                reference.namespace, content.allowedListeners.namespaces.from,
                content.allowedListeners.namespaces.selector, gateway)
    }

    private func allows(
        _ namespace: String, _ from: Gateway.FromNamespaces, _ selector: LabelSelector?,
        _ owner: ObjectReference
    ) -> Bool {
        switch from {
        case .all: return true
        case .same: return namespace == owner.namespace
        case .selector:
            let labels = objects[ObjectReference(.namespace, name: namespace)]?.metadata.labels
            return labels.map { selector?.matches($0) ?? false } ?? false
        case .none, .unknown: return false
        }
    }

    /// Label by label, from the right.
    private func covers(_ wide: String, _ narrow: String) -> Bool {
        if wide == "*" || wide == narrow { return true }
        var wideLabels = wide.split(separator: ".")
        guard wideLabels.first == "*" else { return false }
        wideLabels.removeFirst()
        let labels = narrow.split(separator: ".")
        return labels.count > wideLabels.count
            && Array(labels.suffix(wideLabels.count)) == wideLabels
    }
}
