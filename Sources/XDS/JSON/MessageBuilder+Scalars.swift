internal import CEnvoyAPI

extension MessageBuilder {
    /// Reads one value of a field's type into its place.
    mutating func value(
        _ json: JSONValue, _ field: ProtobufCFieldDescriptor, _ place: UnsafeMutableRawPointer
    ) {
        switch field.type {
        case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32:
            integer(json, Int32.self, place)
        case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32: integer(json, UInt32.self, place)
        case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64:
            integer(json, Int64.self, place)
        case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64: integer(json, UInt64.self, place)
        case PROTOBUF_C_TYPE_FLOAT: floating(json, Float.self, place)
        case PROTOBUF_C_TYPE_DOUBLE: floating(json, Double.self, place)
        case PROTOBUF_C_TYPE_BOOL: bool(json, place)
        case PROTOBUF_C_TYPE_ENUM: enumeration(json, field, place)
        case PROTOBUF_C_TYPE_STRING: string(json, place)
        case PROTOBUF_C_TYPE_BYTES: bytes(json, place)
        default:
            guard let descriptor = field.messageDescriptor,
                let message = message(json, descriptor)
            else { return }
            place.storeBytes(of: message, as: UnsafeMutableRawPointer.self)
        }
    }

    /// Reads the key of a map, a string in JSON whatever its type.
    mutating func key(
        _ name: String, _ field: ProtobufCFieldDescriptor, _ place: UnsafeMutableRawPointer
    ) {
        guard field.type == PROTOBUF_C_TYPE_BOOL else {
            return value(.string(name), field, place)
        }
        switch name {
        case "true": bool(.bool(true), place)
        case "false": bool(.bool(false), place)
        default: refuse(.invalid, "the key is neither true nor false")
        }
    }

    private mutating func integer<Number: FixedWidthInteger>(
        _ json: JSONValue, _ type: Number.Type, _ place: UnsafeMutableRawPointer
    ) {
        let text: String
        switch json {
        case .number(let literal): text = literal
        case .string(let literal): text = literal
        case .null, .bool, .array, .object:
            return refuse(.invalid, "expected a number, found \(json.kind)")
        }
        guard let number = DecimalText(text).flatMap({ $0.integer(as: type) }) else {
            return refuse(
                .invalid,
                "\(text.prefix(40)) is no whole number from \(Number.min) to \(Number.max)")
        }
        place.storeBytes(of: number, as: type)
    }

    private mutating func floating<
        Number: BinaryFloatingPoint & LosslessStringConvertible & BitwiseCopyable
    >(
        _ json: JSONValue, _ type: Number.Type, _ place: UnsafeMutableRawPointer
    ) {
        var number: Number?
        switch json {
        case .string("NaN"): number = .nan
        case .string("Infinity"): number = .infinity
        case .string("-Infinity"): number = -.infinity
        case .string(let text), .number(let text):
            // Swift reads more than JSON has: hexadecimal, `inf`.
            guard DecimalText(text) != nil else { break }
            number = Number(text).flatMap { $0.isFinite ? $0 : nil }
        case .null, .bool, .array, .object: break
        }
        guard let number else {
            return refuse(.invalid, "expected a number that fits, found \(json.shown)")
        }
        place.storeBytes(of: number, as: Number.self)
    }

    private mutating func bool(_ json: JSONValue, _ place: UnsafeMutableRawPointer) {
        guard case .bool(let value) = json else {
            return refuse(.invalid, "expected true or false, found \(json.shown)")
        }
        place.storeBytes(of: value ? 1 : 0, as: protobuf_c_boolean.self)
    }

    private mutating func string(_ json: JSONValue, _ place: UnsafeMutableRawPointer) {
        guard case .string(let text) = json else {
            return refuse(.invalid, "expected a string, found \(json.kind)")
        }
        guard !text.utf8.contains(0) else {
            return refuse(.invalidText, "the string holds U+0000; remove it")
        }
        guard !refusesRedacted(text) else { return }
        place.storeBytes(of: arena.text(text), as: CText.self)
    }

