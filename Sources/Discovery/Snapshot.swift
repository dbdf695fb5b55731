package import HashTreeCollections
package import XDS

/// All that one group of proxies should have, as one immutable value.
///
/// The tables are persistent: a new snapshot shares all but the changed paths with the old one,
/// and the resources themselves are encoded once and shared by every snapshot and stream.
package struct Snapshot: Sendable {
    /// The resources of one type, by name.
    package typealias Table = TreeDictionary<String, EncodedResource>

    private var tables: [ResourceType: Table] = [:]

    /// A snapshot without resources.
    package init() {}

    /// The resources of one type.
    package subscript(type: ResourceType) -> Table {
        tables[type] ?? [:]
    }

    /// The types that have resources, in the order of addition, others last.
    package var types: [ResourceType] {
        let known = ResourceType.inOrderOfAddition.filter { tables[$0] != nil }
        let others = tables.keys.filter { !ResourceType.inOrderOfAddition.contains($0) }
        return known + others.sorted { $0.rawValue < $1.rawValue }
    }

    /// Applies a change.
    ///
    /// - Returns: The names whose content is now another; an upsert of the same version is none.
    /// - Complexity: The size of the change times the logarithm of the size of the table.
    package mutating func apply(_ change: SnapshotChange) -> ChangedNames {
        var changed: ChangedNames = [:]
        for resource in change.upserts {
            let old = tables[resource.type, default: [:]].updateValue(
                resource, forKey: resource.name)
            if old?.version != resource.version {
                changed[resource.type, default: []].insert(resource.name)
            }
        }
        for (type, names) in change.removals {
            for name in names where tables[type]?.removeValue(forKey: name) != nil {
                changed[type, default: []].insert(name)
            }
            if tables[type]?.isEmpty == true { tables[type] = nil }
        }
        return changed
    }
}

/// The names of what differs between two snapshots, by type.
package typealias ChangedNames = [ResourceType: Set<String>]

/// A change of a snapshot.
package struct SnapshotChange: Sendable {
    /// What is new or different.
    package var upserts: [EncodedResource]
    /// What is gone, by type.
    package var removals: [ResourceType: Set<String>]

    /// A change, empty by default.
    package init(
        upserts: [EncodedResource] = [], removals: [ResourceType: Set<String>] = [:]
    ) {
        self.upserts = upserts
        self.removals = removals
    }

    /// Whether nothing changes.
    package var isEmpty: Bool {
        upserts.isEmpty && removals.isEmpty
    }
}
