import GatewayAPI

/// An object's status as a document of the Kubernetes API.
struct StatusDocument {
    var object: ObjectReference
    var entry: ManifestStatusStore.Entry

    /// The document as JSON text on one line.
    var json: String {
        JSONValue.object(Dictionary(members) { first, _ in first }).text
    }

    /// The document as YAML that reads back as the same value.
    var yaml: String {
        members.map { name, value in
            YAMLText.member(name, value)
        }.joined()
    }

    private var members: [(String, JSONValue)] {
        var metadata: [String: JSONValue] = ["name": .string(object.name)]
        if !object.namespace.isEmpty { metadata["namespace"] = .string(object.namespace) }
        metadata["generation"] = entry.generation.map(JSONValue.integer)
        return [
            ("apiVersion", .string(Self.apiVersion(of: object.group))),
            ("kind", .string(object.kind)), ("metadata", .object(metadata)),
            ("status", entry.status),
        ]
    }

    /// The newest version of a group's kinds; all versions are read as the same thing.
    private static func apiVersion(of group: String) -> String {
        switch group {
        case "": "v1"
        case GroupKind.experimentalGatewayGroup: "\(group)/v1alpha1"
        default: "\(group)/v1"
        }
    }
}

/// JSON values as YAML in blocks, keys in order.
private enum YAMLText {
    /// A member of the document.
    static func member(_ name: String, _ value: JSONValue) -> String {
        var text = ""
        write([(name, value)], to: &text, indent: "", isInLine: false)
        return text
    }

    private static func write(
        _ members: [(String, JSONValue)], to text: inout String, indent: String, isInLine: Bool
    ) {
        for (index, member) in members.enumerated() {
            text += (isInLine && index == 0 ? "" : indent) + scalar(.string(member.0)) + ":"
            switch member.1 {
            case .array(let elements) where !elements.isEmpty:
                text += "\n"
                write(elements, to: &text, indent: indent)
            case .object(let inner) where !inner.isEmpty:
                text += "\n"
                write(ordered(inner), to: &text, indent: indent + "  ", isInLine: false)
            default: text += " " + scalar(member.1) + "\n"
            }
        }
    }

    private static func write(_ elements: [JSONValue], to text: inout String, indent: String) {
        for element in elements {
            text += indent + "- "
            if case .object(let members) = element, !members.isEmpty {
                write(ordered(members), to: &text, indent: indent + "  ", isInLine: true)
            } else {
                // A list in a list does not occur in a status; JSON is YAML, too.
                text += scalar(element) + "\n"
            }
        }
    }

    private static func ordered(_ members: [String: JSONValue]) -> [(String, JSONValue)] {
        members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// A text in quotes, unless every reader of YAML takes it for a text without; JSON is YAML.
    private static func scalar(_ value: JSONValue) -> String {
        guard case .string(let text) = value, isPlain(text) else { return value.text }
        return text
    }

    private static let words: Set<String> = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n",
    ]

    private static func isPlain(_ text: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool {
            (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
        }
        guard let first = text.utf8.first, isLetter(first), !words.contains(text.lowercased())
        else { return false }
        return text.utf8.allSatisfy { isLetter($0) || "-_./0123456789".utf8.contains($0) }
    }
}
