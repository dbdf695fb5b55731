import Synchronization

/// Whether the first whole configuration has been read.
final class Readiness: Sendable {
    private let flag = Atomic<Bool>(false)

    var isReady: Bool {
        flag.load(ordering: .acquiring)
    }

    func becomeReady() {
        flag.store(true, ordering: .releasing)
    }
}
