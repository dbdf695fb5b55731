import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Serves the admin pages over HTTP/1.1, to programs of this machine.
struct AdminServer: Sendable {
    /// What clients may use up.
    struct Limits: Sendable {
        /// The size of a body in bytes.
        var bodyBytes = 64 << 20
        /// Bodies that are read at a time; more are told to come again.
        var bodies = 4
        /// Connections at a time; more are closed.
        var connections = 128
        /// How long a client may take for a request, its body, or taking the answer.
        var patience = TimeAmount.seconds(60)
    }

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>
    private typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    private typealias Parts = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

    /// What is going on, for the limits.
    private final class Use: Sendable {
        let bodies = Atomic<Int>(0)
        let connections = Atomic<Int>(0)
    }

    private let pages: AdminPages
    private let limits: Limits
    private let access: AdminAccess
    private let logger: Logger
    private let listener: NIOAsyncChannel<Connection, Never>
    private let use = Use()

    /// The port it listens on.
    let port: Int

    /// Binds the address.
    ///
    /// - Throws: Where the address cannot be bound.
    init(
        host: String, port: Int, pages: AdminPages, limits: Limits = Limits(), logger: Logger
    ) async throws {
        self.pages = pages
        self.limits = limits
        self.logger = logger
        access = AdminAccess(host: host)
        listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(AdminDeadline(limit: limits.patience))
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
        let count = use.connections.add(1, ordering: .relaxed).newValue
        defer { use.connections.subtract(1, ordering: .relaxed) }
        do {
            try await connection.executeThenClose { inbound, outbound in
                guard count <= limits.connections else { return }
                var parts = inbound.makeAsyncIterator()
                while case .head(let head)? = try await parts.next() {
                    guard try await serve(head, &parts, outbound) else { return }
                }
            }
        } catch {
            logger.debug("admin connection ended", metadata: ["error": "\(error)"])
        }
    }

    /// Serves one request.
    ///
    /// - Returns: Whether another may follow on the connection.
    private func serve(
        _ head: HTTPRequestHead, _ parts: inout Parts, _ outbound: Outbound
    ) async throws -> Bool {
        if let refusal = refusal(of: head) {
            try await write(refusal, to: head, outbound, closes: true)
            return false
        }
        let page: AdminPage
        if head.hasBody {
            let isFree = use.bodies.add(1, ordering: .relaxed).newValue <= limits.bodies
            defer { use.bodies.subtract(1, ordering: .relaxed) }
            guard isFree else {
                let busy = AdminPage(.serviceUnavailable, "too many uploads; come again\n")
                try await write(busy, to: head, outbound, closes: true)
                return false
            }
            if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                try await outbound.write(
                    .head(HTTPResponseHead(version: .http1_1, status: .continue)))
            }
            guard let body = try await body(&parts) else {
                try await write(tooLarge, to: head, outbound, closes: true)
                return false
            }
            page = await answer(head, body)
        } else {
            guard try await body(&parts) != nil else { return false }
            page = await answer(head, [])
        }
        try await write(page, to: head, outbound, closes: !head.isKeepAlive)
        return head.isKeepAlive
    }

    /// Why a request is refused before its body is read.
    private func refusal(of head: HTTPRequestHead) -> AdminPage? {
        if let refusal = access.refusal(of: head) { return refusal }
        if AdminRequest.path(of: head.uri) == nil {
            return AdminPage(.badRequest, "\(head.uri) is no path\n")
        }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        return length > limits.bodyBytes ? tooLarge : nil
    }

    private var tooLarge: AdminPage {
        AdminPage(.payloadTooLarge, "a body may have \(limits.bodyBytes >> 20) MiB\n")
    }

    /// Reads to the end of the request.
    ///
    /// - Returns: Nil where the body is too large; it is read all the same, so that the client
    ///   has sent it before it is told. The deadline ends a body without end.
    /// - Throws: Where the connection ends before the body does.
    private func body(_ parts: inout Parts) async throws -> [UInt8]? {
        var body: [UInt8]? = []
        while let part = try await parts.next() {
            switch part {
            case .head: throw ChannelError.inputClosed
            case .body(let chunk):
                let size = (body?.count ?? 0) + chunk.readableBytes
                if size > limits.bodyBytes { body = nil }
                body?.append(contentsOf: chunk.readableBytesView)
            case .end: return body
            }
        }
        throw ChannelError.inputClosed
    }

    private func answer(_ head: HTTPRequestHead, _ body: [UInt8]) async -> AdminPage {
        let path = AdminRequest.path(of: head.uri) ?? []
        let request = AdminRequest(method: head.method, path: path, body: body)
        let page = pages.answer(request)
        if !request.isRead {
            logger.info(
                "admin request",
                metadata: [
                    "method": "\(head.method)", "path": "\(head.uri)",
                    "status": "\(page.status.code)",
                ])
        }
        return page
    }

    private func write(
        _ page: AdminPage, to request: HTTPRequestHead, _ outbound: Outbound, closes: Bool
    ) async throws {
        let body = ByteBuffer(string: page.body)
        var head = HTTPResponseHead(version: .http1_1, status: page.status)
        head.headers.add(name: "content-type", value: page.contentType)
        head.headers.add(name: "content-length", value: String(body.readableBytes))
        if !page.allow.isEmpty {
            let methods = page.allow.map(\.rawValue).joined(separator: ", ")
            head.headers.add(name: "allow", value: methods)
        }
        if closes { head.headers.add(name: "connection", value: "close") }
        try await outbound.write(.head(head))
        if request.method != .HEAD { try await outbound.write(.body(.byteBuffer(body))) }
        try await outbound.write(.end(nil))
    }
}

extension HTTPRequestHead {
    fileprivate var hasBody: Bool {
        headers.contains(name: "transfer-encoding")
            || (headers.first(name: "content-length").map { $0 != "0" } ?? false)
    }
}
