import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves the admin pages over HTTP/1.1.
struct AdminServer: Sendable {
    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    let pages: AdminPages
    let logger: Logger
    private let listener: NIOAsyncChannel<Connection, Never>

    /// The port it listens on.
    let port: Int

    /// Binds the address.
    ///
    /// - Throws: Where the address cannot be bound.
    init(host: String, port: Int, pages: AdminPages, logger: Logger) async throws {
        self.pages = pages
        self.logger = logger
        listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        self.port = listener.channel.localAddress?.port ?? port
    }

    /// Serves until the task is cancelled.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    private func serve(_ connection: Connection) async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                for try await part in inbound {
                    guard case .head(let head) = part else { continue }
                    try await answer(head, outbound)
                    if !head.isKeepAlive { return }
                }
            }
        } catch {
            logger.debug("admin connection ended", metadata: ["error": "\(error)"])
        }
    }

    private func answer(
        _ request: HTTPRequestHead,
        _ outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws {
        let path = request.uri.prefix { $0 != "?" }
        let isRead = request.method == .GET || request.method == .HEAD
        let page =
            isRead
            ? await pages.page(String(path))
            : AdminPages.Page(status: .methodNotAllowed, body: "use GET\n")
        let body = ByteBuffer(string: page.body)
        var head = HTTPResponseHead(version: .http1_1, status: page.status)
        head.headers.add(name: "content-type", value: page.contentType)
        head.headers.add(name: "content-length", value: String(body.readableBytes))
        if !request.isKeepAlive { head.headers.add(name: "connection", value: "close") }
        try await outbound.write(.head(head))
        if request.method != .HEAD { try await outbound.write(.body(.byteBuffer(body))) }
        try await outbound.write(.end(nil))
    }
}
