import Synchronization

/// A value that comes once and that any number of tasks wait for.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case pending(Waiters)
        case fulfilled(Value)
    }

    private struct Waiters {
        var tasks: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var next: UInt64 = 0
        var callback: (@Sendable (Value) -> Void)?
    }

    private let state = Mutex<State>(.pending(Waiters()))

    /// The value, nil until it has come.
    var current: Value? {
        state.withLock { state in
            if case .fulfilled(let value) = state { value } else { nil }
        }
    }

    /// Gives the value; only the first counts.
    func fulfil(_ value: Value) {
        let waiters = state.withLock { state -> Waiters? in
            guard case .pending(let waiters) = state else { return nil }
            state = .fulfilled(value)
            return waiters
        }
        guard let waiters else { return }
        for waiter in waiters.tasks.values { waiter.resume(returning: value) }
        waiters.callback?(value)
    }

    /// Calls back with the value: at once if it has come, else when it does, on the thread that
    /// brings it. One callback only.
    func whenFulfilled(_ callback: @escaping @Sendable (Value) -> Void) {
        let value: Value? = state.withLock { state in
            switch state {
            case .fulfilled(let value): return value
            case .pending(var waiters):
                precondition(waiters.callback == nil, "two callbacks wait for one value")
                waiters.callback = callback
                state = .pending(waiters)
                return nil
            }
        }
        if let value { callback(value) }
    }

    /// The value; nil when the waiting task is cancelled first.
    func valueUnlessCancelled() async -> Value? {
        let id = newWaiter()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if let value = add(waiter, id) {
                    waiter.resume(returning: value)
                } else if Task.isCancelled {
                    abandon(id)
                }
            }
        } onCancel: {
            abandon(id)
        }
    }

    /// The value, waited for even in a cancelled task: only for what comes soon.
    func value() async -> Value {
        let id = newWaiter()
        let value = await withCheckedContinuation { waiter in
            if let value = add(waiter, id) { waiter.resume(returning: value) }
        }
        guard let value else { preconditionFailure("a waiter that nobody can abandon was") }
        return value
    }

    private func newWaiter() -> UInt64 {
        state.withLock { state in
            guard case .pending(var waiters) = state else { return 0 }
            defer { state = .pending(waiters) }
            waiters.next += 1
            return waiters.next
        }
    }

    private func add(_ waiter: CheckedContinuation<Value?, Never>, _ id: UInt64) -> Value? {
        state.withLock { state in
            switch state {
            case .fulfilled(let value): return value
            case .pending(var waiters):
                waiters.tasks[id] = waiter
                state = .pending(waiters)
                return nil
            }
        }
    }

    private func abandon(_ id: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            guard case .pending(var waiters) = state else { return nil }
            let waiter = waiters.tasks.removeValue(forKey: id)
            state = .pending(waiters)
            return waiter
        }
        waiter?.resume(returning: nil)
    }
}
