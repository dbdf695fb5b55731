import Foundation
import XDS

/// A JSON value that keeps the order of its members and the digits of its numbers.
///
/// Foundation's reader loses both: a resource is to be printed as it was written, and a 64-bit
/// number is to survive.
typealias JSON = JSONValue

extension JSON {
    /// Reads a JSON text (RFC 8259).
    ///
    /// - Throws: `XDSError` where it is none, names a member twice, or nests deeper than 100.
    init(_ bytes: Data) throws(XDSError) {
        // A control plane's answer may be larger than what it takes.
        try self.init(parsing: Array(bytes), limits: DecodingLimits(size: 1 << 30))
    }

    /// The member of an object; nil where there is none.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The value at the end of a path of members.
    subscript(path first: String, rest: String...) -> JSON? {
        rest.reduce(self[first]) { $0?[$1] }
    }

    /// A text, or the digits of a number, which proto3 JSON uses alike for 64 bits.
    var text: String? {
        switch self {
        case .string(let text), .number(let text): text
        case .null, .bool, .array, .object: nil
        }
    }

    /// A whole number, in quotes or not.
    var integer: Int? { text.flatMap { Int($0) } }

    /// Whether it is `true`.
    var isTrue: Bool { self == .bool(true) }

    /// The elements of an array; none for anything else.
    var elements: [JSON] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The members of an object; none for anything else.
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }
}

extension JSON {
    /// The value as JSON text, one member a line.
    var prettyText: String {
        var text = ""
        write(to: &text, indent: "\n")
        return text + "\n"
    }

    /// The value as JSON text without spaces.
    var compactText: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    private func write(to text: inout String, indent: String?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let value): text += Self.quoted(value)
        case .array(let elements):
            Self.write(elements, "[", "]", to: &text, indent: indent) { element, text, indent in
                element.write(to: &text, indent: indent)
            }
        case .object(let members):
            Self.write(members, "{", "}", to: &text, indent: indent) { member, text, indent in
                text += Self.quoted(member.name)
                text += indent == nil ? ":" : ": "
                member.value.write(to: &text, indent: indent)
            }
        }
    }

    private static func write<Element>(
        _ list: [Element], _ open: String, _ close: String, to text: inout String, indent: String?,
        each: (Element, inout String, String?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + "  " }
        for (index, element) in list.enumerated() {
            if index > 0 { text += "," }
            text += inner ?? ""
            each(element, &text, inner)
        }
        if let indent, !list.isEmpty { text += indent }
        text += close
    }

    /// A text in quotes (RFC 8259 §7), good as a double-quoted YAML scalar as well.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}", "\u{feff}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
