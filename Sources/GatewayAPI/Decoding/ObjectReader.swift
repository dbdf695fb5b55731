/// A type that is read from a mapping of a manifest.
protocol ObjectReadable {
    /// Reads the fields; whatever is wrong with them is left with the reader.
    init(_ reader: ObjectReader)
}

/// Reads one mapping of a manifest, field by field, and leaves what is wrong with its context.
///
/// Reading never fails: a field that is missing or wrong is reported and a placeholder returned, so
/// that all mistakes of an object are found in one go; an object with an error is not used. The
/// fields that were asked for are the ones the API has, so the rest are reported as unknown.
final class ObjectReader {
    /// The field path of the mapping, empty for the object itself.
    let path: String
    /// The line the mapping begins at, from 0, within the document.
    let line: Int
    /// What collects the findings.
    let context: DecodingContext

    private let node: ManifestNode
    private var knownKeys: [String] = []
    private var acceptsUnknownKeys = false

    init(_ node: ManifestNode, path: String, context: DecodingContext) {
        self.node = node
        self.path = path
        line = node.line
        self.context = context
    }

    /// A reader of nothing that reports nothing, to make placeholders with.
    static var placeholder: ObjectReader {
        ObjectReader(
            ManifestNode(value: .mapping([]), line: 0), path: "",
            context: DecodingContext(isMuted: true))
    }

    // MARK: Fields

    /// Whether a field is present and not null.
    func has(_ key: String) -> Bool { node.member(key) != nil }

    /// Whether a field is a list with entries, well-formed or not.
    func hasElements(_ key: String) -> Bool {
        guard case .sequence(let nodes) = node.member(key)?.node.value else { return false }
        return !nodes.isEmpty
    }

    /// The text of a field.
    func string(_ key: String, _ rule: TextRule = .text) -> String? {
        guard let node = field(key) else { return nil }
        return text(node, at: childPath(key), rule)
    }

    /// The text of a field that must be present.
    func requiredString(_ key: String, _ rule: TextRule = .nonEmpty) -> String {
        let value = string(key, rule)
        if value == nil { reportMissing(key, rule.expectation) }
        return value ?? ""
    }

    /// The integer of a field.
    func integer(_ key: String, in range: ClosedRange<Int> = Int.min...Int.max) -> Int? {
        guard let node = field(key) else { return nil }
        return integer(node, at: childPath(key), in: range)
    }

    /// The integer of a field that must be present.
    func requiredInteger(_ key: String, in range: ClosedRange<Int>) -> Int {
        let value = integer(key, in: range)
        if value == nil { reportMissing(key, expectation(of: range)) }
        return value ?? range.lowerBound
    }

    /// The truth value of a field.
    func bool(_ key: String) -> Bool? {
        guard let node = field(key) else { return nil }
        if case .scalar(let scalar) = node.value, case .bool(let value) = scalar.resolved {
            return value
        }
        reportWrongType(node, at: childPath(key), expected: "true or false", mend: "remove quotes")
        return nil
    }

    /// The duration of a field, as in `1m30s`.
    func duration(_ key: String) -> Duration? {
        string(key, .duration).flatMap(parseDuration)
    }

    /// The value of a field that has a fixed set of them.
    func choice<Value: OpenEnum>(_ key: String) -> Value? {
        guard let text = string(key) else { return nil }
        let value = Value(rawValue: text)
        guard value.unknownSpelling != nil else { return value }
        let names = Value.spellings.map(\.key)
        let hint = nearest(to: text, among: names).map { "; did you mean \($0)?" } ?? ""
        report(
            context.unknownValues == .refuse ? .error : .warning, .unsupportedValue, at: key,
            "expected \(oneOf(names)), found \(quoted(text))\(hint)")
        return value
    }

    /// The value of a field that has a fixed set of them and must be present.
    func requiredChoice<Value: OpenEnum>(_ key: String) -> Value {
        let value: Value? = choice(key)
        if value == nil { reportMissing(key, oneOf(Value.spellings.map(\.key))) }
        return value ?? .unknown("")
    }

    /// The port of a field that takes a number or a name.
    func portReference(_ key: String) -> PortReference? {
        guard let node = field(key) else { return nil }
        if case .scalar(let scalar) = node.value, case .string(let name) = scalar.resolved {
            if !TextRule.portName.isSatisfied(by: name) {
                report(
                    .error, .invalidFormat, at: key,
                    "expected a port from 1 to 65535 or \(TextRule.portName.expectation), "
                        + "found \(quoted(name))")
            }
            return .name(name)
        }
        return integer(node, at: childPath(key), in: .ports).map(PortReference.number)
    }

    /// The mapping of a field.
    func object<Value: ObjectReadable>(_ key: String) -> Value? {
        guard let node = field(key) else { return nil }
        return object(node, at: childPath(key))
    }

    /// The mapping of a field that must be present.
    func requiredObject<Value: ObjectReadable>(_ key: String) -> Value {
        if !has(key) { reportMissing(key, "a mapping") }
        return object(key) ?? Value(.placeholder)
    }

