import XDS
import Yams

/// Why a text is no YAML that JSON can say.
struct YAMLProblem: Error, CustomStringConvertible {
    var message: String
    /// The line, from 1; nil where it is not known.
    var line: Int?

    var description: String { line.map { "line \($0): \(message)" } ?? message }
}

extension JSON {
    /// Reads one YAML document, with the scalars of YAML 1.2's core schema: what stands in quotes
    /// is a text, and so are `yes` and `no`.
    ///
    /// - Throws: ``YAMLProblem``.
    init(yaml text: String) throws(YAMLProblem) {
        let root: Yams.Node?
        do {
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw YAMLProblem(error)
        }
        guard let root else { throw YAMLProblem(message: "the document is empty", line: nil) }
        var converter = YAMLConverter(size: text.utf8.count)
        self = try converter.value(root, depth: 0)
    }
}

extension YAMLProblem {
    fileprivate init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(message: problem, line: mark.line)
        default:
            self.init(message: "\(error)", line: nil)
        }
    }
}

private struct YAMLConverter {
    private static let maximumDepth = 200
    /// Without aliases, a value takes a byte at least; with them it may be many times more.
    private let maximumValues: Int
    private var values = 0

    init(size: Int) {
        maximumValues = 10_000 + 10 * size
    }

    mutating func value(_ node: Yams.Node, depth: Int) throws(YAMLProblem) -> JSON {
        values += 1
        guard values <= maximumValues else {
            throw problem("the aliases multiply the document beyond reason", node)
        }
        guard depth < Self.maximumDepth else { throw problem("nested deeper than 200", node) }
        switch node {
        case .scalar(let scalar):
            return scalar.style == .plain && scalar.tag != Tag(.str)
                ? Self.plain(scalar.string) : .string(scalar.string)
        case .sequence(let sequence):
            var elements: [JSON] = []
            for element in sequence { elements.append(try value(element, depth: depth + 1)) }
            return .array(elements)
        case .mapping(let mapping):
            return .object(try members(mapping, depth: depth))
        case .alias:
            throw problem("an alias without its anchor", node)
        }
    }

    /// The members of a mapping, those of its merge keys (`<<`) last and least.
    private mutating func members(
        _ mapping: Yams.Node.Mapping, depth: Int
    ) throws(YAMLProblem) -> [JSON.Member] {
        var members: [JSON.Member] = []
        var merged: [JSON.Member] = []
        var names: Set<String> = []
        for (key, child) in mapping {
            guard case .scalar(let name) = key else {
                throw problem("a key that is a list or a mapping; keys are texts", key)
            }
            let value = try value(child, depth: depth + 1)
            if name.style == .plain, name.string == "<<" {
                for source in value.elements.isEmpty ? [value] : value.elements {
                    merged += source.members
                }
            } else if names.insert(name.string).inserted {
                members.append(JSON.Member(name: name.string, value: value))
            } else {
                throw problem("a second key \(name.string)", key)
            }
        }
        for member in merged where names.insert(member.name).inserted { members.append(member) }
        return members
    }

    private func problem(_ message: String, _ node: Yams.Node) -> YAMLProblem {
        YAMLProblem(message: message, line: node.mark?.line)
    }

    /// A plain scalar (YAML 1.2.2 §10.3.2, core schema).
    static func plain(_ text: String) -> JSON {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        // As proto3 JSON writes them.
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .string("Infinity")
        case "-.inf", "-.Inf", "-.INF": return .string("-Infinity")
        case ".nan", ".NaN", ".NAN": return .string("NaN")
        default: return number(text).map(JSON.number) ?? .string(text)
        }
    }

    /// The digits of a number as JSON writes it; nil where the text is none.
    private static func number(_ text: String) -> String? {
        // Most scalars are texts, and expressions are slow.
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return nil }
        if text.wholeMatch(of: /0x[0-9a-fA-F]+/) != nil {
            return UInt64(text.dropFirst(2), radix: 16).map { String($0) }
        }
        if text.wholeMatch(of: /0o[0-7]+/) != nil {
            return UInt64(text.dropFirst(2), radix: 8).map { String($0) }
        }
        let pattern = /([-+]?)([0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?/
        guard let match = text.wholeMatch(of: pattern) else { return nil }
        let (_, sign, whole, fraction, exponent) = match.output
        let decimals = fraction?.dropFirst() ?? ""
        if whole.isEmpty && decimals.isEmpty { return nil }
        let digits = whole.drop { $0 == "0" }
        return (sign == "-" ? "-" : "") + (digits.isEmpty ? "0" : digits)
            + (decimals.isEmpty ? "" : "." + decimals) + (exponent ?? "")
    }
}

extension JSON {
    /// The value as a YAML document that reads back as the same value.
    var yamlText: String {
        var text = ""
        switch self {
        case .array(let elements) where !elements.isEmpty:
            Self.write(elements, to: &text, indent: "", isInLine: false)
        case .object(let members) where !members.isEmpty:
            Self.write(members, to: &text, indent: "", isInLine: false)
        default: text += yamlScalar + "\n"
        }
        return text
    }

    private static func write(
        _ elements: [JSON], to text: inout String, indent: String, isInLine: Bool
    ) {
        for (index, element) in elements.enumerated() {
            text += (isInLine && index == 0 ? "" : indent) + "- "
            switch element {
            case .array(let elements) where !elements.isEmpty:
                write(elements, to: &text, indent: indent + "  ", isInLine: true)
            case .object(let members) where !members.isEmpty:
                write(members, to: &text, indent: indent + "  ", isInLine: true)
            default: text += element.yamlScalar + "\n"
            }
        }
    }

    private static func write(
        _ members: [Member], to text: inout String, indent: String, isInLine: Bool
    ) {
        for (index, member) in members.enumerated() {
            text += (isInLine && index == 0 ? "" : indent) + yamlScalar(member.name) + ":"
            switch member.value {
            case .array(let elements) where !elements.isEmpty:
                text += "\n"
                write(elements, to: &text, indent: indent, isInLine: false)
            case .object(let members) where !members.isEmpty:
                text += "\n"
                write(members, to: &text, indent: indent + "  ", isInLine: false)
            default: text += " " + member.value.yamlScalar + "\n"
            }
        }
    }

    private var yamlScalar: String {
        if case .string(let text) = self { Self.yamlScalar(text) } else { compactText }
    }

    /// A text, in quotes unless every reader of YAML, 1.1 or 1.2, takes it for a text without.
    private static func yamlScalar(_ text: String) -> String {
        let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        let isPlain =
            isWord(text.utf8.first, or: "_/") && text.utf8.last != UInt8(ascii: ":")
            && text.utf8.allSatisfy { isWord($0, or: "_./~:-0123456789") }
            && !words.contains(text.lowercased())
        return isPlain ? text : quoted(text)
    }

    private static func isWord(_ byte: UInt8?, or others: StaticString) -> Bool {
        guard let byte else { return false }
        let letter = byte | 0x20
        let isLetter = letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
        return isLetter || others.withUTF8Buffer { $0.contains(byte) }
    }
}
