import Discovery
import Foundation
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

    /// Listeners whose address cannot be had.
    let unbound = Mutex<Set<String>>([])

    func reserve(_ listeners: [Listener]) async -> [String: String] {
        let unbound = unbound.withLock { $0 }
        return Dictionary(
            uniqueKeysWithValues: listeners.map(\.name).filter(unbound.contains).map {
                ($0, "listener \($0) cannot listen")
            })
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

    /// An HTTP listener like the first.
    static func listener(_ name: String, port: UInt32) -> EncodedResource {
        EncodedResource(
            Listener(
                name: name, address: SocketAddress(address: "127.0.0.1", port: port),
                filterChains: [
                    FilterChain(filters: [
                        .httpConnectionManager(
                            HTTPConnectionManager(
                                statPrefix: "http", routeSpecifier: .rds("http")))
                    ])
                ]))
    }

    /// A listener of TLS with the certificate `n/s` and the authority `ca/a`.
    static let secureListener = EncodedResource(
        Listener(
            name: "tls", address: SocketAddress(address: "127.0.0.1", port: 443),
            filterChains: [
                FilterChain(
                    filters: [.tcpProxy(TCPProxy(statPrefix: "tls", cluster: .cluster("a")))],
                    transportSocket: .downstreamTLS(
                        DownstreamTLSContext(
                            common: CommonTLSContext(
                                tlsCertificateSDSSecrets: ["n/s"], validationContext: .sds("ca/a"))
                        )))
            ]))

    /// A certificate that was just made.
    static func certificate(_ name: String) throws -> Secret {
        let (certificate, key) = try makeCertificate()
        return Secret(
            name: name,
            kind: .tlsCertificate(
                TLSCertificate(
                    certificateChain: .inlineString(certificate), privateKey: .inlineString(key))))
    }

    static func authority(_ name: String) -> Secret {
        let certificate = (try? makeCertificate().certificate) ?? ""
        return Secret(
            name: name,
            kind: .validationContext(
                CertificateValidationContext(trustedCA: .inlineString(certificate))))
    }

    private static func makeCertificate() throws -> (certificate: String, key: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=a", "-keyout", "-", "-out", "-",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(
            decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let parts = text.components(separatedBy: "-----BEGIN CERTIFICATE-----")
        return ("-----BEGIN CERTIFICATE-----" + (parts.last ?? ""), parts.first ?? "")
    }

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

    @Test func leavesOutAListenerWhoseAddressIsTakenAndServesTheOthers() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        await conversation.configure()
        conversation.installer.unbound.withLock { $0 = ["taken"] }
        let listeners = ["taken", "free"].enumerated().map { index, name in
            Sample.listener(name, port: 81 + UInt32(index))
        }
        let refusal = await conversation.respond(.listener, listeners).refusal
        #expect(refusal == "listener taken cannot listen")
        let tables = conversation.installer.tables.withLock { $0 }
        #expect(tables.last?.listeners.map(\.name) == ["free", "http"])
        #expect(await conversation.keeper.resources[.listener]?["taken"] == nil)
        #expect(await conversation.keeper.resources[.listener]?["free"] != nil)
    }

    @Test func refusesATakenAddressBeforeTheRoutesAreThere() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        conversation.installer.unbound.withLock { $0 = ["http"] }
        let refusal = await conversation.respond(.listener, [Sample.listener]).refusal
        #expect(refusal == "listener http cannot listen")
    }

    // MARK: Secrets

    @Test func asksForSecretsAndWaitsForThem() async throws {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        await conversation.configure()
        let secure = Sample.secureListener
        let answer = await conversation.respond(.listener, [secure])
        #expect(answer.refusal == nil)
        #expect(
            answer.requests.first { $0.type == .secret }?.resourceNamesSubscribe == ["ca/a", "n/s"])
        #expect(conversation.installer.count == 1)
        let authority = EncodedResource(Sample.authority("ca/a"))
        #expect(await conversation.respond(.secret, [authority]).refusal == nil)
        #expect(conversation.installer.count == 1)
        let first = EncodedResource(try Sample.certificate("n/s"))
        #expect(await conversation.respond(.secret, [first]).refusal == nil)
        #expect(conversation.installer.count == 2)
        let second = EncodedResource(try Sample.certificate("n/s"))
        #expect(await conversation.respond(.secret, [second]).refusal == nil)
        let tables = conversation.installer.tables.withLock { $0 }
        #expect(tables.count == 3)
        #expect(
            tables[1].listeners[1].filterChains[0].tls
                !== tables[2].listeners[1].filterChains[0].tls)
        #expect(tables[1].listeners[0] === tables[2].listeners[0])
        // They are kept, and start another agent.
        let other = Conversation()
        let stored = await conversation.keeper.resources
        #expect(stored[.secret]?.keys.sorted() == ["ca/a", "n/s"])
        try await other.keeper.start(from: stored, node: Node(id: "n"))
        #expect(other.installer.count == 1)
        // Nobody names them any more.
        let gone = await conversation.respond(.listener, removed: ["tls"])
        #expect(
            gone.requests.first { $0.type == .secret }?.resourceNamesUnsubscribe
                == ["ca/a", "n/s"])
        #expect(await conversation.keeper.resources[.secret]?.isEmpty == true)
    }

    @Test func namesASecretThatCannotBeUsed() async throws {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        await conversation.configure()
        _ = await conversation.respond(.listener, [Sample.secureListener])
        var secret = try Sample.certificate("n/s")
        if case .tlsCertificate(var certificate) = secret.kind,
            case .tlsCertificate(let other) = try Sample.certificate("other").kind
        {
            certificate.privateKey = other.privateKey
            secret.kind = .tlsCertificate(certificate)
        }
        let refusal = await conversation.respond(.secret, [EncodedResource(secret)]).refusal
        #expect(
            refusal == "SDS n/s: the private key does not fit the certificate: key values mismatch")
        let authority = Secret(
            name: "ca/a",
            kind: .validationContext(
                CertificateValidationContext(trustedCA: .inlineString("nonsense"))))
        #expect(
            await conversation.respond(.secret, [EncodedResource(authority)]).refusal
                == "SDS ca/a: there is no PEM certificate in the authorities")
        #expect(conversation.installer.count == 1)
    }

    @Test func asksForTheSecretsOfClusters() async {
        var conversation = Conversation()
        _ = await conversation.keeper.connected()
        let cluster = Cluster(
            name: "a",
            transportSocket: .upstreamTLS(
                UpstreamTLSContext(
                    common: CommonTLSContext(
                        validationContext: .combined(
                            CertificateValidationContext(trustedCA: nil), sds: "ca/b")))))
        let requests = await conversation.respond(.cluster, [EncodedResource(cluster)]).requests
        #expect(requests.map(\.type) == [.endpoints, .secret, .cluster])
        #expect(requests[1].resourceNamesSubscribe == ["ca/b"])
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
