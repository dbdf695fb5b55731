import CGRPC
import Synchronization

// Sendable without the compiler's proof: `c` is used only while held, and each field behind it
// belongs to the operation that fills it until that has completed.
/// One call of either side: its C part, its operations in flight, and who waits for them.
///
/// The C part lives as long as somebody holds it: the scope (the client's body, the server's
/// handler) and every operation in flight. The last to let go destroys it, on whatever thread that
/// is; a server does not stop before all of its calls are destroyed.
///
/// Operations start outside the lock. That is sound: the core lets one sending and one receiving
/// batch start at the same time, and each half starts its operations one after the other.
final class CallCore: @unchecked Sendable {
    typealias ReceiveWaiter = Waiter<ReceivedMessage>
    typealias SendWaiter = Waiter<Bool>

    /// How the call ended, as the core sees it.
    enum End: Sendable {
        /// On the client: the status.
        case status(GRPCStatus, trailing: GRPCMetadata)
        /// On the server: the call is over; true when it did not run to its status.
        case closed(cancelled: Bool)
    }

    private struct State: ~Copyable {
        /// The scope and the operations in flight.
        var holds = 1
        var nextWaiter: UInt64 = 0
        /// On the server: whether the initial metadata is on its way.
        var sentInitial = false
        var receiveSide = ReceiveSide<ReceiveWaiter>()
        var sendSide = SendSide<SendWaiter>()
    }

    /// How the call ended. It comes without fail, soon after a cancel at the latest.
    let end = OneShot<End>()
    /// On the client: what the server sent before its first message.
    let receivedInitial = OneShot<GRPCMetadata>()
    /// The queue of all operations of the call.
    let queue: CompletionQueue

    private let c: UnsafeMutablePointer<cgrpc_call>
    private let server: ServerCore?
    private let state = Mutex(State())

    /// A call in the making.
    ///
    /// - Parameter server: who hears of its arrival; nil on the client.
    init(queue: CompletionQueue, server: ServerCore? = nil) {
        guard let c = cgrpc_call_new() else { preconditionFailure("gpr_zalloc never fails") }
        self.c = c
        self.queue = queue
        self.server = server
        // Taken back when the C part is destroyed.
        cgrpc_call_set_owner(c, Unmanaged.passRetained(self).toOpaque())
        LiveObjects.calls.add(1, ordering: .relaxed)
    }

    // MARK: Both sides

    /// The next message.
    ///
    /// - Throws: `cancelled` when the task is cancelled first. The call goes on, and the message
    ///   that was waited for is the next reader's.
    func receive() async throws -> ReceivedMessage {
        let id = newWaiter()
        return try await withTaskCancellationHandler {
            try GRPCStatus.checkTask()
            return try await withCheckedThrowingContinuation { waiter in
                startReceive(.task(waiter), id)
                if Task.isCancelled { abandonReceive(id) }
            }
        } onCancel: {
            abandonReceive(id)
        }
    }

    /// Sends a message. False when the call is over.
    ///
    /// - Parameter initial: on the server: what goes before the first message.
    /// - Throws: `cancelled` when the task is cancelled first; later sends are refused then.
    func send(_ message: GRPCMessage, initial: GRPCMetadata) async throws -> Bool {
        try prepareInitial(initial)
        let id = newWaiter()
        return try await withTaskCancellationHandler {
            try GRPCStatus.checkTask()
            return try await withCheckedThrowingContinuation { waiter in
                startSend(message, .task(waiter), id)
                if Task.isCancelled { abandonSend(id) }
            }
        } onCancel: {
            abandonSend(id)
        }
    }

    /// Breaks the call off. Does nothing once it is over.
    ///
    /// - Parameter status: on the client: what the call ends with.
    func cancel(_ status: GRPCStatus) {
        guard hold() else { return }
        grpc_call_cancel_with_status(
            c.pointee.call, grpc_status_code(Int32(clamping: status.code.rawValue)), status.message,
            nil)
        letGo()
    }

    /// The scope is over: what is still in flight is broken off.
    func endScope() {
        let isBusy = state.withLock { $0.holds > 1 }
        if isBusy { cancel(GRPCStatus(.cancelled, "the call's scope is over")) }
        letGo()
    }

    // MARK: Client

    /// Starts the call. `end` and `receivedInitial` come from here on.
    ///
    /// - Throws: `invalidArgument` for metadata that the protocol does not allow; nothing has
    ///   started then.
    func open(
        _ channel: OpaquePointer, path: String, metadata: GRPCMetadata, timeout: Duration?,
        waitForReady: Bool
    ) throws {
        try metadata.copy(to: &c.pointee.sent_initial)
        var path = path
        path.withUTF8 { path in
            path.withMemoryRebound(to: CChar.self) { path in
                cgrpc_call_open(
                    c, channel, queue.pointer, path.baseAddress, path.count,
                    timeout?.clampedNanoseconds ?? -1)
            }
        }
        state.withLock { state in
            state.sentInitial = true
            state.holds += 2
        }
        if cgrpc_start_client(c, waitForReady) != 0 {
            c.pointee.status = GRPC_STATUS_INTERNAL
            completed(CGRPC_CLOSE.rawValue, success: false)
        }
        if cgrpc_start_recv_initial(c) != 0 {
            completed(CGRPC_RECV_INITIAL.rawValue, success: false)
        }
    }

