import Discovery
import Synchronization
import Translation
import XDS

/// Puts into the snapshots what two translations give: that of all objects, and that of endpoints,
/// which does not wait for the other.
///
///     endpoints ──► newest ──► groups that have the cluster
///                     │
///     all objects ──► ▼ ─────► groups, with the newest endpoints
///
/// The endpoints of the one are never older than those of the other: it gets every change first.
/// So what the slow one brings is replaced by the newest that there is.
final class SnapshotWriter: Sendable {
    private struct Endpoints {
        var resource: EncodedResource
        /// When they became what they are.
        var since: ContinuousClock.Instant
    }

    private let cache: SnapshotCache
    private let newest = Mutex<[String: Endpoints]>([:])

    init(cache: SnapshotCache) {
        self.cache = cache
        cache.update(.mesh, SnapshotChange())
    }

    /// How long the endpoints of each cluster have been what they are, by cluster.
    func ages(at now: ContinuousClock.Instant) -> [(cluster: String, age: Duration)] {
        let all = newest.withLock { $0.mapValues(\.since) }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value.duration(to: now)) }
    }

    /// Brings endpoints to the groups that have their clusters.
    func write(_ change: EndpointTranslator.Change, at now: ContinuousClock.Instant) {
        if change.upserts.isEmpty && change.removals.isEmpty { return }
        newest.withLock { newest in
            for name in change.removals { newest[name] = nil }
            for resource in change.upserts {
                newest[resource.name] = Endpoints(resource: resource, since: now)
            }
            // What is gone, the translation of all objects removes, after all that refers to it.
            for group in cache.groups where !change.upserts.isEmpty {
                guard let table = cache.snapshot(of: group)?[.endpoints] else { continue }
                let used = change.upserts.filter { table[$0.name] != nil }
                if !used.isEmpty { cache.update(group, SnapshotChange(upserts: used)) }
            }
        }
    }

    /// Brings the change of all objects to the groups.
    func write(_ result: TranslationResult) {
        newest.withLock { newest in
            for name in result.removedGroups { cache.removeSnapshot(of: ProxyGroup(name)) }
            // Groups in one order, so that a log of two runs can be compared.
            for (name, change) in result.groups.sorted(by: { $0.key < $1.key }) {
                var snapshot = SnapshotChange(
                    upserts: change.upserts.values.map { resource in
                        resource.type == .endpoints
                            ? newest[resource.name]?.resource ?? resource : resource
                    })
                for key in change.removals {
                    snapshot.removals[key.type, default: []].insert(key.name)
                }
                cache.update(ProxyGroup(name), snapshot)
            }
        }
    }
}
