import Synchronization

/// Where a stream is noted, and has to be forgotten when it ends.
final class Registration: Sendable {
    private let state = Mutex<(watch: UInt64, proxy: UInt64)>((0, 0))

    /// Set before the stream begins, read when it has ended.
    var handles: (watch: UInt64, proxy: UInt64) {
        state.withLock { $0 }
    }

    func set(watch: UInt64, proxy: UInt64) {
        state.withLock { $0 = (watch, proxy) }
    }
}
