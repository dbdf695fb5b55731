import GatewayAPI

/// What happened to a file or folder of manifests.
enum FileChange: Sendable, Equatable {
    /// The file is new, or was written.
    case written(path: String, bytes: [UInt8])
    /// The file is there, but cannot be read.
    case unreadable(path: String, code: Diagnostic.Code, reason: String)
    /// The file is gone.
    case removed(path: String)
    /// A folder cannot be read or watched, and why; nil when it can again.
    case folder(path: String, problem: String?)
}

/// What a set of manifest files says together, kept up to date file by file.
///
/// A file with errors keeps the objects of its last good version that its present one does not
/// give, and says so until it is mended: a slip while editing takes no route away. Of two files
/// that declare the same object, the first by path counts.
///
/// Pure: files come in as bytes, updates go out; reading and watching is `DirectoryScanner`'s.
struct ManifestSet {
    private struct File {
        /// The objects in use, in the order of the file; stale ones last.
        var resources: [ObjectReference: Resource] = [:]
        var diagnostics: [Diagnostic] = []
    }

    private struct Publication {
        var contentHash: UInt64
        var location: SourceLocation?
    }

    private var decoder = ManifestDecoder()
    private var files: [String: File] = [:]
    private var folderProblems: [String: String] = [:]
    /// The files that declare an object, in the order of their paths; the first counts.
    private var declarations: [ObjectReference: [String]] = [:]
    private var contested: Set<ObjectReference> = []
    private var published: [ObjectReference: Publication] = [:]
    private var diagnostics: [Diagnostic] = []
    private var isInitial = true

    /// Takes what happened and answers what it changes.
    ///
    /// - Returns: Nil when it changes nothing; never nil the first time.
    /// - Complexity: O(*n*) in the objects of the changed files and the current diagnostics.
    mutating func apply(_ changes: [FileChange]) -> ResourceUpdate? {
        var affected: Set<ObjectReference> = []
        for change in changes { take(change, &affected) }
        var update = ResourceUpdate()
        for reference in affected.sorted() { publish(reference, in: &update) }
        update.diagnostics = currentDiagnostics()
        let isSilent =
            update.upserted.isEmpty && update.removed.isEmpty && update.relocated.isEmpty
            && update.diagnostics == diagnostics
        guard isInitial || !isSilent else { return nil }
        update.isInitial = isInitial
        isInitial = false
        diagnostics = update.diagnostics
        return update
    }

    private mutating func take(_ change: FileChange, _ affected: inout Set<ObjectReference>) {
        switch change {
        case .written(let path, let bytes):
            let manifest = decoder.decode(bytes, file: path)
            replace(path, with: file(path, holding: manifest), &affected)
        case .unreadable(let path, let code, let reason):
            let location = SourceLocation(file: path, line: 1)
            let problem = Diagnostic(.error, code, message: reason, location: location)
            replace(
                path, with: file(path, holding: DecodedManifest(diagnostics: [problem])),
                &affected)
        case .removed(let path):
            decoder.forget(file: path)
            replace(path, with: nil, &affected)
        case .folder(let path, let problem):
            folderProblems[path] = problem
        }
    }

    /// The new state of a file: what it holds, and what stays of its last good version.
    private func file(_ path: String, holding manifest: DecodedManifest) -> File {
        var file = File(diagnostics: manifest.diagnostics)
        for resource in manifest.resources { file.resources[resource.reference] = resource }
        guard manifest.hasErrors else { return file }
        let stale = (files[path]?.resources ?? [:]).filter { file.resources[$0.key] == nil }
        guard !stale.isEmpty else { return file }
        file.resources.merge(stale) { present, _ in present }
        let names = stale.keys.sorted().map(\.description)
        let shown = names.prefix(3).joined(separator: ", ")
        let rest = names.count > 3 ? " and \(names.count - 3) more" : ""
        let first = manifest.diagnostics.first { $0.severity == .error }
        file.diagnostics.append(
            Diagnostic(
                .warning, .stale,
                message: "the file has errors, so its last good version of \(shown)\(rest) stays "
                    + "in use until they are mended",
                location: first?.location ?? SourceLocation(file: path, line: 1)))
        return file
    }

    private mutating func replace(
        _ path: String, with file: File?, _ affected: inout Set<ObjectReference>
    ) {
        let old = files[path]?.resources ?? [:]
        let new = file?.resources ?? [:]
        for reference in old.keys where new[reference] == nil {
            declarations[reference]?.removeAll { $0 == path }
            noteContest(reference)
        }
        for reference in new.keys where old[reference] == nil {
            var paths = declarations[reference] ?? []
            paths.insert(path, at: paths.firstIndex { $0 > path } ?? paths.endIndex)
            declarations[reference] = paths
            noteContest(reference)
        }
        affected.formUnion(old.keys)
        affected.formUnion(new.keys)
        files[path] = file
    }

    private mutating func noteContest(_ reference: ObjectReference) {
        let count = declarations[reference]?.count ?? 0
        if count == 0 { declarations[reference] = nil }
        if count > 1 { contested.insert(reference) } else { contested.remove(reference) }
    }

    private mutating func publish(_ reference: ObjectReference, in update: inout ResourceUpdate) {
        guard let path = declarations[reference]?.first,
            let resource = files[path]?.resources[reference]
        else {
            if published.removeValue(forKey: reference) != nil { update.removed.append(reference) }
            return
        }
        let before = published[reference]
        if before?.contentHash != resource.contentHash {
            update.upserted.append(resource)
        } else if before?.location != resource.location {
            update.relocated.append(resource)
        }
        published[reference] = Publication(
            contentHash: resource.contentHash, location: resource.location)
    }

    private func currentDiagnostics() -> [Diagnostic] {
        var all: [Diagnostic] = []
        for (path, problem) in folderProblems {
            let location = SourceLocation(file: path, line: 1)
            all.append(Diagnostic(.error, .unreadable, message: problem, location: location))
        }
        for file in files.values where !file.diagnostics.isEmpty { all += file.diagnostics }
        for reference in contested { all += contestDiagnostics(reference) }
        return all.enumerated().sorted {
            // Findings of one line keep the order they were found in.
            ($0.element.location ?? noLocation, $0.offset)
                < ($1.element.location ?? noLocation, $1.offset)
        }.map(\.element)
    }

    private func contestDiagnostics(_ reference: ObjectReference) -> [Diagnostic] {
        let declared = (declarations[reference] ?? []).compactMap {
            files[$0]?.resources[reference]?.location
        }
        guard let winner = declared.first else { return [] }
        return declared.dropFirst().map { location in
            Diagnostic(
                .error, .duplicate,
                message: "declared at \(winner), too, which counts; remove one", object: reference,
                location: location)
        }
    }
}

private let noLocation = SourceLocation(file: "", line: 0)
