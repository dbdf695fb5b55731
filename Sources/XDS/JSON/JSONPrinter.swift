internal import CEnvoyAPI

/// Prints any unpacked message by its descriptor.
struct JSONPrinter {
    let arena: Arena
    var writer: JSONWriter
    private let redactsSecrets: Bool
    /// The strings and bytes that are printed now belong to a secret.
    private(set) var isSecret = false

    init(arena: Arena, pretty: Bool, redactsSecrets: Bool) {
        self.arena = arena
        self.redactsSecrets = redactsSecrets
        writer = JSONWriter(pretty: pretty)
    }

    var text: String { writer.text }

    /// Prints a message, a well-known type in its own form.
    mutating func message(_ message: UnsafeRawPointer) throws(XDSError) {
        if try wellKnown(message) { return }
        writer.open(.object)
        try fields(of: message)
        writer.close(.object)
    }

    /// Prints the members of a message's object.
    mutating func fields(of message: UnsafeRawPointer) throws(XDSError) {
        let secrets = redactsSecrets ? SecretFields(of: message.descriptor) : nil
        let wasSecret = isSecret
        defer { isSecret = wasSecret }
        for field in message.fields where field.isSet(in: message) {
            isSecret = secrets?.contains(field, inside: wasSecret) ?? false
            writer.name(field.jsonName)
            do throws(XDSError) {
                if field.label == PROTOBUF_C_LABEL_REPEATED {
                    try repeated(field, message)
                } else {
                    try value(field, message + Int(field.offset))
                }
            } catch {
                throw error.inside(String(cString: field.name))
            }
        }
    }

    mutating func repeated(
        _ field: ProtobufCFieldDescriptor, _ message: UnsafeRawPointer
    ) throws(XDSError) {
        let count = message.load(fromByteOffset: Int(field.quantifier_offset), as: Int.self)
        guard
            let list = message.load(
                fromByteOffset: Int(field.offset), as: UnsafeRawPointer?.self)
        else { return }
        if field.isMap { return try map(list, count) }
        writer.open(.array)
        for index in 0..<count {
            writer.element()
            try value(field, list + index * field.size)
        }
        writer.close(.array)
    }

    /// Prints a map in the order of its keys; of an entry that comes twice, the later.
    private mutating func map(_ list: UnsafeRawPointer, _ count: Int) throws(XDSError) {
        var entries: [String: UnsafeRawPointer] = [:]
        for index in 0..<count {
            let entry = list.load(
                fromByteOffset: index * MemoryLayout<UnsafeRawPointer>.stride,
                as: UnsafeRawPointer.self)
            guard let key = entry.fields.first else { continue }
            entries[key.text(at: entry + Int(key.offset))] = entry
        }
        let sorted = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        writer.open(.object)
        for (key, entry) in sorted {
            guard let field = entry.fields.last else { continue }
            writer.name(key)
            try value(field, entry + Int(field.offset))
        }
        writer.close(.object)
    }

    /// Prints one value of a field's type, where it lies.
    mutating func value(
        _ field: ProtobufCFieldDescriptor, _ place: UnsafeRawPointer
    ) throws(XDSError) {
        switch field.type {
        case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32:
            writer.literal(place.load(as: Int32.self))
        case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32:
            writer.literal(place.load(as: UInt32.self))
        case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64:
            writer.string(String(place.load(as: Int64.self)))
        case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64:
            writer.string(String(place.load(as: UInt64.self)))
        case PROTOBUF_C_TYPE_FLOAT:
            writer.number(Double(place.load(as: Float.self).description) ?? 0)
        case PROTOBUF_C_TYPE_DOUBLE: writer.number(place.load(as: Double.self))
        case PROTOBUF_C_TYPE_BOOL: writer.literal(place.load(as: protobuf_c_boolean.self) != 0)
        case PROTOBUF_C_TYPE_ENUM: enumeration(field, place.load(as: Int32.self))
        case PROTOBUF_C_TYPE_STRING:
            writer.string(isSecret ? SecretFields.redacted : field.text(at: place))
        case PROTOBUF_C_TYPE_BYTES:
            base64(UnsafeRawBufferPointer(place.load(as: ProtobufCBinaryData.self)))
        default: try submessage(field, place.load(as: UnsafeRawPointer?.self))
        }
    }

