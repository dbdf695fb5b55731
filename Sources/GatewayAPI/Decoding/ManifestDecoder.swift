/// What a file holds: its objects, and what is wrong with it.
public struct DecodedManifest: Sendable, Equatable {
    /// The objects without errors, in the order of the file.
    public var resources: [Resource]
    /// What is wrong, in the order of the file; each with its line.
    public var diagnostics: [Diagnostic]

    /// Makes the content of a file.
    public init(resources: [Resource] = [], diagnostics: [Diagnostic] = []) {
        self.resources = resources
        self.diagnostics = diagnostics
    }

    /// Whether something in the file could not be taken.
    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Reads manifests, YAML or JSON, strictly: a mistake is named with its line and field, and costs
/// the object it is in and no other.
///
/// The decoder remembers what it read, document by document: a file with a thousand documents of
/// which one changed costs one parse. It keeps the text of each file's last version for that.
public struct ManifestDecoder: Sendable {
    /// How a value is taken that an enumeration of the API does not have.
    public enum UnknownValues: Sendable {
        /// As an error: for manifests, where it is most likely a slip.
        case refuse
        /// As ``OpenEnum/unknown(_:)``, with a warning: for objects from an API that may be newer.
        case keep
    }

    /// The largest file that is read: 16 MiB.
    public static let maximumFileSize = 16 << 20

    /// How many documents of a file, and how many items of a list, are read: 200,000.
    public static let maximumObjectCount = 200_000
    /// How many mistakes of a file are told one by one; those beyond are counted.
    public static let maximumDiagnostics = 1_000

    /// How many documents were parsed so far, as opposed to remembered.
    public private(set) var parsedDocumentCount = 0

    private let objectDecoder: ObjectDecoder
    private var memory: [String: [DocumentKey: DecodedDocument]] = [:]

    /// Makes a decoder that remembers nothing yet.
    public init(unknownValues: UnknownValues = .refuse) {
        objectDecoder = ObjectDecoder(unknownValues: unknownValues)
    }

    /// Reads a file once, remembering nothing.
    public static func decode(_ bytes: some Sequence<UInt8>, file: String) -> DecodedManifest {
        var decoder = ManifestDecoder()
        return decoder.decode(bytes, file: file)
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The content, UTF-8.
    ///   - file: The path, which locations carry and by which the documents are remembered.
    /// - Complexity: O(*n*) in the bytes; parsing, which dominates, only for documents whose bytes
    ///   the last version of the file did not have.
    public mutating func decode(_ bytes: some Sequence<UInt8>, file: String) -> DecodedManifest {
        let bytes = Array(bytes)
        if let refusal = refusal(of: bytes, file: file) {
            memory[file] = nil
            return DecodedManifest(diagnostics: [refusal])
        }
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: byteOrderMark) ? bytes[3...] : bytes[...]
        let known = memory.removeValue(forKey: file) ?? [:]
        var kept: [DocumentKey: DecodedDocument] = [:]
        var builder = ManifestBuilder(file: file)
        for document in splitDocuments(text) {
            if builder.documentCount == Self.maximumObjectCount {
                builder.refuseRest(fromLine: document.firstLine)
                break
            }
            let key = DocumentKey(document.bytes)
            var decoded = known[key] ?? kept[key] ?? parse(document.bytes)
            if decoded.isShortened, !builder.isFull { decoded = parse(document.bytes) }
            if builder.isFull { decoded.shorten() }
            kept[key] = decoded
            builder.add(decoded, firstLine: document.firstLine)
        }
        memory[file] = kept
        return builder.finish()
    }

    /// Forgets what is remembered of a file.
    public mutating func forget(file: String) { memory[file] = nil }

    private mutating func parse(_ bytes: ArraySlice<UInt8>) -> DecodedDocument {
        parsedDocumentCount += 1
        do {
            guard let node = try YAMLReader.read(String(decoding: bytes, as: UTF8.self)) else {
                return DecodedDocument(objects: [], findings: [])
            }
            let decoded = objectDecoder.decode(node)
            return DecodedDocument(objects: decoded.objects, findings: decoded.findings)
        } catch {
            let diagnostic = Diagnostic(.error, error.code, message: error.message)
            return DecodedDocument(
                objects: [], findings: [Finding(diagnostic: diagnostic, line: error.line)])
        }
    }

    /// Why a file is not even looked into; nil for most.
    private func refusal(of bytes: [UInt8], file: String) -> Diagnostic? {
        func refuse(_ code: Diagnostic.Code, at index: Int, _ message: String) -> Diagnostic {
            let line = 1 + bytes[..<index].count { $0 == UInt8(ascii: "\n") }
            return Diagnostic(
                .error, code, message: message,
                location: SourceLocation(file: file, line: line))
        }
        if bytes.count > Self.maximumFileSize {
            return refuse(
                .limit, at: 0,
                "the file has \(bytes.count) bytes, at most \(Self.maximumFileSize) are read; "
                    + "split it")
        }
        if let index = bytes.firstIndex(of: 0) {
            return refuse(
                .encoding, at: index, "the file holds the byte NUL; save it as UTF-8 text")
        }
        if let index = firstInvalidUTF8(bytes) {
            return refuse(.encoding, at: index, "the file is not UTF-8; save it as UTF-8 text")
        }
        return nil
    }
}

/// The text of a document, by which it is remembered.
private struct DocumentKey: Hashable, Sendable {
    let bytes: [UInt8]
    private let contentHash: UInt64

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = Array(bytes)
        contentHash = stableHash(of: bytes)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(contentHash) }

    static func == (lhs: DocumentKey, rhs: DocumentKey) -> Bool {
        lhs.contentHash == rhs.contentHash && lhs.bytes == rhs.bytes
    }
}

/// A document as read, wherever it stands in its file.
struct DecodedDocument: Sendable {
    var objects: [DecodedObject]
    var findings: [Finding]
    /// Whether findings were left out, because the file had too many.
    private(set) var isShortened = false

    init(objects: [DecodedObject], findings: [Finding]) {
        self.objects = objects
        self.findings = findings
    }

    /// Keeps one finding, an error if there is one.
    mutating func shorten() {
        guard findings.count > 1 else { return }
        let first = findings.first { $0.diagnostic.severity == .error } ?? findings[0]
        findings = [first]
        isShortened = true
    }
}

/// The index of the first byte that is not part of a UTF-8 character; nil when all are.
private func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var index = 0
    while true {
        switch decoder.parseScalar(from: &iterator) {
        case .valid(let scalar): index += scalar.count
        case .error: return min(index, bytes.count - 1)
        case .emptyInput: return nil
        }
    }
}
