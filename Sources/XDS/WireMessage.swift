/// A value that travels as a protobuf message.
///
/// Both directions may be called from any task.
public protocol WireMessage: Hashable, Sendable {
    /// The message's full name, such as `envoy.config.cluster.v3.Cluster`.
    static var messageName: String { get }

    /// The message in wire format, the same bytes for the same value in every process.
    ///
    /// U+0000 in a string becomes U+FFFD: the C codec's strings end at the first NUL.
    ///
    /// Complexity: O(size).
    func encoded() -> [UInt8]

    /// Reads the message from wire format. Unknown fields are skipped, except where skipping one
    /// would change what the rest means (a condition of a route match, a transport socket).
    ///
    /// - Parameter bytes: The message; read only during the call.
    /// - Parameter limits: How large and how deep it may be.
    /// - Throws: ``XDSError`` with the field at fault.
    ///
    /// Complexity: O(size).
    init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError)
}

/// How much a decoder takes from a peer.
public struct DecodingLimits: Hashable, Sendable {
    /// The largest message, in bytes.
    public var size: Int
    /// The deepest nesting of messages, the contents of an `Any` counted; at most 100.
    public var depth: Int

    /// Limits: 64 MiB and 100 levels by default.
    public init(size: Int = 64 << 20, depth: Int = 100) {
        self.size = size
        self.depth = min(depth, 100)
    }

    /// 64 MiB and 100 levels.
    public static let standard = DecodingLimits()
}

extension WireMessage {
    /// Reads the message from wire format within the standard limits.
    ///
    /// - Throws: ``XDSError`` with the field at fault.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(XDSError) {
        try self.init(decoding: bytes, limits: .standard)
    }

    /// Reads the message from wire format.
    ///
    /// - Parameter bytes: The message.
    /// - Parameter limits: How large and how deep it may be.
    /// - Throws: ``XDSError`` with the field at fault.
    public init(decoding bytes: [UInt8], limits: DecodingLimits = .standard) throws(XDSError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(XDSError) -> Self in
            try Self(decoding: UnsafeRawBufferPointer(buffer), limits: limits)
        }
    }

    /// The type URL of an `Any` that holds this message.
    public static var typeURL: String { ResourceType.prefix + messageName }
}

/// A message that discovery serves by name.
public protocol ResourceMessage: WireMessage {
    /// The resource's type.
    static var resourceType: ResourceType { get }
    /// The name it is asked for by.
    var resourceName: String { get }
}

extension ResourceMessage {
    /// The message's full name.
    public static var messageName: String { resourceType.messageName }
}

extension AnyMessage {
    /// Packs a message.
    public init(packing message: some WireMessage) {
        self.init(typeURL: type(of: message).typeURL, value: message.encoded())
    }

    /// The packed message, read as the type that its place asks for.
    ///
    /// - Throws: ``XDSError``, `.unknownType` when the type URL names another message.
    public func unpacked<Message: WireMessage>(
        as type: Message.Type = Message.self, limits: DecodingLimits = .standard
    ) throws(XDSError) -> Message {
        guard DescriptorTable.messageName(ofTypeURL: typeURL[...]) == Message.messageName else {
            throw XDSError(
                .unknownType, "the type URL is \(typeURL), expected \(Message.typeURL)",
                at: "type_url")
        }
        return try Message(decoding: value, limits: limits)
    }
}
