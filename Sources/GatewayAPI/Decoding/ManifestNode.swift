/// A value of a document with the line it stands on: what the readers of the kinds read from.
///
/// It hides the YAML library, and keeps a scalar's spelling, so that a message can quote it.
struct ManifestNode {
    /// A key of a mapping with its value.
    struct Member {
        var key: String
        /// The line of the key, from 0, within the document.
        var line: Int
        var node: ManifestNode
    }

    /// A scalar as spelled.
    struct Scalar {
        var text: String
        /// Whether it stands without quotes, so that it may be a number, a truth value or null.
        var isPlain: Bool
    }

    enum Value {
        case scalar(Scalar)
        case sequence([ManifestNode])
        case mapping([Member])
    }

    var value: Value
    /// The line of the value, from 0, within the document.
    var line: Int

    /// Whether there is no value: `null`, `~`, or nothing.
    var isNull: Bool {
        if case .scalar(let scalar) = value { scalar.resolved == .null } else { false }
    }

    /// The value of a key; nil when it is absent or null, which the API does not tell apart.
    func member(_ key: String) -> Member? {
        guard case .mapping(let members) = value else { return nil }
        return members.first { $0.key == key && !$0.node.isNull }
    }

    /// The value in words, for a message that says what was found.
    var foundDescription: String {
        switch value {
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let scalar):
            switch scalar.resolved {
            case .null: return "nothing"
            case .bool: return "the truth value \(scalar.text)"
            case .integer, .double: return "the number \(scalar.text)"
            case .string(let text): return quoted(text)
            case .array: return "a list"
            case .object: return "a mapping"
            }
        }
    }

    /// The value as a tree without lines.
    var json: JSONValue {
        switch value {
        case .sequence(let nodes): return .array(nodes.map(\.json))
        case .mapping(let members):
            return .object(
                Dictionary(members.map { ($0.key, $0.node.json) }) { first, _ in first })
        case .scalar(let scalar): return scalar.resolved
        }
    }
}

extension ManifestNode.Scalar {
    /// The value that a plain scalar stands for, by the rules that `kubectl` reads manifests with
    /// (YAML 1.1 truth values), save that a number with a leading zero or an underscore stays text.
    var resolved: JSONValue {
        guard isPlain else { return .string(text) }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y":
            return .bool(true)
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N":
            return .bool(false)
        default: return number ?? .string(text)
        }
    }

    /// A longer row of digits stays text: no field of an API takes such a number.
    private static let maximumDigits = 512

    private var number: JSONValue? {
        guard let first = text.utf8.first, first < 0x40, first != UInt8(ascii: "/"),
            text.utf8.count <= Self.maximumDigits
        else { return nil }
        var digits = Substring(text)
        let sign = digits.first.flatMap { $0 == "-" || $0 == "+" ? $0 : nil }
        if sign != nil { digits.removeFirst() }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            let rest = digits.dropFirst(2)
            guard rest.first?.isHexDigit == true else { return nil }
            return Int((sign == "-" ? "-" : "") + rest, radix: radix).map(JSONValue.integer)
        }
        guard digits.utf8.first.map({ $0.isDigit || $0 == UInt8(ascii: ".") }) == true else {
            return nil
        }
        if digits.utf8.allSatisfy(\.isDigit) {
            guard digits.utf8.count == 1 || digits.utf8.first != UInt8(ascii: "0") else {
                return nil
            }
            if let integer = Int(text) { return .integer(integer) }
        }
        return decimal(digits)
    }

    /// Swift reads more spellings than YAML has (`1p3`, `0x1p3`, `inf`), so the letters are checked.
    private func decimal(_ digits: Substring) -> JSONValue? {
        let isDecimal = digits.utf8.allSatisfy {
            $0.isDigit || [".", "e", "E", "+", "-"].contains(UnicodeScalar($0))
        }
        guard isDecimal, digits.utf8.contains(where: \.isDigit) else { return nil }
        guard let value = Double(text), value.isFinite else { return nil }
        return .double(value)
    }
}

extension UInt8 {
    /// Whether the byte is one of `0` to `9`.
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}

/// A text in quotes for a message, shortened, on one line.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars.prefix(80) {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return onOneLine(result) + (text.unicodeScalars.count > 80 ? "…\"" : "\"")
}

/// A text with what would break or blur its line escaped.
func onOneLine(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        default:
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
    return result
}
