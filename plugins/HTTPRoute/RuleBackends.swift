import GatewayAPI
import HeddlePlugin
import XDS

/// Translates a rule's `backendRefs` into the action of its routes.
struct RuleBackends {
    let route: ObjectReference
    let parent: AttachedParent
    let context: TranslationContext
    /// The first reference that is not resolved.
    private(set) var unresolved: RouteTranslation.Problem?

    init(route: ObjectReference, parent: AttachedParent, context: TranslationContext) {
        self.route = route
        self.parent = parent
        self.context = context
    }

    /// What becomes of a request that matches the rule.
    ///
    /// A backend that cannot be used keeps its share of the requests, which are answered with 500;
    /// so is everything where no backend has a weight (Gateway API, HTTPRouteRule.backendRefs).
    mutating func action(
        of rule: HTTPRoute.Rule, match: RouteMatch, path: String
    ) throws(NotServed) -> XDS.Route.Action {
        if rule.filters.contains(where: { $0.type == .requestRedirect }) {
            // The redirect itself is set by the filter's translation.
            return .redirect(RedirectAction())
        }
        if rule.retry != nil {
            throw NotServed("\(path).retry", "retries are not served; remove the field")
        }
        if rule.sessionPersistence != nil {
            throw NotServed(
                "\(path).sessionPersistence",
                "session persistence is not served; remove the field")
        }
        let weighted = try weightedClusters(rule, path: path)
        let usable = weighted.filter { $0.weight > 0 }
        if usable.isEmpty {
            return .directResponse(
                DirectResponseAction(status: 500, body: "no backend has a weight\n"))
        }
        if usable.allSatisfy({ $0.name == ClusterName.invalidBackend }) {
            return .directResponse(
                DirectResponseAction(status: 500, body: "no backend is valid\n"))
        }
        // An absent limit is written as none: no proxy's hidden default may cut a stream.
        let timeout = rule.timeouts?.request ?? rule.timeouts?.backendRequest ?? .zero
        var action = RouteAction(
            cluster: specifier(usable), clusterNotFoundResponseCode: .internalServerError,
            timeout: timeout)
        try FilterTranslation.rewrite(rule.filters, match: match, &action, path: "\(path).filters")
        return .route(action)
    }

    private func specifier(_ usable: [ClusterWeight]) -> RouteAction.ClusterSpecifier {
        if usable.count == 1, usable[0].requestHeadersToAdd.isEmpty,
            usable[0].requestHeadersToRemove.isEmpty
        {
            return .cluster(usable[0].name)
        }
        return .weightedClusters(usable)
    }

    private mutating func weightedClusters(
        _ rule: HTTPRoute.Rule, path: String
    ) throws(NotServed) -> [ClusterWeight] {
        var weighted: [ClusterWeight] = []
        for (index, backend) in rule.backendRefs.enumerated() {
            let field = "\(path).backendRefs[\(index)]"
            var cluster = ClusterWeight(
                name: ClusterName.invalidBackend, weight: UInt32(clamping: backend.weight))
            switch context.resolve(
                backend.backendRef, from: route, parent: parent, fieldPath: field)
            {
            case .cluster(let name, _): cluster.name = name
            case .refused: break
            case .invalid(let problem): unresolved = unresolved ?? problem
            }
            try FilterTranslation.apply(backend.filters, to: &cluster, path: "\(field).filters")
            weighted.append(cluster)
        }
        return weighted
    }
}
