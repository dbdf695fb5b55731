import Synchronization

/// How many objects with a C part exist: what a leak would show in.
package enum LiveObjects {
    static let calls = Atomic<Int>(0)
    static let messages = Atomic<Int>(0)

    /// Calls whose C part is not yet destroyed, calls that a server waits for included.
    package static var callCount: Int { calls.load(ordering: .relaxed) }
    /// Messages in memory.
    package static var messageCount: Int { messages.load(ordering: .relaxed) }
}
