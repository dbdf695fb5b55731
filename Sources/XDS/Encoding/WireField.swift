/// The few fields that are put together outside a C struct, because they frame bytes that are
/// packed already.
enum WireField {
    /// Tag and length of a length-delimited field.
    static func head(_ number: UInt32, length: Int) -> [UInt8] {
        varint(UInt64(number) << 3 | 2) + varint(UInt64(length))
    }

    /// A string field; none when empty, as proto3 has it.
    static func text(_ number: UInt32, _ text: String) -> [UInt8] {
        text.isEmpty ? [] : head(number, length: text.utf8.count) + Array(text.utf8)
    }

    /// A number that is not negative; none when 0, as proto3 has it.
    static func number(_ number: UInt32, _ value: UInt64) -> [UInt8] {
        value == 0 ? [] : varint(UInt64(number) << 3) + varint(value)
    }

    /// A message or bytes, set even when empty.
    static func bytes(_ number: UInt32, _ content: [UInt8]) -> [UInt8] {
        head(number, length: content.count) + content
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }
}
