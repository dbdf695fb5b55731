/// What is wrong at a line of a document; the file and its line are added when it is reported.
struct Finding {
    var diagnostic: Diagnostic
    /// The line from 0, within the document.
    var line: Int
}

/// Collects what is wrong with one object while its readers go through it.
final class DecodingContext {
    /// How many findings of one object are kept: enough to mend it, not enough to fill a memory.
    static let maximumFindings = 100

    /// Everything found, in the order of the fields.
    private(set) var findings: [Finding] = []
    /// Whether anything costs the object.
    private(set) var hasErrors = false
    /// How values are taken that an enumeration of the API does not have.
    let unknownValues: ManifestDecoder.UnknownValues
    /// The version of the object, as in `v1`.
    let version: String
    private let isMuted: Bool

    /// Whether further findings are not kept.
    var isFull: Bool { findings.count >= Self.maximumFindings }

    init(
        unknownValues: ManifestDecoder.UnknownValues = .refuse, version: String = "",
        isMuted: Bool = false
    ) {
        self.unknownValues = unknownValues
        self.version = version
        self.isMuted = isMuted
    }

    /// Notes a finding.
    func report(
        _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, path: String, line: Int,
        _ message: String
    ) {
        guard !isMuted else { return }
        if severity == .error { hasErrors = true }
        guard !isFull else { return }
        let diagnostic = Diagnostic(severity, code, message: message, fieldPath: path)
        findings.append(Finding(diagnostic: diagnostic, line: line))
    }
}
