/// The headers that the proxy treats specially.
enum HeaderKind: UInt8 {
    case other
    case host
    case connection
    case contentLength
    case transferEncoding
    case expect
    case upgrade
    case keepAlive
    case proxyConnection
    case te
    case trailer
    case forwardedFor
    case forwardedProto
    case requestID

    /// The kind of a header by its name, in any case.
    @inline(__always)
    static func of(_ name: UnsafePointer<UInt8>, _ length: Int) -> HeaderKind {
        switch length {
        case 2: is_(name, "te") ? .te : .other
        case 4: is_(name, "host") ? .host : .other
        case 6: is_(name, "expect") ? .expect : .other
        case 7: is_(name, "upgrade") ? .upgrade : is_(name, "trailer") ? .trailer : .other
        case 10:
            is_(name, "connection") ? .connection : is_(name, "keep-alive") ? .keepAlive : .other
        case 12: is_(name, "x-request-id") ? .requestID : .other
        case 14: is_(name, "content-length") ? .contentLength : .other
        case 15: is_(name, "x-forwarded-for") ? .forwardedFor : .other
        case 16: is_(name, "proxy-connection") ? .proxyConnection : .other
        case 17:
            is_(name, "transfer-encoding")
                ? .transferEncoding : is_(name, "x-forwarded-proto") ? .forwardedProto : .other
        default: .other
        }
    }

    @inline(__always)
    private static func is_(_ name: UnsafePointer<UInt8>, _ word: StaticString) -> Bool {
        equalsIgnoringCase(name, word.utf8CodeUnitCount, word)
    }
}

/// Whether the bytes are the word, whatever the case of their letters; the word is in lower case.
@inline(__always)
func equalsIgnoringCase(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount else { return false }
    let expected = word.utf8Start
    for index in 0..<count where bytes[index].lowercased != expected[index] { return false }
    return true
}

extension UInt8 {
    /// The byte with an ASCII capital made small.
    @inline(__always)
    var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// RFC 9110 §5.6.2, `tchar`.
    @inline(__always)
    var isTokenCharacter: Bool {
        Self.member(self, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// What may stand in a request target: visible ASCII without `#` (RFC 9112 §3.2: a fragment
    /// is no part of it).
    @inline(__always)
    var isTargetCharacter: Bool { self > 0x20 && self < 0x7F && self != UInt8(ascii: "#") }

    /// What may stand in an authority without user information (RFC 3986 §3.2).
    @inline(__always)
    var isAuthorityCharacter: Bool {
        // ! $ % & ' ( ) * + , - . 0-9 : ; = A-Z [ ] _ a-z ~
        Self.member(self, 0x2FFF_7FF2_0000_0000, 0x47FF_FFFE_AFFF_FFFE)
    }

    @inline(__always)
    private static func member(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
        if byte >= 128 { return false }
        return (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte & 63)) & 1 == 1
    }
}
