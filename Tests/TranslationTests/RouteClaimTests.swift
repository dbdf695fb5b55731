import GatewayAPI
import HeddlePlugin
import Testing
import Translation
import XDS

/// Routes of HTTP and of gRPC with a host in common at one listener: the older one is accepted, or
/// the one first by name, and the other is told so.
@Suite struct RouteClaimTests {
    /// A stranger's plugin for gRPC routes of its own kind.
    private struct CallRoutes: RoutePlugin {
        static let kind = GroupKind(group: "example.com", kind: "CallRoute")

        let name = "CallRoute"
        let kinds = [kind]
        let traffic = RouteTraffic.grpc

        func attachment(of route: Resource) -> RouteAttachment {
            guard let spec = (route.content as? Unstructured)?.value["spec"] else {
                return RouteAttachment(parentRefs: [])
            }
            return RouteAttachment(
                parentRefs: [ParentReference(name: "edge")],
                hostnames: (spec["hostnames"]?.array ?? []).compactMap(\.string))
        }

        func translate(
            _ route: Resource, parent: AttachedParent, context: TranslationContext
        ) -> RouteTranslation {
            let answer = XDS.Route(
                match: RouteMatch(),
                action: .directResponse(DirectResponseAction(status: 200, body: "call")))
            return RouteTranslation(routes: [
                TranslatedRoute(route: answer, precedence: RoutePrecedence([]), rule: 0)
            ])
        }
    }

    private static func route(_ kind: String, _ name: String, _ day: Int, _ hosts: String) -> String
    {
        let api = kind == "HTTPRoute" ? "gateway.networking.k8s.io/v1" : "example.com/v1"
        let names = hosts.isEmpty ? "" : "  hostnames: [\(hosts)]\n"
        return """
            apiVersion: \(api)
            kind: \(kind)
            metadata: {name: \(name), namespace: demo, creationTimestamp: "2026-01-0\(day)T00:00:00Z"}
            spec:
              parentRefs: [{name: edge}]
            \(names)  rules: [{backendRefs: [{name: a, port: 80}]}]
            """
    }

    private static let gateway = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: edge, namespace: demo}
        spec:
          gatewayClassName: heddle
          listeners: [{name: l, port: 80, protocol: HTTP}]
        """

    private func world(_ routes: [String]) throws -> World {
        var world = try World(plugins: [CallRoutes()])
        world.apply(try ([Self.gateway] + routes).map(Universe.parse))
        return world
    }

    /// The names of the routes that are accepted; the others' reason is checked.
    private func accepted(_ world: World) -> [String] {
        world.statusByObject.compactMap { reference, status in
            guard let condition = status.parents.first?.conditions.first else { return nil }
            if condition.status == .true { return reference.name }
            #expect(condition.type == .accepted && condition.reason == .conflicted)
            return nil
        }.sorted()
    }

    private func attached(_ world: World) -> Int? {
        let gateway = ObjectReference(.gateway, namespace: "demo", name: "edge")
        return world.translator.status(of: gateway)?.listeners.first?.attachedRoutes
    }

    @Test(arguments: [
        ("x.example", "x.example"), ("\"*.example\"", "x.example"),
        ("x.example", "\"*.example\""), ("\"*.example\"", "\"*.x.example\""), ("", "x.example"),
        ("x.example", ""), ("", ""), ("y.example, x.example", "z.example, x.example"),
    ])
    func theOlderOneWins(http: String, call: String) throws {
        let older = try world([
            Self.route("HTTPRoute", "http", 1, http), Self.route("CallRoute", "call", 2, call),
        ])
        #expect(accepted(older) == ["http"])
        #expect(attached(older) == 1)
        let younger = try world([
            Self.route("HTTPRoute", "http", 2, http), Self.route("CallRoute", "call", 1, call),
        ])
        #expect(accepted(younger) == ["call"])
    }

    @Test func ofOneAgeTheNameDecides() throws {
        let world = try world([
            Self.route("HTTPRoute", "b", 1, "x.example"),
            Self.route("CallRoute", "a", 1, "x.example"),
        ])
        #expect(accepted(world) == ["a"])
    }

    @Test func otherHostsStandSideBySide() throws {
        let world = try world([
            Self.route("HTTPRoute", "http", 1, "x.example"),
            Self.route("CallRoute", "call", 2, "y.example"),
        ])
        #expect(accepted(world) == ["call", "http"])
        #expect(attached(world) == 2)
    }

    @Test func whoLosesStandsInNobodysWay() throws {
        let world = try world([
            Self.route("HTTPRoute", "first", 1, "x.example"),
            Self.route("CallRoute", "second", 2, "x.example, y.example"),
            Self.route("HTTPRoute", "third", 3, "y.example"),
        ])
        #expect(accepted(world) == ["first", "third"])
    }

    @Test func whoLostIsAcceptedWhenTheOtherGoes() throws {
        let http = Self.route("HTTPRoute", "http", 1, "x.example")
        var world = try world([http, Self.route("CallRoute", "call", 2, "x.example")])
        let result = world.apply([], removed: [try Universe.parse(http).reference])
        #expect(result.translated.map(\.name).sorted() == ["call", "http"])
        #expect(accepted(world) == ["call"])
    }

    @Test func anOlderOneThatComesLaterTakesOver() throws {
        var world = try world([Self.route("CallRoute", "call", 2, "x.example")])
        #expect(accepted(world) == ["call"])
        world.apply([try Universe.parse(Self.route("HTTPRoute", "http", 1, "x.example"))])
        #expect(accepted(world) == ["http"])
    }
}
