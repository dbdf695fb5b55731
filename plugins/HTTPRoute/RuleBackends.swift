import GatewayAPI
import HeddlePlugin
import XDS

/// A rule's `backendRefs`, resolved, and the routes that lead to them.
///
/// A backend that cannot be used keeps its share of the requests, which are answered with 500; so
/// is everything where no backend has a weight (Gateway API, HTTPRouteRule.backendRefs).
struct RuleBackends {
    private struct Backend {
        var cluster: ClusterWeight
        var traits = BackendTraits()
        var redirect: (value: HTTPRoute.RequestRedirect, path: String)?
        var rewrite: (value: HTTPRoute.URLRewrite, path: String)?

        /// Its filters need a route of its own.
        var needsOwnRoute: Bool { redirect != nil || rewrite?.value.path != nil }
    }

    private let rule: Rule
    private let parent: AttachedParent
    private var usable: [Backend] = []
    private var mirrors: [RequestMirrorPolicy] = []
    private let session: (filter: StatefulSessionPerRoute, traits: Bool)?
    /// The first reference that is not resolved.
    private(set) var unresolved: RouteTranslation.Problem?

    private static let million: UInt64 = 1_000_000

    init(_ rule: Rule, _ translator: RuleTranslator) throws(NotServed) {
        self.rule = rule
        parent = translator.parent
        for (index, reference) in rule.backendRefs.enumerated() {
            let field = "\(rule.path).backendRefs[\(index)]"
            let backend = try Self.backend(reference, field, translator, &unresolved)
            if backend.cluster.weight > 0 { usable.append(backend) }
        }
        for (index, filter) in rule.filters.enumerated() where filter.type == .requestMirror {
            let field = "\(rule.path).filters[\(index)]"
            guard let mirror = filter.requestMirror else { throw .missing(field) }
            let path = "\(field).requestMirror.backendRef"
            switch translator.context.resolve(
                mirror.backendRef, from: translator.route, parent: parent, fieldPath: path)
            {
            case .cluster(let name, _):
                mirrors.append(
                    RequestMirrorPolicy(
                        cluster: name, runtimeFraction: Self.fraction(mirror), keepsHost: true))
            // A mirror that cannot be used costs itself alone.
            case .invalid(let problem), .refused(let problem):
                unresolved = unresolved ?? problem
            }
        }
        session = try SessionTranslation.filter(
            rule, route: translator.route, traits: usable.map(\.traits))
    }

    private static func backend(
        _ reference: HTTPRoute.BackendRef, _ field: String, _ translator: RuleTranslator,
        _ unresolved: inout RouteTranslation.Problem?
    ) throws(NotServed) -> Backend {
        var backend = Backend(
            cluster: ClusterWeight(
                name: ClusterName.invalidBackend, weight: UInt32(clamping: reference.weight)))
        switch translator.context.resolve(
            reference.backendRef, from: translator.route, parent: translator.parent,
            fieldPath: field)
        {
        case .cluster(let name, let traits):
            backend.cluster.name = name
            backend.traits = traits
        case .invalid(let problem): unresolved = unresolved ?? problem
        case .refused: break
        }
        try FilterTranslation.check(reference.filters, path: "\(field).filters")
        for (index, filter) in reference.filters.enumerated() {
            let place = "\(field).filters[\(index)]"
            try apply(filter, place, to: &backend)
        }
        return backend
    }

    private static func apply(
        _ filter: HTTPRoute.Filter, _ place: String, to backend: inout Backend
    ) throws(NotServed) {
        switch filter.type {
        case .requestHeaderModifier:
            guard let modifier = filter.requestHeaderModifier else { throw .missing(place) }
            backend.cluster.requestHeadersToAdd += FilterTranslation.additions(modifier)
            backend.cluster.requestHeadersToRemove += modifier.remove
        case .responseHeaderModifier:
            guard let modifier = filter.responseHeaderModifier else { throw .missing(place) }
            backend.cluster.responseHeadersToAdd += FilterTranslation.additions(modifier)
            backend.cluster.responseHeadersToRemove += modifier.remove
        case .urlRewrite:
            guard let rewrite = filter.urlRewrite else { throw .missing(place) }
            backend.cluster.hostRewriteLiteral = rewrite.hostname ?? ""
            backend.rewrite = (rewrite, place)
        case .requestRedirect:
            guard let redirect = filter.requestRedirect else { throw .missing(place) }
            backend.redirect = (redirect, place)
        case .requestMirror, .cors, .externalAuth, .extensionRef, .unknown:
            throw NotServed(
                "\(place).type",
                "filter \(filter.type) is not served on a backend; move it to the rule")
        }
    }

