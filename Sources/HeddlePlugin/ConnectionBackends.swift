public import GatewayAPI
public import XDS

/// The backends of a route that carries connections or datagrams, resolved.
public struct ConnectionBackends: Sendable {
    /// The clusters by weight, without those of weight 0. The share of a backend that cannot be
    /// used goes to ``ClusterName/invalidBackend``, so that its connections are refused (Gateway
    /// API, TCPRouteRule.backendRefs); so does everything where no backend has a weight.
    public var clusters: [ClusterWeight] = []
    /// Why references are not all resolved, if they are not.
    public var unresolved: RouteTranslation.Problem?

    /// Resolves the backends of a rule.
    ///
    /// - Parameters:
    ///   - rule: The rule.
    ///   - route: The route that holds it.
    ///   - parent: The route's parent.
    ///   - isUDP: The backends' ports are UDP ports.
    ///   - path: The rule's place in the route, for messages.
    ///   - context: The only way to read other objects.
    public init(
        of rule: ForwardingRule, route: ObjectReference, parent: AttachedParent,
        isUDP: Bool = false, path: String, context: TranslationContext
    ) {
        for (index, backend) in rule.backendRefs.enumerated() {
            let resolution = context.resolve(
                backend.backendRef, from: route, parent: parent, isUDP: isUDP,
                fieldPath: "\(path).backendRefs[\(index)]")
            var name = ClusterName.invalidBackend
            switch resolution {
            case .cluster(let cluster, _): name = cluster
            case .invalid(let problem): unresolved = unresolved ?? problem
            case .refused: break
            }
            guard backend.weight > 0 else { continue }
            clusters.append(ClusterWeight(name: name, weight: UInt32(clamping: backend.weight)))
        }
        if clusters.isEmpty {
            clusters = [ClusterWeight(name: ClusterName.invalidBackend, weight: 1)]
        }
    }
}
