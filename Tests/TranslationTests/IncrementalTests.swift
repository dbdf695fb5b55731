import Foundation
import GatewayAPI
import Testing
import Translation
import XDS

/// A change costs its size, and ends where a translation from nothing ends.
@Suite struct IncrementalTests {
    @Test(arguments: 1...8)
    func anyHistoryEndsWhereAFreshStartEnds(seed: UInt64) throws {
        var random = Seeded(state: seed)
        var world = try World()
        var objects: [ObjectReference: Resource] = [:]
        for step in 0..<60 {
            var upserted: [Resource] = []
            var removed: [ObjectReference] = []
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let resource = try Universe.object(using: &random)
                if Int.random(in: 0..<4, using: &random) == 0 {
                    if objects.removeValue(forKey: resource.reference) != nil {
                        upserted.removeAll { $0.reference == resource.reference }
                        removed.append(resource.reference)
                    }
                } else {
                    removed.removeAll { $0 == resource.reference }
                    upserted.removeAll { $0.reference == resource.reference }
                    upserted.append(resource)
                    objects[resource.reference] = resource
                }
            }
            world.apply(upserted, removed: removed)
            var fresh = try World()
            fresh.apply(Array(objects.values))
            let differences = world.differences(from: fresh)
            try #require(
                differences.isEmpty, "seed \(seed), step \(step): \(differences)")
            let areStatusesEqual = world.statuses() == fresh.statuses()
            try #require(areStatusesEqual, "seed \(seed), step \(step): statuses differ")
        }
    }

    @Test func anEditedRouteTranslatesOneRouteAndChangesOneHost() throws {
        var world = try World()
        world.apply(try Universe.manyRoutes(500))
        let edited = try Universe.route(7, host: "h7.example.com", backend: "b")
        let result = world.apply([edited])
        #expect(result.translated == [edited.reference])
        let changes = try #require(result.groups["demo/edge"])
        #expect(changes.upserts.keys.map(\.type) == [.virtualHost])
        #expect(changes.upserts.keys.map(\.name) == ["http-80/h7.example.com"])
        #expect(changes.removals.isEmpty)
    }

    @Test func anEndpointChangeTranslatesNoRoute() throws {
        var world = try World()
        world.apply(try Universe.manyRoutes(50))
        let result = world.apply([try Universe.workload("a", address: "10.0.0.9")])
        #expect(result.translated.allSatisfy { $0.kind == "Service" })
        #expect(result.groups["demo/edge"]?.upserts.keys.map(\.type) == [.endpoints])
    }

    @Test func anObjectThatNobodyAskedForTranslatesNothing() throws {
        var world = try World()
        world.apply(try Universe.manyRoutes(50))
        let result = world.apply([
            try Universe.parse(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: demo}\n")
        ])
        #expect(result.translated.isEmpty)
        #expect(result.groups.isEmpty)
    }
}

extension World {
    /// What the groups hold that another world's do not, or otherwise.
    func differences(from other: World) -> [String] {
        var differences: [String] = []
        for name in Set(groups.keys).union(other.groups.keys).sorted() {
            let mine = groups[name] ?? [:]
            let theirs = other.groups[name] ?? [:]
            for key in Set(mine.keys).union(theirs.keys)
            where mine[key]?.version != theirs[key]?.version {
                let versions = "\(mine[key]?.version ?? "-") for \(theirs[key]?.version ?? "-")"
                differences.append("\(name) \(key.type) \(key.name): \(versions)")
            }
        }
        return differences.sorted()
    }
}

/// Numbers that follow from a seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

/// Objects with few names, so that histories make them meet.
enum Universe {
    struct Unreadable: Error { var text: String }

    static func parse(_ yaml: String) throws -> Resource {
        let decoded = ManifestDecoder.decode(Array(yaml.utf8), file: "universe.yaml")
        guard let resource = decoded.resources.first, decoded.resources.count == 1 else {
            throw Unreadable(text: "\(decoded.diagnostics) in \(yaml)")
        }
        return resource
    }

