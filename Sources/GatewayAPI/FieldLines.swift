/// The line of each field of an object, found by field path.
///
/// Kept as hashes of the paths, 16 bytes a field, because a line is asked for only when something
/// is wrong, or explained. The lines count from the start of the object's document, so that a
/// document that moves within its file shares the table.
public struct FieldLines: Sendable, Equatable {
    /// The line of one path.
    struct Entry: Sendable, Equatable {
        /// The hash of the path.
        var pathHash: UInt64
        /// The line, from 0, within the document.
        var line: Int

        init(path: String, line: Int) {
            pathHash = stableHash(of: path)
            self.line = line
        }
    }

    private var entries: [Entry]
    private var firstLine: Int

    /// No lines: the object did not come from a file.
    public init() {
        entries = []
        firstLine = 0
    }

    /// Makes a table of lines.
    ///
    /// - Parameters:
    ///   - entries: The lines of the paths, in any order.
    ///   - firstLine: The line of the file that the document starts at, from 1.
    init(_ entries: [Entry], firstLine: Int) {
        self.entries = entries.sorted { $0.pathHash < $1.pathHash }
        self.firstLine = firstLine
    }

    /// The same table for a document that starts at another line.
    func moved(toFirstLine line: Int) -> FieldLines {
        var copy = self
        copy.firstLine = line
        return copy
    }

    /// The line of a field or of its nearest parent that the manifest spells out.
    public func line(of fieldPath: String) -> Int? {
        var path = Substring(fieldPath)
        while !path.isEmpty {
            if let line = exactLine(of: String(path)) { return line }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            path = path[..<end]
        }
        return exactLine(of: "")
    }

    private func exactLine(of path: String) -> Int? {
        let wanted = stableHash(of: path)
        var low = entries.startIndex
        var high = entries.endIndex
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].pathHash < wanted { low = middle + 1 } else { high = middle }
        }
        guard low < entries.endIndex, entries[low].pathHash == wanted else { return nil }
        return firstLine + entries[low].line
    }
}
