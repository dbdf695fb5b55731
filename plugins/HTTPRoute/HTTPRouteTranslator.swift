public import GatewayAPI
public import HeddlePlugin
import XDS

/// Translates HTTPRoutes: each match of a rule becomes one xDS route, with the rule's backends as
/// weighted clusters.
///
/// Source: Gateway API v1, HTTPRoute.
public struct HTTPRouteTranslator: RoutePlugin {
    /// A translator.
    public init() {}

    /// `HTTPRoute`.
    public var name: String { "HTTPRoute" }

    /// HTTPRoute.
    public var kinds: [GroupKind] { [.httpRoute] }

    /// HTTP.
    public var traffic: RouteTraffic { .http }

    /// The route's own `parentRefs` and `hostnames`.
    public func attachment(of route: Resource) -> RouteAttachment {
        guard let content = route.content as? HTTPRoute else {
            return RouteAttachment(parentRefs: [])
        }
        return RouteAttachment(
            parentRefs: content.parentRefs, hostnames: content.hostnames,
            usesDefaultGateways: content.useDefaultGateways == .all)
    }

    /// One xDS route for each match of each rule.
    ///
    /// A route with a value or a filter that is not served is not accepted as a whole: leaving the
    /// filter out would serve what nobody asked for.
    public func translate(
        _ route: Resource, parent: AttachedParent, context: TranslationContext
    ) -> RouteTranslation {
        guard let content = route.content as? HTTPRoute else { return RouteTranslation() }
        var translation = RouteTranslation()
        for (index, rule) in content.rules.enumerated() {
            let path = "spec.rules[\(index)]"
            do {
                let matches = try rule.matches.enumerated().map { position, match in
                    try MatchTranslation.translate(match, path: "\(path).matches[\(position)]")
                }
                var backends = RuleBackends(
                    route: route.reference, parent: parent, context: context)
                for match in matches {
                    var translated = XDS.Route(
                        match: match.match,
                        action: try backends.action(of: rule, match: match.match, path: path))
                    try FilterTranslation.apply(
                        rule.filters, to: &translated, parent: parent, path: "\(path).filters")
                    translation.routes.append(
                        TranslatedRoute(
                            route: translated, precedence: match.precedence, rule: index))
                }
                translation.unresolved = translation.unresolved ?? backends.unresolved
            } catch let refusal as NotServed {
                translation.notAccepted = translation.notAccepted ?? refusal.problem
            } catch {
                translation.notAccepted = RouteTranslation.Problem(
                    reason: "UnsupportedValue", message: "\(error)", fieldPath: path)
            }
        }
        return translation
    }
}

/// Something in the route that cannot be served.
struct NotServed: Error {
    var problem: RouteTranslation.Problem

    init(_ fieldPath: String, _ message: String, reason: String = "UnsupportedValue") {
        problem = .init(reason: reason, message: message, fieldPath: fieldPath)
    }
}