    /// Tells the server that no more messages come. False when the call is over.
    func halfClose() async throws -> Bool {
        let id = newWaiter()
        return try await withTaskCancellationHandler {
            try GRPCStatus.checkTask()
            return try await withCheckedThrowingContinuation { waiter in
                startEnd(.task(waiter), id) { [c] _ in cgrpc_start_half_close(c) }
                if Task.isCancelled { abandonSend(id) }
            }
        } onCancel: {
            abandonSend(id)
        }
    }

    // MARK: Server

    /// Lets the server's call stand for the next one that arrives.
    func request(from server: OpaquePointer) {
        state.withLock { $0.holds += 1 }
        let error = cgrpc_start_request(c, server, queue.pointer)
        precondition(error == 0, "the server's queue is not its own, or the server has stopped")
    }

    /// What the client asks for; of use between the arrival and the end of the scope.
    var request: CallRequest { CallRequest(c) }

    /// Sends the initial metadata now rather than with the first message.
    func sendInitial(_ metadata: GRPCMetadata) throws {
        try prepareInitial(metadata)
        let isFirst = state.withLock { state in
            guard state.holds > 0, !state.sentInitial else { return false }
            state.sentInitial = true
            state.holds += 1
            return true
        }
        guard isFirst else { return }
        if cgrpc_start_send_initial(c) != 0 {
            completed(CGRPC_SEND_INITIAL.rawValue, success: false)
        }
    }

    /// Ends the call with a status, and returns when that is with the transport or the call is
    /// over. Waits in a cancelled task too.
    func finish(_ status: GRPCStatus, initial: GRPCMetadata, trailing: GRPCMetadata) async {
        var status = status
        do {
            try prepareInitial(initial)
            try trailing.copy(to: &c.pointee.sent_trailing)
        } catch {
            status = GRPCStatus(.internal, "the server's metadata is not allowed: \(error)")
        }
        let sent = status
        // The waiter is resumed without an error: nobody abandons it.
        _ = try? await withCheckedThrowingContinuation { waiter in
            startStatus(sent, .task(waiter))
        }
    }

    // MARK: Server, by callbacks

    /// The next message, by callback.
    func receive(_ callback: @escaping @Sendable (ReceivedMessage) -> Void) {
        startReceive(.callback(callback), 0)
    }

    /// Sends a message; the callback hears whether the transport has taken it.
    func send(_ message: GRPCMessage, _ callback: @escaping @Sendable (Bool) -> Void) {
        startSend(message, .callback(callback), 0)
    }

    /// Ends the call with a status, and its scope when it is over.
    func finish(_ status: GRPCStatus) {
        startStatus(
            status,
            .callback { _ in
                self.end.whenFulfilled { _ in self.endScope() }
            })
    }

    private func startStatus(_ status: GRPCStatus, _ waiter: SendWaiter) {
        startEnd(waiter, newWaiter()) { [c] withInitial in
            var text = status.message
            return text.withUTF8 { text in
                text.withMemoryRebound(to: CChar.self) { text in
                    cgrpc_start_send_status(
                        c, Int32(clamping: status.code.rawValue), text.baseAddress, text.count,
                        withInitial)
                }
            }
        }
    }

    // MARK: Starting

    private func newWaiter() -> UInt64 {
        state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
    }

    private func prepareInitial(_ metadata: GRPCMetadata) throws {
        if metadata.isEmpty || state.withLock({ $0.sentInitial || $0.holds == 0 }) { return }
        cgrpc_metadata_clear(&c.pointee.sent_initial)
        try metadata.copy(to: &c.pointee.sent_initial)
    }

    private func startReceive(_ waiter: ReceiveWaiter, _ id: UInt64) {
        let action = state.withLock { state -> ReceiveSide<ReceiveWaiter>.Action in
            guard state.holds > 0 else { return .resume(waiter, .failed) }
            let action = state.receiveSide.receive(waiter, id: id)
            if case .start = action { state.holds += 1 }
            return action
        }
        switch action {
        case .start:
            if cgrpc_start_recv_message(c) != 0 {
                completed(CGRPC_RECV_MESSAGE.rawValue, success: false)
            }
        case .resume(let waiter, let message): waiter.resume(returning: message)
        case .wait: break
        }
    }

    private func startSend(_ message: GRPCMessage, _ waiter: SendWaiter, _ id: UInt64) {
        startSending(waiter, CGRPC_SEND_MESSAGE) { side in
            side.send(waiter, id: id)
        } operation: { [c] withInitial in
            cgrpc_start_send_message(c, message.makeByteBuffer(), withInitial)
        }
    }

    private func startEnd(
        _ waiter: SendWaiter, _ id: UInt64, _ operation: (_ withInitial: Bool) -> Int32
    ) {
        startSending(waiter, CGRPC_SEND_END, { $0.end(waiter, id: id) }, operation: operation)
    }

