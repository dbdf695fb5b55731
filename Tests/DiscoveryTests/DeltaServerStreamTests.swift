import Testing
import XDS

@testable import Discovery

@Suite struct DeltaServerStreamTests {
    @Test func sendsAWildcardEverythingOnceAndThenOnlyWhatChanged() throws {
        var server = DeltaServer([.cluster("a"), .cluster("b")])
        server.subscribe(.cluster)
        let first = try server.response()
        #expect(first.resources.map(\.name) == ["a", "b"])
        server.expectIdle()
        server.acknowledge(first)
        server.change([.cluster("b", 2)])
        let second = try server.response()
        #expect(second.resources.map(\.name) == ["b"])
    }

    @Test func answersAWildcardThatHasNothing() throws {
        var server = DeltaServer([])
        server.subscribe(.listener)
        let next = try server.response().resources.isEmpty
        #expect(next)
        server.expectIdle()
    }

    @Test func saysThatANamedResourceDoesNotExistAndSendsItWhenItComes() throws {
        var server = DeltaServer([])
        server.subscribe(.endpoints, ["a"])
        let absent = try server.response()
        #expect(absent.removed == ["a"])
        server.acknowledge(absent)
        server.change([.endpoints("a")])
        let next = try server.response().resources.map(\.name)
        #expect(next == ["a"])
    }

    @Test func sendsAReturningClientOnlyWhatItLacks() throws {
        let kept = EncodedResource.cluster("kept")
        var server = DeltaServer([kept, .cluster("new")])
        server.receive(
            DeltaDiscoveryRequest(
                type: .cluster, resourceNamesSubscribe: ["*"],
                initialResourceVersions: ["kept": kept.version, "gone": "1"]))
        let first = try server.response()
        #expect(first.resources.map(\.name) == ["new"])
        #expect(first.removed.isEmpty)
        server.acknowledge(first)
        let next = try server.response().removed
        #expect(next == ["gone"])
    }

    @Test func keepsARefusalAndDoesNotRepeatWhatWasRefused() throws {
        var server = DeltaServer([.cluster("a")])
        server.subscribe(.cluster)
        let first = try server.response()
        let rejection = server.receive(
            DeltaDiscoveryRequest(
                type: .cluster, responseNonce: first.nonce,
                errorDetail: RPCStatus(code: 3, message: "no")))
        #expect(rejection == Rejection(type: .cluster, message: "no"))
        server.expectIdle()
        server.change([.cluster("b")])
        let next = try server.response().resources.map(\.name)
        #expect(next == ["b"])
    }

    @Test func takesNoAnswerToAnOlderResponse() throws {
        var server = DeltaServer([.cluster("a")])
        server.subscribe(.cluster)
        _ = try server.response()
        server.receive(DeltaDiscoveryRequest(type: .cluster, responseNonce: "other"))
        server.change([.cluster("a", 2)])
        server.expectIdle()
    }

    @Test func sendsAgainWhatIsAskedForAgain() throws {
        var server = DeltaServer([.endpoints("a")])
        server.subscribe(.endpoints, ["a"])
        server.acknowledge(try server.response())
        server.subscribe(.endpoints, ["a"])
        let next = try server.response().resources.map(\.name)
        #expect(next == ["a"])
    }

    @Test func forgetsWhatIsNoLongerAskedFor() throws {
        var server = DeltaServer([.endpoints("a")])
        server.subscribe(.endpoints, ["a"])
        server.acknowledge(try server.response())
        server.receive(
            DeltaDiscoveryRequest(type: .endpoints, resourceNamesUnsubscribe: ["a"]))
        server.change([.endpoints("a", 2)])
        server.expectIdle()
    }

    /// Clusters and endpoints first, acknowledged; then routes, acknowledged; removals last.
    @Test func makesBeforeItBreaks() throws {
        var server = try DeltaServer.settled([
            .cluster("old"), .endpoints("old"), .routes("r"), .host("r/h", to: "old"),
        ])
        server.change(
            [.cluster("new"), .endpoints("new"), .host("r/h", to: "new")],
            removals: [.cluster: ["old"], .endpoints: ["old"]])
        let clusters = try server.response()
        #expect(clusters.type == .cluster)
        #expect(clusters.resources.map(\.name) == ["new"])
        #expect(clusters.removed.isEmpty)
        server.expectIdle()
        server.subscribe(.endpoints, ["new"])
        let endpoints = try server.response()
        #expect(endpoints.type == .endpoints)
        server.expectIdle()
        server.acknowledge(endpoints)
        server.expectIdle()
        server.acknowledge(clusters)
        let hosts = try server.response()
        #expect(hosts.type == .virtualHost)
        server.expectIdle()
        server.acknowledge(hosts)
        let removal = try server.response()
        #expect(removal.type == .cluster)
        #expect(removal.removed == ["old"])
    }

