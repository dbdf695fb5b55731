import NIOCore
import Synchronization

/// What has come back so far.
struct Counts: Equatable, Sendable {
    /// Answers with status 200, by version or podname.
    var answers: [String: Int] = [:]
    /// Everything else, by reason.
    var failures: [String: Int] = [:]

    /// The number of requests that failed.
    var failed: Int { failures.values.reduce(0, +) }
    /// The number of requests that ended, well or badly.
    var total: Int { answers.values.reduce(0, +) + failed }
}

/// Hands out requests to the connections and counts what comes back; for any thread.
final class Tally: Sendable {
    private struct State {
        var claimed = 0
        var isStopped = false
        var nextSlot = NIODeadline.now()
        var all = Counts()
        var interval = Counts()
    }

    private let state = Mutex(State())
    private let limit: Int?
    private let spacing: TimeAmount?

    /// - Parameters:
    ///   - limit: How many requests to hand out; nil means no end.
    ///   - rate: How many a second, more than 0; nil means as fast as answers come.
    init(limit: Int?, rate: Double?) {
        self.limit = limit
        spacing = rate.map { .nanoseconds(Int64(1e9 / $0)) }
    }

    /// Whether there are more requests to make.
    var hasMore: Bool {
        state.withLock { hasMore($0) }
    }

    /// Everything so far.
    var counts: Counts {
        state.withLock { $0.all }
    }

    /// Takes one request to make.
    ///
    /// A generator that lags behind its rate does not make up for it with a burst.
    ///
    /// - Returns: When to send it; nil when there are no more.
    func claim() -> NIODeadline? {
        state.withLock { state in
            guard hasMore(state) else { return nil }
            state.claimed += 1
            let now = NIODeadline.now()
            guard let spacing else { return now }
            let slot = max(state.nextSlot, now)
            state.nextSlot = slot + spacing
            return slot
        }
    }

    /// Gives back a claimed request that was never sent.
    func giveBack() {
        state.withLock { $0.claimed -= 1 }
    }

    /// Counts an answer with status 200.
    func answered(by name: String) {
        state.withLock { state in
            state.all.answers[name, default: 0] += 1
            state.interval.answers[name, default: 0] += 1
        }
    }

    /// Counts a failure.
    func failed(_ reason: String) {
        state.withLock { state in
            state.all.failures[reason, default: 0] += 1
            state.interval.failures[reason, default: 0] += 1
        }
    }

    /// Hands out no more requests.
    func stop() {
        state.withLock { $0.isStopped = true }
    }

    /// The counts since the last call.
    func takeInterval() -> Counts {
        state.withLock { state in
            defer { state.interval = Counts() }
            return state.interval
        }
    }

    private func hasMore(_ state: borrowing State) -> Bool {
        !state.isStopped && limit.map { state.claimed < $0 } ?? true
    }
}