    /// Bytes that may be a secret.
    mutating func base64(_ bytes: UnsafeRawBufferPointer) {
        if isSecret { writer.string(SecretFields.redacted) } else { writer.base64(bytes) }
    }

    /// A message; where a map's entry has none, an empty one.
    private mutating func submessage(
        _ field: ProtobufCFieldDescriptor, _ place: UnsafeRawPointer?
    ) throws(XDSError) {
        if let place { return try message(place) }
        guard let descriptor = field.messageDescriptor else { return }
        let empty = try arena.unpack(UnsafeRawBufferPointer(start: nil, count: 0), descriptor)
        try message(UnsafeRawPointer(empty))
    }

    /// An enum's value by name; by number when it is not of the subset.
    private mutating func enumeration(_ field: ProtobufCFieldDescriptor, _ number: Int32) {
        let type = field.descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self).pointee
        for index in 0..<Int(type?.n_values ?? 0) {
            guard let value = type?.values[index], value.value == number else { continue }
            return writer.string(String(cString: value.name))
        }
        writer.literal(number)
    }
}

extension UnsafeRawPointer {
    /// The descriptor of the message that lies here.
    var descriptor: ProtobufCMessageDescriptor {
        load(as: ProtobufCMessage.self).descriptor.pointee
    }

    /// The fields of the message that lies here, by number.
    var fields: UnsafeBufferPointer<ProtobufCFieldDescriptor> {
        let descriptor = descriptor
        return UnsafeBufferPointer(start: descriptor.fields, count: Int(descriptor.n_fields))
    }
}

extension ProtobufCFieldDescriptor {
    /// `lowerCamelCase`, as protoc derives it.
    var jsonName: String {
        var result: [UInt8] = []
        var capitalize = false
        for byte in String(cString: name).utf8 {
            if byte == UInt8(ascii: "_") {
                capitalize = true
            } else {
                let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                result.append(capitalize && isLower ? byte - 32 : byte)
                capitalize = false
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    var messageDescriptor: UnsafePointer<ProtobufCMessageDescriptor>? {
        guard type == PROTOBUF_C_TYPE_MESSAGE else { return nil }
        return descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
    }

    /// A map is a repeated message that protoc names `FieldNameEntry`, with a key and a value; the
    /// descriptor carries no flag for it.
    var isMap: Bool {
        guard label == PROTOBUF_C_LABEL_REPEATED, let entry = messageDescriptor?.pointee,
            entry.n_fields == 2, String(cString: entry.fields[0].name) == "key",
            String(cString: entry.fields[1].name) == "value"
        else { return false }
        let expected = jsonName + "Entry"
        return String(cString: entry.short_name).dropFirst() == expected.dropFirst()
    }

    /// The size of an element of a repeated field.
    var size: Int {
        switch type {
        case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64,
            PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_DOUBLE:
            8
        case PROTOBUF_C_TYPE_BYTES: MemoryLayout<ProtobufCBinaryData>.stride
        case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_MESSAGE: MemoryLayout<UnsafeRawPointer>.stride
        default: 4
        }
    }

    /// A string, where its pointer lies.
    func text(at place: UnsafeRawPointer) -> String {
        String(place.load(as: UnsafePointer<CChar>?.self))
    }

    /// The field is printed: a oneof's chosen case, a message that is there, a repeated field with
    /// elements, a scalar that is not its default.
    func isSet(in message: UnsafeRawPointer) -> Bool {
        let place = message + Int(offset)
        let quantifier = message + Int(quantifier_offset)
        if label == PROTOBUF_C_LABEL_REPEATED { return quantifier.load(as: Int.self) > 0 }
        if flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0 {
            return quantifier.load(as: UInt32.self) == id
        }
        switch type {
        case PROTOBUF_C_TYPE_MESSAGE: return place.load(as: UnsafeRawPointer?.self) != nil
        case PROTOBUF_C_TYPE_STRING:
            return place.load(as: UnsafePointer<CChar>?.self).map { $0.pointee != 0 } ?? false
        case PROTOBUF_C_TYPE_BYTES: return place.load(as: ProtobufCBinaryData.self).len > 0
        default:
            return size == 8 ? place.load(as: UInt64.self) != 0 : place.load(as: UInt32.self) != 0
        }
    }
}
