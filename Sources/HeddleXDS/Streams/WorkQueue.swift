import Synchronization

/// Something to be done soon, by whoever is free.
protocol Work: AnyObject, Sendable {
    /// Does it, without waiting for anything.
    func work()
}

/// The work of all streams, done by a few tasks: what is to be sent before what is to be read, so
/// that a change reaches everybody before the answers to it are looked at.
///
/// Bounded by its users: a stream stands at most once in each of both.
final class WorkQueue: Sendable {
    /// Work that a closure does.
    private final class Reading: Work {
        private let read: @Sendable () -> Void

        init(_ read: @escaping @Sendable () -> Void) {
            self.read = read
        }

        func work() {
            read()
        }
    }

    private struct State {
        var writing: [any Work] = []
        var reading: [any Work] = []
        var waiters: [CheckedContinuation<[any Work], Never>] = []
        var isClosed = false

        /// How much one task takes at once, so that the others have some too.
        private static let batch = 32

        mutating func take() -> [any Work] {
            if !writing.isEmpty {
                let works = Array(writing.prefix(Self.batch))
                writing.removeFirst(works.count)
                return works
            }
            return reading.isEmpty ? [] : [reading.removeFirst()]
        }
    }

    private let state = Mutex(State())

    /// Adds something to be sent; may be called from any thread. Does nothing when the queue is
    /// closed.
    func add(_ work: any Work) {
        add(work) { $0.writing.append(work) }
    }

    /// Adds something that takes long to read; may be called from any thread. Does nothing when
    /// the queue is closed.
    func addReading(_ read: @escaping @Sendable () -> Void) {
        let work = Reading(read)
        add(work) { $0.reading.append(work) }
    }

    private func add(_ work: any Work, _ append: (inout State) -> Void) {
        let waiter = state.withLock { state -> CheckedContinuation<[any Work], Never>? in
            if state.isClosed { return nil }
            if let waiter = state.waiters.popLast() { return waiter }
            append(&state)
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
            state.writing = []
            state.reading = []
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: []) }
    }

    private func next() async -> [any Work] {
        await withCheckedContinuation { waiter in
            let works = state.withLock { state -> [any Work]? in
                if state.isClosed { return [] }
                let works = state.take()
                if works.isEmpty { state.waiters.append(waiter) }
                return works.isEmpty ? nil : works
            }
            if let works { waiter.resume(returning: works) }
        }
    }
}
