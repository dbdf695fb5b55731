import Foundation
import GatewayAPI
import Testing
import Translation
import XDS

/// What one tenant may not do to another: every boundary of the API is crossed at, by hand and by
/// chance.
@Suite struct IsolationTests {
    // MARK: By chance

    /// A route stands only in groups of Gateways that it names, behind a listener that lets it in,
    /// for hosts that both have; a Secret only where somebody with a right to it names it.
    @Test(arguments: 1...12)
    func aGroupHasNothingOfOthers(seed: UInt64) throws {
        var random = Seeded(state: seed &* 7919)
        var world = try World()
        var objects: [ObjectReference: Resource] = [:]
        for step in 0..<60 {
            let resource = try Universe.object(using: &random)
            if Int.random(in: 0..<6, using: &random) == 0 {
                objects[resource.reference] = nil
                world.apply([], removed: [resource.reference])
            } else {
                objects[resource.reference] = resource
                world.apply([resource])
            }
            let strangers = try Boundaries(objects: objects).strangers(in: world)
            try #require(strangers.isEmpty, "seed \(seed), step \(step): \(strangers)")
        }
    }

    /// The property above is not empty: histories do lead to routes and secrets in groups.
    @Test func histories() throws {
        var random = Seeded(state: 1)
        var world = try World()
        var seen: Set<String> = []
        for _ in 0..<300 {
            world.apply([try Universe.object(using: &random)])
            for (name, resources) in world.groups where name.hasSuffix("/edge") {
                for key in resources.keys { seen.insert("\(key.type)") }
            }
        }
        #expect(seen == ["LDS", "RDS", "VHDS", "CDS", "EDS", "SDS"])
    }

    // MARK: By hand

    private static let base = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {edge: shared}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: a, namespace: shop}
        spec: {ports: [{name: http, port: 80}]}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: r, namespace: shop}
        spec:
          parentRefs: [{name: edge, namespace: infra}]
          hostnames: [shop.example.com]
          rules: [{backendRefs: [{name: a, port: 80}]}]
        ---

        """

    private static func gateway(from: String, listener: String = "port: 80, protocol: HTTP")
        -> String
    {
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: infra}
        spec:
          gatewayClassName: heddle
          listeners:
          - {name: l, \(listener), allowedRoutes: {namespaces: {from: \(from)}}}

        """
    }

    private static let selector = "Selector, selector: {matchLabels: {edge: shared}}"

    private func hosts(_ world: World) -> [String] {
        (world.groups["infra/edge"] ?? [:]).keys.filter { $0.type == .virtualHost }.map(\.name)
            .sorted()
    }

    @Test func aNamespaceThatLosesItsLabelLosesItsRoutes() throws {
        var world = try World(yaml: Data((Self.base + Self.gateway(from: Self.selector)).utf8))
        #expect(hosts(world) == ["http-80/shop.example.com"])
        world.apply([
            try Universe.parse("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
        ])
        #expect(hosts(world) == [])
        world.apply([], removed: [ObjectReference(.namespace, name: "shop")])
        #expect(hosts(world) == [])
    }

    @Test func aListenerThatClosesLosesItsRoutes() throws {
        var world = try World(yaml: Data((Self.base + Self.gateway(from: "All")).utf8))
        #expect(hosts(world) == ["http-80/shop.example.com"])
        world.apply([try Universe.parse(Self.gateway(from: "Same"))])
        #expect(hosts(world) == [])
    }

    @Test func aRouteGetsNoHostThatItsListenerLacks() throws {
        let listener = "port: 80, protocol: HTTP, hostname: \"*.example.org\""
        let world = try World(
            yaml: Data((Self.base + Self.gateway(from: "All", listener: listener)).utf8))
        #expect(hosts(world) == ["http-80/*.example.org"])
    }

    @Test func aMoreSpecificListenerTakesItsHostFromAWiderOne() throws {
        var world = try World(yaml: Data((Self.base + Self.gateway(from: "All")).utf8))
        world.apply([
            try Universe.parse(
                Self.gateway(from: "All")
                    + "  - {name: shop, port: 80, protocol: HTTP, hostname: \"*.example.com\"}\n")
        ])
        #expect(hosts(world) == ["http-80/*.example.com"])
        world.apply([try Universe.parse(Self.gateway(from: "All"))])
        #expect(hosts(world) == ["http-80/shop.example.com"])
    }

    private static let certificate = """
        apiVersion: v1
        kind: Secret
        metadata: {name: c, namespace: safe}
        type: kubernetes.io/tls
        stringData: {tls.crt: "\(Universe.pem("CERTIFICATE"))", tls.key: "\(Universe.pem("PRIVATE KEY"))"}
        """

    private static func grant(_ from: String, to: String = "Secret") -> String {
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: ReferenceGrant
        metadata: {name: g, namespace: safe}
        spec:
          from: [{group: gateway.networking.k8s.io, \(from)}]
          to: [{group: "", kind: \(to)}]
        """
    }

    private static let https =
        "port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c, namespace: safe}]}"

    private func secrets(_ world: World) -> [String] {
        (world.groups["infra/edge"] ?? [:]).keys.filter { $0.type == .secret }.map(\.name)
    }

    @Test(arguments: [
        ("kind: Gateway, namespace: infra", "Secret", true),
        ("kind: Gateway, namespace: infra", "Secret, name: c", true),
        ("kind: Gateway, namespace: infra", "Secret, name: d", false),
        ("kind: Gateway, namespace: infra", "ConfigMap", false),
        ("kind: Gateway, namespace: shop", "Secret", false),
        ("kind: HTTPRoute, namespace: infra", "Secret", false),
        ("kind: ListenerSet, namespace: infra", "Secret", false),
    ])
    func aCertificateNeedsItsGrant(from: String, to: String, isServed: Bool) throws {
        var world = try World()
        world.apply([
            try Universe.parse(Self.gateway(from: "Same", listener: Self.https)),
            try Universe.parse(Self.certificate), try Universe.parse(Self.grant(from, to: to)),
        ])
        #expect(secrets(world) == (isServed ? ["safe/c"] : []))
        #expect(
            (world.groups["infra/edge"] ?? [:]).keys.contains { $0.type == .listener } == isServed)
    }

    @Test func aRevokedGrantTakesTheCertificateAway() throws {
        var world = try World()
        let grant = try Universe.parse(Self.grant("kind: Gateway, namespace: infra"))
        world.apply([
            try Universe.parse(Self.gateway(from: "Same", listener: Self.https)),
            try Universe.parse(Self.certificate), grant,
        ])
        #expect(secrets(world) == ["safe/c"])
        world.apply([], removed: [grant.reference])
        #expect(world.groups["infra/edge"] == [:])
        #expect(world.statuses().contains("\"reason\" : \"RefNotPermitted\""))
    }

    /// Whether the other namespace has the Secret is none of the referrer's business.
    @Test func aRefusalSaysNothingOfItsTarget() throws {
        let gateway = try Universe.parse(Self.gateway(from: "Same", listener: Self.https))
        var with = try World()
        with.apply([gateway, try Universe.parse(Self.certificate)])
        var without = try World()
        without.apply([gateway])
        #expect(with.statuses() == without.statuses())
    }
}
