import Synchronization
import Testing
import XDS

@testable import Discovery

@Suite struct SnapshotCacheTests {
    private let cache = SnapshotCache()
    private let group = ProxyGroup("demo/edge")

    private func watch(_ form: RouteForm = .virtualHosts, _ group: ProxyGroup? = nil) -> Seen {
        let seen = Seen()
        _ = cache.watch(group ?? self.group, form: form) { seen.note($0, $1) }
        return seen
    }

    // MARK: Changes

    @Test func aSnapshotInPlaceOfAnotherTellsWhatIsDifferent() {
        cache.setSnapshot(
            Snapshot([.cluster("same"), .cluster("other"), .cluster("gone"), .listener("l")]),
            for: group)
        let seen = watch()
        cache.setSnapshot(
            Snapshot([.cluster("same"), .cluster("other", 2), .cluster("new")]), for: group)
        #expect(
            seen.last == [.cluster: ["other", "gone", "new"], .listener: ["l"]])
        #expect(seen.names(.cluster) == ["new", "other", "same"])
        #expect(seen.names(.listener).isEmpty)
    }

    @Test func theSameSnapshotAgainTellsNobody() {
        let snapshot = Snapshot([.cluster("a"), .routes("r")])
        cache.setSnapshot(snapshot, for: group)
        let seen = watch()
        cache.setSnapshot(snapshot, for: group)
        cache.setSnapshot(Snapshot([.cluster("a"), .routes("r")]), for: group)
        #expect(seen.count == 1)
    }

    @Test func anUpdateLeavesTheRestAlone() {
        cache.setSnapshot(Snapshot([.cluster("a"), .cluster("b"), .listener("l")]), for: group)
        let seen = watch()
        cache.updateResources(
            [.cluster("a", 2), .endpoints("a")], removing: [.listener: ["l", "x"]], of: group)
        #expect(seen.last == [.cluster: ["a"], .endpoints: ["a"], .listener: ["l"]])
        #expect(seen.names(.cluster) == ["a", "b"])
        cache.updateResources([.cluster("a", 2)], of: group)
        #expect(seen.count == 2)
    }

    @Test func translatedResourcesTakeThePlaceOfGivenOnesForEveryForm() {
        cache.setSnapshot(Snapshot([.cluster("a"), .host("r/a", to: "x")]), for: group)
        let (whole, split) = (watch(.whole), watch(.virtualHosts))
        cache.update(group, SnapshotChange(upserts: [.listener("l")]))
        let all: ChangedNames = [.cluster: ["a"], .virtualHost: ["r/a"], .listener: ["l"]]
        #expect(whole.last == all)
        #expect(split.last == all)
        #expect(whole.names(.cluster).isEmpty && whole.names(.listener) == ["l"])
    }

    @Test func anUpdateMakesAGroup() {
        cache.updateResources([.cluster("a")], of: group)
        #expect(cache.groups == [group])
        #expect(cache.snapshot(of: group)?[.cluster]["a"] == .cluster("a"))
    }

    @Test func aChangeOfTheTimeToLiveIsAChange() {
        cache.updateResources([.cluster("a")], of: group)
        let seen = watch()
        cache.updateResources([.cluster("a", ttl: .seconds(1))], of: group)
        #expect(seen.last == [.cluster: ["a"]])
    }

    @Test func aRemovedSnapshotLeavesItsWatchersWithNothing() {
        cache.setSnapshot(Snapshot([.cluster("a"), .listener("l")]), for: group)
        let seen = watch()
        cache.removeSnapshot(of: group)
        #expect(seen.last == [.cluster: ["a"], .listener: ["l"]])
        #expect(seen.names(.cluster).isEmpty)
        #expect(cache.snapshot(of: group) == nil)
        #expect(cache.groups.isEmpty)
        cache.setSnapshot(Snapshot([.cluster("b")]), for: group)
        #expect(seen.names(.cluster) == ["b"])
        cache.removeSnapshot(of: ProxyGroup("nobody/knows"))
    }

    // MARK: Watchers

    @Test func aWatcherSeesTheSnapshotAtOnceAndEveryChangeInOrder() {
        cache.updateResources([.cluster("a", 1)], of: group)
        let seen = watch()
        #expect(seen.last.isEmpty)
        for revision in 2...5 { cache.updateResources([.cluster("a", revision)], of: group) }
        #expect(seen.revisions("a") == [1, 2, 3, 4, 5])
    }

    @Test func aWatcherOfOneGroupSeesNothingOfOthers() {
        let other = ProxyGroup("demo/other")
        let seen = watch()
        let others = watch(.virtualHosts, other)
        cache.updateResources([.cluster("a")], of: other)
        #expect(seen.count == 1)
        #expect(others.count == 2)
    }

    @Test func aProxyMayComeBeforeItsSnapshot() {
        let (handle, isKnown) = cache.watch(group) { _, _ in }
        #expect(!isKnown)
        #expect(cache.groups.isEmpty)
        cache.updateResources([.cluster("a")], of: group)
        #expect(cache.watch(group) { _, _ in }.isKnown)
        cache.stopWatching(handle, group: group)
    }

    @Test func whoStopsWatchingIsToldNothingMore() {
        let seen = Seen()
        let (handle, _) = cache.watch(group) { seen.note($0, $1) }
        cache.updateResources([.cluster("a")], of: group)
        cache.stopWatching(handle, group: group)
        cache.updateResources([.cluster("b")], of: group)
        cache.stopWatching(handle, group: group)
        #expect(seen.count == 2)
        #expect(cache.snapshot(of: group)?[.cluster].count == 2)
    }

    // MARK: Groups

    @Test(arguments: [
        (Node(id: "mesh~demo~~1"), "mesh"), (Node(id: "x", cluster: "demo/edge"), "demo/edge"),
        (Node(id: "gateway~demo~edge~1"), "demo/edge"),
    ])
    func findsTheGroupOfANode(node: Node, group: String) {
        #expect(ProxyGroup(of: node)?.description == group)
        #expect(cache.group(of: node)?.description == group)
    }

    @Test(arguments: ["", "gateway~demo", "gateway~~edge~1", "gateway~demo~~1", "x"])
    func aNodeThatDoesNotSayEnoughHasNoGroup(id: String) {
        #expect(cache.group(of: Node(id: id)) == nil)
    }

    @Test func theGroupingIsTheCallersOwn() {
        let cache = SnapshotCache { $0.id.isEmpty ? nil : ProxyGroup("of \($0.id.prefix(1))") }
        #expect(cache.group(of: Node(id: "abc")) == ProxyGroup("of a"))
        #expect(cache.group(of: Node(id: "")) == nil)
    }

    // MARK: Folding

    @Test func virtualHostsOfTranslatedRoutesAreFoldedForThoseWhoTakeThemWhole() throws {
        cache.update(
            group,
            SnapshotChange(upserts: [.routes("r"), .host("r/b", to: "x"), .host("r/a", to: "y")]))
        let (whole, split) = (watch(.whole), watch())
        #expect(try whole.hosts("r") == ["r/a", "r/b"])
        #expect(whole.names(.virtualHost).isEmpty)
        #expect(try split.hosts("r").isEmpty)
        #expect(split.names(.virtualHost) == ["r/a", "r/b"])
        cache.update(
            group,
            SnapshotChange(upserts: [.host("r/c", to: "z")], removals: [.virtualHost: ["r/a"]]))
        #expect(try whole.hosts("r") == ["r/b", "r/c"])
        #expect(whole.last == [.routeConfiguration: ["r"]])
        #expect(split.last == [.virtualHost: ["r/a", "r/c"]])
    }

    @Test func aChangeThatOnlyOneFormShowsIsToldToThatFormOnly() {
        cache.update(group, SnapshotChange(upserts: [.routes("r"), .host("s/a", to: "x")]))
        let (whole, split) = (watch(.whole), watch())
        // Of no route configuration: nowhere to fold it.
        cache.update(group, SnapshotChange(upserts: [.host("s/a", to: "y")]))
        #expect(split.count == 2)
        #expect(whole.names(.routeConfiguration) == ["r"])
        cache.update(group, SnapshotChange(upserts: [.host("s/a", to: "y")]))
        #expect(split.count == 2)
    }

    @Test func resourcesGivenAsTheyAreAreServedAsTheyAre() throws {
        cache.setSnapshot(Snapshot([.routes("r"), .host("r/a", to: "x")]), for: group)
        let (whole, split) = (watch(.whole), watch())
        for seen in [whole, split] {
            #expect(try seen.hosts("r").isEmpty)
            #expect(seen.names(.virtualHost) == ["r/a"])
        }
    }

    @Test func translatedResourcesTakeThePlaceOfGivenOnes() throws {
        cache.setSnapshot(
            Snapshot([.routes("r"), .host("r/a", to: "x"), .cluster("a")]), for: group)
        let (whole, split) = (watch(.whole), watch())
        cache.update(group, SnapshotChange(upserts: [.routes("r"), .host("r/b", to: "x")]))
        #expect(try whole.hosts("r") == ["r/b"])
        #expect(whole.names(.virtualHost).isEmpty)
        #expect(split.names(.virtualHost) == ["r/b"])
        #expect(split.names(.cluster).isEmpty)
        #expect(whole.last[.routeConfiguration] == ["r"])
        cache.setSnapshot(Snapshot([.routes("s")]), for: group)
        #expect(whole.names(.routeConfiguration) == ["s"])
        #expect(whole.last[.routeConfiguration] == ["r", "s"])
    }

    // MARK: Threads

    @Test func manyWritersAndWatchersAtOnceLoseNothing() async {
        let cache = SnapshotCache()
        let group = group
        let early = Seen()
        _ = cache.watch(group) { early.note($0, $1) }
        await withTaskGroup(of: Void.self) { tasks in
            for writer in 0..<4 {
                tasks.addTask {
                    for revision in 1...50 {
                        cache.updateResources([.opaque(.cluster, "\(writer)", revision)], of: group)
                    }
                }
                tasks.addTask {
                    for _ in 0..<50 {
                        let seen = Seen()
                        let (handle, _) = cache.watch(group) { seen.note($0, $1) }
                        cache.stopWatching(handle, group: group)
                    }
                }
            }
        }
        // Each change is told once, in the order in which it was made.
        #expect(early.count == 201)
        #expect(early.isInOrder)
        #expect(early.names(.cluster) == ["0", "1", "2", "3"])
        #expect(cache.snapshot(of: group)?[.cluster]["3"] == .opaque(.cluster, "3", 50))
    }
}

