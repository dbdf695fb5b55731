import BuiltInPlugins
import Discovery
import Foundation
import GatewayAPI
import HeddlePlugin
import Logging
import Synchronization
import Testing
import Translation
import XDS

@testable import ControlPlane

@Suite struct TranslationServiceTests {
    /// The translating half of a control plane, with the changes of one group's snapshot.
    final class Fixture: Sendable {
        let cache = SnapshotCache()
        let service: TranslationService
        let changes: AsyncStream<ChangedNames>
        private let finished: AsyncStream<Set<ObjectReference>>
        private let pushes = Mutex(0)

        init(_ plugins: [any Plugin] = BuiltIn.plugins) throws {
            let (finished, judged) = AsyncStream.makeStream(of: Set<ObjectReference>.self)
            self.finished = finished
            service = TranslationService(
                plugins: try PluginRegistry(plugins), options: TranslationOptions(), cache: cache,
                logger: Logger(label: "test", factory: SwiftLogNoOpLogHandler.init)
            ) { judged.yield($0) }
            let (changes, change) = AsyncStream.makeStream(of: ChangedNames.self)
            self.changes = changes
            _ = cache.watch(ProxyGroup("shop/edge")) { [unowned self] _, names in
                // The first call only tells what there is.
                if names.isEmpty { return }
                pushes.withLock { $0 += 1 }
                change.yield(names)
            }
        }

        /// How often something of the group went out.
        var pushCount: Int { pushes.withLock { $0 } }

        func update(_ yaml: String, removed: [ObjectReference] = []) throws -> ResourceUpdate {
            var update = ResourceUpdate()
            update.upserted = try Manifest.objects(yaml)
            update.removed = removed
            return update
        }

        /// Brings an update, and waits until it is translated.
        func apply(_ yaml: String, removed: [ObjectReference] = []) async throws {
            service.apply(try update(yaml, removed: removed))
            _ = await finished.first { _ in true }
        }

        func endpoints(_ cluster: String) throws -> [String] {
            let snapshot = cache.snapshot(of: ProxyGroup("shop/edge"))
            guard let resource = snapshot?[.endpoints][cluster] else { return [] }
            let assignment = try resource.decoded(as: ClusterLoadAssignment.self)
            return assignment.endpoints.flatMap(\.lbEndpoints).map { $0.address.address }
        }

