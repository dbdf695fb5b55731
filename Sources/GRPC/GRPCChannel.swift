import CGRPC
import Synchronization

/// A channel to one server: one connection, made with the first call and made again, with a
/// back-off, whenever it is lost. All channels of the process share one polling thread.
public final class GRPCChannel: Sendable {
    private struct State {
        var channel: ChannelHandle?
        var calls: [ObjectIdentifier: CallCore] = [:]
    }

    /// Where it leads, as given.
    public let target: String
    private let state: Mutex<State>

    /// A channel. Nothing connects yet.
    ///
    /// - Parameters:
    ///   - target: `HOST:PORT`, or a URI of the gRPC naming such as `unix:/run/heddle.sock`.
    ///   - configuration: its limits, credentials and waits. Certificates that cannot be used show
    ///     in the calls, which fail.
    public init(target: String, configuration: GRPCChannelConfiguration = .init()) {
        self.target = target
        state = Mutex(State(channel: ChannelHandle(target, configuration)))
    }

    /// Breaks off the calls and closes the connection. Later calls fail with `unavailable`.
    public func close() {
        let calls = state.withLock { state in
            state.channel = nil
            return Array(state.calls.values)
        }
        for call in calls { call.cancel(GRPCStatus(.cancelled, "the channel was closed")) }
    }

    /// Makes a call for as long as `body` runs; both sides may send any number of messages.
    ///
    /// A call that has not ended when `body` leaves is cancelled, and so is one whose task is.
    ///
    /// - Parameters:
    ///   - path: `/package.Service/Method`.
    ///   - metadata: goes before the first message.
    ///   - deadline: how long the call may take; nil for ever. The server hears of it.
    ///   - waitForReady: whether to wait for a connection. Otherwise the call fails with
    ///     `unavailable` when an attempt to connect has.
    ///   - body: the call.
    /// - Throws: what `body` throws; `unavailable` after `close()`; `invalidArgument` for metadata
    ///   that the protocol does not allow.
    public func withCall<R>(
        _ path: String, metadata: GRPCMetadata = [:], deadline: Duration? = nil,
        waitForReady: Bool = false, isolation: isolated (any Actor)? = #isolation,
        _ body: (GRPCClientCall) async throws -> R
    ) async throws -> R {
        let core = try open(path, metadata, deadline, waitForReady)
        let result: Result<R, any Error>
        do {
            let value = try await withTaskCancellationHandler {
                try await body(GRPCClientCall(core))
            } onCancel: {
                core.cancel(.taskCancelled)
            }
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        await leave(core)
        return try result.get()
    }

    /// Makes a call with one request and one reply.
    ///
    /// - Throws: the status of a call that has failed; `internal` when the server does not reply
    ///   with exactly one message; else as `withCall`.
    public func unary(
        _ path: String, _ request: GRPCMessage, metadata: GRPCMetadata = [:],
        deadline: Duration? = nil, waitForReady: Bool = false
    ) async throws -> GRPCMessage {
        try await withCall(
            path, metadata: metadata, deadline: deadline, waitForReady: waitForReady
        ) { call in
            do {
                try await call.send(request)
                try await call.finishSending()
            } catch is GRPCStatus {
                // The server may answer without reading; what follows tells how the call ended.
            }
            guard let reply = try await call.receive() else {
                throw GRPCStatus(.internal, "the server ended \(path) without a reply")
            }
            if try await call.receive() != nil {
                throw GRPCStatus(.internal, "the server replied to \(path) more than once")
            }
            return reply
        }
    }

    private func open(
        _ path: String, _ metadata: GRPCMetadata, _ timeout: Duration?, _ waitForReady: Bool
    ) throws -> CallCore {
        guard let channel = state.withLock({ $0.channel }) else {
            throw GRPCStatus(.unavailable, "the channel to \(target) is closed")
        }
        let core = CallCore(queue: channel.queue)
        do {
            try core.open(
                channel.pointer, path: path, metadata: metadata, timeout: timeout,
                waitForReady: waitForReady)
        } catch {
            core.endScope()
            throw error
        }
        let isClosed = state.withLock { state in
            state.calls[ObjectIdentifier(core)] = core
            return state.channel == nil
        }
        if isClosed { core.cancel(GRPCStatus(.cancelled, "the channel was closed")) }
        return core
    }

    private func leave(_ core: CallCore) async {
        if core.end.current == nil {
            core.cancel(GRPCStatus(.cancelled, "the client has left the call"))
        }
        _ = await core.end.value()
        _ = state.withLock { $0.calls.removeValue(forKey: ObjectIdentifier(core)) }
        core.endScope()
    }
}

// Sendable without the compiler's proof: the pointer never changes and the core's channel is
// thread-safe.
/// The C channel; closed when the last call that has it lets go.
private final class ChannelHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let queue = CompletionQueue.shared()

    init(_ target: String, _ configuration: GRPCChannelConfiguration) {
        let credentials = configuration.credentials.makeC()
        defer { if let credentials { grpc_channel_credentials_release(credentials) } }
        let created = configuration.makeArguments().withC { arguments in
            guard let credentials else {
                return grpc_lame_client_channel_create(
                    target, GRPC_STATUS_INVALID_ARGUMENT, "the certificates cannot be used")
            }
            return grpc_channel_create(target, credentials, arguments)
        }
        guard let created else { preconditionFailure("the core made no channel to \(target)") }
        pointer = created
    }

    deinit { grpc_channel_destroy(pointer) }
}
