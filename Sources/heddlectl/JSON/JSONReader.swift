/// Why a text is no JSON.
struct JSONError: Error, CustomStringConvertible {
    var message: String
    /// The line, from 1.
    var line: Int

    var description: String { "line \(line): \(message)" }
}

extension JSON {
    /// Reads a JSON text (RFC 8259).
    ///
    /// - Throws: ``JSONError`` where it is none, names a member twice, or nests deeper than 200.
    init(_ bytes: some Sequence<UInt8>) throws(JSONError) {
        var reader = JSONReader(bytes: Array(bytes))
        self = try reader.document()
    }
}

/// A recursive reader over bytes.
private struct JSONReader {
    private static let maximumDepth = 200

    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark, as some editors write it.
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
    }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        if position < bytes.count { throw error("text after the end of the value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        skipSpace()
        guard depth < Self.maximumDepth else { throw error("nested deeper than 200") }
        guard let byte else { throw error("the text ends where a value should be") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw error("no value begins like this")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var members: [JSON.Member] = []
        var names: Set<String> = []
        if takes("}") { return .object(members) }
        repeat {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw error("a member's name in quotes") }
            let name = try string()
            guard names.insert(name).inserted else { throw error("a second member \"\(name)\"") }
            guard takes(":") else { throw error("a colon after \"\(name)\"") }
            members.append(JSON.Member(name: name, value: try value(depth: depth + 1)))
        } while takes(",")
        guard takes("}") else { throw error("a comma or } after a member") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        if takes("]") { return .array(elements) }
        repeat { elements.append(try value(depth: depth + 1)) } while takes(",")
        guard takes("]") else { throw error("a comma or ] after an element") }
        return .array(elements)
    }

    private mutating func literal(_ text: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: text.utf8) else {
            throw error("no value begins like this")
        }
        position += text.utf8.count
        return value
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        skip("-")
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[position - whole] != UInt8(ascii: "0") else {
            throw error("no number is written like this")
        }
        if skip(".") {
            guard digits() > 0 else { throw error("digits after the point") }
        }
        if skip("e") || skip("E") {
            if !skip("-") { skip("+") }
            guard digits() > 0 else { throw error("digits of the exponent") }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        while let next = byte, next != UInt8(ascii: "\"") {
            guard next >= 0x20 else { throw error("a control character in a text; write \\u") }
            position += 1
            if next == UInt8(ascii: "\\") {
                text += try escape()
            } else {
                text.append(next)
            }
        }
        guard takes("\"", afterSpace: false) else { throw error("the end of a text") }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw error("a text that is no UTF-8")
        }
        return string
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        guard let letter = byte else { throw error("the end of a text") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try scalar()).utf8)
        default: throw error("no such escape; \\\\ is a backslash")
        }
    }

    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        var value = try codeUnit()
        if (0xd800..<0xdc00).contains(value), skip("\\"), skip("u") {
            let low = try codeUnit()
            guard (0xdc00..<0xe000).contains(low) else { throw error("half a surrogate pair") }
            value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw error("half a surrogate pair") }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt32 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits after \\u") }
        position += 4
        return value
    }

    private var byte: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func skipSpace() {
        while let byte, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte, (0x30...0x39).contains(byte) { position += 1 }
        return position - start
    }

    @discardableResult
    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        takes(character, afterSpace: false)
    }

    private mutating func takes(_ character: Unicode.Scalar, afterSpace: Bool = true) -> Bool {
        if afterSpace { skipSpace() }
        guard byte == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private func error(_ message: String) -> JSONError {
        let line = bytes[..<min(position, bytes.count)].count { $0 == 0x0a } + 1
        return JSONError(message: message, line: line)
    }
}