    private func startSending(
        _ waiter: SendWaiter, _ kind: cgrpc_kind,
        _ event: (inout SendSide<SendWaiter>) -> SendSide<SendWaiter>.Refusal?,
        operation: (_ withInitial: Bool) -> Int32
    ) {
        let (refusal, withInitial) = state.withLock { state in
            guard state.holds > 0 else {
                return (SendSide<SendWaiter>.Refusal?.some(.ended), false)
            }
            if let refusal = event(&state.sendSide) { return (refusal, false) }
            state.holds += 1
            let withInitial = !state.sentInitial
            state.sentInitial = true
            return (nil, withInitial)
        }
        switch refusal {
        case nil:
            if operation(withInitial) != 0 { completed(kind.rawValue, success: false) }
        case .ended:
            waiter.resume(returning: false)
        case .abandoned:
            waiter.resume(
                throwing: GRPCStatus(
                    .cancelled, "an earlier send of this call was given up by its cancelled task"))
        }
    }

    private func abandonReceive(_ id: UInt64) {
        let waiter = state.withLock { $0.receiveSide.abandon(id: id) }
        waiter?.resume(throwing: GRPCStatus.taskCancelled)
    }

    private func abandonSend(_ id: UInt64) {
        let waiter = state.withLock { $0.sendSide.abandon(id: id) }
        waiter?.resume(throwing: GRPCStatus.taskCancelled)
    }

    // MARK: Completing

    /// An operation of the call has completed. Called on the polling thread.
    func completed(_ kind: UInt32, success: Bool) {
        switch cgrpc_kind(kind) {
        case CGRPC_REQUEST: arrived(success)
        case CGRPC_CLOSE: end.fulfil(readEnd(success))
        case CGRPC_RECV_INITIAL: receivedInitial.fulfil(GRPCMetadata(c.pointee.received_initial))
        case CGRPC_RECV_MESSAGE:
            let message = readMessage(success)
            let waiter = state.withLock { $0.receiveSide.completed(message) }
            waiter?.resume(returning: message)
        case CGRPC_SEND_MESSAGE:
            cgrpc_call_sent_message(c)
            let waiter = state.withLock { $0.sendSide.sent() }
            waiter?.resume(returning: success)
        case CGRPC_SEND_END:
            let waiter = state.withLock { $0.sendSide.ended() }
            waiter?.resume(returning: success)
        case CGRPC_SEND_INITIAL: break
        default: preconditionFailure("an operation of kind \(kind) is none of a call's")
        }
        letGo()
    }

    private func arrived(_ success: Bool) {
        guard success else {
            server?.requestEnded(nil)
            letGo()  // No scope will come.
            return
        }
        state.withLock { $0.holds += 1 }
        if cgrpc_start_recv_close(c) != 0 { completed(CGRPC_CLOSE.rawValue, success: false) }
        server?.requestEnded(self)
    }

    private func readEnd(_ success: Bool) -> End {
        if server != nil { return .closed(cancelled: !success || c.pointee.cancelled != 0) }
        let status = GRPCStatus(
            GRPCStatus.Code(rawValue: Int(c.pointee.status.rawValue)),
            String(slice: c.pointee.status_details))
        return .status(status, trailing: GRPCMetadata(c.pointee.received_trailing))
    }

    private func readMessage(_ success: Bool) -> ReceivedMessage {
        var slice = grpc_slice()
        if cgrpc_take_message(c, &slice) { return .message(GRPCMessage(adopting: slice)) }
        if server == nil { return .end }
        // The core gives no message for a half-close and for a broken call alike.
        let isBroken = !success || grpc_call_failed_before_recv_message(c.pointee.call) != 0
        if case .closed(cancelled: true) = end.current { return .failed }
        return isBroken ? .failed : .end
    }

    // MARK: Holding

    private func hold() -> Bool {
        state.withLock { state in
            guard state.holds > 0 else { return false }
            state.holds += 1
            return true
        }
    }

    private func letGo() {
        let isLast = state.withLock { state in
            state.holds -= 1
            return state.holds == 0
        }
        guard isLast else { return }
        cgrpc_call_free(c)
        LiveObjects.calls.subtract(1, ordering: .relaxed)
        server?.callDestroyed()
        Unmanaged.passUnretained(self).release()
    }
}

extension GRPCStatus {
    static let taskCancelled = GRPCStatus(.cancelled, "the task was cancelled")

    static func checkTask() throws {
        if Task.isCancelled { throw taskCancelled }
    }
}

extension Duration {
    /// Nanoseconds, from 0 to about 146 years, which the core can still add to its clock.
    var clampedNanoseconds: Int64 {
        let limit: Int64 = .max / 2
        if self <= .zero { return 0 }
        if self >= .nanoseconds(limit) { return limit }
        return components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    /// Milliseconds as the core's arguments have them, rounded up, at least 1.
    var clampedMilliseconds: Int32 {
        Int32(clamping: max(1, (clampedNanoseconds + 999_999) / 1_000_000))
    }
}
