package import GatewayAPI
import Synchronization

/// Where statuses are kept: by several writers, of whom Heddle is one.
package protocol StatusStore: Sendable {
    /// Puts another status in the place of an object's present one.
    ///
    /// - Parameter change: Gives the status to write; called again with a newer present one where
    ///   another writer was faster.
    /// - Returns: Whether it differed and was written.
    /// - Throws: Where it cannot be written now; the caller tries again later.
    func update(
        _ object: JudgedObject, _ change: @Sendable (JSONValue?) -> JSONValue
    ) async throws -> Bool

    /// Forgets the status of an object that is gone.
    ///
    /// - Returns: Whether there was one.
    func remove(_ object: ObjectReference) async -> Bool
}

/// The statuses of objects from manifests, which nobody writes back to.
///
/// What a manifest says in `status`, as a copy from a cluster does, is where an object's status
/// begins.
package final class ManifestStatusStore: StatusStore {
    /// An object's status.
    package struct Entry: Sendable, Equatable {
        /// The status, of all who write it.
        package var status: JSONValue
        /// The generation of the object, for those who read.
        package var generation: Int?
        /// What the manifest says.
        var declared: JSONValue?
        /// Which write of the store it is from.
        var revision = 0
    }

    private struct State {
        var entries: [ObjectReference: Entry] = [:]
        var writes: [ObjectReference: Int] = [:]
        var revision = 0
    }

    private let state = Mutex(State())

    /// A store without statuses.
    package init() {}

    package func update(
        _ object: JudgedObject, _ change: @Sendable (JSONValue?) -> JSONValue
    ) -> Bool {
        let reference = object.reference
        while true {
            let former = state.withLock { $0.entries[reference] }
            // A manifest that says another thing than before is another writer's word.
            let isNew = former == nil || former?.declared != object.declared
            let present = isNew ? object.declared : former?.status
            let status = change(present)
            let isNothing = former == nil && status == .object([:])
            if status == former?.status || isNothing { return false }
            let entry = Entry(
                status: status, generation: object.generation, declared: object.declared)
            let isWritten = state.withLock { state in
                guard state.entries[reference] == former else { return false }
                state.revision += 1
                state.entries[reference] = entry
                state.entries[reference]?.revision = state.revision
                state.writes[reference, default: 0] += 1
                return true
            }
            if isWritten { return true }
        }
    }

    package func remove(_ object: ObjectReference) -> Bool {
        state.withLock { state in
            state.writes[object] = nil
            return state.entries.removeValue(forKey: object) != nil
        }
    }

    /// How often the status of an object was written.
    package func writes(of object: ObjectReference) -> Int {
        state.withLock { $0.writes[object] ?? 0 }
    }

    /// An object's entry; nil where it has no status.
    package func entry(_ object: ObjectReference) -> Entry? {
        state.withLock { $0.entries[object] }
    }

    /// All objects with a status, by namespace and name.
    package var all: [(object: ObjectReference, entry: Entry)] {
        let entries = state.withLock { $0.entries }
        return entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
