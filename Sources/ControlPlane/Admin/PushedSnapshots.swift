import Discovery
import Synchronization
import XDS

/// The snapshots that were pushed, beside those that are translated from Gateways.
///
/// The cache does not say who has given a group its snapshot. A group is a pushed one as long as
/// its snapshot is what was pushed; a Gateway that appears later takes the group over, and then
/// the content is another.
final class PushedSnapshots: Sendable {
    /// The content of a snapshot: the version of each type.
    private typealias Content = [ResourceType: String]

    private let cache: SnapshotCache
    private let pushed = Mutex<[ProxyGroup: Content]>([:])

    /// Nothing has been pushed.
    init(cache: SnapshotCache) {
        self.cache = cache
    }

    /// Whether a group's snapshot is translated from a Gateway.
    func isTranslated(_ group: ProxyGroup) -> Bool {
        pushed.withLock { isTranslated(group, $0) }
    }

    /// Makes a snapshot that of a group.
    ///
    /// - Returns: Whether it was taken: false for a translated group.
    func push(_ snapshot: Snapshot, to group: ProxyGroup) -> Bool {
        // Held over the cache's call, so that two pushes to one group leave one of them whole.
        pushed.withLock { pushed in
            if isTranslated(group, pushed) { return false }
            pushed[group] = Self.content(snapshot)
            cache.setSnapshot(snapshot, for: group)
            return true
        }
    }

    /// Forgets a pushed snapshot.
    ///
    /// - Returns: Whether it was forgotten: false for a translated group.
    func remove(_ group: ProxyGroup) -> Bool {
        pushed.withLock { pushed in
            if isTranslated(group, pushed) { return false }
            pushed[group] = nil
            cache.removeSnapshot(of: group)
            return true
        }
    }

    private func isTranslated(_ group: ProxyGroup, _ pushed: [ProxyGroup: Content]) -> Bool {
        guard let snapshot = cache.snapshot(of: group) else { return false }
        return pushed[group] != Self.content(snapshot)
    }

    private static func content(_ snapshot: Snapshot) -> Content {
        var content: Content = [:]
        for type in snapshot.types { content[type] = snapshot[type].version }
        return content
    }
}
