/// A resource encoded once and shared by every stream it goes to.
///
/// The bytes lie in one allocation, as field `resources` of a `DeltaDiscoveryResponse`:
///
///     tag 2, length │ version │ name │ tag 2, length │ type_url │ value
///     └────────────────────── deltaField ──────────────────────────────┘
///                                    └────────── sotwField ────────────┘
///                                                             └message┘
///
/// `Resource.resource` and `DiscoveryResponse.resources` are both field 2 and both an `Any`, so
/// the tail of the delta field is the state-of-the-world field as it stands. Repeated fields may
/// stand anywhere among the others: a ``ResponseHeader`` and any number of these fields, one
/// after the other, are a response.
///
/// `@unchecked Sendable`: the allocation is written in `init`, never after, and freed in `deinit`.
public final class EncodedResource: @unchecked Sendable {
    /// The resource's type.
    public let type: ResourceType
    /// The resource's name.
    public let name: String
    /// The hash of the message: 16 hexadecimal digits, equal on every replica.
    public let version: String

    private let bytes: UnsafeRawBufferPointer
    private let sotwOffset: Int
    private let messageOffset: Int

    /// Encodes a resource.
    ///
    /// Complexity: O(size).
    public convenience init(_ resource: some ResourceMessage & Sendable) {
        self.init(
            type: Swift.type(of: resource).resourceType, name: resource.resourceName,
            message: resource.encoded())
    }

    /// Takes a message that is encoded already.
    ///
    /// - Parameter type: The resource's type.
    /// - Parameter name: The resource's name; 2 GiB with the message at most.
    /// - Parameter message: The resource in wire format.
    public init(type: ResourceType, name: String, message: [UInt8]) {
        self.type = type
        self.name = name
        version = message.withUnsafeBytes { hexadecimal(xxHash64($0)) }
        let layout = Layout(type: type, name: name, version: version, message: message)
        sotwOffset = layout.sotwOffset
        messageOffset = layout.messageOffset
        bytes = layout.copy(followedBy: message)
    }

    deinit { bytes.deallocate() }

    /// The field `resources` of a `DeltaDiscoveryResponse`, tag included.
    ///
    /// The bytes never change and lie where they are as long as the object lives; whoever keeps
    /// the pointer keeps the object. In a local scope that takes `withExtendedLifetime`: the
    /// optimizer may release an object after its last mention.
    public var deltaField: UnsafeRawBufferPointer { bytes }

    /// The field `resources` of a `DiscoveryResponse`, tag included; the same bytes, and the same
    /// care, as ``deltaField``.
    public var sotwField: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[sotwOffset...])
    }

    /// A copy of the resource in wire format.
    ///
    /// Complexity: O(size).
    public var message: [UInt8] { withMessage { [UInt8]($0) } }

    /// Calls `body` with the resource in wire format, in place, valid during the call.
    public func withMessage<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(rebasing: bytes[messageOffset...]))
    }

    /// The resource as a value.
    ///
    /// - Throws: ``XDSError`` when the message is not of this type.
    public func decoded<Message: ResourceMessage>(
        as type: Message.Type = Message.self
    ) throws(XDSError) -> Message {
        try withMessage { (bytes) throws(XDSError) in try Message(decoding: bytes) }
    }
}

extension EncodedResource: Hashable {
    /// Equal by type, name and version.
    public static func == (left: EncodedResource, right: EncodedResource) -> Bool {
        left === right
            || left.version == right.version && left.name == right.name && left.type == right.type
    }

    /// Hashes type, name and version.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(name)
        hasher.combine(version)
    }
}

/// The bytes before the message, and where the parts begin.
private struct Layout {
    var head: [UInt8] = []
    var sotwOffset: Int
    var messageOffset: Int { head.count }

    init(type: ResourceType, name: String, version: String, message: [UInt8]) {
        let value = WireField.head(2, length: message.count)
        let any = WireField.text(1, type.rawValue) + (message.isEmpty ? [] : value)
        let anyHead = WireField.head(2, length: any.count + message.count)
        let named = WireField.text(1, version) + WireField.text(3, name)
        let size = named.count + anyHead.count + any.count + message.count
        head = WireField.head(2, length: size) + named
        sotwOffset = head.count
        head += anyHead + any
    }

    /// Both in one allocation.
    func copy(followedBy message: [UInt8]) -> UnsafeRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: head.count + message.count, alignment: 8)
        bytes.copyBytes(from: head)
        UnsafeMutableRawBufferPointer(rebasing: bytes[head.count...]).copyBytes(from: message)
        return UnsafeRawBufferPointer(bytes)
    }
}

/// 16 hexadecimal digits, lower case.
private func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
