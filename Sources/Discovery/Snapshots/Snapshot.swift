public import XDS

/// All that one group of proxies should have, as one immutable value.
public struct Snapshot: Sendable {
    private var tables: [ResourceType: ResourceTable] = [:]

    /// A snapshot without resources.
    public init() {}

    /// A snapshot of resources; of two with one type and name the later one counts.
    public init(_ resources: some Sequence<EncodedResource>) {
        for resource in resources { _ = tables[resource.type, default: .init()].insert(resource) }
    }

    /// The resources of one type.
    public subscript(type: ResourceType) -> ResourceTable {
        tables[type] ?? ResourceTable()
    }

    /// The types that have resources, in the order of addition, others last.
    public var types: [ResourceType] {
        tables.filter { !$0.value.isEmpty }.keys.sorted(by: ResourceType.isAddedBefore)
    }

    /// Applies a change.
    ///
    /// - Returns: The names whose content is now another; an upsert of the same version is none.
    /// - Complexity: The size of the change times the logarithm of the size of the table.
    public mutating func apply(_ change: SnapshotChange) -> ChangedNames {
        var changed: ChangedNames = [:]
        for resource in change.upserts
        where tables[resource.type, default: ResourceTable()].insert(resource) {
            changed[resource.type, default: []].insert(resource.name)
        }
        for (type, names) in change.removals {
            for name in names where tables[type]?.remove(name) == true {
                changed[type, default: []].insert(name)
            }
        }
        return changed
    }

    /// The change that makes of this snapshot the other one, resources of one version left out.
    ///
    /// - Complexity: The size of both.
    public func change(to other: Snapshot) -> SnapshotChange {
        var change = SnapshotChange()
        for (type, table) in tables {
            for name in table.names where other[type][name] == nil {
                change.removals[type, default: []].insert(name)
            }
        }
        for (type, table) in other.tables {
            let mine = self[type]
            for resource in table where mine[resource.name]?.isSame(as: resource) != true {
                change.upserts.append(resource)
            }
        }
        return change
    }
}

/// The names of what differs between two snapshots, by type.
public typealias ChangedNames = [ResourceType: Set<String>]

/// A change of a snapshot.
public struct SnapshotChange: Sendable {
    /// What is new or different.
    public var upserts: [EncodedResource]
    /// What is gone, by type.
    public var removals: [ResourceType: Set<String>]

    /// A change, empty by default.
    public init(
        upserts: [EncodedResource] = [], removals: [ResourceType: Set<String>] = [:]
    ) {
        self.upserts = upserts
        self.removals = removals
    }

    /// Whether nothing changes.
    public var isEmpty: Bool {
        upserts.isEmpty && removals.isEmpty
    }
}

extension ResourceType {
    /// The place in the order of addition; types outside of it come last, by type URL.
    package static func isAddedBefore(_ left: ResourceType, _ right: ResourceType) -> Bool {
        let order = inOrderOfAddition
        switch (order.firstIndex(of: left), order.firstIndex(of: right)) {
        case (let left?, let right?): return left < right
        case (.some, nil): return true
        case (nil, .some): return false
        case (nil, nil): return left.rawValue < right.rawValue
        }
    }
}
