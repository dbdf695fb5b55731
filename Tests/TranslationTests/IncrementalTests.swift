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
            let before = world.statusByObject
            let result = world.apply(upserted, removed: removed)
            let silent = world.statusByObject.filter { reference, status in
                before[reference] != status && !result.rejudged.contains(reference)
            }
            try #require(silent.isEmpty, "seed \(seed), step \(step): not told of \(silent.keys)")
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
