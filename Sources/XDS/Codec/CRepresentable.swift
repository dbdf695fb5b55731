internal import CEnvoyAPI

/// A value with a C struct of protobuf-c's as its form on the way to and from the wire.
protocol CRepresentable {
    associatedtype CMessage
    /// The struct's `…__init`, which sets the descriptor and the defaults.
    static func initialize(_ message: UnsafeMutablePointer<CMessage>)
    /// Reads a struct that was unpacked from scanned bytes; `arena` holds what it unpacks in turn.
    init(_ message: CMessage, in arena: Arena) throws(XDSError)
    /// Fills an initialised struct; `arena` holds what it points to.
    func fill(_ message: inout CMessage, in arena: Arena)
}

extension CRepresentable {
    /// The message's descriptor; protobuf-c keeps it in static memory.
    static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        withUnsafeTemporaryAllocation(of: CMessage.self, capacity: 1) { buffer in
            guard let message = buffer.baseAddress else {
                preconditionFailure("a temporary allocation of one element has no address")
            }
            initialize(message)
            return UnsafeRawPointer(message).load(as: ProtobufCMessage.self).descriptor
        }
    }

    /// The struct in an arena.
    func make(in arena: Arena) -> UnsafeMutablePointer<CMessage> {
        let message = arena.allocate(CMessage.self, count: 1)
        Self.initialize(message)
        fill(&message.pointee, in: arena)
        return message
    }
}

/// A value as a C struct, ready to be packed.
struct PackableMessage {
    /// The packed message's size in bytes.
    let size: Int
    private let arena = Arena()
    private let message: UnsafePointer<ProtobufCMessage>

    init(_ value: some CRepresentable) {
        message = UnsafeRawPointer(value.make(in: arena))
            .assumingMemoryBound(to: ProtobufCMessage.self)
        size = protobuf_c_message_get_packed_size(message)
    }

    /// Writes `size` bytes.
    func pack(to start: UnsafeMutableRawPointer) {
        withExtendedLifetime(arena) {
            _ = protobuf_c_message_pack(message, start.assumingMemoryBound(to: UInt8.self))
        }
    }

    /// The packed message.
    func bytes() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            if let start = buffer.baseAddress, size > 0 { pack(to: UnsafeMutableRawPointer(start)) }
            count = size
        }
    }
}

extension CRepresentable {
    /// Scans, unpacks and reads a whole message.
    ///
    /// - Parameter followsAny: The contents of an `Any` are scanned too, because reading unpacks
    ///   them. A discovery response hands its resources on packed: one that is broken must cost
    ///   itself, not the response whose nonce refuses it.
    init(
        scanning bytes: UnsafeRawBufferPointer, limits: DecodingLimits, followsAny: Bool
    ) throws(XDSError) {
        let descriptor = Self.descriptor
        let messageName = String(cString: descriptor.pointee.name)
        var name = ""
        do throws(XDSError) {
            var scan = WireScan(bytes, limits: limits, followsAny: followsAny)
            try scan.check(descriptor)
            let arena = Arena(sizeHint: bytes.count * 4, budget: Arena.budget(for: bytes.count))
            let message = try arena.unpack(bytes, as: Self.self)
            defer { withExtendedLifetime(arena) {} }
            if Self.self is any ResourceMessage.Type {
                name = descriptor.firstString(of: UnsafeRawPointer(message))
            }
            self = try Self(message.pointee, in: arena)
        } catch {
            throw error.of(messageName, named: name)
        }
    }
}

extension Arena {
    /// How much an unpacked message may take: its structs are larger than its bytes, and a peer
    /// must not choose by how much. Repeated empty messages come to about 80 times their bytes.
    static func budget(for size: Int) -> Int { min((1 << 20) + size * 64, 1 << 30) }

    /// Unpacks bytes that were scanned.
    func unpack<Message: CRepresentable>(
        _ bytes: UnsafeRawBufferPointer, as type: Message.Type
    ) throws(XDSError) -> UnsafeMutablePointer<Message.CMessage> {
        let message = try unpack(bytes, Message.descriptor)
        return UnsafeMutableRawPointer(message).assumingMemoryBound(to: Message.CMessage.self)
    }

    /// Unpacks bytes that were scanned with the same descriptor.
    func unpack(
        _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    ) throws(XDSError) -> UnsafeMutablePointer<ProtobufCMessage> {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let message = withAllocator {
            protobuf_c_message_unpack(descriptor, $0, bytes.count, start)
        }
        guard let message else {
            throw isSpent
                ? XDSError(.tooLarge, "the message unpacks to more memory than its size allows")
                : XDSError(.malformed, "the bytes are not a message of this type")
        }
        return message
    }

    /// Unpacks and reads the contents of an `Any` that was scanned with its holder.
    func read<Message: CRepresentable>(
        _ any: Google__Protobuf__Any, as type: Message.Type
    ) throws(XDSError) -> Message {
        try Message(try unpack(UnsafeRawBufferPointer(any.value), as: type).pointee, in: self)
    }
}

extension UnsafePointer<ProtobufCMessageDescriptor> {
    /// The value of field 1, a resource's name.
    fileprivate func firstString(of message: UnsafeRawPointer) -> String {
        guard pointee.n_fields > 0, let field = pointee.fields, field.pointee.id == 1,
            field.pointee.type == PROTOBUF_C_TYPE_STRING
        else { return "" }
        let text = message.load(
            fromByteOffset: Int(field.pointee.offset), as: UnsafePointer<CChar>?.self)
        return String(text)
    }
}
