import BuiltInPlugins
import GatewayAPI
import Testing
import Translation

/// What others' objects cost, and what is left of our own when they are gone.
@Suite struct CostTests {
    private func translator() throws -> Translator {
        Translator(plugins: try PluginRegistry(BuiltIn.plugins))
    }

    @Test func othersObjectsCostALookUp() throws {
        let translator = try translator()
        _ = translator.apply(
            upserted: try Manifest.objects(
                Manifest.gateway() + Manifest.service() + Manifest.route("ours")
                    + Manifest.gateway("foreign", class: "nginx")
                    + (0..<50).map { Manifest.route("foreign-\($0)", gateway: "foreign") }.joined())
        )
        // Its class is looked up; neither its routes nor anything of ours are looked at.
        let foreign = try Manifest.objects(
            Manifest.gateway("foreign", class: "nginx").replacing("8080", with: "9090"))
        var result = translator.apply(upserted: foreign)
        #expect(result.translated == [foreign[0].reference])
        #expect(result.groups.isEmpty)
        // A route of another's Gateway: its parent is looked up.
        let route = try Manifest.objects(
            Manifest.route("foreign-7", host: "else.example.com", gateway: "foreign"))
        result = translator.apply(upserted: route)
        #expect(result.translated == [route[0].reference])
        #expect(result.groups.isEmpty)
        #expect(translator.status(of: route[0].reference)?.parents == [])
        // A kind that nobody translates.
        let other = try Manifest.objects(
            "kind: Widget\napiVersion: example.com/v1\nmetadata: {name: w, namespace: shop}\n")
        result = translator.apply(upserted: other)
        #expect(result.translated.isEmpty && result.groups.isEmpty)
    }

    @Test func aRouteCostsItself() throws {
        let translator = try translator()
        _ = translator.apply(
            upserted: try Manifest.objects(
                Manifest.gateway() + Manifest.service()
                    + (0..<200).map { Manifest.route("r\($0)") }.joined()))
        let edited = try Manifest.objects(
            Manifest.route("r7").replacing("port: 80", with: "port: 80, weight: 3"))
        let result = translator.apply(upserted: edited)
        #expect(result.translated == [edited[0].reference])
        let changed = result.groups.values.flatMap(\.upserts.keys).map(\.name)
        #expect(changed == ["http-8080/r7.example.com"])
        // The Gateway has as many routes as before; nobody asks it.
        #expect(result.rejudged == [edited[0].reference])
    }

    /// What routes see of a Gateway is the listeners that it declares.
    @Test func anEditOfAGatewayCostsItsRoutesNothingThatTheyDoNotSee() throws {
        let translator = try translator()
        _ = translator.apply(
            upserted: try Manifest.objects(
                Manifest.gateway() + Manifest.service()
                    + (0..<50).map { Manifest.route("r\($0)") }.joined()))
        let edited = try Manifest.objects(
            Manifest.gateway().replacing("name: edge,", with: "labels: {a: b}, name: edge,"))
        let result = translator.apply(upserted: edited)
        #expect(result.translated == [edited[0].reference])
        #expect(result.groups.isEmpty)
        // That it goes and comes is seen.
        let gone = translator.apply(upserted: [], removed: [edited[0].reference])
        #expect(gone.translated.count == 51)
        #expect(translator.apply(upserted: edited).translated.count == 51)
    }

    // MARK: Size

    @Test func thousandsOfRoutesUpAndDownLeaveNothing() throws {
        let translator = try translator()
        let fixed = try Manifest.objects(Manifest.gateway() + Manifest.service())
        _ = translator.apply(upserted: fixed)
        let before = Entries.count(in: translator)
        let routes = try Manifest.objects(
            (0..<2000).map { index in
                Manifest.route("r\(index)").replacing(
                    "shop}", with: "shop, labels: {n: \"\(index)\"}}")
            }.joined())
        _ = translator.apply(upserted: routes)
        #expect(Entries.count(in: translator) > before + 2000)
        _ = translator.apply(upserted: [], removed: routes.map(\.reference))
        #expect(Entries.count(in: translator) == before)
    }

    @Test func everyKindLeavesNothing() throws {
        let translator = try translator()
        let before = Entries.count(in: translator)
        let all = try Manifest.objects(
            Manifest.gateway() + Manifest.service() + Manifest.route("a") + """
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: ListenerSet
                metadata: {name: more, namespace: shop}
                spec:
                  parentRef: {name: edge}
                  listeners: [{name: c, port: 81, protocol: HTTP}]
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: all, namespace: shop}
                spec:
                  gatewayClassName: heddle
                  allowedListeners: {namespaces: {from: All}}
                  listeners:
                  - {name: t, port: 91, protocol: TCP}
                  - {name: u, port: 92, protocol: UDP}
                  - {name: s, port: 93, protocol: TLS, tls: {mode: Passthrough}}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: TCPRoute
                metadata: {name: t, namespace: shop}
                spec:
                  parentRefs: [{name: all}]
                  rules: [{backendRefs: [{name: web, port: 80}]}]
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: TLSRoute
                metadata: {name: s, namespace: shop}
                spec:
                  parentRefs: [{name: all}]
                  hostnames: [s.example.com]
                  rules: [{backendRefs: [{name: web, port: 80}]}]
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: BackendTLSPolicy
                metadata: {name: p, namespace: shop}
                spec:
                  targetRefs: [{group: "", kind: Service, name: web}]
                  validation: {hostname: web.example.com, wellKnownCACertificates: System}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: GatewayClass
                metadata: {name: heddle}
                spec: {controllerName: heddle.dev/gateway-controller}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: mesh, namespace: shop}
                spec:
                  parentRefs: [{group: "", kind: Service, name: web}]
                  rules: [{backendRefs: [{name: web, port: 80}]}]
                """)
        _ = translator.apply(upserted: all)
        #expect(Entries.count(in: translator) > before)
        for resource in all.reversed() {
            _ = translator.apply(upserted: [], removed: [resource.reference])
        }
        #expect(Entries.count(in: translator) == before)
        // In one go as well.
        _ = translator.apply(upserted: all)
        _ = translator.apply(upserted: [], removed: all.map(\.reference))
        #expect(Entries.count(in: translator) == before)
    }
}

/// Counts what a value holds in its collections, however deep.
private enum Entries {
    static func count(in value: Any, depth: Int = 0) -> Int {
        if depth > 12 { return 0 }
        let mirror = Mirror(reflecting: value)
        var sum = 0
        switch mirror.displayStyle {
        case .collection, .set, .dictionary:
            sum += mirror.children.count
        default: break
        }
        for child in mirror.children { sum += count(in: child.value, depth: depth + 1) }
        return sum
    }
}
