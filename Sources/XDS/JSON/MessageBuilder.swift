internal import CEnvoyAPI

/// Builds any message of the subset from JSON by its descriptor: the inverse of ``JSONPrinter``.
///
/// It goes on after a problem, so that all problems of a file are told at once; a message with a
/// problem has holes and must not be packed.
///
/// Source: protobuf "ProtoJSON Format".
struct MessageBuilder {
    typealias Descriptor = UnsafePointer<ProtobufCMessageDescriptor>

    /// After so many problems the rest of the file is not read.
    static let mostProblems = 100
    private static let deepest = 100

    let arena: Arena
    /// What is wrong, in the order of the text.
    private(set) var problems: [XDSError] = []
    /// How many there are, those that are not told included.
    private(set) var problemCount = 0
    private var path: [String] = []
    private var depth = 0
    /// What is read now is a secret (``SecretFields``).
    private(set) var isSecret = false

    init(arena: Arena, problems: [XDSError] = []) {
        self.arena = arena
        self.problems = problems
        problemCount = problems.count
    }

    /// Something is wrong here.
    mutating func refuse(_ code: XDSError.Code, _ message: String) {
        problemCount += 1
        guard problems.count < Self.mostProblems else { return }
        problems.append(XDSError(code, message, at: joinedPath))
    }

    /// Reads `body` as lying in a field, or in an element of it.
    mutating func inside<Result>(_ part: String, _ body: (inout Self) -> Result) -> Result {
        path.append(part)
        defer { path.removeLast() }
        return body(&self)
    }

    private var joinedPath: String {
        path.reduce(into: "") { text, part in
            if !text.isEmpty, !part.hasPrefix("[") { text += "." }
            text += part
        }
    }

