public import GatewayAPI
public import HeddlePlugin

/// Translates TLSRoutes: connections go to backends by the name that the client asks for (SNI), as they are or,
/// behind a listener that terminates TLS, in clear text.
///
/// Source: Gateway API v1, TLSRoute.
public struct TLSRouteTranslator: RoutePlugin {
    /// A translator.
    public init() {}

    /// `TLSRoute`.
    public var name: String { "TLSRoute" }

    /// TLSRoute.
    public var kinds: [GroupKind] { [.tlsRoute] }

    /// TLS connections by server name.
    public var traffic: RouteTraffic { .tls }

    /// The route's own `parentRefs` and `hostnames`.
    public func attachment(of route: Resource) -> RouteAttachment {
        guard let content = route.content as? TLSRoute else {
            return RouteAttachment(parentRefs: [])
        }
        return RouteAttachment(
            parentRefs: content.parentRefs, hostnames: content.hostnames,
            usesDefaultGateways: content.useDefaultGateways == .all)
    }

    /// The first rule's backends; the API has exactly one rule.
    public func translate(
        _ route: Resource, parent: AttachedParent, context: TranslationContext
    ) -> RouteTranslation {
        guard let content = route.content as? TLSRoute, let rule = content.rules.first else {
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
