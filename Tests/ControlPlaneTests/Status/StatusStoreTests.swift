import BuiltInPlugins
import Discovery
import GatewayAPI
import HeddleXDS
import Logging
import Synchronization
import Testing
import Translation

@testable import ControlPlane

@Suite struct StatusStoreTests {
    private static let object = ObjectReference(.httpRoute, namespace: "shop", name: "r")

    private static func ours(_ status: Condition.Status, _ message: String = "") -> ObjectStatus {
        var parent = ParentReference(name: "edge")
        parent.kind = "Gateway"
        return ObjectStatus(parents: [
            RouteParentStatus(
                parentRef: parent, controllerName: TranslationOptions.controllerName,
                conditions: [Condition(.accepted, status, .accepted, message: message)])
        ])
    }

    private static func write(
        _ status: ObjectStatus, to store: ManifestStatusStore, at time: String,
        declared: JSONValue? = nil
    ) -> Bool {
        store.update(JudgedObject(object, declared: declared)) { existing in
            mergedStatus(existing: existing, ours: status, controllerNames: [], now: time)
        }
    }

    private static func time(_ store: ManifestStatusStore, entry: Int = 0) -> String? {
        store.entry(object)?.status["parents"]?[entry]?["conditions"]?[0]?["lastTransitionTime"]?
            .string
    }

    @Test func onlyAChangeIsWritten() {
        let store = ManifestStatusStore()
        #expect(Self.write(Self.ours(.true), to: store, at: "t1"))
        #expect(!Self.write(Self.ours(.true), to: store, at: "t2"))
        #expect(Self.time(store) == "t1")
        // Other words are written; the time is that of the state.
        #expect(Self.write(Self.ours(.true, "words"), to: store, at: "t3"))
        #expect(Self.time(store) == "t1")
        #expect(Self.write(Self.ours(.false, "words"), to: store, at: "t4"))
        #expect(Self.time(store) == "t4")
        #expect(store.writes(of: Self.object) == 3)
        #expect(store.remove(Self.object))
        #expect(!store.remove(Self.object))
        #expect(store.entry(Self.object) == nil)
    }

    @Test func nothingIsSaidOfAnObjectOfOthers() {
        let store = ManifestStatusStore()
        #expect(!Self.write(ObjectStatus(), to: store, at: "t1"))
        #expect(store.all.isEmpty)
    }

