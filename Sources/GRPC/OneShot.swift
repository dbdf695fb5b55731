import Synchronization

/// A value that comes once and that any number of tasks wait for.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case pending([UInt64: CheckedContinuation<Value?, Never>], next: UInt64)
        case fulfilled(Value)
    }

    private let state = Mutex<State>(.pending([:], next: 0))

    /// The value, nil until it has come.
    var current: Value? {
        state.withLock { state in
            if case .fulfilled(let value) = state { value } else { nil }
        }
    }

    /// Gives the value; only the first counts.
    func fulfil(_ value: Value) {
        let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>] in
            guard case .pending(let waiters, _) = state else { return [] }
            state = .fulfilled(value)
            return Array(waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
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
            guard case .pending(let waiters, let next) = state else { return 0 }
            state = .pending(waiters, next: next + 1)
            return next
        }
    }

    private func add(_ waiter: CheckedContinuation<Value?, Never>, _ id: UInt64) -> Value? {
        state.withLock { state in
            guard case .pending(var waiters, let next) = state else {
                if case .fulfilled(let value) = state { return value }
                return nil
            }
            waiters[id] = waiter
            state = .pending(waiters, next: next)
            return nil
        }
    }

    private func abandon(_ id: UInt64) {
        let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
            guard case .pending(var waiters, let next) = state else { return nil }
            let waiter = waiters.removeValue(forKey: id)
            state = .pending(waiters, next: next)
            return waiter
        }
        waiter?.resume(returning: nil)
    }
}
