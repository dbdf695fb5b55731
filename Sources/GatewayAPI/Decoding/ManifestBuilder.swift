/// Puts the documents of a file together: gives objects and mistakes their lines, counts mistakes
/// beyond the limit, and refuses objects that were declared before.
struct ManifestBuilder {
    private let file: String
    private var manifest = DecodedManifest()
    private var first: [ObjectReference: SourceLocation] = [:]
    private var duplicates: [Diagnostic] = []
    private var untold = (errors: 0, warnings: 0)
    /// How many documents were added.
    private(set) var documentCount = 0

    /// Whether further mistakes are only counted.
    var isFull: Bool {
        manifest.diagnostics.count + duplicates.count >= ManifestDecoder.maximumDiagnostics
    }

    init(file: String) { self.file = file }

    /// Adds the objects and findings of a document.
    mutating func add(_ document: DecodedDocument, firstLine: Int) {
        documentCount += 1
        for object in document.objects {
            var resource = object.resource
            let location = SourceLocation(file: file, line: firstLine + object.line)
            resource.location = location
            resource.fieldLines = resource.fieldLines.moved(toFirstLine: firstLine)
            add(resource, at: location)
        }
        for finding in document.findings {
            var diagnostic = finding.diagnostic
            diagnostic.location = SourceLocation(file: file, line: firstLine + finding.line)
            if isFull { count(diagnostic) } else { manifest.diagnostics.append(diagnostic) }
        }
    }

    /// The first of two documents that declare the same object counts.
    private mutating func add(_ resource: Resource, at location: SourceLocation) {
        guard let earlier = first[resource.reference] else {
            first[resource.reference] = location
            manifest.resources.append(resource)
            return
        }
        let diagnostic = Diagnostic(
            .error, .duplicate, message: "declared already at \(earlier), which counts; remove one",
            object: resource.reference, location: location)
        if isFull { count(diagnostic) } else { duplicates.append(diagnostic) }
    }

    private mutating func count(_ diagnostic: Diagnostic) {
        switch diagnostic.severity {
        case .error: untold.errors += 1
        case .warning: untold.warnings += 1
        }
    }

    /// Notes that documents are left out.
    mutating func refuseRest(fromLine line: Int) {
        duplicates.append(
            Diagnostic(
                .error, .limit,
                message: "a file has at most \(ManifestDecoder.maximumObjectCount) documents, the "
                    + "rest is not read; split it",
                location: SourceLocation(file: file, line: line)))
    }

    /// The file.
    consuming func finish() -> DecodedManifest {
        manifest.diagnostics += duplicates
        guard untold.errors + untold.warnings > 0 else { return manifest }
        manifest.diagnostics.append(
            Diagnostic(
                untold.errors > 0 ? .error : .warning, .limit,
                message: "and \(untold.errors) more errors, \(untold.warnings) more warnings, not "
                    + "told one by one; mend the ones above",
                location: manifest.diagnostics.last?.location))
        return manifest
    }
}
