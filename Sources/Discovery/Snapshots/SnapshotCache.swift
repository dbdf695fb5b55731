import Synchronization
public import XDS

/// The current snapshot of every group of proxies, and who watches it.
///
/// The cache serves whatever resources it is given, also those that nothing refers to. One writer
/// or many, any number of watchers; a watcher sees every change once and in order.
public final class SnapshotCache: Sendable {
    /// Says which group a node belongs to; nil where the node does not say enough.
    public typealias Grouping = @Sendable (Node) -> ProxyGroup?

    /// Told of a change: the new snapshot, and the names in which it differs from the one before;
    /// none at the first call. It is called under the cache's lock: it may only note the change
    /// and wake somebody, and must not call the cache.
    public typealias Watcher = @Sendable (Snapshot, ChangedNames) -> Void

    private struct Group {
        var split = Snapshot()
        /// Kept only while somebody takes this form.
        var whole: Snapshot?
        var watchers: [UInt64: (form: RouteForm, notify: Watcher)] = [:]
        /// Whether anybody has given the group a snapshot; a proxy may connect before.
        var isKnown = false
        /// Whether clients without VHDS get virtual hosts inside route configurations.
        var foldsRoutes = false

        func form(_ form: RouteForm) -> RouteForm {
            foldsRoutes ? form : .virtualHosts
        }
    }

    private struct State {
        var groups: [ProxyGroup: Group] = [:]
        var nextWatch: UInt64 = 0
    }

    private let state = Mutex(State())
    private let grouping: Grouping

    /// A cache without groups.
    ///
    /// - Parameter grouping: The group of a node; by default ``ProxyGroup/init(of:)``.
    public init(grouping: @escaping Grouping = { ProxyGroup(of: $0) }) {
        self.grouping = grouping
    }

    /// The group of a node; nil where the node does not say enough.
    public func group(of node: Node) -> ProxyGroup? {
        grouping(node)
    }

    /// Makes the snapshot of a group another one; what is the same in both is not sent again.
    ///
    /// - Complexity: The size of both snapshots. For small changes of large ones use
    ///   ``updateResources(_:removing:of:)``.
    public func setSnapshot(_ snapshot: Snapshot, for group: ProxyGroup) {
        state.withLock { state in
            let entry = state.groups[group]
            // Translated resources go as a whole.
            let old = entry?.foldsRoutes == true ? Snapshot() : entry?.split ?? Snapshot()
            Self.apply(old.change(to: snapshot), to: group, folds: false, &state)
        }
    }

    /// Changes some resources of a group's snapshot, and leaves the others as they are.
    ///
    /// - Parameter resources: What is new or different; of any types.
    /// - Parameter names: What is gone, by type.
    /// - Parameter group: The group; made if it has no snapshot yet.
    /// - Complexity: The size of the change times the logarithm of the size of the snapshot.
    public func updateResources(
        _ resources: [EncodedResource], removing names: [ResourceType: Set<String>] = [:],
        of group: ProxyGroup
    ) {
        let change = SnapshotChange(upserts: resources, removals: names)
        state.withLock { Self.apply(change, to: group, folds: false, &$0) }
    }

    /// Forgets the snapshot of a group: its watchers get an empty one.
    public func removeSnapshot(of group: ProxyGroup) {
        state.withLock { state in
            guard var entry = state.groups[group] else { return }
            let changed = entry.split.allNames
            let changedWhole = entry.whole?.allNames ?? [:]
            entry.split = Snapshot()
            entry.whole = entry.whole.map { _ in Snapshot() }
            entry.isKnown = false
            state.groups[group] = entry.watchers.isEmpty ? nil : entry
            Self.notify(entry, changed: changed, changedWhole: changedWhole)
        }
    }

    /// The snapshot of a group; nil where nobody has given it one.
    public func snapshot(of group: ProxyGroup) -> Snapshot? {
        state.withLock { state in
            guard let entry = state.groups[group], entry.isKnown else { return nil }
            return entry.split
        }
    }

    /// The groups that have a snapshot, by name.
    public var groups: [ProxyGroup] {
        state.withLock { $0.groups.filter(\.value.isKnown).keys.sorted() }
    }

