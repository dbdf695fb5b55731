/// An enumeration of the API that may grow: a value this version does not know is kept as text,
/// so that a translator can answer `Accepted=False`, reason `UnsupportedValue`.
public protocol OpenEnum: Sendable, Hashable, CustomStringConvertible {
    /// The values of the API and their spellings.
    static var spellings: KeyValuePairs<String, Self> { get }
    /// A value that is not in ``spellings``.
    static func unknown(_ spelling: String) -> Self
    /// The spelling of a value that is not in ``spellings``; nil for a known one.
    var unknownSpelling: String? { get }
}

extension OpenEnum {
    /// Reads a spelling, which is case-sensitive, as everywhere in the API.
    public init(rawValue: String) {
        self = Self.spellings.first { $0.key == rawValue }?.value ?? .unknown(rawValue)
    }

    /// The spelling in the API.
    public var rawValue: String {
        unknownSpelling ?? Self.spellings.first { $0.value == self }?.key ?? ""
    }

    /// The spelling in the API.
    public var description: String { rawValue }
}
