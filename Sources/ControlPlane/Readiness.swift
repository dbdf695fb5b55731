import Synchronization

/// Whether the first whole configuration has been read.
final class Readiness: Sendable {
    private let flag = Atomic<Bool>(false)
    private let events: AsyncStream<Void>
    private let event: AsyncStream<Void>.Continuation

    init() {
        (events, event) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var isReady: Bool {
        flag.load(ordering: .acquiring)
    }

    func becomeReady() {
        flag.store(true, ordering: .releasing)
        event.finish()
    }

    /// Waits until it is so, or the task is cancelled; for one task.
    func wait() async {
        for await _ in events {}
    }
}
