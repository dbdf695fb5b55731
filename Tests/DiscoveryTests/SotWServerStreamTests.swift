import Testing
import XDS

@testable import Discovery

@Suite struct SotWServerStreamTests {
    private func snapshot(_ resources: [EncodedResource]) -> Snapshot {
        var snapshot = Snapshot()
        _ = snapshot.apply(SnapshotChange(upserts: resources))
        return snapshot
    }

    private func stream(of snapshot: Snapshot) -> SotWServerStream {
        var stream = SotWServerStream()
        stream.changed(to: snapshot, [:])
        return stream
    }

    private func response(
        _ stream: inout SotWServerStream
    ) throws -> StreamResponse {
        struct Silence: Error {}
        guard case .respond(let response) = stream.next(now: .now) else { throw Silence() }
        return response
    }

    private func acknowledge(
        _ stream: inout SotWServerStream, _ response: StreamResponse,
        names: [String] = []
    ) {
        _ = stream.received(
            DiscoveryRequest(
                versionInfo: response.version, resourceNames: names, type: response.type,
                responseNonce: response.nonce), at: .now)
    }

    @Test func keepsOldClustersUntilRoutesHaveMoved() throws {
        var snapshot = snapshot([.cluster("old"), .routes("r")])
        var stream = stream(of: snapshot)
        _ = stream.received(DiscoveryRequest(type: .cluster), at: .now)
        acknowledge(&stream, try response(&stream))
        _ = stream.received(
            DiscoveryRequest(resourceNames: ["r"], type: .routeConfiguration), at: .now)
        let routes = try response(&stream)
        acknowledge(&stream, routes, names: ["r"])
        let changed = EncodedResource(RouteConfiguration(name: "r", ignorePortInHostMatching: true))
        let names = snapshot.apply(
            SnapshotChange(
                upserts: [.cluster("new"), changed], removals: [.cluster: ["old"]]))
        stream.changed(to: snapshot, names)
        let union = try response(&stream)
        #expect(union.resources.map(\.name) == ["new", "old"])
        acknowledge(&stream, union)
        let moved = try response(&stream)
        #expect(moved.type == .routeConfiguration)
        acknowledge(&stream, moved, names: ["r"])
        let final = try response(&stream)
        #expect(final.type == .cluster)
        #expect(final.resources.map(\.name) == ["new"])
    }

    @Test func saysNothingOfWhatDoesNotExistUntilItDoes() throws {
        var snapshot = snapshot([])
        var stream = stream(of: snapshot)
        _ = stream.received(DiscoveryRequest(resourceNames: ["a"], type: .endpoints), at: .now)
        let step = stream.next(now: .now)
        #expect(step == .idle)
        let names = snapshot.apply(SnapshotChange(upserts: [.endpoints("a")]))
        stream.changed(to: snapshot, names)
        let resources = try response(&stream).resources
        #expect(resources.map(\.name) == ["a"])
    }

    @Test func takesNoEndpointsFromAClusterThatRoutesMayStillUse() throws {
        var snapshot = snapshot([.cluster("old"), .endpoints("old")])
        var stream = stream(of: snapshot)
        _ = stream.received(DiscoveryRequest(resourceNames: ["old"], type: .endpoints), at: .now)
        acknowledge(&stream, try response(&stream), names: ["old"])
        let names = snapshot.apply(
            SnapshotChange(removals: [.cluster: ["old"], .endpoints: ["old"]]))
        stream.changed(to: snapshot, names)
        let step = stream.next(now: .now)
        #expect(step == .idle)
    }

    @Test func sendsAReturningClientNothingThatItHas() throws {
        var first = stream(of: snapshot([.cluster("a"), .cluster("b")]))
        _ = first.received(DiscoveryRequest(type: .cluster), at: .now)
        let version = try response(&first).version
        var second = stream(of: snapshot([.cluster("b"), .cluster("a")]))
        _ = second.received(DiscoveryRequest(versionInfo: version, type: .cluster), at: .now)
        let step = second.next(now: .now)
        #expect(step == .idle)
    }

    @Test func sendsOnlyTheChangedEndpoints() throws {
        var snapshot = snapshot([.endpoints("a"), .endpoints("b")])
        var stream = stream(of: snapshot)
        _ = stream.received(
            DiscoveryRequest(resourceNames: ["a", "b"], type: .endpoints), at: .now)
        let first = try response(&stream)
        #expect(first.resources.count == 2)
        acknowledge(&stream, first, names: ["a", "b"])
        let names = snapshot.apply(SnapshotChange(upserts: [.endpoints("b", 2)]))
        stream.changed(to: snapshot, names)
        let changed = try response(&stream)
        #expect(changed.resources.map(\.name) == ["b"])
    }
}

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
