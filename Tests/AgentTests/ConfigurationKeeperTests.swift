import Discovery
import Logging
import Routing
import Synchronization
import Testing
import XDS

@testable import Agent

/// Notes what is installed; refuses on demand.
private final class Installer: TableInstaller {
    struct Refusal: Error, CustomStringConvertible {
        var description = "the address is in use"
    }

    let tables = Mutex<[RoutingTable]>([])
    let refuses = Mutex(false)

    func install(_ table: RoutingTable) async throws {
        if refuses.withLock({ $0 }) { throw Refusal() }
        tables.withLock { $0.append(table) }
    }

    var count: Int { tables.withLock { $0.count } }
}

private struct Conversation {
    let installer = Installer()
    let keeper: ConfigurationKeeper
    private var nonce = 0

    init() {
        keeper = ConfigurationKeeper(
            node: Node(id: "gateway~bookinfo~proxy~1"), installer: installer,
            logger: Logger(label: "test", factory: SwiftLogNoOpLogHandler.init), onInstall: { _ in }
        )
    }

    /// Sends a response; whether it was acknowledged, and the other requests.
    mutating func respond(
        _ type: ResourceType, _ resources: [EncodedResource] = [], removed: [String] = []
    ) async -> (refusal: String?, requests: [DeltaDiscoveryRequest]) {
        nonce += 1
        let requests = await keeper.received(
            DeltaDiscoveryResponse(
                resources: resources.map {
                    DeltaResource(
                        name: $0.name, version: $0.version,
                        resource: AnyMessage(typeURL: type.rawValue, value: $0.message))
                }, type: type, removedResources: removed, nonce: "\(nonce)"))
        let answers = requests.filter { $0.responseNonce == "\(nonce)" }
        #expect(answers.count == 1)
        return (answers.first?.errorDetail?.message, requests)
    }

    /// A whole configuration: one host that goes to one cluster.
    mutating func configure() async {
        #expect(await respond(.cluster, [Sample.cluster]).refusal == nil)
        #expect(await respond(.endpoints, [Sample.endpoints]).refusal == nil)
        #expect(await respond(.listener, [Sample.listener]).refusal == nil)
        #expect(await respond(.routeConfiguration, [Sample.routes]).refusal == nil)
        #expect(await respond(.virtualHost, [Sample.host()]).refusal == nil)
    }
}

private enum Sample {
    static let cluster = EncodedResource(Cluster(name: "a"))
    static let endpoints = EncodedResource(
        ClusterLoadAssignment(
            clusterName: "a",
            endpoints: [
                LocalityLbEndpoints(lbEndpoints: [
                    LbEndpoint(address: SocketAddress(address: "127.0.0.1", port: 1))
                ])
            ]))
    static let routes = EncodedResource(RouteConfiguration(name: "http", usesVHDS: true))
    static let listener = EncodedResource(
        Listener(
            name: "http", address: SocketAddress(address: "127.0.0.1", port: 80),
            filterChains: [
                FilterChain(filters: [
                    NetworkFilter(
                        name: "envoy.filters.network.http_connection_manager",
                        config: .httpConnectionManager(
                            HTTPConnectionManager(
                                statPrefix: "http", routeSpecifier: .rds("http"))))
                ])
            ]))

    static func host(cluster: String = "a", path: RouteMatch.Path = .prefix("/")) -> EncodedResource
    {
        EncodedResource(
            VirtualHost(
                name: "http/a", domains: ["a.example"],
                routes: [
                    Route(
                        match: RouteMatch(path: path),
                        action: .route(RouteAction(cluster: .cluster(cluster))))
                ]))
    }
}

@Suite struct ConfigurationKeeperTests {
    @Test func installsNothingBeforeTheFirstWholeConfiguration() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        _ = await conversation.respond(.cluster, [Sample.cluster])
        _ = await conversation.respond(.endpoints, [Sample.endpoints])
        _ = await conversation.respond(.listener, [Sample.listener])
        _ = await conversation.respond(.routeConfiguration, [Sample.routes])
        #expect(conversation.installer.count == 0)
        _ = await conversation.respond(.virtualHost, [Sample.host()])
        #expect(conversation.installer.count == 1)
    }

    @Test func asksForEndpointsBeforeItAcknowledgesTheCluster() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        let requests = await conversation.respond(.cluster, [Sample.cluster]).requests
        #expect(requests.map(\.type) == [.endpoints, .cluster])
        #expect(requests.first?.resourceNamesSubscribe == ["a"])
    }

    @Test func waitsWhileAReferenceDoesNotResolve() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        await conversation.configure()
        let answer = await conversation.respond(.virtualHost, [Sample.host(cluster: "b")])
        #expect(answer.refusal == nil)
        #expect(conversation.installer.count == 1)
        let good = await conversation.respond(.virtualHost, [Sample.host(path: .path("/x"))])
        #expect(good.refusal == nil)
        #expect(conversation.installer.count == 2)
    }

    @Test func refusesAnUnusableResourceAndKeepsTheFormerTable() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        await conversation.configure()
        let bad = Sample.host(path: .safeRegex("("))
        let refusal = await conversation.respond(.virtualHost, [bad]).refusal
        #expect(refusal?.contains("http/a") == true)
        #expect(conversation.installer.count == 1)
        #expect(
            await conversation.keeper.resources[.virtualHost]?["http/a"]?.version
                == Sample.host().version)
    }

    @Test func refusesAListenerThatCannotBeBound() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        await conversation.configure()
        conversation.installer.refuses.withLock { $0 = true }
        let other = EncodedResource(
            Listener(
                name: "other", address: SocketAddress(address: "127.0.0.1", port: 81),
                filterChains: [
                    FilterChain(filters: [
                        NetworkFilter(
                            name: "hcm",
                            config: .httpConnectionManager(
                                HTTPConnectionManager(
                                    statPrefix: "http", routeSpecifier: .rds("http"))))
                    ])
                ]))
        let refusal = await conversation.respond(.listener, [other]).refusal
        #expect(refusal?.contains("the address is in use") == true)
        #expect(await conversation.keeper.resources[.listener]?["other"] == nil)
    }

    @Test func aRefusedFirstResponseDoesNotCountAsAnswered() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        _ = await conversation.respond(.cluster, [Sample.cluster])
        _ = await conversation.respond(.endpoints, [Sample.endpoints])
        let bad = Sample.host(path: .safeRegex("("))
        #expect(await conversation.respond(.virtualHost, [bad]).refusal != nil)
        _ = await conversation.respond(.listener, [Sample.listener])
        _ = await conversation.respond(.routeConfiguration, [Sample.routes])
        #expect(conversation.installer.count == 0)
    }

    @Test func comesBackWithWhatItHas() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        await conversation.configure()
        await conversation.keeper.disconnected()
        let requests = await conversation.keeper.connected()
        let hosts = requests.first { $0.type == .virtualHost }
        #expect(hosts?.initialResourceVersions == ["http/a": Sample.host().version])
        #expect(requests.first?.node?.id == "gateway~bookinfo~proxy~1")
        #expect(requests.dropFirst().allSatisfy { $0.node == nil })
    }

    @Test func startsFromWhatWasStored() async throws {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        await conversation.configure()
        let stored = await conversation.keeper.resources
        let other = Conversation()
        try await other.keeper.start(from: stored, node: Node(id: "n"))
        #expect(other.installer.count == 1)
        let requests = await other.keeper.connected()
        #expect(requests.first { $0.type == .endpoints }?.resourceNamesSubscribe == ["a"])
    }
}
