import Glibc
import Synchronization

/// Runs a worker on a thread of its own.
///
/// Unsafe but sound: the worker is made on one thread and from then on touched by the new one
/// only; starting a thread orders the two.
final class WorkerThread: @unchecked Sendable {
    private var worker: Worker?
    private let ended: @Sendable () -> Void

    /// - Parameter ended: Called on the thread when the worker has ended and is freed.
    init(_ worker: Worker, ended: @escaping @Sendable () -> Void) {
        self.worker = worker
        self.ended = ended
    }

    /// - Throws: ``DataPathError`` when the system refuses a thread.
    func start() throws(DataPathError) {
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                // A log that goes to a pipe without a reader must not end the process.
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGPIPE)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                let thread = Unmanaged<WorkerThread>.fromOpaque(context).takeRetainedValue()
                thread.worker?.run()
                thread.worker = nil
                thread.ended()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        if status != 0 { throw DataPathError(.system, "cannot start a thread", errno: status) }
        pthread_detach(thread)
    }
}

/// Calls something when it was counted down.
final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let action: @Sendable () -> Void

    init(_ count: Int, _ action: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.action = action
    }

    func count() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { action() }
    }
}

/// Lets one task in at a time, in order.
final class InstallQueue: Sendable {
    private struct State {
        var isBusy = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func enter() async {
        await withCheckedContinuation { continuation in
            let mayEnter = state.withLock { state in
                if state.isBusy {
                    state.waiting.append(continuation)
                    return false
                }
                state.isBusy = true
                return true
            }
            if mayEnter { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.isBusy = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
