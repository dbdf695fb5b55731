/// A resource encoded once and shared by every stream it goes to.
///
/// The bytes lie in one allocation, as field `resources` of a `DeltaDiscoveryResponse`:
///
///     tag 2, length │ version │ name │ ttl │ tag 2, length │ type_url │ value
///     └────────────────────── deltaField ────────────────────────────────────┘
///                                          └────────── sotwField ────────────┘
///                                                                   └message┘
///
/// `Resource.resource` and `DiscoveryResponse.resources` are both field 2 and both an `Any`, so
/// the tail of the delta field is the state-of-the-world field as it stands. Repeated fields may
/// stand anywhere among the others: a ``ResponseHeader`` and any number of these fields, one
/// after the other, are a response.
///
/// A resource that expires has two more fields, in an object of their own: most resources do not.
///
/// `@unchecked Sendable`: the allocation is written in `init`, never after, and freed in `deinit`.
public final class EncodedResource: @unchecked Sendable {
    /// The resource's type.
    public let type: ResourceType
    /// The resource's name.
    public let name: String
    /// The hash of the message: 16 hexadecimal digits, equal on every replica.
    public let version: String
    /// How long a client keeps the resource without hearing of it again; nil: until it is removed
    /// (xDS protocol, "TTL").
    public var ttl: Duration? { expiry?.ttl }

    private let bytes: UnsafeRawBufferPointer
    private let sotwOffset: Int
    private let messageOffset: Int
    private let expiry: ExpiryFields?

    /// Encodes a resource.
    ///
    /// - Parameter resource: The resource.
    /// - Parameter ttl: How long a client keeps it without hearing of it again; nil, and what is
    ///   not above zero: until it is removed.
    ///
    /// Complexity: O(size).
    public convenience init(_ resource: some ResourceMessage & Sendable, ttl: Duration? = nil) {
        self.init(
            type: Swift.type(of: resource).resourceType, name: resource.resourceName,
            message: resource.encoded(), ttl: ttl)
    }

    /// Takes a message that is encoded already.
    ///
    /// - Parameter type: The resource's type.
    /// - Parameter name: The resource's name; 2 GiB with the message at most.
    /// - Parameter message: The resource in wire format.
    /// - Parameter ttl: How long a client keeps it without hearing of it again; nil, and what is
    ///   not above zero: until it is removed.
    public init(type: ResourceType, name: String, message: [UInt8], ttl: Duration? = nil) {
        let ttl = ttl.flatMap { $0 > .zero ? $0 : nil }
        self.type = type
        self.name = name
        version = message.withUnsafeBytes { hexadecimal(xxHash64($0)) }
        let layout = Layout(type: type, name: name, version: version, ttl: ttl, message: message)
        sotwOffset = layout.sotwOffset
        messageOffset = layout.messageOffset
        bytes = layout.copy(followedBy: message)
        let resource = bytes[layout.contentOffset...]
        expiry = ttl.map { ExpiryFields(ttl: $0, named: layout.named, resource: resource) }
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

    /// The field `resources` of a `DiscoveryResponse` for a client that takes resources with a
    /// time to live: the resource inside an `envoy.service.discovery.v3.Resource`, tag included. As
    /// ``sotwField`` when the resource does not expire. The same care as with ``deltaField``.
    public var wrappedField: UnsafeRawBufferPointer { expiry?.wrapped ?? sotwField }

    /// A field `resources` of a `DeltaDiscoveryResponse` that says: the resource lives on. Name,
    /// version and time to live without the resource; nil when it does not expire. The same care as
    /// with ``deltaField``.
    public var deltaHeartbeatField: UnsafeRawBufferPointer? { expiry?.deltaHeartbeat }

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
    /// Version, name and time to live: a `Resource` without its resource.
    var named: [UInt8]
    /// Where the `Resource` begins, after its tag and length.
    var contentOffset: Int
    var sotwOffset: Int
    var messageOffset: Int { head.count }

    init(type: ResourceType, name: String, version: String, ttl: Duration?, message: [UInt8]) {
        let value = WireField.head(2, length: message.count)
        let any = WireField.text(1, type.rawValue) + (message.isEmpty ? [] : value)
        let anyHead = WireField.head(2, length: any.count + message.count)
        named = WireField.text(1, version) + WireField.text(3, name)
        if let ttl {
            let duration = PackableMessage(ttl).bytes()
            named += WireField.head(6, length: duration.count) + duration
        }
        let size = named.count + anyHead.count + any.count + message.count
        head = WireField.head(2, length: size)
        contentOffset = head.count
        head += named
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

/// The fields of a resource that expires, one after the other in one allocation.
///
/// `@unchecked Sendable`: the allocation is written in `init`, never after, and freed in `deinit`.
private final class ExpiryFields: @unchecked Sendable {
    let ttl: Duration
    private let bytes: UnsafeMutableRawBufferPointer
    private let heartbeatOffset: Int

    /// - Parameter named: A `Resource` without its resource.
    /// - Parameter resource: The whole `Resource`.
    init(ttl: Duration, named: [UInt8], resource: Slice<UnsafeRawBufferPointer>) {
        self.ttl = ttl
        let wrapped = Self.wrapping(resource)
        let heartbeat = WireField.head(2, length: named.count) + named
        heartbeatOffset = wrapped.count
        bytes = .allocate(byteCount: wrapped.count + heartbeat.count, alignment: 8)
        bytes.copyBytes(from: wrapped + heartbeat)
    }

    deinit { bytes.deallocate() }

    var wrapped: UnsafeRawBufferPointer { part(0..<heartbeatOffset) }
    var deltaHeartbeat: UnsafeRawBufferPointer { part(heartbeatOffset..<bytes.count) }

    private func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[range])
    }

    /// A `Resource` as field `resources` of a `DiscoveryResponse`.
    private static func wrapping(_ resource: some Collection<UInt8>) -> [UInt8] {
        let any =
            WireField.text(1, DeltaResource.typeURL) + WireField.head(2, length: resource.count)
        return WireField.head(2, length: any.count + resource.count) + any + resource
    }
}

/// 16 hexadecimal digits, lower case.
private func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
