import Testing

@testable import GatewayAPI

/// Random documents: what is written is what is read, and no content of a known kind does harm.
@Suite struct RandomManifestTests {
    @Test(arguments: 0..<6) func anyTreeIsReadAsWritten(seed: UInt64) throws {
        var writer = RandomYAML(seed: seed)
        for round in 0..<200 {
            let tree = writer.tree(depth: 4)
            let text =
                "apiVersion: a.example/v1\nkind: Thing\nmetadata: {name: x}\n"
                + writer.field("spec", tree)
            let manifest = decode(text)
            let comment: Comment = "seed \(seed), round \(round):\n\(text)"
            #expect(manifest.diagnostics.isEmpty, comment)
            let content = try #require(manifest.resources.first?.content as? Unstructured, comment)
            #expect(content.value["spec"] == tree, comment)
        }
    }

    @Test(arguments: 0..<6) func anyContentOfAKnownKindIsTakenOrNamed(seed: UInt64) throws {
        var writer = RandomYAML(seed: seed)
        let documents = AllFields.everything.split(separator: "---\n").map(String.init)
        for document in documents {
            let base = try #require(try YAMLReader.read(document)?.json)
            for round in 0..<5 {
                let tree = writer.mutated(base)
                guard let members = tree.object, !members.isEmpty else { continue }
                let text = members.sorted { $0.key < $1.key }.map { writer.field($0.key, $0.value) }
                    .joined()
                check(text, "seed \(seed), round \(round):\n\(text)")
            }
        }
    }

    private func check(_ text: String, _ comment: Comment) {
        let manifest = decode(text)
        let lines = 1 + text.utf8.count { $0 == UInt8(ascii: "\n") }
        #expect(manifest.resources.count <= 1 || text.contains("items"), comment)
        #expect(!manifest.resources.isEmpty || manifest.hasErrors, comment)
        for diagnostic in manifest.diagnostics {
            #expect((1...lines).contains(diagnostic.location?.line ?? 0), comment)
            #expect(!diagnostic.description.contains("\n"), comment)
            #expect(!diagnostic.message.isEmpty, comment)
        }
        for resource in manifest.resources {
            #expect((1...lines).contains(resource.location?.line ?? 0), comment)
        }
    }

    @Test(arguments: 0..<4) func noMessageTellsASecret(seed: UInt64) {
        var writer = RandomYAML(seed: seed)
        let secrets: [JSONValue] = [
            "hunter2", 62_831_853, 6.2831853, ["hunter2"], ["k": "hunter2"], "hun\nter2",
            "aHVudGVyMg==", true, nil,
        ]
        for _ in 0..<300 {
            var data: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0...3, using: &writer.random) {
                let key = ["a", "tls.crt", "tls.key", "b c", ""].randomElement(
                    using: &writer.random)
                data[key ?? "a"] = secrets.randomElement(using: &writer.random)
            }
            let key = Bool.random(using: &writer.random) ? "data" : "stringData"
            let text =
                "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n"
                + writer.field(key, .object(data))
            let manifest = decode(text)
            for diagnostic in manifest.diagnostics {
                #expect(!diagnostic.description.contains("hunter"))
                #expect(!diagnostic.description.contains("aHVud"))
                #expect(!diagnostic.description.contains("2831853"))
            }
            for resource in manifest.resources {
                #expect(!"\(resource.content)".contains("hunter"))
            }
        }
    }
}

/// Makes random trees, and writes trees as YAML in random styles.
struct RandomYAML {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private static let words = [
        "a", "b", "name", "spec", "rules", "type", "", "x y", "true", "null", "~", "0x10", "1e3",
        "-", "- a", "a: b", "a:b", "# c", "a #b", "é", "\u{1F600}", "\"", "'", "\\", "*a", "&a",
        "!t", "%d", "@", "`", "{", "}", "[", "]", ",", "|", ">", "line\nline", " lead", "trail ",
        "\ttab", "---", "...", "<<", "=", "yes", "Off", "1_000", "010", ".5", ".inf", "\u{85}",
        "\u{2028}", "\r\n", "\u{7F}",
    ]

