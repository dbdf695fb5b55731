/// Permission for objects of other namespaces to refer to objects of this one.
public struct ReferenceGrant: TypedContent {
    /// Who may refer, 1 to 16; any of them.
    public var from: [From]
    /// To what, 1 to 16; any of them.
    public var to: [To]

    /// Makes one with the API's defaults for the rest.
    public init(from: [From], to: [To]) {
        self.from = from
        self.to = to
    }

    /// `ReferenceGrant`.
    public static var groupKind: GroupKind { .referenceGrant }
}

extension ReferenceGrant {
    /// Who may refer.
    public struct From: Sendable, Hashable {
        /// The group of the referring objects.
        public var group: String
        /// Their kind.
        public var kind: String
        /// Their namespace.
        public var namespace: String

        /// Makes one with the API's defaults for the rest.
        public init(group: String, kind: String, namespace: String) {
            self.group = group
            self.kind = kind
            self.namespace = namespace
        }
    }

    /// What may be referred to.
    public struct To: Sendable, Hashable {
        /// The group of the objects.
        public var group: String
        /// Their kind.
        public var kind: String
        /// The name of the one object; nil means all of the kind.
        public var name: String?

        /// Makes one with the API's defaults for the rest.
        public init(group: String, kind: String) {
            self.group = group
            self.kind = kind
        }
    }
}
