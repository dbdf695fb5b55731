import GatewayAPI

/// The updates that have come while an earlier one was translated, as one.
///
/// What comes when nothing is under way is taken at once. What comes meanwhile gathers, the newest
/// word on each object counts, and all of it is taken next: a change waits for the translation
/// under way and no longer, however fast others follow. A batch holds an object once, so that its
/// size is bounded by the source's.
struct UpdateBatch {
    private var upserted: [ObjectReference: Resource] = [:]
    private var removed: Set<ObjectReference> = []
    private var isInitial = false
    private var isEmpty = true
    private(set) var count = 0

    /// Adds an update.
    mutating func add(_ update: ResourceUpdate) {
        for resource in update.upserted {
            upserted[resource.reference] = resource
            removed.remove(resource.reference)
        }
        for reference in update.removed {
            upserted[reference] = nil
            removed.insert(reference)
        }
        isInitial = isInitial || update.isInitial
        isEmpty = false
        count += 1
    }

    /// Takes what has gathered, in one order; nil when nothing has.
    mutating func take() -> ResourceUpdate? {
        if isEmpty { return nil }
        var update = ResourceUpdate()
        update.upserted = upserted.values.sorted { $0.reference < $1.reference }
        update.removed = removed.sorted()
        update.isInitial = isInitial
        self = UpdateBatch()
        return update
    }
}
