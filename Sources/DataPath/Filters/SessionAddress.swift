/// The endpoint's address as a session carries it.
///
/// In a header it is the bare address, `10.0.0.1:8080`; in a cookie the message
/// `Cookie { string address = 1; uint64 expires = 2; }` of Envoy's cookie session state; either in
/// Base64.
enum SessionAddress {
    /// The address in a header's value; nil when there is none.
    static func read(header text: [UInt8]) -> [UInt8]? {
        Base64.decode(text).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The address in a cookie's value; nil when there is none, or it has expired.
    ///
    /// - Parameter now: Seconds since 1970.
    static func read(cookie text: [UInt8], now: UInt64) -> [UInt8]? {
        guard let bytes = Base64.decode(text), let message = Message(bytes),
            !message.address.isEmpty, message.expires == 0 || now <= message.expires
        else { return nil }
        return message.address
    }

    /// A cookie's content.
    ///
    /// - Parameter expires: Seconds since 1970; 0 is never.
    static func encode(_ address: [UInt8], expires: UInt64) -> [UInt8] {
        var bytes: [UInt8] = [0x0A]
        append(UInt64(address.count), to: &bytes)
        bytes += address
        if expires > 0 {
            bytes.append(0x10)
            append(expires, to: &bytes)
        }
        return bytes
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var left = value
        while left >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: left) | 0x80)
            left >>= 7
        }
        bytes.append(UInt8(left))
    }

    /// The message of a cookie.
    private struct Message {
        var address: [UInt8] = []
        var expires: UInt64 = 0

        /// Reads the two fields; nil for anything else.
        init?(_ bytes: [UInt8]) {
            var rest = bytes[...]
            while let tag = rest.popFirst() {
                guard let number = Self.number(&rest) else { return nil }
                switch tag {
                case 0x0A:
                    guard number <= UInt64(rest.count) else { return nil }
                    address = Array(rest.prefix(Int(number)))
                    rest = rest.dropFirst(Int(number))
                case 0x10: expires = number
                default: return nil
                }
            }
        }

        private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 63, by: 7) {
                guard let byte = rest.popFirst() else { return nil }
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }
    }
}

/// Base64 (RFC 4648 §4).
enum Base64 {
    private static let digits = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Bytes as text, padded.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                text.append(
                    index <= group.count
                        ? digits[bits >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return text
    }

    /// Text as bytes; nil for what is no Base64, padded as it must be.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2 else { return nil }
        var bytes: [UInt8] = []
        var bits = 0
        var count = 0
        for character in text.dropLast(padding) {
            guard let digit = value(of: character) else { return nil }
            bits = bits << 6 | digit
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
                bits &= (1 << count) - 1
            }
        }
        return bits == 0 ? bytes : nil
    }

    private static func value(of character: UInt8) -> Int? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character) - 48 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
