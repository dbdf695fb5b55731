import GatewayAPI

/// Which of two objects has the older claim.
enum Age {
    /// Whether one was created before another; of one age, its namespace and name decide
    /// (GEP-713, conflict resolution).
    static func precedes(_ left: Resource, _ right: Resource) -> Bool {
        precedes(
            (left.metadata.creationTimestamp, left.reference),
            (right.metadata.creationTimestamp, right.reference))
    }

    /// The same for a time of creation and a name; what has no time yet is the youngest.
    static func precedes(
        _ left: (created: String?, reference: ObjectReference),
        _ right: (created: String?, reference: ObjectReference)
    ) -> Bool {
        switch (left.created, right.created) {
        case (let l?, let r?) where l != r: return l < r
        case (.some, nil): return true
        case (nil, .some): return false
        default: return left.reference < right.reference
        }
    }
}
