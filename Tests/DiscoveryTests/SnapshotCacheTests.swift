import Testing
import XDS

@testable import Discovery

@Suite struct SnapshotCacheTests {
    @Test func foldsVirtualHostsIntoWholeRouteConfigurations() throws {
        let cache = SnapshotCache()
        let group = ProxyGroup("demo/edge")
        cache.update(
            group,
            SnapshotChange(upserts: [.routes("r"), .host("r/b", to: "x"), .host("r/a", to: "y")]))
        let seen = Seen()
        _ = cache.watch(group, form: .whole) { snapshot, names in seen.note(snapshot, names) }
        #expect(try seen.hosts("r") == ["r/a", "r/b"])
        cache.update(
            group,
            SnapshotChange(upserts: [.host("r/c", to: "z")], removals: [.virtualHost: ["r/a"]]))
        #expect(try seen.hosts("r") == ["r/b", "r/c"])
        #expect(seen.lastChange == [.routeConfiguration: ["r"]])
    }

    @Test func tellsNobodyOfAnUpdateThatChangesNothing() {
        let cache = SnapshotCache()
        let group = ProxyGroup("demo/edge")
        cache.update(group, SnapshotChange(upserts: [.cluster("a")]))
        let seen = Seen()
        _ = cache.watch(group, form: .virtualHosts) { snapshot, names in seen.note(snapshot, names)
        }
        cache.update(group, SnapshotChange(upserts: [.cluster("a")]))
        #expect(seen.count == 1)
    }

    @Test(arguments: [
        (Node(id: "mesh~demo~~1"), "mesh"), (Node(id: "x", cluster: "demo/edge"), "demo/edge"),
        (Node(id: "gateway~demo~edge~1"), "demo/edge"),
    ])
    func findsTheGroupOfANode(node: Node, group: String) {
        #expect(ProxyGroup(of: node)?.description == group)
    }
}

/// What a watcher was told.
private final class Seen: @unchecked Sendable {
    // Sendable: the cache calls the watcher on the thread of the test.
    private var snapshot = Snapshot()
    private(set) var lastChange: ChangedNames = [:]
    private(set) var count = 0

    func note(_ snapshot: Snapshot, _ names: ChangedNames) {
        self.snapshot = snapshot
        lastChange = names
        count += 1
    }

    func hosts(_ routes: String) throws -> [String] {
        let resource = try #require(snapshot[.routeConfiguration][routes])
        return try resource.decoded(as: RouteConfiguration.self).virtualHosts.map(\.name)
    }
}
