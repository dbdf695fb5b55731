import Synchronization

/// Counts what a task does.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func increment() { count.add(1, ordering: .relaxed) }

    /// Returns when the count has stood still for a while: the one thing that no event tells.
    func waitUntilQuiet() async {
        var last = -1
        while last != value {
            last = value
            try? await Task.sleep(for: .milliseconds(300))
        }
    }
}