    /// Calls `notify` with the group's snapshot at once and with every later one, until
    /// ``stopWatching(_:group:)``.
    ///
    /// - Parameter notify: Called under the cache's lock.
    /// - Returns: A handle for ``stopWatching(_:group:)``, and whether the group has a snapshot.
    public func watch(
        _ group: ProxyGroup, notify: @escaping Watcher
    ) -> (handle: UInt64, isKnown: Bool) {
        watch(group, form: .virtualHosts, notify: notify)
    }

    /// Ends a watch.
    public func stopWatching(_ handle: UInt64, group: ProxyGroup) {
        state.withLock { state in
            guard var entry = state.groups[group] else { return }
            entry.watchers[handle] = nil
            if !entry.watchers.values.contains(where: { $0.form == .whole }) { entry.whole = nil }
            let isUnused = entry.watchers.isEmpty && !entry.isKnown
            state.groups[group] = isUnused ? nil : entry
        }
    }

    // MARK: Translated groups

    /// Applies a change to a group whose virtual hosts stand beside its route configurations:
    /// clients without VHDS get them folded in.
    package func update(_ group: ProxyGroup, _ change: SnapshotChange) {
        state.withLock { Self.apply(change, to: group, folds: true, &$0) }
    }

    /// ``watch(_:notify:)`` in one of the forms.
    package func watch(
        _ group: ProxyGroup, form: RouteForm, notify: @escaping Watcher
    ) -> (handle: UInt64, isKnown: Bool) {
        state.withLock { state in
            let handle = state.nextWatch
            state.nextWatch += 1
            var entry = state.groups[group] ?? Group()
            entry.watchers[handle] = (form, notify)
            Self.fold(&entry)
            state.groups[group] = entry
            let snapshot = entry.form(form) == .whole ? entry.whole ?? .init() : entry.split
            notify(snapshot, [:])
            return (handle, entry.isKnown)
        }
    }

    private static func apply(
        _ change: SnapshotChange, to group: ProxyGroup, folds: Bool, _ state: inout State
    ) {
        // Taken out, so that the change is made in place.
        var entry = state.groups.removeValue(forKey: group) ?? Group()
        entry.isKnown = true
        let changesForm = folds != entry.foldsRoutes
        let before = changesForm ? (entry.whole ?? entry.split).allNames : [:]
        entry.foldsRoutes = folds
        var changed: ChangedNames = [:]
        if changesForm {
            // Translated resources take the place of given ones, and the other way round.
            changed = entry.split.allNames
            entry.split = Snapshot()
        }
        changed.merge(entry.split.apply(change)) { $0.union($1) }
        var changedWhole: ChangedNames = [:]
        if changesForm {
            // Who takes the whole form sees the one vanish and the other appear.
            entry.whole = nil
            fold(&entry)
            let shown = entry.whole ?? entry.split
            changedWhole = before.merging(shown.allNames) { $0.union($1) }
        } else if var whole = entry.whole {
            changedWhole = whole.apply(WholeRoutes.fold(changed, in: entry.split))
            entry.whole = whole
        }
        state.groups[group] = entry
        notify(entry, changed: changed, changedWhole: changedWhole)
    }

    /// Makes the whole form if somebody takes it.
    private static func fold(_ entry: inout Group) {
        let isTaken = entry.watchers.values.contains { entry.form($0.form) == .whole }
        guard isTaken, entry.whole == nil else { return }
        var whole = Snapshot()
        _ = whole.apply(WholeRoutes.fold(entry.split.allNames, in: entry.split))
        entry.whole = whole
    }

    private static func notify(_ entry: Group, changed: ChangedNames, changedWhole: ChangedNames) {
        for watcher in entry.watchers.values {
            switch (watcher.form, entry.foldsRoutes) {
            case (.whole, true) where !changedWhole.isEmpty:
                watcher.notify(entry.whole ?? Snapshot(), changedWhole)
            case (.whole, false) where !changed.isEmpty || !changedWhole.isEmpty:
                watcher.notify(entry.split, changed.merging(changedWhole) { $0.union($1) })
            case (.virtualHosts, _) where !changed.isEmpty:
                watcher.notify(entry.split, changed)
            case (.virtualHosts, _), (.whole, _):
                continue
            }
        }
    }
}

extension Snapshot {
    fileprivate var allNames: ChangedNames {
        var names: ChangedNames = [:]
        for type in types { names[type] = Set(self[type].names) }
        return names
    }
}
