import Synchronization

/// A call that a server is handling. It is of use until the handler returns.
///
/// One task at a time may receive and one may send; both at once is fine.
public final class GRPCServerCall: Sendable {
    /// The method, `/package.Service/Method`.
    public let path: String
    /// What the client sent before its first message.
    public let metadata: GRPCMetadata
    /// The client's address as a URI, such as `ipv4:127.0.0.1:40112`. Not authenticated.
    public let peer: String
    /// When the client gives up; nil for never.
    public let deadline: ContinuousClock.Instant?
    /// The client by its verified certificate; nil without mTLS.
    public let peerIdentity: PeerIdentity?

    private struct Outgoing {
        var initial = GRPCMetadata()
        var trailing = GRPCMetadata()
    }

    let core: CallCore
    private let outgoing = Mutex(Outgoing())

    init(_ core: CallCore) {
        self.core = core
        let request = core.request
        path = request.path
        metadata = request.metadata
        peer = request.peer
        deadline = request.deadline
        peerIdentity = request.peerIdentity
    }

    /// What goes out before the first message, or with the status if there is none. Setting it
    /// later has no effect.
    public var initialMetadata: GRPCMetadata {
        get { outgoing.withLock { $0.initial } }
        set { outgoing.withLock { $0.initial = newValue } }
    }

    /// What goes out with the status.
    public var trailingMetadata: GRPCMetadata {
        get { outgoing.withLock { $0.trailing } }
        set { outgoing.withLock { $0.trailing = newValue } }
    }

    /// Whether the client has cancelled, vanished or let its deadline pass.
    public var isCancelled: Bool {
        if case .closed(cancelled: true) = core.end.current { true } else { false }
    }

    /// Sends `initialMetadata` now rather than with the first message.
    ///
    /// - Throws: `invalidArgument` for a pair that the protocol does not allow.
    public func sendInitialMetadata() throws {
        try core.sendInitial(initialMetadata)
    }

    /// The client's next message; nil after its last.
    ///
    /// - Throws: `cancelled` when the call is broken off (by the client, its deadline, a lost
    ///   connection, a message above the limit), and when the task is cancelled: the call goes on
    ///   then, and the message is the next reader's.
    public func receive() async throws -> GRPCMessage? {
        switch try await core.receive() {
        case .message(let message): return message
        case .end: return nil
        case .failed: throw GRPCStatus(.cancelled, "the client has broken off the call")
        }
    }

    /// Sends a message, and returns when the transport's flow control has taken it: a client that
    /// does not read holds its sender here.
    ///
    /// - Throws: `cancelled` when the call is broken off, and when the task is cancelled: only the
    ///   status can be sent after that. `invalidArgument` for initial metadata that the protocol
    ///   does not allow.
    public func send(_ message: GRPCMessage) async throws {
        guard try await core.send(message, initial: initialMetadata) else {
            throw GRPCStatus(.cancelled, "the client has broken off the call")
        }
    }

    func finish(_ status: GRPCStatus) async {
        await core.finish(status, initial: initialMetadata, trailing: trailingMetadata)
    }
}
