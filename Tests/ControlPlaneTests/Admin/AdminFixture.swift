import Discovery
import GRPC
import HeddleXDS
import Logging
import NIOCore
import NIOPosix
import Translation
import XDS

@testable import ControlPlane

/// An admin server on a free port, over a discovery server.
struct AdminFixture {
    /// An answer.
    struct Answer {
        var status: Int
        var head: String
        var body: String
    }

    let cache: SnapshotCache
    let discovery: DiscoveryServer
    let statuses = ManifestStatusStore()
    let server: AdminServer

    private static let silent = Logger(label: "test", factory: SwiftLogNoOpLogHandler.init)

    init(limits: AdminServer.Limits = .init()) async throws {
        cache = SnapshotCache()
        discovery = DiscoveryServer(cache: cache, logger: Self.silent)
        let translation = TranslationService(
            plugins: try PluginRegistry([]), options: TranslationOptions(), cache: cache,
            logger: Self.silent)
        server = try await AdminServer(
            host: "127.0.0.1", port: 0,
            pages: AdminPages(
                translation: translation, statuses: statuses,
                proxies: discovery.proxies, cache: cache, readiness: Readiness()),
            limits: limits, logger: Self.silent)
    }

    /// Serves while `body` runs.
    static func serve(
        limits: AdminServer.Limits = .init(), _ body: (AdminFixture) async throws -> Void
    ) async throws {
        let fixture = try await AdminFixture(limits: limits)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await fixture.server.run() }
            defer { group.cancelAll() }
            try await body(fixture)
        }
    }

    /// Makes a request on a connection of its own.
    ///
    /// - Parameter host: The `Host`; nil leaves it out.
    func request(
        _ method: String, _ path: String, host: String? = "localhost",
        headers: [String] = [], body: String = ""
    ) async throws -> Answer {
        var lines = ["\(method) \(path) HTTP/1.1", "Connection: close"]
        if let host { lines.append("Host: \(host)") }
        let hasLength = headers.contains { $0.hasPrefix("Content-Length") }
        let isChunked = headers.contains { $0.hasPrefix("Transfer-Encoding") }
        if !body.isEmpty, !hasLength, !isChunked {
            lines.append("Content-Length: \(body.utf8.count)")
        }
        let text = (lines + headers).map { $0 + "\r\n" }.joined() + "\r\n" + body
        let answer = try await exchange(text)
        guard let end = answer.firstRange(of: "\r\n\r\n") else {
            return Answer(status: 0, head: answer, body: "")
        }
        let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Answer(
            status: status, head: String(answer[..<end.lowerBound]),
            body: String(answer[end.upperBound...]))
    }

    /// Sends text, and reads until the server closes the connection.
    func exchange(_ text: String) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            if !text.isEmpty { try await outbound.write(ByteBuffer(string: text)) }
            var answer = ByteBuffer()
            for try await chunk in inbound { answer.writeImmutableBuffer(chunk) }
            return String(buffer: answer)
        }
    }

    /// Runs a delta stream of a proxy: it has asked for clusters and been answered.
    func connect(
        _ node: Node, _ body: (GRPCClientCall, DeltaDiscoveryResponse) async throws -> Void
    ) async throws {
        let port = try discovery.start()[0]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await discovery.run() }
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            defer {
                channel.close()
                discovery.shutdown()
            }
            let path =
                "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
            try await channel.withCall(path) { call in
                let request = DeltaDiscoveryRequest(node: node, type: .cluster)
                try await call.send(GRPCMessage(copying: request.encoded()))
                guard let message = try await call.receive() else { return }
                try await body(call, try DeltaDiscoveryResponse(decoding: message.bytes))
            }
        }
    }
}
