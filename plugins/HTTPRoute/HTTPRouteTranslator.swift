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
    /// A rule with a value or a filter that is not served is left out as a whole: leaving only the
    /// filter out would serve what nobody asked for.
    public func translate(
        _ route: Resource, parent: AttachedParent, context: TranslationContext
    ) -> RouteTranslation {
        guard let content = route.content as? HTTPRoute else { return RouteTranslation() }
        var translator = RuleTranslator(route: route.reference, parent: parent, context: context)
        for (index, rule) in content.rules.enumerated() {
            do throws(NotServed) {
                var matches: [(match: RouteMatch, precedence: RoutePrecedence)] = []
                for (position, match) in rule.matches.enumerated() {
                    matches.append(
                        try MatchTranslation.translate(
                            match, path: "spec.rules[\(index)].matches[\(position)]"))
                }
                translator.add(
                    Rule(
                        index: index, matches: matches, filters: rule.filters,
                        backendRefs: rule.backendRefs, timeouts: rule.timeouts, retry: rule.retry,
                        sessionPersistence: rule.sessionPersistence))
            } catch {
                translator.drop(error)
            }
        }
        return translator.finished()
    }
}
