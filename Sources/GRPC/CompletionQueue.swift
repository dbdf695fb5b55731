import CGRPC
import Synchronization

// Sendable without the compiler's proof: the pointer never changes and the core's queue is
// thread-safe.
/// A completion queue and the thread that polls it.
///
/// The thread owns the C queue: it ends, and destroys the queue, once the queue is shut down and
/// empty. Everything that may start an operation keeps this object alive, so the queue is not shut
/// down under an operation.
final class CompletionQueue: @unchecked Sendable {
    let pointer: OpaquePointer
    private let isShutDown = Atomic<Bool>(false)

    /// Starts the thread.
    ///
    /// - Parameter onExit: called on the thread after the queue is destroyed.
    init(onExit: @escaping @Sendable () -> Void = {}) {
        Library.start()
        guard let queue = grpc_completion_queue_create_for_next(nil) else {
            preconditionFailure("the gRPC core made no completion queue")
        }
        pointer = queue
        let context = Unmanaged.passRetained(ExitNotice(onExit)).toOpaque()
        let error = cgrpc_spawn_poller(queue, operationCompleted, threadEnded, context)
        precondition(error == 0, "no thread for gRPC: errno \(error)")
    }

    deinit { shutDown() }

    /// No operation starts on this queue any more.
    func shutDown() {
        if !isShutDown.exchange(true, ordering: .relaxed) {
            grpc_completion_queue_shutdown(pointer)
        }
    }

    /// The queue of every channel of the process; it lasts as long as one of them does.
    static func shared() -> CompletionQueue {
        sharedQueue.withLock { shared in
            if let queue = shared.queue { return queue }
            let queue = CompletionQueue()
            shared.queue = queue
            return queue
        }
    }
}

private struct WeakQueue: Sendable {
    weak var queue: CompletionQueue?
}

private let sharedQueue = Mutex(WeakQueue())

/// Whom a polling thread tells of its end.
private final class ExitNotice: Sendable {
    let onExit: @Sendable () -> Void

    init(_ onExit: @escaping @Sendable () -> Void) { self.onExit = onExit }
}

private func threadEnded(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<ExitNotice>.fromOpaque(context).takeRetainedValue().onExit()
}

/// Called on a polling thread for each completed operation.
private func operationCompleted(_ owner: UnsafeMutableRawPointer?, _ kind: Int32, _ success: Bool) {
    guard let owner else { return }
    if kind == Int32(CGRPC_SERVER_STOPPED.rawValue) {
        Unmanaged<ServerCore>.fromOpaque(owner).takeRetainedValue().stopped()
    } else {
        Unmanaged<CallCore>.fromOpaque(owner).takeUnretainedValue()
            .completed(UInt32(kind), success: success)
    }
}