    mutating func scalar() -> JSONValue {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: nil
        case 1: .bool(Bool.random(using: &random))
        case 2: .integer(Int.random(in: Int.min...Int.max, using: &random))
        case 3: .integer(Int.random(in: -10...100_000, using: &random))
        case 4: .double(Double.random(in: -1e6...1e6, using: &random))
        default: .string(Self.words.randomElement(using: &random) ?? "")
        }
    }

    mutating func tree(depth: Int) -> JSONValue {
        guard depth > 0 else { return scalar() }
        let count = Int.random(in: 0...4, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return scalar()
        case 1: return .array((0..<count).map { _ in tree(depth: depth - 1) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<count {
                var key = Self.words.randomElement(using: &random) ?? "a"
                if key == "<<" { key = "a" }
                members[key] = tree(depth: depth - 1)
            }
            return .object(members)
        }
    }

    /// The tree with some values replaced, taken away or doubled.
    mutating func mutated(_ value: JSONValue) -> JSONValue {
        switch Int.random(in: 0..<60, using: &random) {
        case 0: return tree(depth: 2)
        case 1: return scalar()
        default: break
        }
        switch value {
        case .array(let values):
            var result = values.map { mutated($0) }
            if !result.isEmpty, Int.random(in: 0..<10, using: &random) == 0 {
                result += Array(repeating: result[0], count: Int.random(in: 1...70, using: &random))
            }
            return .array(result)
        case .object(let members):
            var result: [String: JSONValue] = [:]
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                switch Int.random(in: 0..<40, using: &random) {
                case 0: continue
                case 1: result[key + "x"] = mutated(value)
                default: result[key] = mutated(value)
                }
            }
            return .object(result)
        case .null, .bool, .integer, .double, .string: return value
        }
    }

    /// A field of the top level, with its line break.
    mutating func field(_ key: String, _ value: JSONValue) -> String {
        quoted(key) + ":" + block(value, indent: 1) + "\n"
    }

    private mutating func block(_ value: JSONValue, indent: Int) -> String {
        let margin = "\n" + String(repeating: "  ", count: indent)
        switch value {
        case .array(let values) where !values.isEmpty && Bool.random(using: &random):
            return values.map { margin + "-" + block($0, indent: indent + 1) }.joined()
        case .object(let members) where !members.isEmpty && Bool.random(using: &random):
            return members.sorted { $0.key < $1.key }.map { member in
                margin + quoted(member.key) + ":" + block(member.value, indent: indent + 1)
            }.joined()
        case .string(let text) where text == "line\nline" && Bool.random(using: &random):
            return " |-" + text.split(separator: "\n").map { margin + $0 }.joined()
        default: return " " + flow(value)
        }
    }

    private mutating func flow(_ value: JSONValue) -> String {
        switch value {
        case .array(let values):
            return "[" + values.map { flow($0) }.joined(separator: ", ") + "]"
        case .object(let members):
            let parts = members.sorted { $0.key < $1.key }.map { member in
                quoted(member.key) + ": " + flow(member.value)
            }
            return "{" + parts.joined(separator: ", ") + "}"
        case .string(let text): return quoted(text)
        case .null: return ["null", "~"].randomElement(using: &random) ?? "null"
        case .bool, .integer, .double: return value.text
        }
    }

    private mutating func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x61 && $0 <= 0x7A }
        let resolved = ManifestNode.Scalar(text: text, isPlain: true).resolved
        if isPlain, resolved == .string(text), Bool.random(using: &random) { return text }
        let isPrintable = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        if isPrintable, Bool.random(using: &random) {
            return "'" + text.replacing("'", with: "''") + "'"
        }
        return "\""
            + text.unicodeScalars.map { scalar in
                switch scalar {
                case "\"": "\\\""
                case "\\": "\\\\"
                case _ where scalar.value >= 0x20 && scalar.value < 0x7F: String(scalar)
                default:
                    "\\U" + String(repeating: "0", count: 8 - String(scalar.value, radix: 16).count)
                        + String(scalar.value, radix: 16)
                }
            }.joined() + "\""
    }
}
