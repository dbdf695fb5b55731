import CGRPC
import Synchronization

// Sendable without the compiler's proof: the pointers never change; the server is used only under
// the lock and in a phase in which it exists.
/// The C server, its queues, and the calls that have arrived and wait for the serving task.
///
/// The order of the end (any other one crashes the core): no request is armed any more,
/// `shutdown_and_notify`, the grace, `cancel_all_calls`, the notice `stopped`, the last call
/// destroyed (the notice does not wait for calls whose connection is lost), `destroy`, the queues
/// shut down, their threads ended.
///
/// The waiting calls are bounded by the armed requests: one is armed again only when a call is
/// taken. Beyond them calls wait inside the core.
final class ServerCore: @unchecked Sendable {
    private enum Phase {
        case serving
        case draining
        /// The connections are gone; the last call is not yet destroyed.
        case stopped
    }

    private struct State {
        var phase = Phase.serving
        var armed = 0
        /// Armed, waiting and running calls.
        var calls = 0
        var arrived: [CallCore] = []
        var waiter: CheckedContinuation<CallCore?, Never>?
    }

    /// Comes when `shutDown` is first called.
    let shutdownStarted = OneShot<Void>()
    /// Comes when the last thread has ended.
    var closed: OneShot<Void> { threads.allEnded }
    /// The ports, in the order of the addresses.
    private(set) var ports: [Int] = []

    private static let armedPerQueue = 16
    private let server: OpaquePointer
    /// The server asks them at each handshake.
    private let credentials: GRPCServerCredentials
    private let queues: [CompletionQueue]
    private let threads: ThreadCount
    private let tag = UnsafeMutablePointer<cgrpc_tag>.allocate(capacity: 1)
    private let state = Mutex(State())

    /// Binds the addresses and takes calls.
    ///
    /// - Throws: `unavailable` with the address that cannot be bound and why, `invalidArgument`
    ///   for certificates that cannot be used.
    init(_ configuration: GRPCServerConfiguration) throws {
        precondition(configuration.completionQueues > 0, "a server needs a completion queue")
        Library.start()
        let created = configuration.makeArguments().withC { grpc_server_create($0, nil) }
        guard let created else { throw GRPCStatus(.internal, "the core made no server") }
        server = created
        credentials = configuration.credentials
        let threads = ThreadCount(configuration.completionQueues)
        self.threads = threads
        queues = (0..<configuration.completionQueues).map { _ in
            CompletionQueue(onExit: { threads.ended() })
        }
        for queue in queues { grpc_server_register_completion_queue(server, queue.pointer, nil) }
        do {
            ports = try Self.bind(server, configuration)
        } catch {
            shutDown()
            throw error
        }
        grpc_server_start(server)
        for queue in queues {
            for _ in 0..<Self.armedPerQueue { arm(queue) }
        }
    }

    deinit { tag.deallocate() }

    /// The next call; nil when the server is shut down and has no more. Waits in a cancelled task
    /// too.
    func next() async -> CallCore? {
        let call = await withCheckedContinuation { waiter in
            let result = state.withLock { state -> CallCore?? in
                precondition(state.waiter == nil, "two tasks serve one server")
                if !state.arrived.isEmpty { return state.arrived.removeFirst() }
                if state.phase != .serving, state.armed == 0 { return .some(nil) }
                state.waiter = waiter
                return nil
            }
            if let result { waiter.resume(returning: result) }
        }
        if let call { arm(call.queue) }
        return call
    }

    /// Refuses new calls. `closed` comes once the running ones have ended.
    func shutDown() {
        let isFirst = state.withLock { state in
            guard state.phase == .serving else { return false }
            state.phase = .draining
            return true
        }
        guard isFirst else { return }
        tag.initialize(
            to: cgrpc_tag(
                owner: Unmanaged.passRetained(self).toOpaque(),
                kind: Int32(CGRPC_SERVER_STOPPED.rawValue)))
        grpc_server_shutdown_and_notify(server, queues[0].pointer, tag)
        shutdownStarted.fulfil(())
    }

    /// Breaks off what is still running after `shutDown`.
    func cancelAllCalls() {
        state.withLock { state in
            if state.phase == .draining { grpc_server_cancel_all_calls(server) }
        }
    }

    /// Shuts down without anybody to serve the calls that have arrived.
    func abandon() {
        shutDown()
        cancelAllCalls()
        let arrived = state.withLock { state in
            defer { state.arrived = [] }
            return state.arrived
        }
        for call in arrived { call.endScope() }
    }

    /// A request has come back, with a call or, at the end, without. Called on a polling thread.
    func requestEnded(_ call: CallCore?) {
        let (waiter, next) = state.withLock { state in
            state.armed -= 1
            if let call { state.arrived.append(call) }
            let isDrained = state.phase != .serving && state.armed == 0
            guard let waiter = state.waiter, isDrained || !state.arrived.isEmpty else {
                return (CheckedContinuation<CallCore?, Never>?.none, CallCore?.none)
            }
            state.waiter = nil
            return (waiter, state.arrived.isEmpty ? nil : state.arrived.removeFirst())
        }
        waiter?.resume(returning: next)
    }

    /// The last connection is gone. Called on a polling thread.
    func stopped() {
        let isLast = state.withLock { state in
            state.phase = .stopped
            return state.calls == 0
        }
        if isLast { destroy() }
    }

    /// A call's C part is gone.
    func callDestroyed() {
        let isLast = state.withLock { state in
            state.calls -= 1
            return state.calls == 0 && state.phase == .stopped
        }
        if isLast { destroy() }
    }

    private func destroy() {
        grpc_server_destroy(server)
        for queue in queues { queue.shutDown() }
    }

    private func arm(_ queue: CompletionQueue) {
        // Under the lock, so that the server is not destroyed meanwhile. The completion comes on
        // the polling thread, never inside the call.
        state.withLock { state in
            guard state.phase == .serving else { return }
            state.armed += 1
            state.calls += 1
            CallCore(queue: queue, server: self).request(from: server)
        }
    }

    private static func bind(
        _ server: OpaquePointer, _ configuration: GRPCServerConfiguration
    ) throws -> [Int] {
        try configuration.credentials.check()
        guard let credentials = configuration.credentials.makeC() else {
            throw GRPCStatus(.invalidArgument, "the server's certificates cannot be used")
        }
        defer { grpc_server_credentials_release(credentials) }
        return try configuration.addresses.map { address in
            let capacity = 1024
            var port: Int32 = 0
            let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { text in
                port = cgrpc_server_add_port(
                    server, address, credentials, text.baseAddress, capacity)
                return text.baseAddress.map { String(cString: $0) } ?? ""
            }
            if port == 0 { throw bindError(address, reason) }
            return Int(port)
        }
    }

    private static func bindError(_ address: String, _ reason: String) -> GRPCStatus {
        if reason.contains("Address already in use") {
            return GRPCStatus(.unavailable, "cannot listen on \(address): the address is in use")
        }
        let detail = reason.isEmpty ? "check the address and the certificates" : reason
        return GRPCStatus(.invalidArgument, "cannot listen on \(address): \(detail)")
    }
}

/// Counts ending threads.
private final class ThreadCount: Sendable {
    let allEnded = OneShot<Void>()
    private let running: Atomic<Int>

    init(_ count: Int) { running = Atomic(count) }

    func ended() {
        if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            allEnded.fulfil(())
        }
    }
}