    /// A message from its JSON; nil after a problem that leaves nothing to go on with.
    mutating func message(
        _ json: JSONValue, _ descriptor: Descriptor
    ) -> UnsafeMutableRawPointer? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            refuse(.tooDeep, "messages are nested deeper than \(Self.deepest)")
            return nil
        }
        let message = empty(descriptor)
        if wellKnown(json, descriptor, message) { return message }
        guard case .object(let members) = json else {
            refuse(.invalid, "expected an object, found \(json.kind)")
            return nil
        }
        fields(members, descriptor, message)
        return message
    }

    /// A message with nothing set.
    func empty(_ descriptor: Descriptor) -> UnsafeMutableRawPointer {
        let size = descriptor.pointee.sizeof_message
        guard let memory = arena.allocate(size) else {
            preconditionFailure("no memory for a message that is built")
        }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        protobuf_c_message_init(descriptor, memory)
        return memory
    }

    /// Sets a message's fields from the members of its object.
    ///
    /// - Parameter skipped: Members that are not fields.
    mutating func fields(
        _ members: [JSONValue.Member], _ descriptor: Descriptor,
        _ message: UnsafeMutableRawPointer, except skipped: Set<String> = []
    ) {
        let secrets = SecretFields(of: descriptor.pointee)
        let wasSecret = isSecret
        defer { isSecret = wasSecret }
        var seen: Set<UInt32> = []
        for member in members where !skipped.contains(member.name) {
            guard let field = descriptor.field(named: member.name) else {
                inside(member.name) { $0.refuseUnknown(member.name, descriptor) }
                continue
            }
            isSecret = secrets.contains(field, inside: wasSecret)
            inside(String(cString: field.name)) { builder in
                guard seen.insert(field.id).inserted else {
                    return builder.refuse(.invalid, "the field comes twice; remove one")
                }
                builder.set(field, to: member.value, in: message)
            }
        }
    }

    private mutating func refuseUnknown(_ name: String, _ descriptor: Descriptor) {
        let fields = descriptor.fields.map { String(cString: $0.name) }
        let type = String(cString: descriptor.pointee.name)
        refuse(.unknownField, "\(type) has no such field\(suggestion(for: name, among: fields))")
    }

    /// Sets a field from its JSON.
    mutating func set(
        _ field: ProtobufCFieldDescriptor, to json: JSONValue, in message: UnsafeMutableRawPointer
    ) {
        // null is the default, but for a `Value`, whose null is a value (ProtoJSON).
        if json == .null, !field.takesNull { return }
        if field.isMap { return map(field, json, message) }
        if field.label == PROTOBUF_C_LABEL_REPEATED { return list(field, json, message) }
        let place = message + Int(field.offset)
        if field.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0 {
            let chosen = message + Int(field.quantifier_offset)
            guard chosen.load(as: UInt32.self) == 0 else {
                return refuse(.invalid, "another field of the same oneof is set; keep one of them")
            }
            chosen.storeBytes(of: field.id, as: UInt32.self)
        }
        value(json, field, place)
    }

    private mutating func list(
        _ field: ProtobufCFieldDescriptor, _ json: JSONValue, _ message: UnsafeMutableRawPointer
    ) {
        guard case .array(let elements) = json else {
            return refuse(.invalid, "expected an array, found \(json.kind)")
        }
        guard !elements.isEmpty else { return }
        let memory = storage(field, count: elements.count, message)
        for (index, element) in elements.enumerated() {
            inside("[\(index)]") { builder in
                if element == .null, !field.takesNull {
                    return builder.refuse(.invalid, "null is no element; remove it")
                }
                builder.value(element, field, memory + index * field.size)
            }
        }
    }

    /// Entries stand in the order of their keys' bytes: versions are hashes of the encoded bytes.
    private mutating func map(
        _ field: ProtobufCFieldDescriptor, _ json: JSONValue, _ message: UnsafeMutableRawPointer
    ) {
        guard case .object(let members) = json, let entry = field.messageDescriptor,
            let keyField = entry.fields.first, let valueField = entry.fields.last
        else { return refuse(.invalid, "expected an object, found \(json.kind)") }
        guard !members.isEmpty else { return }
        let memory = storage(field, count: members.count, message)
        let sorted = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for (index, member) in sorted.enumerated() {
            let made = empty(entry)
            memory.storeBytes(
                of: made, toByteOffset: index * field.size, as: UnsafeMutableRawPointer.self)
            inside("[\"\(member.name)\"]") { builder in
                builder.key(member.name, keyField, made + Int(keyField.offset))
                if member.value == .null, !valueField.takesNull {
                    return builder.refuse(.invalid, "null is no value of a map; remove it")
                }
                builder.value(member.value, valueField, made + Int(valueField.offset))
            }
        }
    }

    /// Zeroed memory for a repeated field's elements, with the field set to it.
    private func storage(
        _ field: ProtobufCFieldDescriptor, count: Int, _ message: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        let memory = UnsafeMutableRawPointer(
            arena.allocate(UInt64.self, count: (count * field.size + 7) / 8))
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: count * field.size)
        message.storeBytes(of: count, toByteOffset: Int(field.quantifier_offset), as: Int.self)
        message.storeBytes(
            of: memory, toByteOffset: Int(field.offset), as: UnsafeMutableRawPointer.self)
        return memory
    }
}

extension UnsafePointer<ProtobufCMessageDescriptor> {
    /// The fields, by number.
    var fields: UnsafeBufferPointer<ProtobufCFieldDescriptor> {
        UnsafeBufferPointer(start: pointee.fields, count: Int(pointee.n_fields))
    }

    /// The field with this name, as the proto file or JSON spells it.
    func field(named name: String) -> ProtobufCFieldDescriptor? {
        // The C search compares to the first NUL.
        guard !name.utf8.contains(0) else { return nil }
        if let field = protobuf_c_message_descriptor_get_field_by_name(self, name) {
            return field.pointee
        }
        if let field = protobuf_c_message_descriptor_get_field_by_name(self, snakeCase(name)),
            field.pointee.jsonName == name
        {
            return field.pointee
        }
        return fields.first { $0.jsonName == name }
    }
}

extension ProtobufCFieldDescriptor {
    /// `null` is a value of the field's type and not its absence.
    var takesNull: Bool {
        guard let name = messageDescriptor?.pointee.name else { return false }
        return String(cString: name) == "google.protobuf.Value"
    }
}

/// The most likely proto name of a JSON name.
private func snakeCase(_ name: String) -> String {
    var result: [UInt8] = []
    for byte in name.utf8 {
        let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        if isUpper { result.append(UInt8(ascii: "_")) }
        result.append(isUpper ? byte + 32 : byte)
    }
    return String(decoding: result, as: UTF8.self)
}
