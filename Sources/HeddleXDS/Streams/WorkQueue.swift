import Synchronization

/// Something to be done soon, by whoever is free.
protocol Work: AnyObject, Sendable {
    /// Does it, without waiting for anything.
    func work()
}

/// The work of all streams, done by a few tasks.
///
/// Bounded by its users: a stream stands in it at most once.
final class WorkQueue: Sendable {
    private struct State {
        var works: [any Work] = []
        var waiters: [CheckedContinuation<[any Work], Never>] = []
        var isClosed = false
    }

    /// How much one task takes at once, so that the others have some too.
    private static let batch = 32
    private let state = Mutex(State())

    /// Adds work; may be called from any thread. Does nothing when the queue is closed.
    func add(_ work: any Work) {
        let waiter = state.withLock { state -> CheckedContinuation<[any Work], Never>? in
            if state.isClosed { return nil }
            if let waiter = state.waiters.popLast() { return waiter }
            state.works.append(work)
            return nil
        }
        waiter?.resume(returning: [work])
    }

    /// Does work until the queue is closed; for as many tasks as there are cores.
    func run() async {
        while true {
            let works = await next()
            if works.isEmpty { return }
            for work in works { work.work() }
        }
    }

    /// Ends those who run.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            state.works = []
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: []) }
    }

    private func next() async -> [any Work] {
        await withCheckedContinuation { waiter in
            let works = state.withLock { state -> [any Work]? in
                if state.isClosed { return [] }
                guard !state.works.isEmpty else {
                    state.waiters.append(waiter)
                    return nil
                }
                let works = Array(state.works.prefix(Self.batch))
                state.works.removeFirst(works.count)
                return works
            }
            if let works { waiter.resume(returning: works) }
        }
    }
}
