/// Writes JSON, compact or indented.
struct JSONWriter {
    /// What encloses a group.
    enum Bracket {
        case object
        case array

        fileprivate var opening: UInt8 { self == .object ? UInt8(ascii: "{") : UInt8(ascii: "[") }
        fileprivate var closing: UInt8 { self == .object ? UInt8(ascii: "}") : UInt8(ascii: "]") }
    }

    private var bytes: [UInt8] = []
    private let pretty: Bool
    private var depth = 0
    /// The next element of the open object or array is its first.
    private var isFirst = true

    init(pretty: Bool) { self.pretty = pretty }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Begins an object or an array.
    mutating func open(_ bracket: Bracket) {
        bytes.append(bracket.opening)
        depth += 1
        isFirst = true
    }

    /// Ends the object or array that was begun last.
    mutating func close(_ bracket: Bracket) {
        depth -= 1
        if !isFirst { newLine() }
        isFirst = false
        bytes.append(bracket.closing)
    }

    /// The name of the next member.
    mutating func name(_ name: String) {
        element()
        string(name)
        raw(pretty ? ": " : ":")
    }

    /// What goes before an array's element.
    mutating func element() {
        if !isFirst { raw(",") }
        isFirst = false
        newLine()
    }

    private mutating func newLine() {
        guard pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }

    /// A number or a literal.
    mutating func literal(_ text: some CustomStringConvertible) {
        bytes.append(contentsOf: text.description.utf8)
    }

    /// A string, escaped (RFC 8259 §7).
    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): raw("\\n")
            case UInt8(ascii: "\r"): raw("\\r")
            case UInt8(ascii: "\t"): raw("\\t")
            case 0..<0x20:
                raw(byte < 0x10 ? "\\u000" : "\\u00")
                literal(String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A double: shortest form, whole numbers without a point, what JSON has no number for as a
    /// string.
    mutating func number(_ value: Double) {
        if value.isNaN {
            string("NaN")
        } else if value.isInfinite {
            string(value < 0 ? "-Infinity" : "Infinity")
        } else if let whole = Int64(exactly: value), abs(value) < 0x1p53, whole != 0 {
            literal(whole)
        } else {
            literal(value == 0 ? (value.sign == .minus ? "-0.0" : "0") : value.description)
        }
    }

    /// Bytes in base64 (RFC 4648 §4), padded.
    mutating func base64(_ data: UnsafeRawBufferPointer) {
        let alphabet: StaticString =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        bytes.append(UInt8(ascii: "\""))
        for start in stride(from: 0, to: data.count, by: 3) {
            let count = min(3, data.count - start)
            var group: UInt32 = 0
            for index in 0..<3 {
                group = group << 8 | (index < count ? UInt32(data[start + index]) : 0)
            }
            for index in 0..<4 {
                let digit = Int(group >> UInt32(18 - 6 * index) & 0x3F)
                bytes.append(index <= count ? alphabet.utf8Start[digit] : UInt8(ascii: "="))
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func raw(_ text: StaticString) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(
                start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