    private static func fraction(_ mirror: HTTPRoute.RequestMirror) -> FractionalPercent? {
        if let percent = mirror.percent {
            return FractionalPercent(numerator: UInt32(clamping: percent))
        }
        guard let fraction = mirror.fraction else { return nil }
        let share =
            UInt64(clamping: fraction.numerator) * million
            / UInt64(max(fraction.denominator, 1))
        return FractionalPercent(
            numerator: UInt32(min(share, million)), denominator: .million)
    }

    // MARK: Routes

    /// The routes for one of the rule's matches.
    ///
    /// A backend with filters of its own on the path gets a route with its share of the requests.
    /// The shares of one match are cumulative, because a proxy draws once for a request.
    func routes(
        for match: RouteMatch, _ precedence: RoutePrecedence
    ) throws(NotServed) -> [TranslatedRoute] {
        func translated(_ match: RouteMatch, _ action: XDS.Route.Action) -> TranslatedRoute {
            TranslatedRoute(
                route: XDS.Route(match: match, action: action), precedence: precedence,
                rule: rule.index)
        }
        if let redirect = try rule.filter(.requestRedirect, \.requestRedirect) {
            let action = try PathTranslation.redirect(
                redirect.value, match: match, parent: parent, path: redirect.path)
            return [translated(match, .redirect(action))]
        }
        guard !usable.isEmpty else {
            return [translated(match, error("no backend has a weight"))]
        }
        guard usable.contains(where: { $0.cluster.name != ClusterName.invalidBackend }) else {
            return [translated(match, error("no backend is valid"))]
        }
        let own = usable.filter(\.needsOwnRoute)
        let others = usable.filter { !$0.needsOwnRoute }
        let total = usable.reduce(UInt64(0)) { $0 + UInt64($1.cluster.weight) }
        var sum: UInt64 = 0
        var routes: [TranslatedRoute] = []
        for (index, backend) in own.enumerated() {
            sum += UInt64(backend.cluster.weight)
            var share = match
            if !others.isEmpty || index < own.count - 1 {
                share.runtimeFraction = FractionalPercent(
                    numerator: UInt32(sum * Self.million / total), denominator: .million)
            }
            routes.append(translated(share, try action(of: backend, match: match)))
        }
        if !others.isEmpty {
            let action = try forward(
                to: others, match: match, rewrite: try rule.filter(.urlRewrite, \.urlRewrite))
            routes.append(translated(match, action))
        }
        return routes
    }

    /// A gRPC client reads 503 as UNAVAILABLE, and 500 as UNKNOWN.
    private func error(_ text: String) -> XDS.Route.Action {
        .directResponse(
            DirectResponseAction(status: rule.isGRPC ? 503 : 500, body: "\(text)\n"))
    }

    private func action(
        of backend: Backend, match: RouteMatch
    ) throws(NotServed) -> XDS.Route.Action {
        if let redirect = backend.redirect {
            return .redirect(
                try PathTranslation.redirect(
                    redirect.value, match: match, parent: parent, path: redirect.path))
        }
        return try forward(to: [backend], match: match, rewrite: backend.rewrite)
    }

    private func forward(
        to backends: [Backend], match: RouteMatch,
        rewrite: (value: HTTPRoute.URLRewrite, path: String)?
    ) throws(NotServed) -> XDS.Route.Action {
        var action = RouteAction(
            cluster: specifier(backends.map(\.cluster)),
            clusterNotFoundResponseCode: rule.isGRPC ? .serviceUnavailable : .internalServerError,
            requestMirrorPolicies: mirrors)
        RetryTranslation.apply(rule.timeouts, rule.retry, to: &action)
        if let rewrite {
            try PathTranslation.rewrite(
                rewrite.value, match: match, &action, path: "\(rewrite.path).urlRewrite")
        }
        return .route(action)
    }

    private func specifier(_ clusters: [ClusterWeight]) -> RouteAction.ClusterSpecifier {
        var plain = ClusterWeight(name: clusters[0].name, weight: clusters[0].weight)
        plain.hostRewriteLiteral = ""
        return clusters.count == 1 && clusters[0] == plain
            ? .cluster(plain.name) : .weightedClusters(clusters)
    }

    /// Puts the rule's session persistence into a route.
    func applySession(to route: inout TranslatedRoute) {
        guard let session, case .route = route.route.action else { return }
        let filter = HTTPFilter.statefulSession()
        route.route.typedPerFilterConfig[filter.name] = .statefulSessionPerRoute(session.filter)
        route.filters.append(filter)
    }
}
