public import GatewayAPI

/// What became of a `backendRef`.
public enum BackendResolution: Equatable, Sendable {
    /// It is a backend's port; this is its cluster, and how it is reached.
    case cluster(String, BackendTraits)
    /// It cannot be used; its share of the requests is answered with an error.
    case invalid(RouteTranslation.Problem)
    /// It is there, and may not be used as a policy wants it: its share of the requests is
    /// answered with an error, and the route's references count as resolved all the same.
    case refused(RouteTranslation.Problem)
}

extension TranslationContext {
    /// Resolves a reference from a route to a backend: kind, grant, existence and port.
    ///
    /// A refused reference is refused before the target is looked up, so that nobody learns what
    /// another namespace holds (Gateway API, ReferenceGrant).
    ///
    /// - Parameters:
    ///   - backend: The reference.
    ///   - route: The route that holds it.
    ///   - parent: The route's parent; mesh routes need no grant (GEP-1426).
    ///   - isUDP: The route carries UDP, so that the port must.
    ///   - fieldPath: The reference's place in the route, for the message.
    public func resolve(
        _ backend: BackendObjectReference, from route: ObjectReference, parent: AttachedParent,
        isUDP: Bool = false, fieldPath: String
    ) -> BackendResolution {
        func invalid(_ reason: String, _ message: String) -> BackendResolution {
            .invalid(.init(reason: reason, message: message, fieldPath: fieldPath))
        }
        let kind = GroupKind(group: backend.group, kind: backend.kind)
        guard backendKinds.contains(kind) else {
            let known = backendKinds.map(\.kind).joined(separator: " or ")
            return invalid("InvalidKind", "\(kind) cannot be a backend; name a \(known)")
        }
        let target = ObjectReference(
            kind, namespace: backend.namespace ?? route.namespace, name: backend.name)
        if !parent.isMesh, target.namespace != route.namespace, !isGranted(from: route, to: target)
        {
            return invalid(
                "RefNotPermitted",
                "no ReferenceGrant in namespace \(target.namespace) lets a \(route.kind) of "
                    + "namespace \(route.namespace) refer to \(kind.kind) \(target.name)")
        }
        guard let model = model(BackendModel.self, target) else {
            return invalid(
                "BackendNotFound",
                "\(target) does not exist; create it or correct the name")
        }
        if let problem = model.notAccepted {
            return invalid(
                "BackendNotFound", "\(target) cannot be used: \(problem.message)")
        }
        guard let number = backend.port ?? Self.onlyPort(of: model) else {
            return invalid("UnsupportedValue", "a \(kind.kind) backend needs a port")
        }
        guard let port = model.ports.first(where: { $0.number == number && $0.isUDP == isUDP })
        else {
            let known = model.ports.map { "\($0.number)\($0.isUDP ? "/UDP" : "")" }
            return invalid(
                "BackendNotFound",
                "\(target) has no port \(number)\(isUDP ? "/UDP" : ""); it has "
                    + known.joined(separator: ", "))
        }
        let traits = port.translation.traits
        // A policy's refusal is not the route's fault: the cluster is there, without endpoints.
        if let refusal = traits.refusal, refusal.reason == "UnsupportedProtocol" {
            return .invalid(refusal)
        }
        return .cluster(port.translation.cluster, traits)
    }

    /// Only a Service must be named with its port.
    private static func onlyPort(of model: BackendModel) -> Int? {
        model.reference.groupKind != .service && model.ports.count == 1
            ? model.ports.first?.number : nil
    }

    /// Whether a ReferenceGrant in the target's namespace lets the reference be.
    public func isGranted(from: ObjectReference, to target: ObjectReference) -> Bool {
        objects(.referenceGrant, namespace: target.namespace).contains { resource in
            guard let grant = resource.content as? ReferenceGrant else { return false }
            let fromMatches = grant.from.contains {
                $0.group == from.group && $0.kind == from.kind && $0.namespace == from.namespace
            }
            let toMatches = grant.to.contains {
                $0.group == target.group && $0.kind == target.kind
                    && ($0.name == nil || $0.name == target.name)
            }
            return fromMatches && toMatches
        }
    }
}

/// The names of clusters.
public enum ClusterName {
    /// A cluster that is never defined: the share of an invalid backend goes to it and is
    /// answered with the route's `cluster_not_found_response_code`.
    public static let invalidBackend = "heddle.invalid-backend"

    /// The cluster of a Service's port: `NAMESPACE/NAME/PORT`, with `/udp` behind it for UDP.
    public static func of(service: ObjectReference, port: Int, isUDP: Bool = false) -> String {
        "\(service.namespace)/\(service.name)/\(port)\(isUDP ? "/udp" : "")"
    }
}
