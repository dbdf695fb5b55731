/// A JSON value that keeps the order of its keys.
indirect enum JSONText: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case string(String)
    case number(Int)
    case array([JSONText])
    case object([(key: String, value: JSONText)])

    init(stringLiteral value: String) {
        self = .string(value)
    }

    init(integerLiteral value: Int) {
        self = .number(value)
    }

    /// One key a line, indented by two spaces, as `jq` prints it; ends without a line end.
    var pretty: String {
        var text = ""
        write(to: &text, indentation: "\n")
        return text
    }

    /// All on one line.
    var line: String {
        var text = ""
        write(to: &text, indentation: nil)
        return text
    }

    private func write(to text: inout String, indentation: String?) {
        switch self {
        case .string(let value): Self.write(value, to: &text)
        case .number(let value): text += String(value)
        case .array(let values):
            Self.write("[", values, "]", to: &text, indentation) { value, text, inner in
                value.write(to: &text, indentation: inner)
            }
        case .object(let members):
            Self.write("{", members, "}", to: &text, indentation) { member, text, inner in
                Self.write(member.key, to: &text)
                text += indentation == nil ? ":" : ": "
                member.value.write(to: &text, indentation: inner)
            }
        }
    }

    private static func write<Item>(
        _ open: String, _ items: [Item], _ close: String, to text: inout String,
        _ indentation: String?, _ item: (Item, inout String, String?) -> Void
    ) {
        text += open
        let inner = indentation.map { $0 + "  " }
        for (index, value) in items.enumerated() {
            if index > 0 { text += "," }
            text += inner ?? ""
            item(value, &text, inner)
        }
        if !items.isEmpty { text += indentation ?? "" }
        text += close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
