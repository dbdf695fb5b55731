import GatewayAPI
import HeddlePlugin
import Testing
import Translation
import XDS

/// A Gateway's client certificate is shown by its own proxies, and by no others.
@Suite struct ClientCertificateTests {
    /// A stranger's plugin whose routes bring a cluster that speaks TLS.
    private struct SecureRoutes: RoutePlugin {
        let name = "SecureRoute"
        let kinds = [GroupKind(group: "example.com", kind: "SecureRoute")]
        let traffic = RouteTraffic.http

        func attachment(of route: Resource) -> RouteAttachment {
            RouteAttachment(
                parentRefs: [ParentReference(name: "with"), ParentReference(name: "without")])
        }

        func translate(
            _ route: Resource, parent: AttachedParent, context: TranslationContext
        ) -> RouteTranslation {
            let tls = UpstreamTLSContext(common: CommonTLSContext(), sni: "backend.example")
            let cluster = XDS.Cluster(name: "secure", transportSocket: .upstreamTLS(tls))
            let action = RouteAction(cluster: .cluster("secure"), timeout: .zero)
            let translated = XDS.Route(match: RouteMatch(), action: .route(action))
            return RouteTranslation(
                routes: [
                    TranslatedRoute(route: translated, precedence: RoutePrecedence([]), rule: 0)
                ], clusters: [OwnedCluster(cluster: cluster)])
        }
    }

    private static func gateway(_ name: String, _ tls: String) throws -> Resource {
        try Universe.parse(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: \(name), namespace: demo}
            spec:
              gatewayClassName: heddle
            \(tls)  listeners: [{name: l, port: 80, protocol: HTTP}]
            """)
    }

    private static let certificate = """
        apiVersion: v1
        kind: Secret
        metadata: {name: c, namespace: demo}
        type: kubernetes.io/tls
        stringData: {tls.crt: "\(Universe.pem("CERTIFICATE"))", tls.key: "\(Universe.pem("PRIVATE KEY"))"}
        """
    private static let route = """
        apiVersion: example.com/v1
        kind: SecureRoute
        metadata: {name: r, namespace: demo}
        """
    private static let shown = "  tls: {backend: {clientCertificateRef: {name: c}}}\n"

    private func shown(_ world: World, _ group: String) throws -> [String] {
        let key = ResourceKey(type: .cluster, name: "secure")
        let cluster = try #require(try world.groups[group]?[key]?.decoded(as: XDS.Cluster.self))
        guard case .upstreamTLS(let tls) = cluster.transportSocket else { return ["no TLS"] }
        return tls.common.tlsCertificateSDSSecrets
    }

    @Test func itIsShownByItsOwnProxiesAlone() throws {
        var world = try World(plugins: [SecureRoutes()])
        world.apply([
            try Self.gateway("with", Self.shown), try Self.gateway("without", ""),
            try Universe.parse(Self.certificate), try Universe.parse(Self.route),
        ])
        #expect(try shown(world, "demo/with") == ["demo/c"])
        #expect(try shown(world, "demo/without") == [])
        let secret = ResourceKey(type: .secret, name: "demo/c")
        #expect(world.groups["demo/with"]?[secret] != nil)
        #expect(world.groups["demo/without"]?[secret] == nil)
    }

    @Test func itComesAndGoesWithItsGatewaysField() throws {
        var world = try World(plugins: [SecureRoutes()])
        let secret = try Universe.parse(Self.certificate)
        world.apply([
            try Self.gateway("with", ""), try Self.gateway("without", ""), secret,
            try Universe.parse(Self.route),
        ])
        #expect(try shown(world, "demo/with") == [])
        world.apply([try Self.gateway("with", Self.shown)])
        #expect(try shown(world, "demo/with") == ["demo/c"])
        #expect(try shown(world, "demo/without") == [])
        world.apply([], removed: [secret.reference])
        #expect(try shown(world, "demo/with") == [])
    }
}
