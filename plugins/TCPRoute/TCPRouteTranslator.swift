public import GatewayAPI
public import HeddlePlugin

/// Translates TCPRoutes: a listener's connections go to backends by weight.
///
/// Source: Gateway API v1, TCPRoute.
public struct TCPRouteTranslator: RoutePlugin {
    /// A translator.
    public init() {}

    /// `TCPRoute`.
    public var name: String { "TCPRoute" }

    /// TCPRoute.
    public var kinds: [GroupKind] { [.tcpRoute] }

    /// TCP connections.
    public var traffic: RouteTraffic { .tcp }

    /// The route's own `parentRefs`.
    public func attachment(of route: Resource) -> RouteAttachment {
        guard let content = route.content as? TCPRoute else {
            return RouteAttachment(parentRefs: [])
        }
        return RouteAttachment(
            parentRefs: content.parentRefs,
            usesDefaultGateways: content.useDefaultGateways == .all)
    }

    /// The first rule's backends; the API has exactly one rule.
    public func translate(
        _ route: Resource, parent: AttachedParent, context: TranslationContext
    ) -> RouteTranslation {
        guard let content = route.content as? TCPRoute, let rule = content.rules.first else {
            return RouteTranslation()
        }
        let backends = ConnectionBackends(
            of: rule, route: route.reference, parent: parent, path: "spec.rules[0]",
            context: context)
        return RouteTranslation(
            connection: TranslatedConnection(clusters: backends.clusters),
            unresolved: backends.unresolved)
    }
}
