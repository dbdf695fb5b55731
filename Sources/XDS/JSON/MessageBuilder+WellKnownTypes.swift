internal import CEnvoyAPI

extension MessageBuilder {
    /// Reads a message with a JSON form of its own; false when it has none.
    mutating func wellKnown(
        _ json: JSONValue, _ descriptor: Descriptor, _ message: UnsafeMutableRawPointer
    ) -> Bool {
        let name = String(cString: descriptor.pointee.name)
        guard name.hasPrefix("google.protobuf."), let field = descriptor.fields.first else {
            return false
        }
        let place = message + Int(field.offset)
        switch name {
        case "google.protobuf.Any": any(json, message)
        case "google.protobuf.Duration": duration(json, message)
        case "google.protobuf.Timestamp": timestamp(json, message)
        case "google.protobuf.Struct", "google.protobuf.ListValue":
            set(field, to: json, in: message)
        case "google.protobuf.Value": dynamicValue(json, descriptor, message)
        default:
            guard name.hasSuffix("Value") else { return false }
            value(json, field, place)
        }
        return true
    }

    /// Any JSON, in the case of the oneof that holds its kind.
    private mutating func dynamicValue(
        _ json: JSONValue, _ descriptor: Descriptor, _ message: UnsafeMutableRawPointer
    ) {
        let name =
            switch json {
            case .null: "null_value"
            case .bool: "bool_value"
            case .number: "number_value"
            case .string: "string_value"
            case .array: "list_value"
            case .object: "struct_value"
            }
        guard let field = descriptor.field(named: name) else { return }
        set(field, to: json == .null ? .number("0") : json, in: message)
    }

    private mutating func duration(_ json: JSONValue, _ message: UnsafeMutableRawPointer) {
        guard case .string(let text) = json, let (seconds, nanos) = Self.duration(text) else {
            return refuse(.invalid, "expected seconds in a string, such as \"1.5s\"")
        }
        let duration = message.assumingMemoryBound(to: Google__Protobuf__Duration.self)
        duration.pointee.seconds = seconds
        duration.pointee.nanos = nanos
    }

    /// Whole seconds, up to nine digits after the point, and an `s`; at most 10,000 years.
    private static func duration(_ text: String) -> (Int64, Int32)? {
        guard text.hasSuffix("s") else { return nil }
        let isNegative = text.hasPrefix("-")
        let parts = text.dropLast().dropFirst(isNegative ? 1 : 0).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(digits.contains) }),
            let whole = parts.first, let seconds = Int64(whole), seconds <= 315_576_000_000
        else { return nil }
        var nanos: Int32 = 0
        if parts.count == 2 {
            let fraction = parts[1]
            guard fraction.utf8.count <= 9 else { return nil }
            let padding = String(repeating: "0", count: 9 - fraction.utf8.count)
            nanos = Int32(fraction + padding) ?? 0
        }
        return isNegative ? (-seconds, -nanos) : (seconds, nanos)
    }

    private mutating func timestamp(_ json: JSONValue, _ message: UnsafeMutableRawPointer) {
        guard case .string(let text) = json, let time = Timestamp(text) else {
            return refuse(.invalid, "expected a time, such as \"2026-01-31T09:05:00Z\"")
        }
        time.fill(
            &message.assumingMemoryBound(to: Google__Protobuf__Timestamp.self).pointee, in: arena)
    }

    /// `@type` and the contents' own members, or `value` where the contents have a form of their
    /// own, or bytes where their type is not of the subset.
    private mutating func any(_ json: JSONValue, _ message: UnsafeMutableRawPointer) {
        guard case .object(let members) = json else {
            return refuse(.invalid, "expected an object with \"@type\", found \(json.kind)")
        }
        guard !members.isEmpty else { return }
        guard case .string(let url)? = members["@type"], !url.utf8.contains(0) else {
            return refuse(
                .invalid,
                "the object needs the member \"@type\": \"\(ResourceType.prefix)PACKAGE.MESSAGE\"")
        }
        guard let contents = contents(members, url) else { return }
        let any = message.assumingMemoryBound(to: Google__Protobuf__Any.self)
        any.pointee.type_url = arena.text(url)
        any.pointee.value = contents
    }

    private mutating func contents(
        _ members: [JSONValue.Member], _ url: String
    ) -> ProtobufCBinaryData? {
        guard let descriptor = DescriptorTable.descriptor(ofTypeURL: url) else {
            return packedContents(members, url)
        }
        if String(cString: descriptor.pointee.name).hasPrefix("google.protobuf.") {
            return wellKnownContents(members, descriptor)
        }
        return packed(.object(members.filter { $0.name != "@type" }), descriptor)
    }

    /// A message's bytes, in the arena; nil after a problem.
    mutating func packed(_ json: JSONValue, _ descriptor: Descriptor) -> ProtobufCBinaryData? {
        let before = problemCount
        guard let message = message(json, descriptor), problemCount == before else { return nil }
        let start = UnsafePointer(message.assumingMemoryBound(to: ProtobufCMessage.self))
        let size = protobuf_c_message_get_packed_size(start)
        let bytes = arena.allocate(UInt8.self, count: size)
        _ = protobuf_c_message_pack(start, bytes)
        return ProtobufCBinaryData(len: size, data: bytes)
    }

    /// A message with a JSON form of its own stands in `value`.
    private mutating func wellKnownContents(
        _ members: [JSONValue.Member], _ descriptor: Descriptor
    ) -> ProtobufCBinaryData? {
        if let other = members.first(where: { $0.name != "@type" && $0.name != "value" }) {
            refuse(.unknownField, "the contents stand in \"value\"; there is no \"\(other.name)\"")
            return nil
        }
        guard let value = members["value"] else { return arena.data([]) }
        return inside("value") { $0.packed(value, descriptor) }
    }

    /// The bytes of a type that is not of the subset.
    private mutating func packedContents(
        _ members: [JSONValue.Member], _ url: String
    ) -> ProtobufCBinaryData? {
        guard members.allSatisfy({ $0.name == "@type" || $0.name == "value" }) else {
            let name = DescriptorTable.messageName(ofTypeURL: url[...])
            let near = nearNames(to: name, among: DescriptorTable.names)
            let hint = near.isEmpty ? "" : "; did you mean \(near.joined(separator: ", "))?"
            refuse(
                .unknownType,
                "the fields of \(name) are not known; give the message as base64 in \"value\"\(hint)"
            )
            return nil
        }
        guard let value = members["value"] else { return arena.data([]) }
        return inside("value") { builder in
            guard case .string(let text) = value, !builder.refusesRedacted(text),
                let bytes = [UInt8](base64: text)
            else {
                builder.refuse(.invalid, "the type is not known here; expected bytes in base64")
                return nil
            }
            return builder.arena.data(bytes)
        }
    }
}
