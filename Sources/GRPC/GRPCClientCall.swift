/// A call that a client is making. It is of use inside `GRPCChannel.withCall`.
///
/// One task at a time may receive and one may send; both at once is fine.
public final class GRPCClientCall: Sendable {
    private let core: CallCore

    init(_ core: CallCore) { self.core = core }

    /// How the call ended; nil while it goes on. Messages that have not been received hold it back.
    public var status: GRPCStatus? {
        if case .status(let status, _) = core.end.current { status } else { nil }
    }

    /// What the server sent with the status; empty while the call goes on.
    public var trailingMetadata: GRPCMetadata {
        if case .status(_, let trailing) = core.end.current { trailing } else { [:] }
    }

    /// What the server sent before its first message; empty if the call ended without any.
    ///
    /// - Throws: `cancelled` when the task is cancelled first.
    public func initialMetadata() async throws -> GRPCMetadata {
        guard let metadata = await core.receivedInitial.valueUnlessCancelled() else {
            throw GRPCStatus.taskCancelled
        }
        return metadata
    }

    /// Sends a message, and returns when the transport's flow control has taken it: a server that
    /// does not read holds its sender here.
    ///
    /// - Throws: the status, when the call has ended with an error; `unavailable` when it has ended
    ///   and the status is not known yet, or is OK: `receive()` tells. `cancelled` when the task is
    ///   cancelled: nothing can be sent after that.
    public func send(_ message: GRPCMessage) async throws {
        if try await core.send(message, initial: [:]) { return }
        throw sendError
    }

    /// Tells the server that no more messages come.
    ///
    /// - Throws: as `send` does.
    public func finishSending() async throws {
        if try await core.halfClose() { return }
        throw sendError
    }

    /// The server's next message; nil at the end of a call with status OK.
    ///
    /// - Throws: the status of a call that has failed. `cancelled` also when the task is cancelled:
    ///   if that is not the one that has opened the call, the call goes on, and the message is the
    ///   next reader's.
    public func receive() async throws -> GRPCMessage? {
        if case .message(let message) = try await core.receive() { return message }
        guard case .status(let status, _) = await core.end.value() else {
            preconditionFailure("a server's call on the client")
        }
        if status.code == .ok { return nil }
        throw status
    }

    /// Ends the call with `cancelled`, in any task; `receive()` then throws that.
    public func cancel() {
        core.cancel(GRPCStatus(.cancelled, "cancelled by the client"))
    }

    private var sendError: GRPCStatus {
        if let status, status.code != .ok { return status }
        return GRPCStatus(
            .unavailable, "the server has ended the call or the connection is lost")
    }
}
