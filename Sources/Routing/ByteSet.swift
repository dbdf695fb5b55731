/// A set of byte values.
struct ByteSet: Hashable, Sendable {
    private var words = SIMD4<UInt64>()

    /// No byte.
    init() {}

    /// The bytes of a range.
    init(_ range: ClosedRange<UInt8>) {
        insert(range)
    }

    /// Every byte.
    static let all = ByteSet(0...255)
    /// `\d`
    static let digits = ByteSet(0x30...0x39)
    /// `\s`: tab, newline, form feed, carriage return, space.
    static let spaces = ByteSet(0x09...0x0A).union(ByteSet(0x0C...0x0D)).union(ByteSet(0x20...0x20))
    /// `\w`
    static let words = ByteSet(0x30...0x39).union(ByteSet(0x41...0x5A)).union(ByteSet(0x61...0x7A))
        .union(ByteSet(0x5F...0x5F))
    /// `[:alpha:]`
    static let letters = ByteSet(0x41...0x5A).union(ByteSet(0x61...0x7A))

    func contains(_ byte: UInt8) -> Bool {
        words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1
    }

    mutating func insert(_ byte: UInt8) {
        words[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
    }

    mutating func insert(_ range: ClosedRange<UInt8>) {
        for byte in range { insert(byte) }
    }

    func union(_ other: ByteSet) -> ByteSet {
        var result = self
        result.words |= other.words
        return result
    }

    /// Every byte that is not in the set.
    var complement: ByteSet {
        var result = self
        result.words = ~result.words
        return result
    }

    /// The set with both cases of each ASCII letter in it.
    var foldingCase: ByteSet {
        var result = self
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
            if contains(letter) { result.insert(letter - 0x20) }
            if contains(letter - 0x20) { result.insert(letter) }
        }
        return result
    }

    var isEmpty: Bool { words == SIMD4<UInt64>() }
}