    private mutating func bytes(_ json: JSONValue, _ place: UnsafeMutableRawPointer) {
        guard case .string(let text) = json else {
            return refuse(.invalid, "expected bytes in base64, found \(json.kind)")
        }
        guard !refusesRedacted(text) else { return }
        guard let bytes = [UInt8](base64: text) else {
            return refuse(.invalid, "the string is not base64")
        }
        place.storeBytes(of: arena.data(bytes), as: ProtobufCBinaryData.self)
    }

    /// What was printed without its secrets must not be served with `[redacted]` for a key.
    mutating func refusesRedacted(_ text: String) -> Bool {
        guard isSecret, text == SecretFields.redacted else { return false }
        refuse(.invalid, "the secret was left out when this was printed; put the real one here")
        return true
    }

    private mutating func enumeration(
        _ json: JSONValue, _ field: ProtobufCFieldDescriptor, _ place: UnsafeMutableRawPointer
    ) {
        guard let type = field.descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
        else { return }
        switch json {
        case .number: integer(json, Int32.self, place)
        case .string(let name):
            if !name.utf8.contains(0),
                let value = protobuf_c_enum_descriptor_get_value_by_name(type, name)
            {
                return place.storeBytes(of: value.pointee.value, as: Int32.self)
            }
            let names = (0..<Int(type.pointee.n_value_names)).map {
                String(cString: type.pointee.values_by_name[$0].name)
            }
            let typeName = String(cString: type.pointee.name)
            refuse(
                .invalid,
                "\(typeName) has no value \"\(name)\"\(suggestion(for: name, among: names))")
        case .null, .bool, .array, .object:
            refuse(.invalid, "expected the name of a value, found \(json.kind)")
        }
    }
}

extension JSONValue {
    /// A scalar as it is written, else its kind.
    fileprivate var shown: String {
        switch self {
        case .number(let text): String(text.prefix(40))
        case .string(let text): "\"\(text.prefix(40))\""
        case .bool(let value): "\(value)"
        case .null, .array, .object: kind
        }
    }
}

/// A number as JSON writes it, in its parts, without rounding.
private struct DecimalText {
    private var isNegative = false
    /// The digits without the point.
    private var digits: [UInt8] = []
    /// How many places the point is to the right of the last digit.
    private var exponent = 0

    /// Nil when the text is no number of JSON's.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let whole = Self.takeDigits(&rest)
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else {
            return nil
        }
        digits = Array(whole)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            let fraction = Self.takeDigits(&rest)
            guard !fraction.isEmpty else { return nil }
            digits += fraction
            exponent = -fraction.count
        }
        guard rest.first.map({ $0 | 0x20 == UInt8(ascii: "e") }) ?? true else { return nil }
        guard !rest.isEmpty else { return }
        guard let power = Int(String(decoding: rest.dropFirst(), as: UTF8.self)),
            abs(power) < 100_000
        else { return nil }
        exponent += power
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }

    /// The number, when it is whole and in range.
    func integer<Number: FixedWidthInteger>(as type: Number.Type) -> Number? {
        var digits = digits
        var exponent = exponent
        while exponent < 0, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
        if digits.isEmpty { return 0 }
        guard exponent >= 0, digits.count + exponent <= 20 else { return nil }
        digits += [UInt8](repeating: UInt8(ascii: "0"), count: exponent)
        return Number((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self))
    }
}

extension [UInt8] {
    /// Reads base64, of either alphabet (RFC 4648 §4, §5), padded or not; nil when it is neither.
    init?(base64 text: String) {
        var digits = Array(text.utf8)[...]
        if digits.count % 4 == 0 {
            for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits = digits.dropLast() }
        }
        guard digits.count % 4 != 1 else { return nil }
        self.init()
        reserveCapacity(digits.count * 3 / 4)
        var group: UInt32 = 0
        var bits = 0
        for digit in digits {
            guard let value = Self.base64Value(digit) else { return nil }
            group = (group << 6 | UInt32(value)) & 0xFFFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        // The bits that fill no byte are zero, or the text would not come back the same.
        guard group & (1 << UInt32(bits) - 1) == 0 else { return nil }
    }

    private static func base64Value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
