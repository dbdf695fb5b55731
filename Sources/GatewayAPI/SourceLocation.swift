/// A line of a file.
public struct SourceLocation: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The path of the file, as the source was given it.
    public var file: String
    /// The line, from 1.
    public var line: Int

    /// Names a line of a file.
    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    /// `reviews-split.yaml:14`, which editors and terminals open.
    public var description: String { "\(file):\(line)" }

    /// Orders by file, then line.
    public static func < (lhs: SourceLocation, rhs: SourceLocation) -> Bool {
        (lhs.file, lhs.line) < (rhs.file, rhs.line)
    }
}
