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
    private var isLenient = false
    private var reportCount = 0

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

    /// Notes a finding. What it says is only put together when it is kept.
    func report(
        _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, path: @autoclosure () -> String,
        line: @autoclosure () -> Int, _ message: @autoclosure () -> String
    ) {
        guard !isMuted else { return }
        reportCount += 1
        let isPassedOver = isLenient && unknownValues == .keep
        let severity = isPassedOver ? .warning : severity
        if severity == .error { hasErrors = true }
        guard !isFull else { return }
        let diagnostic = Diagnostic(severity, code, message: message(), fieldPath: path())
        findings.append(Finding(diagnostic: diagnostic, line: line()))
    }

    /// Reads something in which an API takes mistakes: they are warnings where the object came from
    /// one, so that they do not cost it.
    ///
    /// - Returns: What was read, and whether it had mistakes.
    func leniently<Value>(_ read: () -> Value) -> (value: Value, hasMistakes: Bool) {
        let before = (reportCount, isLenient)
        isLenient = true
        defer { isLenient = before.1 }
        return (read(), reportCount > before.0)
    }
}
