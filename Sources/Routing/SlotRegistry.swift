import Synchronization

/// Gives clusters and splits small numbers that stay the same from table to table, so that
/// compiled routes can be reused and workers find their state by index.
struct SlotRegistry: Sendable {
    private var clusterSlots: [String: Int] = [:]
    private var freeClusterSlots: [Int] = []
    private var freeSplitSlots: [Int] = []
    /// One more than the highest cluster slot ever given.
    private(set) var clusterCount = 0
    /// One more than the highest split slot ever given.
    private(set) var splitCount = 0

    private static let identities = Atomic<UInt64>(1)

    /// The cluster's slot, a new one when it has none.
    mutating func cluster(_ name: String) -> Int {
        if let slot = clusterSlots[name] { return slot }
        let slot = freeClusterSlots.popLast() ?? clusterCount
        clusterCount = max(clusterCount, slot + 1)
        clusterSlots[name] = slot
        return slot
    }

    /// A new split.
    mutating func split(_ weights: [UInt32]) -> CompiledRoute.Split {
        let slot = freeSplitSlots.popLast() ?? splitCount
        splitCount = max(splitCount, slot + 1)
        let identity = Self.identities.wrappingAdd(1, ordering: .relaxed).newValue
        return CompiledRoute.Split(slot: slot, identity: identity, weights: weights)
    }

    /// Takes back the slots of splits, which are in use nowhere else.
    mutating func release(splits: [Int]) { freeSplitSlots += splits }

    /// Takes back the slots of what is not in use any more.
    mutating func keep(clusters: Set<String>, splits: Set<Int>) {
        for (name, slot) in clusterSlots where !clusters.contains(name) {
            clusterSlots[name] = nil
            freeClusterSlots.append(slot)
        }
        let free = Set(freeSplitSlots)
        for slot in 0..<splitCount where !splits.contains(slot) && !free.contains(slot) {
            freeSplitSlots.append(slot)
        }
    }
}