    /// The list of mappings of a field; empty when the field is absent.
    func array<Value: ObjectReadable>(
        _ key: String, _ count: ClosedRange<Int> = 0...Int.max
    ) -> [Value] {
        elements(key, count).compactMap { object($0.node, at: $0.path) }
    }

    /// The list of texts of a field; empty when the field is absent.
    func strings(
        _ key: String, _ rule: TextRule = .text, _ count: ClosedRange<Int> = 0...Int.max
    ) -> [String] {
        elements(key, count).compactMap { text($0.node, at: $0.path, rule) }
    }

    /// The list of integers of a field; empty when the field is absent.
    func integers(_ key: String, in range: ClosedRange<Int>) -> [Int] {
        elements(key, 0...Int.max).compactMap { integer($0.node, at: $0.path, in: range) }
    }

    /// The mapping of names to texts of a field; empty when the field is absent.
    func stringMap(
        _ key: String, keys: TextRule = .text, values: TextRule = .text, atMost limit: Int = .max
    ) -> [String: String] {
        entries(key, keys: keys, atMost: limit).reduce(into: [:]) { map, entry in
            map[entry.key] = text(entry.node, at: entry.path, values)
        }
    }

    /// The mapping of names to integers of a field; empty when the field is absent.
    func integerMap(_ key: String, in range: ClosedRange<Int>) -> [String: Int] {
        entries(key, keys: .text, atMost: .max).reduce(into: [:]) { map, entry in
            map[entry.key] = integer(entry.node, at: entry.path, in: range)
        }
    }

    /// The entries of a field whose values no message may quote: nil for one that is no text.
    func privateEntries(_ key: String, keys: TextRule) -> [(key: String, text: String?)] {
        if let member = node.member(key), case .scalar = member.node.value {
            report(.wrongType, at: key, "expected a mapping of names to values, found one value")
            knownKeys.append(key)
            return []
        }
        return entries(key, keys: keys, atMost: .max).map { entry in
            guard case .scalar(let scalar) = entry.node.value else { return (entry.key, nil) }
            return (entry.key, scalar.resolved == .null ? "" : scalar.resolved.string)
        }
    }

    // MARK: Unknown fields

    /// Names fields of the API that Heddle does not read.
    func ignore(_ keys: String...) { knownKeys += keys }

    /// Takes every field: for kinds of which Heddle reads only a part.
    func ignoreOthers() { acceptsUnknownKeys = true }

    /// Reports the fields that nobody asked for. Called once, after the last field is read.
    func finish() {
        guard !acceptsUnknownKeys, case .mapping(let members) = node.value else { return }
        for member in members where !knownKeys.contains(member.key) {
            guard !context.isFull else { return }
            let meant = nearest(to: member.key, among: knownKeys)
            let mend = meant.map { "did you mean \($0)?" } ?? "remove it"
            context.report(
                .warning, .unknownField, path: fieldPath(path, member.key), line: member.line,
                "unknown field, it has no effect; \(mend)")
        }
    }

    // MARK: Findings

    /// Notes an error in a field, or in a value in it, as in `filters[1].cors`.
    func report(
        _ code: Diagnostic.Code, at key: @autoclosure () -> String,
        _ message: @autoclosure () -> String
    ) {
        report(.error, code, at: key(), message())
    }

    /// Notes what is wrong with a field, or with a value in it, as in `filters[1].cors`.
    func report(
        _ severity: Diagnostic.Severity, _ code: Diagnostic.Code,
        at key: @autoclosure () -> String, _ message: @autoclosure () -> String
    ) {
        context.report(
            severity, code, path: childPath(key()), line: node.line(ofRelativePath: key()),
            message())
    }

    /// Reports the entries of a list whose name stands in it before.
    func requireUnique(
        _ key: String, _ names: [String], field: String, code: Diagnostic.Code = .duplicate
    ) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !seen.insert(name).inserted {
            report(
                .error, code, at: "\(key)[\(index)].\(field)",
                "\(quoted(name)) stands in the list before; give each entry its own \(field)")
        }
    }

    /// Warns of entries of a list that stand in it before, which do no harm.
    func expectUnique(_ key: String, _ values: [String]) {
        var seen: Set<String> = []
        for (index, value) in values.enumerated() where !seen.insert(value).inserted {
            report(
                .warning, .duplicate, at: "\(key)[\(index)]",
                "\(quoted(value)) stands in the list before; remove it, a cluster would refuse the "
                    + "object")
        }
    }

    /// Reports the fields of a union that do not fit its discriminator: the one that it names is
    /// set, and no other. An unknown discriminator is reported where it is read.
    ///
    /// - Parameters:
    ///   - discriminator: The value that says which field is set.
    ///   - name: The discriminator's own field.
    ///   - fields: The fields, each with the value that names it.
    func requireUnion<Discriminator: OpenEnum>(
        of discriminator: Discriminator, named name: String = "type",
        _ fields: [(owner: Discriminator, field: String)]
    ) {
        guard discriminator.unknownSpelling == nil else { return }
        for (owner, field) in fields {
            if owner == discriminator, !has(field) {
                report(
                    .missingField, at: field, "required for \(name) \(owner); add \(field)")
            } else if owner != discriminator, has(field) {
                report(
                    .conflict, at: field,
                    "belongs to \(name) \(owner), the \(name) is \(discriminator); remove it, or "
                        + "change the \(name)")
            }
        }
    }

    /// The field path of a field of this mapping.
    func childPath(_ key: String) -> String { path.isEmpty ? key : path + "." + key }
}

