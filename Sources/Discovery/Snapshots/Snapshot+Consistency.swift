public import XDS

extension Snapshot {
    /// A resource that names another one that the snapshot lacks.
    public struct Inconsistency: Hashable, Sendable, CustomStringConvertible {
        /// The type of the resource that refers.
        public var type: ResourceType
        /// Its name.
        public var name: String
        /// What it refers to.
        public var missing: ResourceReference

        /// `CDS shop refers to EDS shop, which the snapshot lacks`.
        public var description: String {
            "\(type) \(name) refers to \(missing.type) \(missing.name), which the snapshot lacks"
        }
    }

    /// What is referred to and missing, by type and name of what refers.
    ///
    /// Looked at are route configurations of listeners, endpoints of clusters, and secrets of
    /// both. A route's cluster may as well stand in the proxy's own configuration, so it is not
    /// asked for; neither is a route configuration whose virtual hosts come by VHDS looked into.
    ///
    /// - Complexity: The size of the snapshot.
    public func inconsistencies() -> [Inconsistency] {
        var found: Set<Inconsistency> = []
        for type in types {
            for resource in self[type] {
                for reference in resource.references
                where reference.type != .cluster && self[reference.type][reference.name] == nil {
                    found.insert(
                        Inconsistency(type: type, name: resource.name, missing: reference))
                }
            }
        }
        return found.sorted {
            ($0.type.rawValue, $0.name, $0.missing.name)
                < ($1.type.rawValue, $1.name, $1.missing.name)
        }
    }
}
