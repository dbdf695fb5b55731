extension JSONValue {
    /// Reads a JSON text strictly (RFC 8259): UTF-8 without a byte order mark, no comments, no
    /// trailing commas, no duplicate names, nothing after the value.
    ///
    /// - Parameter text: The text.
    /// - Parameter limits: How large it may be, in bytes, and how deep objects and arrays may lie in
    ///   one another.
    /// - Throws: ``XDSError``: `.malformed` with line and column, `.invalidText`, `.tooLarge`,
    ///   `.tooDeep`.
    ///
    /// Complexity: O(size).
    public init(parsing text: [UInt8], limits: DecodingLimits = .standard) throws(XDSError) {
        guard text.count <= limits.size else {
            throw XDSError(
                .tooLarge, "\(text.count) bytes, the limit is \(limits.size); split the file")
        }
        guard text.withUnsafeBytes({ $0.isTextWithoutNUL }) else {
            throw XDSError(.invalidText, "the text is not UTF-8, or holds U+0000; save it as UTF-8")
        }
        var reader = JSONReader(text, depth: limits.depth)
        self = try reader.document()
    }
}

/// Reads JSON from text that is known to be UTF-8.
private struct JSONReader {
    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private let text: [UInt8]
    private let deepest: Int
    private var position = 0

    init(_ text: [UInt8], depth: Int) {
        self.text = text
        deepest = depth
    }

    mutating func document() throws(XDSError) -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        guard position == text.count else { throw malformed("nothing more after the value") }
        return result
    }

    private mutating func value(depth: Int) throws(XDSError) -> JSONValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"): return try number()
        case let digit? where Self.digits.contains(digit): return try number()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw malformed("a value")
        }
    }

    private mutating func object(depth: Int) throws(XDSError) -> JSONValue {
        try enter(depth)
        var members: [JSONValue.Member] = []
        var names: Set<[UInt8]> = []
        skipSpace()
        if skip("}") { return .object([]) }
        repeat {
            skipSpace()
            let start = position
            guard peek == UInt8(ascii: "\"") else { throw malformed("a name in quotes") }
            let name = try string()
            // Names are compared byte by byte, as `String` takes some different names for equal.
            guard names.insert(Array(name.utf8)).inserted else {
                position = start
                throw error("the name \"\(name)\" comes twice in one object; remove one")
            }
            skipSpace()
            guard skip(":") else { throw malformed("a colon") }
            members.append(JSONValue.Member(name: name, value: try value(depth: depth)))
            skipSpace()
        } while skip(",")
        guard skip("}") else { throw malformed("a comma or }") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(XDSError) -> JSONValue {
        try enter(depth)
        var elements: [JSONValue] = []
        skipSpace()
        if skip("]") { return .array([]) }
        repeat {
            elements.append(try value(depth: depth))
            skipSpace()
        } while skip(",")
        guard skip("]") else { throw malformed("a comma or ]") }
        return .array(elements)
    }

    private mutating func enter(_ depth: Int) throws(XDSError) {
        guard depth <= deepest else {
            throw XDSError(
                .tooDeep, "\(place): objects and arrays are nested deeper than \(deepest)")
        }
        position += 1
    }

    private mutating func number() throws(XDSError) -> JSONValue {
        let start = position
        _ = skip("-")
        if !skip("0") { try digits() }
        if skip(".") { try digits() }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            try digits()
        }
        guard position - start <= 1000 else { throw error("a number of more than 1000 characters") }
        return .number(String(decoding: text[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(XDSError) {
        let start = position
        while let byte = peek, Self.digits.contains(byte) { position += 1 }
        guard position > start else { throw malformed("a digit") }
    }

    private mutating func literal(
        _ word: StaticString, _ value: JSONValue
    ) throws(XDSError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let bytes = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= text.count, text[position..<end].elementsEqual(bytes) else {
            throw malformed("a value")
        }
        position = end
        return value
    }

    private var peek: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte = peek, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }
}

extension JSONReader {
    private mutating func string() throws(XDSError) -> String {
        position += 1
        var bytes: [UInt8] = []
        while true {
            let start = position
            while let byte = peek, byte >= 0x20, byte != UInt8(ascii: "\""),
                byte != UInt8(ascii: "\\")
            {
                position += 1
            }
            bytes += text[start..<position]
            if skip("\"") { return String(decoding: bytes, as: UTF8.self) }
            guard skip("\\") else {
                throw peek == nil
                    ? malformed("a closing quote")
                    : error("a control character in a string; escape it")
            }
            bytes += Array(String(try escaped()).utf8)
        }
    }

    /// What follows a backslash (RFC 8259 §7).
    private mutating func escaped() throws(XDSError) -> Character {
        guard let byte = peek else { throw malformed("an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Character(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default: throw error("no such escape; a backslash is written \\\\")
        }
    }

    /// Four hexadecimal digits, or a surrogate pair of them.
    private mutating func unicode() throws(XDSError) -> Character {
        var value = try hexadecimal()
        if (0xD800...0xDBFF).contains(value), skip("\\"), skip("u") {
            let low = try hexadecimal()
            guard (0xDC00...0xDFFF).contains(low) else { throw error("half a surrogate pair") }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw error("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func hexadecimal() throws(XDSError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw malformed("four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func malformed(_ expected: String) -> XDSError { error("expected \(expected)") }

    private func error(_ message: String) -> XDSError {
        XDSError(.malformed, "\(place): \(message)")
    }

    /// The place in the text, as editors count.
    private var place: String {
        let before = text[..<position]
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = text[start..<position].count { $0 & 0xC0 != 0x80 } + 1
        return "line \(line), column \(column)"
    }
}
