/// Reads RE2 syntax.
struct RegularExpressionParser {
    typealias Node = RegularExpressionNode
    typealias SyntaxError = RegularExpression.SyntaxError

    private struct Flags {
        var ignoresCase = false
        var dotTakesNewline = false
        /// `U`: what is greedy is not, and the other way round.
        var swapsGreed = false
    }

    private let pattern: [UInt8]
    private var position = 0
    private var depth = 0
    /// How many groups have a number.
    private(set) var groupCount = 0

    private static let deepest = 200
    private static let mostRepetitions = 1000

    init(_ pattern: String) {
        self.pattern = Array(pattern.utf8)
    }

    mutating func parse() throws(SyntaxError) -> Node {
        var flags = Flags()
        let node = try choice(&flags)
        guard position == pattern.count else { throw error("there is a `)` without its `(`") }
        return node
    }

    private func error(_ what: String) -> SyntaxError {
        SyntaxError(message: "\(what), at byte \(position) of the expression")
    }

    private var peek: UInt8? { position < pattern.count ? pattern[position] : nil }

    private mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= pattern.count else { return false }
        for index in 0..<count where pattern[position + index] != text.utf8Start[index] {
            return false
        }
        position += count
        return true
    }

    private mutating func choice(_ flags: inout Flags) throws(SyntaxError) -> Node {
        var parts: [Node] = [try sequence(&flags)]
        while take("|") { parts.append(try sequence(&flags)) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence(_ flags: inout Flags) throws(SyntaxError) -> Node {
        var parts: [Node] = []
        while let byte = peek, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            if take("\\Q") {
                while let literal = peek, !take("\\E") {
                    parts.append(.bytes(single(literal, flags)))
                    position += 1
                }
                continue
            }
            guard let atom = try atom(&flags) else { continue }
            parts.append(try repeated(atom, flags))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated(_ atom: Node, _ flags: Flags) throws(SyntaxError) -> Node {
        guard let (least, most) = try quantifier() else { return atom }
        let isGreedy = take("?") == flags.swapsGreed
        if peek == UInt8(ascii: "*") || peek == UInt8(ascii: "+") || peek == UInt8(ascii: "?") {
            throw error("a repetition of a repetition needs a group")
        }
        return .repetition(atom, least: least, most: most, isGreedy: isGreedy)
    }

    private mutating func quantifier() throws(SyntaxError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = position
        guard take("{"), let least = number() else {
            position = start
            return nil
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else {
            position = start
            return nil
        }
        guard least <= most ?? least, max(least, most ?? 0) <= Self.mostRepetitions else {
            throw error("the bounds of a repetition are out of order or above 1000")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let byte = peek, byte >= 0x30, byte <= 0x39 {
            value = min((value ?? 0) * 10 + Int(byte - 0x30), 100_000)
            position += 1
        }
        return value
    }

    /// One element without its repetition; nil for what only sets flags.
    private mutating func atom(_ flags: inout Flags) throws(SyntaxError) -> Node? {
        let byte = pattern[position]
        switch byte {
        case UInt8(ascii: "("): return try group(&flags)
        case UInt8(ascii: "["): return .bytes(try characterClass(flags))
        case UInt8(ascii: "."):
            position += 1
            var newline = ByteSet()
            newline.insert(0x0A)
            return .bytes(flags.dotTakesNewline ? .all : newline.complement)
        case UInt8(ascii: "^"):
            position += 1
            return .start
        case UInt8(ascii: "$"):
            position += 1
            return .end
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            throw error("there is nothing to repeat")
        case UInt8(ascii: "\\"): return try escapeNode(flags)
        default: return literal(flags)
        }
    }

    /// A character; one outside ASCII is the sequence of its bytes, so that it repeats whole.
    private mutating func literal(_ flags: Flags) -> Node {
        let first = pattern[position]
        position += 1
        if first < 0x80 { return .bytes(single(first, flags)) }
        var bytes: [Node] = [.bytes(single(first, flags))]
        while let byte = peek, byte & 0xC0 == 0x80 {
            bytes.append(.bytes(single(byte, flags)))
            position += 1
        }
        return .sequence(bytes)
    }

    private func single(_ byte: UInt8, _ flags: Flags) -> ByteSet {
        let set = ByteSet(byte...byte)
        return flags.ignoresCase ? set.foldingCase : set
    }

    private mutating func group(_ flags: inout Flags) throws(SyntaxError) -> Node? {
        position += 1
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw error("the groups are nested too deeply") }
        var inner = flags
        var number: Int?
        if take("?P<") || take("?<") {
            guard let end = pattern[position...].firstIndex(of: UInt8(ascii: ">")),
                pattern[position..<end].allSatisfy(ByteSet.words.contains), end > position
            else { throw error("the group's name is malformed, or looking behind is asked for") }
            position = end + 1
            number = nextGroup()
        } else if take("?") {
            inner = try flagLetters(flags)
            if take(")") {
                flags = inner
                return nil
            }
            guard take(":") else { throw error("the group's kind is not supported") }
        } else {
            number = nextGroup()
        }
        let node = try choice(&inner)
        guard take(")") else { throw error("there is a `(` without its `)`") }
        return number.map { .group($0, node) } ?? node
    }

    private mutating func nextGroup() -> Int {
        groupCount += 1
        return groupCount
    }

    private mutating func flagLetters(_ flags: Flags) throws(SyntaxError) -> Flags {
        var result = flags
        var value = true
        while let byte = peek, byte != UInt8(ascii: ":"), byte != UInt8(ascii: ")") {
            switch byte {
            case UInt8(ascii: "i"): result.ignoresCase = value
            case UInt8(ascii: "s"): result.dotTakesNewline = value
            case UInt8(ascii: "U"): result.swapsGreed = value
            case UInt8(ascii: "-") where value: value = false
            default: throw error("the group's kind or flag is not supported")
            }
            position += 1
        }
        return result
    }

    private mutating func escapeNode(_ flags: Flags) throws(SyntaxError) -> Node {
        if take("\\A") { return .start }
        if take("\\z") { return .end }
        let set = try escape()
        return .bytes(flags.ignoresCase ? set.foldingCase : set)
    }

    /// The bytes that an escape stands for, inside and outside of a class.
    private mutating func escape() throws(SyntaxError) -> ByteSet {
        position += 1
        guard let byte = peek else { throw error("there is nothing after the last `\\`") }
        position += 1
        switch byte {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "D"): return ByteSet.digits.complement
        case UInt8(ascii: "s"): return .spaces
        case UInt8(ascii: "S"): return ByteSet.spaces.complement
        case UInt8(ascii: "w"): return .words
        case UInt8(ascii: "W"): return ByteSet.words.complement
        case UInt8(ascii: "a"): return ByteSet(0x07...0x07)
        case UInt8(ascii: "f"): return ByteSet(0x0C...0x0C)
        case UInt8(ascii: "t"): return ByteSet(0x09...0x09)
        case UInt8(ascii: "n"): return ByteSet(0x0A...0x0A)
        case UInt8(ascii: "r"): return ByteSet(0x0D...0x0D)
        case UInt8(ascii: "v"): return ByteSet(0x0B...0x0B)
        case UInt8(ascii: "x"): return try hexadecimal()
        case _ where byte < 0x80 && !ByteSet.words.contains(byte): return ByteSet(byte...byte)
        default:
            position -= 1
            throw error("`\\\(Character(Unicode.Scalar(byte)))` is not supported")
        }
    }

    private mutating func hexadecimal() throws(SyntaxError) -> ByteSet {
        let braced = take("{")
        var value = 0
        var digits = 0
        while let byte = peek, digits < (braced ? 8 : 2),
            let digit = Character(Unicode.Scalar(byte)).hexDigitValue
        {
            value = value * 16 + digit
            digits += 1
            position += 1
        }
        guard digits > 0, braced ? take("}") : digits == 2, value < 0x80 else {
            throw error("`\\x` needs two hexadecimal digits of a character in ASCII")
        }
        return ByteSet(UInt8(value)...UInt8(value))
    }

    private mutating func characterClass(_ flags: Flags) throws(SyntaxError) -> ByteSet {
        position += 1
        let negated = take("^")
        var set = ByteSet()
        var isFirst = true
        while isFirst || peek != UInt8(ascii: "]") {
            isFirst = false
            guard peek != nil else { throw error("there is a `[` without its `]`") }
            set = set.union(try classItem())
        }
        position += 1
        if flags.ignoresCase { set = set.foldingCase }
        return negated ? set.complement : set
    }

    private mutating func classItem() throws(SyntaxError) -> ByteSet {
        if take("[:") { return try namedClass() }
        let low = try classMember()
        guard peek == UInt8(ascii: "-"), position + 1 < pattern.count,
            pattern[position + 1] != UInt8(ascii: "]")
        else { return low.set }
        position += 1
        let high = try classMember()
        guard let lowByte = low.byte, let highByte = high.byte, lowByte <= highByte else {
            throw error("the range of a class is out of order")
        }
        return ByteSet(lowByte...highByte)
    }

    private mutating func classMember() throws(SyntaxError) -> (set: ByteSet, byte: UInt8?) {
        guard let byte = peek else { throw error("there is a `[` without its `]`") }
        guard byte < 0x80 else { throw error("a class holds characters in ASCII only") }
        if byte == UInt8(ascii: "\\") {
            let set = try escape()
            let members = (UInt8.min ... .max).filter(set.contains)
            return (set, members.count == 1 ? members[0] : nil)
        }
        position += 1
        return (ByteSet(byte...byte), byte)
    }

    private static let namedClasses: [(StaticString, ByteSet)] = [
        ("alnum:]", ByteSet.letters.union(.digits)), ("alpha:]", .letters),
        ("blank:]", ByteSet(0x09...0x09).union(ByteSet(0x20...0x20))),
        ("cntrl:]", ByteSet(0x00...0x1F).union(ByteSet(0x7F...0x7F))), ("digit:]", .digits),
        ("graph:]", ByteSet(0x21...0x7E)), ("lower:]", ByteSet(0x61...0x7A)),
        ("print:]", ByteSet(0x20...0x7E)),
        (
            "punct:]",
            ByteSet(0x21...0x2F).union(ByteSet(0x3A...0x40)).union(ByteSet(0x5B...0x60))
                .union(ByteSet(0x7B...0x7E))
        ),
        ("space:]", ByteSet(0x09...0x0D).union(ByteSet(0x20...0x20))),
        ("upper:]", ByteSet(0x41...0x5A)), ("word:]", .words),
        ("xdigit:]", ByteSet(0x41...0x46).union(ByteSet(0x61...0x66)).union(.digits)),
    ]

    private mutating func namedClass() throws(SyntaxError) -> ByteSet {
        let negated = take("^")
        for (name, set) in Self.namedClasses where take(name) {
            return negated ? set.complement : set
        }
        throw error("the class's name is unknown")
    }
}
