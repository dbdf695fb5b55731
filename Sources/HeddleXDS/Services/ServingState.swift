import Synchronization

/// Whether the server takes streams, and who wants to be told when it does no longer.
final class ServingState: Sendable {
    private struct State {
        var isServing = true
        var watchers: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    var isServing: Bool { state.withLock(\.isServing) }

    /// From now on, and for ever, the server takes no streams.
    func end() {
        let watchers = state.withLock { state in
            state.isServing = false
            defer { state.watchers = [:] }
            return state.watchers.values
        }
        for watcher in watchers { watcher.finish() }
    }

    /// Waits until the server takes no streams any more, or the task is cancelled.
    func waitForEnd() async {
        let (events, event) = AsyncStream<Void>.makeStream()
        let id = state.withLock { state -> UInt64? in
            guard state.isServing else { return nil }
            state.next += 1
            state.watchers[state.next] = event
            return state.next
        }
        guard let id else { return }
        for await _ in events {}
        _ = state.withLock { $0.watchers.removeValue(forKey: id) }
    }
}
