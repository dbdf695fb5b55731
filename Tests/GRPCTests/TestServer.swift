import GRPC

/// Runs a server on a free port for as long as `body` runs, then shuts it down and waits for its
/// end.
func withServer<R: Sendable>(
    _ configuration: GRPCServerConfiguration = .init(),
    handler: @escaping GRPCServer.Handler,
    _ body: @Sendable (_ server: GRPCServer, _ port: Int) async throws -> R
) async throws -> R {
    let server = GRPCServer(configuration: configuration, handler: handler)
    let port = try server.start()[0]
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        let result: Result<R, any Error>
        do { result = .success(try await body(server, port)) } catch { result = .failure(error) }
        server.shutdown()
        try await group.waitForAll()
        return try result.get()
    }
}

/// A server and one channel to it.
func withChannel<R: Sendable>(
    _ server: GRPCServerConfiguration = .init(),
    client: GRPCChannelConfiguration = .init(),
    handler: @escaping GRPCServer.Handler,
    _ body: @Sendable (_ channel: GRPCChannel) async throws -> R
) async throws -> R {
    try await withServer(server, handler: handler) { _, port in
        let channel = GRPCChannel(target: "127.0.0.1:\(port)", configuration: client)
        defer { channel.close() }
        return try await body(channel)
    }
}

/// Sends every message back until the half-close.
let echo: GRPCServer.Handler = { call in
    while let message = try await call.receive() { try await call.send(message) }
}

/// An event that a test waits for.
struct Event: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Void.self) }

    func signal() { continuation.yield() }

    func wait() async { for await _ in stream { return } }
}

extension GRPCMessage {
    convenience init(_ text: String) { self.init(copying: text.utf8) }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// The status that an operation throws; nil when it throws none.
func thrownStatus(
    isolation: isolated (any Actor)? = #isolation, of body: () async throws -> Void
) async throws -> GRPCStatus? {
    do {
        try await body()
        return nil
    } catch let status as GRPCStatus {
        return status
    }
}
