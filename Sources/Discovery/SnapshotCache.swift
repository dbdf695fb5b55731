import HashTreeCollections
import Synchronization
import XDS

/// The current snapshot of every group, and who watches it.
///
/// One writer, any number of watchers. A watcher is called with the change while the lock is
/// held, so that it sees every change once and in order; it may only note the change and wake its
/// stream.
package final class SnapshotCache: Sendable {
    /// Told of a change: the new snapshot and the names that differ.
    package typealias Watcher = @Sendable (Snapshot, ChangedNames) -> Void

    private struct Group {
        var split = Snapshot()
        /// Kept only while somebody takes this form.
        var whole: Snapshot?
        var watchers: [UInt64: (form: RouteForm, notify: Watcher)] = [:]
        /// Whether a gateway of this name exists; a proxy may connect before it does.
        var isKnown = false
    }

    private struct State {
        var groups: [ProxyGroup: Group] = [:]
        var nextWatch: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A cache without groups.
    package init() {}

    /// Applies a change to a group's snapshot and tells its watchers what differs.
    package func update(_ group: ProxyGroup, _ change: SnapshotChange) {
        state.withLock { state in
            var entry = state.groups[group] ?? Group()
            entry.isKnown = true
            let changed = entry.split.apply(change)
            var changedWhole: ChangedNames = [:]
            if var whole = entry.whole {
                let folded = WholeRoutes.fold(changed, in: entry.split)
                changedWhole = whole.apply(folded)
                entry.whole = whole
            }
            state.groups[group] = entry
            Self.notify(entry, changed: changed, changedWhole: changedWhole)
        }
    }

    /// Forgets a group: its watchers get an empty snapshot.
    package func remove(_ group: ProxyGroup) {
        state.withLock { state in
            guard var entry = state.groups[group] else { return }
            let changed = Self.allNames(of: entry.split)
            let changedWhole = entry.whole.map(Self.allNames) ?? [:]
            entry.split = Snapshot()
            entry.whole = entry.whole.map { _ in Snapshot() }
            entry.isKnown = false
            state.groups[group] = entry.watchers.isEmpty ? nil : entry
            Self.notify(entry, changed: changed, changedWhole: changedWhole)
        }
    }

    /// The snapshot of a group; nil where no gateway of that name is known.
    package func snapshot(of group: ProxyGroup) -> Snapshot? {
        state.withLock { state in
            guard let entry = state.groups[group], entry.isKnown else { return nil }
            return entry.split
        }
    }

    /// The groups that exist, by name.
    package var groups: [ProxyGroup] {
        state.withLock { $0.groups.filter(\.value.isKnown).keys.sorted() }
    }

    /// Calls `notify` with the group's snapshot at once and with every later one, until
    /// ``stopWatching(_:group:)``.
    ///
    /// - Parameter notify: Called under the cache's lock: it must not call the cache.
    /// - Returns: A handle for ``stopWatching(_:group:)``, and whether the group is known.
    package func watch(
        _ group: ProxyGroup, form: RouteForm, notify: @escaping Watcher
    ) -> (handle: UInt64, isKnown: Bool) {
        state.withLock { state in
            let handle = state.nextWatch
            state.nextWatch += 1
            var entry = state.groups[group] ?? Group()
            if form == .whole, entry.whole == nil {
                var whole = Snapshot()
                _ = whole.apply(WholeRoutes.fold(Self.allNames(of: entry.split), in: entry.split))
                entry.whole = whole
            }
            entry.watchers[handle] = (form, notify)
            state.groups[group] = entry
            let snapshot = form == .whole ? entry.whole ?? Snapshot() : entry.split
            notify(snapshot, Self.allNames(of: snapshot))
            return (handle, entry.isKnown)
        }
    }

    /// Ends a watch.
    package func stopWatching(_ handle: UInt64, group: ProxyGroup) {
        state.withLock { state in
            guard var entry = state.groups[group] else { return }
            entry.watchers[handle] = nil
            if !entry.watchers.values.contains(where: { $0.form == .whole }) { entry.whole = nil }
            let isUnused = entry.watchers.isEmpty && !entry.isKnown
            state.groups[group] = isUnused ? nil : entry
        }
    }

    private static func notify(_ entry: Group, changed: ChangedNames, changedWhole: ChangedNames) {
        for watcher in entry.watchers.values {
            switch watcher.form {
            case .virtualHosts where !changed.isEmpty:
                watcher.notify(entry.split, changed)
            case .whole where !changedWhole.isEmpty:
                watcher.notify(entry.whole ?? Snapshot(), changedWhole)
            case .virtualHosts, .whole:
                continue
            }
        }
    }

    private static func allNames(of snapshot: Snapshot) -> ChangedNames {
        var names: ChangedNames = [:]
        for type in snapshot.types { names[type] = Set(snapshot[type].keys) }
        return names
    }
}
