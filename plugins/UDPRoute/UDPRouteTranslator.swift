public import GatewayAPI
public import HeddlePlugin
import XDS

/// Translates UDPRoutes: a listener's datagrams go to backends by weight, all of one client's
/// session to the same.
///
/// A UDP proxy sends to one cluster, so that a route with several backends gets a cluster of its
/// own, which holds the endpoints of all of them.
///
/// Source: Gateway API v1, UDPRoute.
public struct UDPRouteTranslator: RoutePlugin {
    /// A translator.
    public init() {}

    /// `UDPRoute`.
    public var name: String { "UDPRoute" }

    /// UDPRoute.
    public var kinds: [GroupKind] { [.udpRoute] }

    /// UDP datagrams.
    public var traffic: RouteTraffic { .udp }

    /// The route's own `parentRefs`.
    public func attachment(of route: Resource) -> RouteAttachment {
        guard let content = route.content as? UDPRoute else {
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
        guard let content = route.content as? UDPRoute, let rule = content.rules.first else {
            return RouteTranslation()
        }
        let backends = ConnectionBackends(
            of: rule, route: route.reference, parent: parent, isUDP: true, path: "spec.rules[0]",
            context: context)
        guard backends.clusters.count > 1 else {
            return RouteTranslation(
                connection: TranslatedConnection(clusters: backends.clusters),
                unresolved: backends.unresolved)
        }
        let merged = MergedEndpoints(
            name: "udproute/\(route.reference.namespace)/\(route.reference.name)",
            of: backends.clusters, context: context)
        return RouteTranslation(
            connection: TranslatedConnection(
                clusters: [ClusterWeight(name: merged.cluster.cluster.name, weight: 1)]),
            clusters: [merged.cluster], unresolved: backends.unresolved)
    }
}
