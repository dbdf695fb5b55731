/// A document of a file: its bytes and where it starts.
struct Document {
    var bytes: ArraySlice<UInt8>
    /// The line of the file that the document starts at, from 1.
    var firstLine: Int
}

/// Cuts a file into its documents, so that a slip in one costs that one only, and so that an
/// unchanged one need not be parsed again.
///
/// A line that starts with `---` begins a document wherever it stands, and one that starts with
/// `...` ends it, even inside quotes (YAML 1.2.2, §9.1.2): the cut needs no parsing.
func splitDocuments(_ bytes: ArraySlice<UInt8>) -> [Document] {
    var documents: [Document] = []
    var start = bytes.startIndex
    var firstLine = 1
    var line = 1
    var index = bytes.startIndex
    var content = DocumentContent.nothing

    func close(at end: Int, nextLine: Int) {
        if content != .nothing {
            documents.append(Document(bytes: bytes[start..<end], firstLine: firstLine))
        }
        start = end
        firstLine = nextLine
        content = .nothing
    }

    while index < bytes.endIndex {
        let end =
            bytes[index...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.endIndex
        let text = bytes[index..<end]
        if isMarker(text, UInt8(ascii: "-")) {
            // Directives (`%YAML 1.2`) belong to the document that the marker begins.
            if content != .directives { close(at: index, nextLine: line) }
            if content == .nothing || content == .directives {
                content = hasContent(text.dropFirst(3)) ? .value : .marker
            }
        } else if isMarker(text, UInt8(ascii: ".")) {
            close(at: end, nextLine: line + 1)
        } else if text.first == UInt8(ascii: "%"), content == .nothing {
            content = .directives
        } else if hasContent(text) {
            content = .value
        }
        index = end
        line += 1
    }
    close(at: bytes.endIndex, nextLine: line)
    return documents
}

private enum DocumentContent {
    case nothing
    case directives
    case marker
    case value
}

private func isMarker(_ line: ArraySlice<UInt8>, _ character: UInt8) -> Bool {
    guard line.count >= 3, line.prefix(3).allSatisfy({ $0 == character }) else { return false }
    guard let next = line.dropFirst(3).first else { return true }
    return next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") || next == UInt8(ascii: "\r")
        || next == UInt8(ascii: "\n")
}

/// Whether a line holds more than blanks and a comment.
private func hasContent(_ line: ArraySlice<UInt8>) -> Bool {
    let first = line.first {
        $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r")
            && $0 != UInt8(ascii: "\n")
    }
    return first != nil && first != UInt8(ascii: "#")
}