// MARK: - Values

extension ObjectReader {
    private func field(_ key: String) -> ManifestNode? {
        knownKeys.append(key)
        return node.member(key)?.node
    }

    private func object<Value: ObjectReadable>(_ node: ManifestNode, at path: String) -> Value? {
        guard case .mapping = node.value else {
            reportWrongType(node, at: path, expected: "a mapping")
            return nil
        }
        let reader = ObjectReader(node, path: path, context: context)
        let value = Value(reader)
        reader.finish()
        return value
    }

    private func text(_ node: ManifestNode, at path: String, _ rule: TextRule) -> String? {
        guard case .scalar(let scalar) = node.value, case .string(let text) = scalar.resolved else {
            reportWrongType(
                node, at: path, expected: rule.expectation, mend: "put it in quotes")
            return nil
        }
        if let problem = rule.problem(with: text) {
            context.report(.error, problem.code, path: path, line: node.line, problem.message)
        }
        return text
    }

    private func integer(
        _ node: ManifestNode, at path: String, in range: ClosedRange<Int>
    ) -> Int? {
        guard case .scalar(let scalar) = node.value, case .integer(let value) = scalar.resolved
        else {
            reportWrongType(
                node, at: path, expected: expectation(of: range),
                mend: "write a number without quotes")
            return nil
        }
        if !range.contains(value) {
            context.report(
                .error, .outOfRange, path: path, line: node.line,
                "expected \(expectation(of: range)), found \(value)")
        }
        return value
    }

    private func elements(
        _ key: String, _ count: ClosedRange<Int>
    ) -> [(node: ManifestNode, path: String)] {
        guard let node = field(key) else {
            if count.lowerBound > 0 { reportMissing(key, "a list") }
            return []
        }
        guard case .sequence(let nodes) = node.value else {
            reportWrongType(
                node, at: childPath(key), expected: "a list", mend: "begin each entry with \"- \"")
            return []
        }
        if nodes.count < count.lowerBound {
            report(
                .error, .outOfRange, at: key,
                "expected at least \(count.lowerBound) entry, found \(nodes.count)")
        }
        if nodes.count > count.upperBound {
            report(
                .warning, .outOfRange, at: key,
                "the API takes at most \(count.upperBound) entries, found \(nodes.count); "
                    + "a cluster would refuse the object")
        }
        let path = childPath(key)
        return nodes.enumerated().map { ($0.element, "\(path)[\($0.offset)]") }
    }

    private func entries(
        _ key: String, keys: TextRule, atMost limit: Int
    ) -> [(key: String, node: ManifestNode, path: String)] {
        guard let node = field(key) else { return [] }
        let path = childPath(key)
        guard case .mapping(let members) = node.value else {
            reportWrongType(node, at: path, expected: "a mapping")
            return []
        }
        if members.count > limit {
            report(
                .warning, .outOfRange, at: key,
                "the API takes at most \(limit) entries, found \(members.count); "
                    + "a cluster would refuse the object")
        }
        return members.map { member in
            let memberPath = fieldPath(path, member.key)
            if let problem = keys.problem(with: member.key) {
                context.report(
                    .error, problem.code, path: memberPath, line: member.line, problem.message)
            }
            return (member.key, member.node, memberPath)
        }
    }

    private func reportMissing(_ key: String, _ expectation: String) {
        // A value of the wrong type is present, and reported as such.
        guard !has(key) else { return }
        report(.error, .missingField, at: key, "required field is missing; add \(expectation)")
    }

    private func reportWrongType(
        _ node: ManifestNode, at path: String, expected: String, mend: String? = nil
    ) {
        guard !context.isFull else {
            return context.report(.error, .wrongType, path: path, line: node.line, expected)
        }
        var message = "expected \(expected), found \(node.foundDescription)"
        if case .scalar(let scalar) = node.value, scalar.resolved != .null, let mend {
            message += "; \(mend)"
        }
        context.report(.error, .wrongType, path: path, line: node.line, message)
    }
}

private func expectation(of range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): "an integer"
    case (let lower, .max): "an integer of at least \(lower)"
    case (let lower, let upper): "an integer from \(lower) to \(upper)"
    }
}

/// The names with commas, as in `one of Exact, PathPrefix`.
func oneOf(_ names: [String]) -> String { "one of " + names.joined(separator: ", ") }

extension ClosedRange<Int> {
    /// The ports of TCP and UDP.
    static var ports: ClosedRange<Int> { 1...65_535 }
    /// The weights of backends.
    static var weights: ClosedRange<Int> { 0...1_000_000 }
}