@Suite struct SnapshotTests {
    @Test func namesWhatIsReferredToAndMissing() {
        let snapshot = Snapshot([.cluster("a"), .cluster("b"), .endpoints("b")])
        #expect(
            snapshot.inconsistencies().map(\.description)
                == ["CDS a refers to EDS a, which the snapshot lacks"])
        #expect(Snapshot([.endpoints("x"), .routes("r")]).inconsistencies().isEmpty)
    }

    @Test func ofTwoResourcesOfOneNameTheLaterCounts() {
        let snapshot = Snapshot([.cluster("a"), .cluster("a", 2)])
        #expect(snapshot[.cluster]["a"] == .cluster("a", 2))
        #expect(snapshot[.cluster].count == 1)
    }

    @Test func typesStandInTheOrderOfAddition() {
        let snapshot = Snapshot([
            .opaque(.unknown, "u"), .host("r/h", to: "a"), .routes("r"), .listener("l"),
            .opaque(.secret, "s"), .endpoints("a"), .cluster("a"),
        ])
        #expect(snapshot.types == ResourceType.inOrderOfAddition + [.unknown])
    }

    @Test func theVersionIsTheContentsAndNotTheWays() {
        var grown = Snapshot([.cluster("b"), .cluster("x")])
        _ = grown.apply(
            SnapshotChange(upserts: [.cluster("a")], removals: [.cluster: ["x"]]))
        #expect(
            grown[.cluster].version == Snapshot([.cluster("a"), .cluster("b")])[.cluster].version)
        #expect(grown[.cluster].version != Snapshot([.cluster("a")])[.cluster].version)
    }

    @Test func theChangeBetweenTwoSnapshotsMakesOneOfTheOther() {
        var random = SplitMix(seed: 1)
        var world = World(using: &random)
        for _ in 0..<50 {
            var snapshot = world.snapshot
            for _ in 0..<3 { _ = world.change(using: &random) }
            let change = snapshot.change(to: world.snapshot)
            _ = snapshot.apply(change)
            for type in World.names.keys {
                #expect(snapshot[type].version == world.snapshot[type].version)
                #expect(Set(snapshot[type].names) == Set(world.snapshot[type].names))
            }
        }
    }
}

