internal import CEnvoyAPI

/// Reads tags, varints and lengths of the protobuf wire format, and no more.
struct WireReader {
    /// What follows a tag.
    enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5

        init(of type: ProtobufCType) {
            switch type {
            case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE:
                self = .lengthDelimited
            case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64:
                self = .fixed64
            case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32:
                self = .fixed32
            default: self = .varint
            }
        }
    }

    /// A field's number and what follows.
    struct Tag {
        var field: UInt32
        var wireType: WireType
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    /// How many bytes were read.
    var offset: Int { position }

    /// The next tag; nil at the end.
    mutating func tag() throws(XDSError) -> Tag? {
        guard !isAtEnd else { return nil }
        let value = try varint()
        guard value <= UInt32.max, value >> 3 > 0 else { throw malformed("no field has this tag") }
        guard let wireType = WireType(rawValue: UInt8(value & 7)) else {
            throw malformed("groups and unknown wire types are refused")
        }
        return Tag(field: UInt32(value >> 3), wireType: wireType)
    }

    /// Steps over a value.
    mutating func skip(_ wireType: WireType) throws(XDSError) {
        switch wireType {
        case .varint: _ = try varint()
        case .fixed64: try advance(by: 8)
        case .fixed32: try advance(by: 4)
        case .lengthDelimited: _ = try lengthDelimited()
        }
    }

    /// A length and as many bytes.
    mutating func lengthDelimited() throws(XDSError) -> UnsafeRawBufferPointer {
        let length = try varint()
        guard length <= UInt64(bytes.count - position) else {
            throw malformed("a length reaches past the end")
        }
        let start = position
        position += Int(length)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    /// A number in as few bytes as it needs.
    mutating func varint() throws(XDSError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = UInt64(bytes[position])
            position += 1
            guard shift < 63 || byte <= 1 else { throw malformed("a varint exceeds 64 bits") }
            value |= (byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw malformed("a varint is cut short")
    }

    private mutating func advance(by count: Int) throws(XDSError) {
        guard count <= bytes.count - position else { throw malformed("a number is cut short") }
        position += count
    }

    private func malformed(_ message: String) -> XDSError {
        XDSError(.malformed, "\(message) (byte \(position) of \(bytes.count) of the message)")
    }
}

extension UnsafeRawBufferPointer {
    /// UTF-8 (RFC 3629) without U+0000.
    var isTextWithoutNUL: Bool {
        var index = 0
        while index < count {
            if index + 8 <= count, asciiWord(at: index) {
                index += 8
                continue
            }
            guard let length = scalarLength(at: index) else { return false }
            index += length
        }
        return true
    }

    /// Eight bytes that are all in 0x01...0x7F.
    private func asciiWord(at index: Int) -> Bool {
        let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        return (word | (word &- ones)) & highBits == 0
    }

    /// The length of the scalar at `index`; nil when there is none.
    private func scalarLength(at index: Int) -> Int? {
        let length: Int
        let second: ClosedRange<UInt8>
        switch self[index] {
        case 0x01...0x7F: return 1
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE, 0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard index + length <= count, second.contains(self[index + 1]) else { return nil }
        for offset in 2..<length where self[index + offset] & 0xC0 != 0x80 { return nil }
        return length
    }
}
