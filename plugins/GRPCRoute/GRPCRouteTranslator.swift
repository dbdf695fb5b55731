public import GatewayAPI
import HTTPRoutePlugin
public import HeddlePlugin
import XDS

/// Translates GRPCRoutes: what HTTPRoutes become, matched by service and method.
///
/// Source: Gateway API v1, GRPCRoute.
public struct GRPCRouteTranslator: RoutePlugin {
    /// A translator.
    public init() {}

    /// `GRPCRoute`.
    public var name: String { "GRPCRoute" }

    /// GRPCRoute.
    public var kinds: [GroupKind] { [.grpcRoute] }

    /// gRPC.
    public var traffic: RouteTraffic { .grpc }

    /// The route's own `parentRefs`, `hostnames` and wish for default Gateways.
    public func attachment(of route: Resource) -> RouteAttachment {
        guard let content = route.content as? GRPCRoute else {
            return RouteAttachment(parentRefs: [])
        }
        return RouteAttachment(
            parentRefs: content.parentRefs, hostnames: content.hostnames,
            usesDefaultGateways: content.useDefaultGateways == .all)
    }

    /// One xDS route for each match of each rule. Without limits of time: a stream may be silent
    /// for as long as it likes.
    public func translate(
        _ route: Resource, parent: AttachedParent, context: TranslationContext
    ) -> RouteTranslation {
        guard let content = route.content as? GRPCRoute else { return RouteTranslation() }
        var translator = RuleTranslator(route: route.reference, parent: parent, context: context)
        for (index, rule) in content.rules.enumerated() {
            do throws(NotServed) {
                var translated = Rule(
                    index: index, matches: try Self.matches(rule, "spec.rules[\(index)]"),
                    filters: rule.filters.map(\.httpFilter),
                    backendRefs: rule.backendRefs.map(Self.backend),
                    sessionPersistence: rule.sessionPersistence)
                translated.isGRPC = true
                translator.add(translated)
            } catch {
                translator.drop(error)
            }
        }
        return translator.finished()
    }

    private static func backend(_ reference: GRPCRoute.BackendRef) -> HTTPRoute.BackendRef {
        var backend = HTTPRoute.BackendRef(backendRef: reference.backendRef)
        backend.weight = reference.weight
        backend.filters = reference.filters.map(\.httpFilter)
        return backend
    }

    // MARK: Matches

    private static func matches(
        _ rule: GRPCRoute.Rule, _ path: String
    ) throws(NotServed) -> [(match: RouteMatch, precedence: RoutePrecedence)] {
        // No match means every call.
        let all = rule.matches.isEmpty ? [GRPCRoute.Match()] : rule.matches
        var translated: [(match: RouteMatch, precedence: RoutePrecedence)] = []
        for (index, match) in all.enumerated() {
            let field = "\(path).matches[\(index)]"
            let headers = try MatchTranslation.headers(match.headers, path: "\(field).headers")
            // The characters of the service, those of the method, the headers (GRPCRouteRule).
            let ranks = [
                match.method?.service?.utf8.count ?? 0, match.method?.method?.utf8.count ?? 0,
                headers.count,
            ]
            translated.append(
                (
                    RouteMatch(
                        path: try Self.path(match.method, "\(field).method"), headers: headers),
                    RoutePrecedence(ranks)
                ))
        }
        return translated
    }

    /// A call's path is `/SERVICE/METHOD`.
    private static func path(
        _ match: GRPCRoute.MethodMatch?, _ field: String
    ) throws(NotServed) -> RouteMatch.Path {
        guard let match else { return .prefix("/") }
        switch (match.type, match.service, match.method) {
        case (_, nil, nil): return .prefix("/")
        case (.exact, let service?, let method?): return .path("/\(service)/\(method)")
        case (.exact, let service?, nil): return .prefix("/\(service)/")
        case (.exact, nil, let method?):
            let literal = method.replacing(".", with: "\\.")
            return .safeRegex("/[^/]+/\(literal)")
        case (.regularExpression, let service, let method):
            let pattern = "/\(service ?? "[^/]+")/\(method ?? "[^/]+")"
            return .safeRegex(try MatchTranslation.expression(pattern, path: field))
        case (.unknown(let spelling), _, _):
            throw NotServed(
                "\(field).type", "match \(spelling) is not known; use Exact or RegularExpression")
        }
    }
}
