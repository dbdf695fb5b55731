/// A group in the answer to `GET /snapshots` of `heddled`.
package struct SnapshotSummary: Codable, Equatable, Sendable {
    /// The group of proxies.
    package var group: String
    /// `translated` from a Gateway or the Services, or `pushed`.
    package var source: String
    /// How many resources the snapshot has, by type.
    package var resources: [String: Int]

    package init(group: String, source: String, resources: [String: Int]) {
        self.group = group
        self.source = source
        self.resources = resources
    }
}

/// What `PUT /snapshots/GROUP` of `heddled` answers to a snapshot that it has taken.
package struct SnapshotReceipt: Codable, Equatable, Sendable {
    /// How many resources the snapshot has, by type.
    package var resources: [String: Int]
    /// What the snapshot refers to and lacks, and what else may not be meant.
    package var warnings: [String]

    package init(resources: [String: Int], warnings: [String]) {
        self.resources = resources
        self.warnings = warnings
    }
}

/// What `heddled` answers to a snapshot that it has not taken.
package struct SnapshotRefusal: Codable, Equatable, Sendable {
    /// Each with the path in the document, what is wrong and what mends it.
    package var errors: [String]

    package init(errors: [String]) {
        self.errors = errors
    }
}