    /// A copy from a cluster carries what other controllers have written.
    @Test func whatAManifestSaysStays() throws {
        let resource = try #require(
            Manifest.objects(
                """
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: r, namespace: shop}
                spec: {parentRefs: [{name: edge}]}
                status:
                  parents:
                  - parentRef: {name: other}
                    controllerName: example.com/other
                    conditions:
                    - {type: Accepted, status: "True", reason: Fine, message: "", lastTransitionTime: t0}
                """
            ).first)
        let declared = try #require(resource.status)
        let store = ManifestStatusStore()
        #expect(Self.write(Self.ours(.true), to: store, at: "t1", declared: declared))
        let parents = try #require(store.entry(Self.object)?.status["parents"]?.array)
        #expect(parents.count == 2)
        #expect(parents[0] == declared["parents"]?[0])
        #expect(!Self.write(Self.ours(.true), to: store, at: "t2", declared: declared))
        #expect(Self.time(store, entry: 1) == "t1")
        // What it said is withdrawn when it is withdrawn there.
        #expect(Self.write(Self.ours(.true), to: store, at: "t3"))
        #expect(store.entry(Self.object)?.status["parents"]?.array?.count == 1)
    }

    /// Two writers at the same time, each with its own name (wishes of several controllers).
    @Test func twoControllersWriteBesideEachOther() async {
        let store = ManifestStatusStore()
        let rounds = 500
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for index in 0..<rounds {
                    _ = Self.write(Self.ours(index % 2 == 0 ? .true : .false), to: store, at: "t")
                }
            }
            group.addTask {
                for index in 0..<rounds {
                    _ = store.update(JudgedObject(Self.object)) { existing in
                        Self.foreign(existing, index)
                    }
                }
            }
        }
        let parents = store.entry(Self.object)?.status["parents"]?.array ?? []
        #expect(parents.count == 2)
        let foreign = parents.first { $0["controllerName"] == "example.com/other" }
        #expect(foreign?["conditions"]?[0]?["message"] == .string("\(rounds - 1)"))
        let own = parents.first { $0["controllerName"] != "example.com/other" }
        #expect(own?["conditions"]?[0]?["status"] == "False")
    }

    /// What another controller makes of a status: its own entry first, others as they are.
    private static func foreign(_ existing: JSONValue?, _ index: Int) -> JSONValue {
        let condition: JSONValue = [
            "type": "Accepted", "status": "True", "reason": "Fine", "message": .string("\(index)"),
        ]
        let entry: JSONValue = [
            "parentRef": ["name": "other"], "controllerName": "example.com/other",
            "conditions": .array([condition]),
        ]
        let others = (existing?["parents"]?.array ?? []).filter {
            $0["controllerName"] != "example.com/other"
        }
        return ["parents": .array([entry] + others)]
    }

    // MARK: Pace

    @Test func theFirstChangeWaitsAMomentAndAStreamOfThemLonger() {
        var pace = StatusPace()
        let start = ContinuousClock.now
        var now = pace.receivedChange(at: start)
        #expect(now - start == StatusPace.shortest)
        // Changes that come while others are written.
        var waits: [Duration] = []
        for _ in 0..<8 {
            pace.wrote(at: now)
            let next = pace.receivedChange(at: now)
            waits.append(next - now)
            now = next
        }
        #expect(waits.prefix(3) == [.milliseconds(100), .milliseconds(200), .milliseconds(400)])
        #expect(waits.last == StatusPace.longest)
        // A pause as long ends it.
        pace.wrote(at: now)
        let later = now + StatusPace.longest
        #expect(pace.receivedChange(at: later) - later == StatusPace.shortest)
    }

    // MARK: Service

    /// A thousand routes that attach one after the other (gateway-api-bench).
    @Test(.timeLimit(.minutes(2)))
    func aThousandRoutesAreAHandfulOfWritesOfTheirGateway() async throws {
        let fixture = try StatusFixture()
        try await fixture.run {
            fixture.apply(Manifest.gateway() + Manifest.service())
            let edge = ObjectReference(.gateway, namespace: "shop", name: "edge")
            try await fixture.wait { fixture.store.entry(edge) != nil }
            for index in 0..<1000 {
                fixture.apply(Manifest.route("r\(index)"))
                if index % 50 == 0 { await Task.yield() }
            }
            try await fixture.wait {
                fixture.store.entry(edge)?.status["listeners"]?[0]?["attachedRoutes"] == 1000
            }
            #expect(fixture.store.writes(of: edge) <= 20)
            let route = ObjectReference(.httpRoute, namespace: "shop", name: "r7")
            try await fixture.wait { fixture.store.entry(route) != nil }
            #expect(fixture.store.writes(of: route) == 1)

            // A route that goes takes its status along, and is counted no more.
            fixture.apply("", removed: [route])
            try await fixture.wait {
                fixture.store.entry(edge)?.status["listeners"]?[0]?["attachedRoutes"] == 999
            }
            #expect(fixture.store.entry(route) == nil)
        }
    }

    /// A ListenerSet that leaves, or goes to another's Gateway, keeps no word of ours.
    @Test(.timeLimit(.minutes(5)))
    func aListenerSetThatLeavesLosesItsStatus() async throws {
        func set(_ gateway: String) -> String {
            """
            ---
            apiVersion: gateway.networking.k8s.io/v1
            kind: ListenerSet
            metadata: {name: more, namespace: shop}
            spec:
              parentRef: {name: \(gateway)}
              listeners: [{name: c, port: 81, protocol: HTTP}]

            """
        }
        let more = ObjectReference(.listenerSet, namespace: "shop", name: "more")
        let fixture = try StatusFixture()
        try await fixture.run {
            fixture.apply(
                Manifest.gateway() + Manifest.gateway("foreign", class: "nginx") + set("edge"))
            try await fixture.wait {
                fixture.store.entry(more)?.status["conditions"]?[0]?["reason"] == "NotAllowed"
            }
            fixture.apply(set("foreign"))
            try await fixture.wait {
                (fixture.store.entry(more)?.status["conditions"]?.array ?? []).isEmpty
            }
            fixture.apply(set("edge"))
            try await fixture.wait {
                fixture.store.entry(more)?.status["conditions"]?[0]?["reason"] == "NotAllowed"
            }
            fixture.apply("", removed: [more])
            try await fixture.wait { fixture.store.entry(more) == nil }
        }
    }

    /// A store that cannot take a status now gets it later.
    @Test(.timeLimit(.minutes(5)))
    func whatCouldNotBeWrittenIsTriedAgain() async throws {
        final class Unwilling: StatusStore {
            struct Busy: Error {}
            let inner = ManifestStatusStore()
            let refusals = Mutex(2)

            func update(
                _ object: JudgedObject, _ change: @Sendable (JSONValue?) -> JSONValue
            ) async throws -> Bool {
                let isBusy = refusals.withLock { left in
                    defer { left = max(0, left - 1) }
                    return left > 0
                }
                if isBusy { throw Busy() }
                return inner.update(object, change)
            }

            func remove(_ object: ObjectReference) async -> Bool { inner.remove(object) }
        }
        let store = Unwilling()
        let fixture = try StatusFixture(writingTo: store)
        try await fixture.run {
            fixture.apply(Manifest.gateway())
            let edge = ObjectReference(.gateway, namespace: "shop", name: "edge")
            try await fixture.wait { store.inner.entry(edge) != nil }
        }
    }
}

/// The translating and the writing half of a control plane.
final class StatusFixture: Sendable {
    let store = ManifestStatusStore()
    let discovery: DiscoveryServer
    private let translation: TranslationService
    private let statuses: StatusService
    private let tracker: DeliveryTracker

    init(writingTo other: (any StatusStore)? = nil) throws {
        let silent = Logger(label: "test", factory: SwiftLogNoOpLogHandler.init)
        let cache = SnapshotCache()
        let statuses = StatusService(store: other ?? store, logger: silent)
        translation = TranslationService(
            plugins: try PluginRegistry(BuiltIn.plugins), options: TranslationOptions(),
            cache: cache, logger: silent
        ) { statuses.judged($0) }
        discovery = DiscoveryServer(cache: cache, logger: silent)
        discovery.proxies.observe { statuses.moved($0) }
        tracker = DeliveryTracker(proxies: discovery.proxies, cache: cache)
        self.statuses = statuses
    }

    /// Brings objects.
    func apply(_ yaml: String, removed: [ObjectReference] = []) {
        var update = ResourceUpdate()
        do {
            update.upserted = try Manifest.objects(yaml)
        } catch {
            Issue.record(error)
        }
        update.removed = removed
        translation.apply(update)
    }

    /// Waits until something is so, as an operator would.
    func wait(_ isSo: () -> Bool) async throws {
        while !isSo() { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Serves while `body` runs.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.translation.run {} }
            group.addTask { await self.statuses.run(self.translation, self.tracker) }
            defer { group.cancelAll() }
            try await body()
        }
    }
}
