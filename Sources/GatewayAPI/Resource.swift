/// The typed content of a resource: the `spec` of the kinds that have one.
public protocol ResourceContent: Sendable, Equatable {
    /// The kind this type is the content of; for ``Unstructured``, the kind of the object.
    var groupKind: GroupKind { get }
}

extension ResourceContent {
    /// Whether the other content has the same type and value.
    public func isEqual(to other: any ResourceContent) -> Bool {
        (other as? Self) == self
    }
}

/// The content of a kind with a Swift type, which the type itself names.
public protocol TypedContent: ResourceContent {
    /// The kind this type is the content of.
    static var groupKind: GroupKind { get }
}

extension TypedContent {
    /// The kind this type is the content of.
    public var groupKind: GroupKind { Self.groupKind }
}

/// One resource as read: its typed content, where it came from, and a hash of its content.
///
/// Equality covers everything, the location too. Compare ``contentHash`` to ask whether an object
/// says the same as before.
public struct Resource: Sendable {
    /// The object's identity.
    public var reference: ObjectReference
    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The `status` of an object of the Gateway API as it was read, whoever wrote it; nil when there
    /// is none, and for objects of other groups.
    public var status: JSONValue?
    /// The typed content; ``Unstructured`` for a kind without a Swift type.
    public var content: any ResourceContent
    /// Where the object begins; nil when it came from an API.
    public var location: SourceLocation?
    /// The lines of the object's fields.
    public var fieldLines: FieldLines
    /// A hash of everything that can matter to a translation: neither comments, order of keys,
    /// `resourceVersion` and `managedFields`, nor the status of a Gateway API object.
    public var contentHash: UInt64

    /// Makes a resource.
    public init(
        reference: ObjectReference, metadata: ObjectMeta, content: any ResourceContent,
        status: JSONValue? = nil, location: SourceLocation? = nil,
        fieldLines: FieldLines = FieldLines(),
        contentHash: UInt64 = 0
    ) {
        self.reference = reference
        self.metadata = metadata
        self.content = content
        self.status = status
        self.location = location
        self.fieldLines = fieldLines
        self.contentHash = contentHash
    }

    /// Makes a resource in memory, as tests and tools do.
    public init(_ metadata: ObjectMeta, _ content: any ResourceContent) {
        self.init(
            reference: ObjectReference(
                content.groupKind, namespace: metadata.namespace, name: metadata.name),
            metadata: metadata, content: content)
    }

    /// The line of a field, as in `spec.rules[0].backendRefs[1]`, or of its nearest parent that
    /// the manifest spells out; nil when the object did not come from a file.
    public func line(of fieldPath: String) -> Int? { fieldLines.line(of: fieldPath) }

    /// The file and line of a field; nil when the object did not come from a file.
    public func location(of fieldPath: String) -> SourceLocation? {
        guard let location else { return nil }
        return SourceLocation(file: location.file, line: line(of: fieldPath) ?? location.line)
    }
}

extension Resource: Equatable {
    /// Compares everything.
    public static func == (lhs: Resource, rhs: Resource) -> Bool {
        lhs.reference == rhs.reference && lhs.contentHash == rhs.contentHash
            && lhs.metadata == rhs.metadata && lhs.status == rhs.status
            && lhs.location == rhs.location
            && lhs.fieldLines == rhs.fieldLines && lhs.content.isEqual(to: rhs.content)
    }
}