    @Test func routesWaitForTheEndpointsOfANewClusterToBeAskedForButNotForEver() throws {
        var server = try DeltaServer.settled([.routes("r"), .host("r/h", to: "x")])
        server.change([.cluster("new"), .endpoints("new"), .host("r/h", to: "new")])
        server.acknowledge(try server.response())
        guard case .wait(let end) = server.stream.next(now: server.now) else {
            Issue.record("routes did not wait")
            return
        }
        #expect(end == server.now + DeltaServerStream.warmingLimit)
        server.now = end
        let next = try server.response().type
        #expect(next == .virtualHost)
    }

    @Test func aRouteUnderWayHoldsUpNoEndpoints() throws {
        var server = try DeltaServer.settled([
            .cluster("a"), .endpoints("a"), .routes("r"), .host("r/h", to: "a"),
        ])
        server.change([.host("r/h", to: "b")])
        let next = try server.response().type
        #expect(next == .virtualHost)
        server.change([.endpoints("a", 2)])
        let endpoints = try server.response().type
        #expect(endpoints == .endpoints)
    }
}

/// A machine with a snapshot, spoken to as a client does.
struct DeltaServer: ~Copyable {
    var stream: DeltaServerStream
    var now = ContinuousClock.now
    private var snapshot = Snapshot()

    init(_ resources: [EncodedResource]) {
        _ = snapshot.apply(SnapshotChange(upserts: resources))
        stream = DeltaServerStream()
        stream.changed(to: snapshot, [:])
    }

    /// A client that has subscribed to everything and acknowledged it.
    static func settled(_ resources: [EncodedResource]) throws -> DeltaServer {
        var server = DeltaServer(resources)
        let endpoints = resources.filter { $0.type == .endpoints }.map(\.name)
        if !endpoints.isEmpty { server.subscribe(.endpoints, endpoints) }
        for type in [ResourceType.cluster, .listener, .routeConfiguration, .virtualHost] {
            server.subscribe(type, ["*"])
        }
        while case .respond(let response) = server.stream.next(now: server.now) {
            server.acknowledge(response)
        }
        return server
    }

    mutating func subscribe(_ type: ResourceType, _ names: [String] = []) {
        receive(DeltaDiscoveryRequest(type: type, resourceNamesSubscribe: names))
    }

    @discardableResult
    mutating func receive(_ request: DeltaDiscoveryRequest) -> Rejection? {
        stream.received(request, at: now)
    }

    mutating func acknowledge(_ response: StreamResponse) {
        receive(DeltaDiscoveryRequest(type: response.type, responseNonce: response.nonce))
    }

    mutating func change(
        _ upserts: [EncodedResource], removals: [ResourceType: Set<String>] = [:]
    ) {
        let names = snapshot.apply(SnapshotChange(upserts: upserts, removals: removals))
        stream.changed(to: snapshot, names)
    }

    mutating func response() throws -> StreamResponse {
        struct Silence: Error {}
        guard case .respond(let response) = stream.next(now: now) else { throw Silence() }
        return response
    }

    /// Nothing is to be sent.
    mutating func expectIdle(sourceLocation: SourceLocation = #_sourceLocation) {
        let step = stream.next(now: now)
        #expect(step == .idle, sourceLocation: sourceLocation)
    }
}

extension EncodedResource {
    static func cluster(_ name: String, _ revision: Int = 1) -> EncodedResource {
        EncodedResource(Cluster(name: name, connectTimeout: .seconds(revision)))
    }

    static func endpoints(_ name: String, _ revision: Int = 1) -> EncodedResource {
        EncodedResource(
            ClusterLoadAssignment(
                clusterName: name,
                endpoints: [
                    LocalityLbEndpoints(
                        loadBalancingWeight: UInt32(revision),
                        lbEndpoints: [
                            LbEndpoint(address: SocketAddress(address: "127.0.0.1", port: 1))
                        ])
                ]))
    }

    static func routes(_ name: String) -> EncodedResource {
        EncodedResource(RouteConfiguration(name: name, usesVHDS: true))
    }

    static func host(_ name: String, to cluster: String) -> EncodedResource {
        EncodedResource(
            VirtualHost(
                name: name, domains: ["\(name).example"],
                routes: [
                    Route(
                        match: RouteMatch(),
                        action: .route(RouteAction(cluster: .cluster(cluster))))
                ]))
    }
}