    static func object(using random: inout Seeded) throws -> Resource {
        func pick<T>(_ values: [T]) -> T {
            values[Int.random(in: 0..<values.count, using: &random)]
        }
        let namespace = pick(["demo", "other"])
        let name = pick(["a", "b"])
        switch Int.random(in: 0..<7, using: &random) {
        case 0:
            let label = pick(["", "labels: {istio.io/use-waypoint: wp}", "labels: {team: x}"])
            return try parse(
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: \(namespace)\(label.isEmpty ? "" : ", " + label)}\n"
            )
        case 1:
            let label = pick(["", ", labels: {istio.io/use-waypoint: none}"])
            let ports = pick(["80", "8080"])
            return try parse(
                """
                apiVersion: v1
                kind: Service
                metadata: {name: \(name), namespace: \(namespace)\(label)}
                spec:
                  selector: {app: \(pick(["a", "b"]))}
                  ports: [{name: http, port: \(ports)}]
                """)
        case 2:
            return try workload(
                name, address: "10.0.0.\(pick([1, 2, 3]))", namespace: namespace,
                app: pick(["a", "b"]))
        case 3:
            let isWaypoint = pick([true, false])
            let from = pick(["Same", "All"])
            return try parse(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: \(isWaypoint ? "wp" : "edge"), namespace: \(namespace)}
                spec:
                  gatewayClassName: \(isWaypoint ? "heddle-waypoint" : pick(["heddle", "foreign"]))
                  listeners:
                  - name: l
                    port: \(isWaypoint ? 15008 : pick([80, 81]))
                    protocol: \(isWaypoint ? "HBONE" : "HTTP")
                    allowedRoutes: {namespaces: {from: \(from)}}
                """)
        case 4:
            return try parse(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: ReferenceGrant
                metadata: {name: g, namespace: \(namespace)}
                spec:
                  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: \(pick(["demo", "other"]))}]
                  to: [{group: "", kind: Service}]
                """)
        default:
            let parent = pick([
                "{name: edge, namespace: demo}", "{group: \"\", kind: Service, name: a, port: 80}",
                "{group: \"\", kind: Service, name: b}",
            ])
            return try parse(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: \(pick(["r", "s", "t"])), namespace: \(namespace)}
                spec:
                  parentRefs: [\(parent)]
                  hostnames: [\(pick(["x.example", "y.example"]))]
                  rules:
                  - matches: [{path: {type: PathPrefix, value: \(pick(["/", "/p"]))}}]
                    backendRefs:
                    - {name: a, namespace: \(pick(["demo", "other"])), port: \(pick([80, 8080])), weight: \(pick([1, 3]))}
                    - {name: b, port: 80}
                """)
        }
    }

    static func workload(
        _ name: String, address: String, namespace: String = "demo", app: String? = nil
    ) throws -> Resource {
        try parse(
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: \(name), namespace: \(namespace)}
            spec: {address: \(address), labels: {app: \(app ?? name)}, ports: {http: 8080}}
            """)
    }

    static func route(_ index: Int, host: String, backend: String) throws -> Resource {
        try parse(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: r\(index), namespace: demo}
            spec:
              parentRefs: [{name: edge}]
              hostnames: [\(host)]
              rules: [{backendRefs: [{name: \(backend), port: 80}]}]
            """)
    }

    /// A Gateway with a route for each of many hosts, and two backends.
    static func manyRoutes(_ count: Int) throws -> [Resource] {
        var objects: [Resource] = []
        for name in ["a", "b"] {
            objects.append(
                try parse(
                    """
                    apiVersion: v1
                    kind: Service
                    metadata: {name: \(name), namespace: demo}
                    spec: {selector: {app: \(name)}, ports: [{name: http, port: 80}]}
                    """))
            objects.append(try workload(name, address: "10.0.0.1"))
        }
        objects.append(
            try parse(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: edge, namespace: demo}
                spec: {gatewayClassName: heddle, listeners: [{name: http, port: 80, protocol: HTTP}]}
                """))
        // Both backends are in use, so that a move between them changes no cluster.
        objects.append(try route(count, host: "other.example.com", backend: "b"))
        for index in 0..<count {
            objects.append(try route(index, host: "h\(index).example.com", backend: "a"))
        }
        return objects
    }
}
