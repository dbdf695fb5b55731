/// Finds, before a document is parsed, keys that may be lists or mappings.
///
/// Yams compares the keys of each mapping while it builds the tree, before any limit of ours can
/// hold. A key that is a collection of aliases, or collections nested in keys, would keep it busy
/// for hours. A manifest has no such keys, so a document in which they could cost that much is
/// refused by its bytes: by counting anchors, aliases, and the marks of a key that is no text.
/// Such marks in ordinary text are harmless, since the other counts are low there.
struct CollectionKeys {
    /// How much comparing is put up with: marks times bytes.
    private static let maximumWork = 1_000_000_000

    private var anchors = 0
    private var aliases = 0
    private var marks = 0
    private var firstMark = 0
    private var line = 0
    private var previous = UInt8(ascii: "\n")
    private var previousInText = UInt8(ascii: "\n")
    private var isAfterAlias = false

    /// Looks through a document.
    ///
    /// - Throws: ``DocumentError`` when its keys could cost too much.
    static func refuse(in text: String) throws(DocumentError) {
        let size = text.utf8.count
        // Without aliases, the work is at most the square of the size.
        guard size > 1 << 14 || text.utf8.contains(UInt8(ascii: "*")) else { return }
        var scan = CollectionKeys()
        for byte in text.utf8 { scan.take(byte) }
        let multiplies = scan.anchors > 0 && scan.aliases > 4 && scan.marks > 0
        guard multiplies || scan.marks * size > maximumWork else { return }
        throw DocumentError(
            code: .limit,
            message: "keys that may be lists or mappings, which would take too long to compare; "
                + "write the document without aliases and with texts as keys",
            line: scan.firstMark)
    }

    private mutating func take(_ byte: UInt8) {
        let startsWord = isBlank(previous) || "[]{},:-?".utf8.contains(previous)
        switch byte {
        case UInt8(ascii: "&") where startsWord: anchors += 1
        case UInt8(ascii: "*") where startsWord:
            aliases += 1
            isAfterAlias = true
        case UInt8(ascii: "?") where startsWord: noteMark()
        case UInt8(ascii: ":"):
            let closing = previousInText == UInt8(ascii: "]") || previousInText == UInt8(ascii: "}")
            if closing || isAfterAlias { noteMark() }
        case UInt8(ascii: "\n"):
            line += 1
            isAfterAlias = false
        default: break
        }
        if "[]{},".utf8.contains(byte) { isAfterAlias = false }
        if !isBlank(byte) { previousInText = byte }
        previous = byte
    }

    private mutating func noteMark() {
        if marks == 0 { firstMark = line }
        marks += 1
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }
}