        func run(_ body: () async throws -> Void) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.service.run {} }
                defer { group.cancelAll() }
                try await body()
            }
        }
    }

    // MARK: Endpoints

    /// Routes whose translation lasts until it is told to end.
    final class SlowRoutes: RoutePlugin, Sendable {
        let name = "SlowRoute"
        let kinds = [GroupKind(group: "example.com", kind: "SlowRoute")]
        let traffic = RouteTraffic.http
        let began: AsyncStream<Void>
        private let begin: AsyncStream<Void>.Continuation
        private let mayEnd = Mutex(false)

        init() {
            (began, begin) = AsyncStream.makeStream()
        }

        func end() { mayEnd.withLock { $0 = true } }

        func attachment(of route: Resource) -> RouteAttachment {
            RouteAttachment(
                parentRefs: [ParentReference(name: "edge")], hostnames: ["slow.example.com"])
        }

        func translate(
            _ route: Resource, parent: AttachedParent, context: TranslationContext
        ) -> RouteTranslation {
            let service = ObjectReference(.service, namespace: "shop", name: "new")
            _ = context.object(service)
            begin.yield()
            while !mayEnd.withLock({ $0 }) { Thread.yield() }
            let action = RouteAction(cluster: .cluster("shop/new/80"))
            return RouteTranslation(routes: [
                TranslatedRoute(
                    route: XDS.Route(match: RouteMatch(), action: .route(action)),
                    precedence: RoutePrecedence([]), rule: 0)
            ])
        }
    }

    /// The routes hold up the translation until the endpoints have passed: were they to wait for
    /// it, the test would not end.
    @Test(.timeLimit(.minutes(5)))
    func endpointsPassATranslationThatIsUnderWay() async throws {
        let slow = SlowRoutes()
        let fixture = try Fixture(BuiltIn.plugins + [slow])
        try await fixture.run {
            try await fixture.apply(
                Manifest.gateway() + Manifest.service() + Manifest.route("quick"))
            #expect(try fixture.endpoints("shop/web/80") == ["10.1.0.1"])
            let translated = fixture.pushCount

            fixture.service.apply(
                try fixture.update(
                    Manifest.service("new", address: "10.2.0.1") + """
                        ---
                        apiVersion: example.com/v1
                        kind: SlowRoute
                        metadata: {name: slow, namespace: shop}
                        """))
            _ = await slow.began.first { true }
            fixture.service.apply(
                try fixture.update(
                    Manifest.slice("web", address: "10.1.0.2")
                        + Manifest.slice("new", address: "10.2.0.2")))
            #expect(try fixture.endpoints("shop/web/80") == ["10.1.0.2"])
            // Nothing else went out: the route is still in translation.
            #expect(fixture.pushCount == translated + 1)
            #expect(try fixture.endpoints("shop/new/80").isEmpty)

            // What the translation has read is older than what it brings.
            slow.end()
            for await names in fixture.changes where names[.virtualHost] != nil {
                if names[.endpoints]?.contains("shop/new/80") == true { break }
            }
            #expect(try fixture.endpoints("shop/new/80") == ["10.2.0.2"])
            #expect(try fixture.endpoints("shop/web/80") == ["10.1.0.2"])
        }
    }

    @Test func theAgeOfEndpointsIsThatOfTheirLastChange() async throws {
        let fixture = try Fixture()
        fixture.service.apply(try fixture.update(Manifest.service()))
        let first = try #require(fixture.service.snapshots.ages(at: .now + .seconds(60)).first)
        #expect(first.cluster == "shop/web/80" && first.age >= .seconds(60))
        // The same again is no change; another address is one.
        let before = ContinuousClock.now
        fixture.service.apply(try fixture.update(Manifest.service()))
        #expect(fixture.service.snapshots.ages(at: before)[0].age >= .zero)
        fixture.service.apply(
            try fixture.update(Manifest.slice("web", address: "10.1.0.9")))
        #expect(fixture.service.snapshots.ages(at: before)[0].age <= .zero)
        fixture.service.apply(
            try fixture.update(
                "", removed: [ObjectReference(.service, namespace: "shop", name: "web")]))
        #expect(fixture.service.snapshots.ages(at: .now).isEmpty)
    }

    // MARK: No push without a change

    @Test(.timeLimit(.minutes(5)))
    func nothingGoesOutThatIsAsItWas() async throws {
        let fixture = try Fixture()
        try await fixture.run {
            let all = Manifest.gateway() + Manifest.service() + Manifest.route("a")
            try await fixture.apply(all)
            let pushes = fixture.pushCount
            #expect(pushes == 1)
            let silent = [
                // The same again, and with what matters to nobody.
                all,
                Manifest.service().replacing("name: web,", with: "annotations: {a: b}, name: web,"),
                Manifest.slice(address: "10.1.0.1").replacing(
                    "name: web-1", with: "name: web-1\n  annotations: {a: b}"),
                Manifest.gateway().replacing("name: edge,", with: "generation: 9, name: edge,"),
                // Objects that nothing of ours depends on.
                Manifest.service("other"), Manifest.gateway("foreign", class: "nginx"),
                Manifest.route("foreign", gateway: "foreign"),
                "kind: ConfigMap\napiVersion: v1\nmetadata: {name: c, namespace: shop}\n",
                // An endpoint that is told twice.
                Manifest.slice("web", address: "10.1.0.1")
                    .replacing("name: web-1", with: "name: web-2"),
            ]
            for yaml in silent {
                try await fixture.apply(yaml)
                #expect(fixture.pushCount == pushes, "\(yaml)")
            }
            try await fixture.apply(Manifest.slice("web", address: "10.1.0.7"))
            #expect(fixture.pushCount == pushes + 1)
        }
    }

    // MARK: Batches

    @Test func aBatchHoldsTheNewestWordOnEachObject() throws {
        var batch = UpdateBatch()
        let empty = batch.take()
        #expect(empty == nil)
        let old = try Manifest.objects(Manifest.route("a", host: "old.example.com"))
        let new = try Manifest.objects(Manifest.route("a", host: "new.example.com"))
        let other = try Manifest.objects(Manifest.route("b"))
        func add(_ upserted: [Resource], removed: [ObjectReference] = [], isInitial: Bool = false) {
            var update = ResourceUpdate()
            update.upserted = upserted
            update.removed = removed
            update.isInitial = isInitial
            batch.add(update)
        }
        add(old, isInitial: true)
        add(new + other)
        let first = batch.take()
        #expect(first?.upserted == new + other && first?.isInitial == true)
        #expect(first?.removed == [])
        // What is gone and comes again is there, and the other way round.
        add([], removed: [new[0].reference])
        add(new)
        add(other)
        add([], removed: [other[0].reference])
        let second = batch.take()
        #expect(second?.upserted == new && second?.removed == [other[0].reference])
        #expect(second?.isInitial == false)
    }

    /// Updates that keep coming while others are translated: each batch takes all that has come, so
    /// that none waits for more than the batch under way.
    @Test(.timeLimit(.minutes(5)))
    func aSteadyStreamOfChangesStarvesNobody() async throws {
        let fixture = try Fixture()
        try await fixture.run {
            try await fixture.apply(Manifest.gateway() + Manifest.service())
            let count = 300
            for index in 0..<count {
                fixture.service.apply(try fixture.update(Manifest.route("r\(index)")))
                await Task.yield()
            }
            var missing = Set((0..<count).map { "http-8080/r\($0).example.com" })
            for await names in fixture.changes {
                missing.subtract(names[.virtualHost] ?? [])
                if missing.isEmpty { break }
            }
            while fixture.service.counts.objects < count + 2 { await Task.yield() }
            #expect(fixture.service.counts.objects == count + 2)
            #expect(fixture.service.counts.translations <= count + 1)
        }
    }
}

extension Thread {
    /// Lets other threads go on.
    fileprivate static func yield() { sched_yield() }
}
