import Foundation
import GatewayAPI
import Testing
import Translation
import XDS

/// What a change of listeners costs, and what it does not.
@Suite struct ListenerTests {
    private static func gateway(_ listeners: String, more: String = "") -> String {
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: demo}
        spec:
          gatewayClassName: heddle
          allowedListeners: {namespaces: {from: Same}}
        \(more)  listeners: [\(listeners)]
        """
    }

    private static func set(_ name: String, hostname: String, age: Int = 1) -> String {
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: ListenerSet
        metadata: {name: \(name), namespace: demo, creationTimestamp: "2026-01-0\(age)T00:00:00Z"}
        spec:
          parentRef: {name: edge}
          listeners: [{name: l, port: 80, protocol: HTTP, hostname: \(hostname)}]
        """
    }

    private static func route(_ name: String, parent: String, host: String = "") -> String {
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: \(name), namespace: demo}
        spec:
          parentRefs: [\(parent)]
          hostnames: [\(host)]
          rules: [{backendRefs: [{name: a, port: 80}]}]
        """
    }

    private static let service = """
        apiVersion: v1
        kind: Service
        metadata: {name: a, namespace: demo}
        spec: {ports: [{name: http, port: 80}]}
        """

    private static func secret(_ name: String, key: String = "") -> String {
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: \(name), namespace: demo}
        type: kubernetes.io/tls
        stringData: {tls.crt: "\(Universe.pem("CERTIFICATE"))", tls.key: "\(Universe.pem("PRIVATE KEY"))\(key)"}
        """
    }

    private func world(_ manifests: String...) throws -> World {
        var world = try World()
        world.apply(try manifests.map(Universe.parse))
        return world
    }

    private func names(_ change: GroupChange?) -> [String] {
        (change?.upserts.keys.map { "\($0.type) \($0.name)" } ?? []).sorted()
    }

    @Test func aRenewedCertificateIsOneSecret() throws {
        let https = "{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}"
        var world = try world(
            Self.gateway(https), Self.secret("c"), Self.service,
            Self.route("r", parent: "{name: edge}", host: "x.example"))
        let result = world.apply([try Universe.parse(Self.secret("c", key: "\\n"))])
        #expect(result.translated.map(\.kind) == ["Gateway"])
        #expect(names(result.groups["demo/edge"]) == ["SDS demo/c"])
    }

    @Test func aSecretThatNobodyNamesTranslatesNothing() throws {
        let https = "{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}"
        var world = try world(Self.gateway(https), Self.secret("c"))
        let result = world.apply([try Universe.parse(Self.secret("d"))])
        #expect(result.translated.isEmpty)
        #expect(result.groups.isEmpty)
    }

    @Test func aNewListenerSetTranslatesNoRouteOfOthers() throws {
        var world = try world(
            Self.gateway("{name: l, port: 80, protocol: HTTP}"), Self.service,
            Self.set("s", hostname: "s.example"),
            Self.route("of-gateway", parent: "{name: edge}", host: "x.example"),
            Self.route("of-set", parent: "{kind: ListenerSet, name: s}"))
        let result = world.apply([try Universe.parse(Self.set("t", hostname: "t.example"))])
        #expect(result.translated.map(\.kind) == ["Gateway"])
        #expect(names(result.groups["demo/edge"]) == ["VHDS http-80/t.example"])
    }

    @Test func anOlderListenerSetTakesAHostFromAYoungerOne() throws {
        var world = try world(
            Self.gateway("{name: l, port: 81, protocol: HTTP}"), Self.service,
            Self.set("young", hostname: "x.example", age: 2),
            Self.route("r", parent: "{kind: ListenerSet, name: young}"))
        let key = ResourceKey(type: .virtualHost, name: "http-80/x.example")
        func routes() throws -> Int? {
            try world.groups["demo/edge"]?[key]?.decoded(as: VirtualHost.self).routes.count
        }
        #expect(try routes() == 1)
        let old = try Universe.parse(Self.set("old", hostname: "x.example", age: 1))
        world.apply([old])
        #expect(try routes() == 0)
        world.apply([], removed: [old.reference])
        #expect(try routes() == 1)
    }

    @Test func aSetThatMovesTakesItsRoutesAlong() throws {
        let other = Self.gateway("{name: l, port: 81, protocol: HTTP}")
            .replacing("name: edge", with: "name: other")
        var world = try world(
            Self.gateway("{name: l, port: 81, protocol: HTTP}"), other, Self.service,
            Self.set("s", hostname: "x.example"),
            Self.route("r", parent: "{kind: ListenerSet, name: s}"))
        let host = ResourceKey(type: .virtualHost, name: "http-80/x.example")
        #expect(world.groups["demo/edge"]?[host] != nil)
        let moved = Self.set("s", hostname: "x.example").replacing(
            "name: edge", with: "name: other")
        world.apply([try Universe.parse(moved)])
        #expect(world.groups["demo/edge"]?[host] == nil)
        #expect(world.groups["demo/other"]?[host] != nil)
        let statuses = world.statuses()
        #expect(statuses.contains("translated for the proxies of demo/other"))
    }

    @Test func aGatewayOfTheLongestNameIsServed() throws {
        let name = String(repeating: "n", count: 253)
        let gateway = Self.gateway("{name: l, port: 80, protocol: HTTP}")
            .replacing("name: edge", with: "name: \(name)")
        let world = try world(gateway)
        let listener = ResourceKey(type: .listener, name: "http-80")
        #expect(world.groups["demo/\(name)"]?[listener] != nil)
    }

    /// A port is taken by nobody else's mistake: what two of a Gateway's listeners both want, a set
    /// does not get.
    @Test func aSetDoesNotGainByAConflictOfItsGateway() throws {
        let world = try world(
            Self.gateway(
                "{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: TCP}"),
            Self.set("s", hostname: "x.example"))
        let set = ObjectReference(.listenerSet, namespace: "demo", name: "s")
        let status = try #require(world.translator.status(of: set))
        let conflicted = status.listeners[0].conditions.first { $0.type == .conflicted }
        #expect(conflicted?.reason == .protocolConflict)
        let accepted = status.conditions.first { $0.type == .accepted }
        #expect(accepted?.status == .false)
    }

    /// With many names at a port, no route configuration has to name all others.
    @Test func manyServerNamesStaySmall() throws {
        var objects = [try Universe.parse(Self.secret("c"))]
        objects.append(
            try Universe.parse(
                Self.gateway(
                    "{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}")))
        for index in 0..<300 {
            let set = Self.set("s\(index)", hostname: "h\(index).example")
                .replacing(
                    "port: 80, protocol: HTTP",
                    with: "port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}")
            objects.append(try Universe.parse(set))
        }
        var world = try World()
        world.apply(objects)
        let key = ResourceKey(type: .virtualHost, name: "https-443@h7.example/~misdirected")
        let host = try world.groups["demo/edge"]?[key]?.decoded(as: VirtualHost.self)
        #expect(host?.domains == ["*"])
        let all = ResourceKey(type: .virtualHost, name: "https-443@*/~misdirected")
        let other = try world.groups["demo/edge"]?[all]?.decoded(as: VirtualHost.self)
        #expect(other?.domains.count == 300)
    }
}
