import Yams

/// Why a document cannot be read at all.
struct DocumentError: Error {
    var code: Diagnostic.Code
    var message: String
    /// The line from 0, within the document.
    var line: Int
}

/// Reads the text of one document, YAML or JSON, into nodes. The only place that sees Yams.
///
/// What costs more than its size is refused here: nesting deeper than 100, aliases that multiply.
struct YAMLReader {
    /// How deep lists and mappings may nest.
    static let maximumDepth = 100
    /// How many values the aliases of a document may add up to.
    static let maximumExpansion = 100_000

    /// How many commas, line breaks and brackets a document may have, which says how many values.
    static let maximumMarks = 2_000_000
    /// How many directives (`%YAML`, `%TAG`) a document may have.
    static let maximumDirectives = 16

    private var expanded = 0
    private var hasAliases = false

    /// Reads a document.
    ///
    /// - Returns: Nil when the document is empty.
    /// - Throws: ``DocumentError`` when the text is not a document, or passes a limit.
    static func read(_ text: String) throws(DocumentError) -> ManifestNode? {
        try refuseDirectives(in: text)
        try refuseCrowd(in: text)
        try CollectionKeys.refuse(in: text)
        var reader = YAMLReader()
        reader.hasAliases = text.utf8.contains(UInt8(ascii: "*"))
        let root: Node?
        do {
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw DocumentError(error, text: text)
        }
        guard let root else { return nil }
        let node = try reader.convert(root, depth: 1, line: 0)
        return node.isNull ? nil : node
    }

    /// A value of two bytes costs the parser more than a hundred times that, so a large document of
    /// nothing but values is refused by the marks between them.
    private static func refuseCrowd(in text: String) throws(DocumentError) {
        guard text.utf8.count > maximumMarks else { return }
        let marks = text.utf8.count { ",\n[{".utf8.contains($0) }
        guard marks > maximumMarks else { return }
        throw DocumentError(
            code: .limit,
            message: "more than \(maximumMarks) values in one document; split it", line: 0)
    }

    /// A manifest has one directive at most, and each is compared with all before.
    private static func refuseDirectives(in text: String) throws(DocumentError) {
        var count = 0
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: maximumDirectives) {
            guard line.first == UInt8(ascii: "%") else { return }
            count += 1
        }
        guard count >= maximumDirectives else { return }
        throw DocumentError(
            code: .limit, message: "more than \(maximumDirectives) directives; remove them",
            line: 0)
    }

    private mutating func convert(
        _ node: Node, depth: Int, line parentLine: Int
    ) throws(DocumentError) -> ManifestNode {
        let line = node.mark.map { $0.line - 1 } ?? parentLine
        expanded += 1
        if hasAliases, expanded > Self.maximumExpansion {
            throw DocumentError(
                code: .limit,
                message: "the aliases of the document add up to more than "
                    + "\(Self.maximumExpansion) values; write them out", line: line)
        }
        if depth > Self.maximumDepth {
            throw DocumentError(
                code: .limit,
                message: "lists and mappings are nested deeper than \(Self.maximumDepth)",
                line: line)
        }
        switch node {
        case .scalar(let scalar):
            return ManifestNode(value: .scalar(try convert(scalar, line: line)), line: line)
        case .sequence(let sequence):
            var nodes: [ManifestNode] = []
            nodes.reserveCapacity(sequence.count)
            for element in sequence {
                nodes.append(try convert(element, depth: depth + 1, line: line))
            }
            return ManifestNode(value: .sequence(nodes), line: line)
        case .mapping(let mapping):
            let members = try convert(mapping, depth: depth, line: line)
            return ManifestNode(value: .mapping(members), line: line)
        case .alias:
            throw DocumentError(
                code: .syntax, message: "an alias without its anchor; write the value out",
                line: line)
        }
    }

    private func convert(
        _ scalar: Node.Scalar, line: Int
    ) throws(DocumentError) -> ManifestNode.Scalar {
        guard !scalar.string.utf8.contains(0) else {
            throw DocumentError(
                code: .encoding, message: "a text holds the character NUL; remove \\0", line: line)
        }
        let isText = scalar.style != .plain || scalar.tag == Tag(.str)
        return ManifestNode.Scalar(text: scalar.string, isPlain: !isText)
    }

    private mutating func convert(
        _ mapping: Node.Mapping, depth: Int, line: Int
    ) throws(DocumentError) -> [ManifestNode.Member] {
        var members: [ManifestNode.Member] = []
        var merged: [ManifestNode.Member] = []
        members.reserveCapacity(mapping.count)
        for (key, value) in mapping {
            let keyLine = key.mark.map { $0.line - 1 } ?? line
            guard case .scalar(let name) = key else {
                throw DocumentError(
                    code: .syntax, message: "a key that is a list or a mapping; keys are texts",
                    line: keyLine)
            }
            let text = try convert(name, line: keyLine)
            let node = try convert(value, depth: depth + 1, line: keyLine)
            if name.style == .plain, text.text == "<<" {
                merged += try mergedMembers(node)
            } else {
                members.append(ManifestNode.Member(key: text.text, line: keyLine, node: node))
            }
        }
        guard !merged.isEmpty else { return members }
        var present = Set(members.map(\.key))
        return members + merged.filter { present.insert($0.key).inserted }
    }

    /// The members that a merge key (`<<: *name`) adds; the earlier of two equal keys counts.
    private func mergedMembers(
        _ node: ManifestNode
    ) throws(DocumentError) -> [ManifestNode.Member] {
        switch node.value {
        case .mapping(let members): return members
        case .sequence(let nodes):
            var members: [ManifestNode.Member] = []
            for node in nodes { members += try mergedMembers(node) }
            return members
        case .scalar:
            throw DocumentError(
                code: .syntax, message: "the merge key << takes mappings only", line: node.line)
        }
    }
}

extension DocumentError {
    /// Puts an error of Yams into words, with its line.
    fileprivate init(_ error: any Error, text: String) {
        guard let error = error as? YamlError else {
            self.init(code: .syntax, message: "the text is not YAML", line: 0)
            return
        }
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let isLimit = problem.hasPrefix("Maximum nesting level")
            let where_ = context.map { " \($0.text) of line \($0.mark.line) of the document" } ?? ""
            self.init(
                code: isLimit ? .limit : .syntax,
                message: isLimit
                    ? "lists and mappings are nested deeper than \(YAMLReader.maximumDepth)"
                    : "not YAML: \(problem)\(where_)", line: mark.line - 1)
        case .reader(let problem, let offset, _, let yaml):
            let before = yaml.prefix(offset ?? 0)
            self.init(
                code: .encoding, message: "not YAML: \(problem)",
                line: before.utf8.count { $0 == UInt8(ascii: "\n") })
        case .duplicatedKeysInMapping(let duplicates, let context):
            let more = duplicates.count > 3 ? " and \(duplicates.count - 3) more" : ""
            let names = duplicates.prefix(3).map(quoted).joined(separator: ", ") + more
            self.init(
                code: .duplicateKey, message: "the key \(names) stands twice; remove one",
                line: max(0, context.mark.line - 1))
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self.init(code: .syntax, message: "the text is not YAML", line: 0)
        }
    }
}
