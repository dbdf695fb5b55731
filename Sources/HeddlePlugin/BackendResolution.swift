public import GatewayAPI

/// What became of a `backendRef`.
public enum BackendResolution: Equatable, Sendable {
    /// It is a Service port; this is its cluster.
    case cluster(String)
    /// It cannot be used; its share of the requests is answered with an error.
    case invalid(RouteTranslation.Problem)
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
    ///   - fieldPath: The reference's place in the route, for the message.
    public func resolve(
        _ backend: BackendObjectReference, from route: ObjectReference, parent: AttachedParent,
        fieldPath: String
    ) -> BackendResolution {
        func invalid(_ reason: String, _ message: String) -> BackendResolution {
            .invalid(.init(reason: reason, message: message, fieldPath: fieldPath))
        }
        guard backend.group.isEmpty, backend.kind == "Service" else {
            return invalid(
                "InvalidKind",
                "\(backend.group)/\(backend.kind) cannot be a backend; name a Service")
        }
        let target = ObjectReference(
            group: "", kind: "Service", namespace: backend.namespace ?? route.namespace,
            name: backend.name)
        if !parent.isMesh, target.namespace != route.namespace, !isGranted(from: route, to: target)
        {
            return invalid(
                "RefNotPermitted",
                "no ReferenceGrant in namespace \(target.namespace) lets a \(route.kind) of "
                    + "namespace \(route.namespace) refer to Service \(target.name)")
        }
        guard let service = content(Service.self, target) else {
            return invalid(
                "BackendNotFound",
                "Service \(target.namespace)/\(target.name) does not exist; create it or "
                    + "correct the name")
        }
        guard let port = backend.port else {
            return invalid("UnsupportedValue", "a Service backend needs a port")
        }
        guard service.ports.contains(where: { $0.port == port }) else {
            let known = service.ports.map { String($0.port) }.joined(separator: ", ")
            return invalid(
                "BackendNotFound",
                "Service \(target.namespace)/\(target.name) has no port \(port); it has \(known)")
        }
        return .cluster(ClusterName.of(service: target, port: port))
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

    /// The cluster of a Service's port: `NAMESPACE/NAME/PORT`.
    public static func of(service: ObjectReference, port: Int) -> String {
        "\(service.namespace)/\(service.name)/\(port)"
    }
}