/// What a watcher was told.
private final class Seen: Sendable {
    private let told = Mutex<[(snapshot: Snapshot, names: ChangedNames)]>([])

    func note(_ snapshot: Snapshot, _ names: ChangedNames) {
        told.withLock { $0.append((snapshot, names)) }
    }

    var count: Int { told.withLock(\.count) }
    var last: ChangedNames { told.withLock { $0.last?.names ?? [:] } }
    private var snapshot: Snapshot { told.withLock { $0.last?.snapshot ?? Snapshot() } }

    func names(_ type: ResourceType) -> [String] { snapshot[type].names.sorted() }

    func hosts(_ routes: String) throws -> [String] {
        let resource = try #require(snapshot[.routeConfiguration][routes])
        return try resource.decoded(as: RouteConfiguration.self).virtualHosts.map(\.name)
    }

    /// The revisions of a cluster, in the order in which they were seen.
    func revisions(_ name: String) -> [Int] {
        told.withLock { told in
            told.compactMap { told in
                (1...9).first { told.snapshot[.cluster][name] == .cluster(name, $0) }
            }
        }
    }

    /// Whether each snapshot differs from the one before just in the names that were told.
    var isInOrder: Bool {
        told.withLock { told in
            zip(told, told.dropFirst()).allSatisfy { before, after in
                let names = before.snapshot.change(to: after.snapshot).upserts.map(\.name)
                return after.names == [.cluster: Set(names)]
            }
        }
    }
}
