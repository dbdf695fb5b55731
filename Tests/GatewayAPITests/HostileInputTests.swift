import Foundation
import Testing

@testable import GatewayAPI

/// Bytes from anyone: never a crash, never an endless computation, always a line.
@Suite struct HostileInputTests {
    private func codes(_ text: String) -> [Diagnostic.Code] { decode(text).diagnostics.map(\.code) }

    @discardableResult
    private func survives(_ bytes: [UInt8], _ comment: Comment? = nil) -> DecodedManifest {
        let manifest = ManifestDecoder.decode(bytes, file: "f.yaml")
        let lines = 1 + bytes.count { $0 == UInt8(ascii: "\n") }
        for diagnostic in manifest.diagnostics {
            let line = diagnostic.location?.line ?? 0
            #expect((1...lines + 1).contains(line), comment)
            #expect(!diagnostic.message.isEmpty, comment)
            #expect(!diagnostic.description.contains("\n"), comment)
        }
        return manifest
    }

    @Test func emptyFilesAreEmpty() {
        for text in [
            "", "\n", "---\n---\n", "# c\n", "---\n# c\n...\n---", "%YAML 1.1\n---\n", "null", "{}",
        ] {
            let manifest = decode(text)
            #expect(manifest.resources.isEmpty)
            #expect(manifest.diagnostics.count == (text == "{}" ? 2 : 0), "\(text)")
        }
    }

    @Test func whatIsNoObject() {
        #expect(codes("just text") == [.notAnObject])
        #expect(codes("- a\n- b") == [.notAnObject])
        #expect(codes("kind: Service") == [.missingField])
        #expect(codes("apiVersion: v1\nkind: List\nitems: 5") == [.notAnObject])
        #expect(
            codes("apiVersion: v1\nkind: List\nitems: [5, {}]") == [
                .notAnObject, .missingField, .missingField,
            ])
    }

    @Test func encodings() {
        let text = ManifestDecoderTests.split
        let utf16 = ManifestDecoder.decode(Array(text.data(using: .utf16) ?? Data()), file: "f")
        #expect(utf16.diagnostics.map(\.code) == [.encoding])
        let nul = ManifestDecoder.decode(Array("a: b\nc: \0".utf8), file: "f")
        #expect(nul.diagnostics.map(\.code) == [.encoding])
        #expect(nul.diagnostics.first?.location?.line == 2)
        let latin = ManifestDecoder.decode(Array("a: b\n\n\nc: ".utf8) + [0xE9, 0x0A], file: "f")
        #expect(latin.diagnostics.map(\.code) == [.encoding])
        #expect(latin.diagnostics.first?.location?.line == 4)
        #expect(codes("a: \"\\0\"") == [.encoding])
        let marked = ManifestDecoder.decode([0xEF, 0xBB, 0xBF] + Array(text.utf8), file: "f")
        #expect(marked.resources.count == 1)
        let windows = decode(text.replacing("\n", with: "\r\n"))
        #expect(windows.diagnostics.isEmpty)
        #expect(windows.resources.first?.line(of: "spec.rules[0].backendRefs[1]") == 21)
    }

    @Test func duplicateKeys() {
        let manifest = decode("a: 1\nb:\n  c: 1\n  c: 2\n")
        #expect(manifest.diagnostics.map(\.code) == [.duplicateKey])
        #expect(manifest.diagnostics.first?.message.contains("\"c\"") == true)
        #expect([3, 4].contains(manifest.diagnostics.first?.location?.line))
    }

    @Test func depth() {
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("[{a: ", "}]")] {
            for depth in [101, 500, 999, 5_000, 100_000] {
                let text =
                    String(repeating: open, count: depth) + String(repeating: close, count: depth)
                #expect(codes(text) == [.limit], "\(open) \(depth)")
            }
        }
        #expect(codes(String(repeating: "- ", count: 5_000) + "a") == [.limit])
        #expect(codes(String(repeating: "? ", count: 200) + "a") == [.syntax])
        let block = (0..<1_001).map { String(repeating: " ", count: $0) + "a:" }
        #expect(codes(block[..<101].joined(separator: "\n")) == [.limit])
        #expect(codes(block.joined(separator: "\n")) == [.limit])
    }

    @Test func collectionsNestedInKeys() {
        let large = "[" + String(repeating: "abcdefgh, ", count: 200_000) + "]"
        #expect(codes(String(repeating: "? ", count: 900) + large) == [.limit])
        let flow =
            String(repeating: "{", count: 900) + large + String(repeating: ": a}", count: 900)
        #expect(codes(flow) == [.limit])
    }

    @Test func aliases() throws {
        let manifest = decode(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: a, labels: &labels {app: a}}
            spec:
              selector: *labels
              ports:
              - &port {port: 80}
              - {<<: *port, name: b, port: 81}
            """)
        #expect(manifest.diagnostics.map(\.fieldPath) == ["spec.ports[0].name"])
        #expect(codes("a: *nothing") == [.syntax])
    }

    @Test(.timeLimit(.minutes(5))) func aliasesThatMultiply() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(codes(bomb) == [.limit])
        #expect(codes(bomb + "? *a9\n: b\n") == [.limit])
        #expect(codes(bomb + "*a9 : b\n") == [.limit])
        #expect(codes(bomb + "? [*a9]\n: b\n") == [.limit])
        #expect(codes(bomb + "b: {[*a9]: c, *a8 : d}\n") == [.limit])
        #expect(codes(bomb + "b: {[*a9\n] : c}\n") == [.limit])
        #expect(codes(bomb + "b: [ *a9 : c, ? *a8 ]\n") == [.limit])
        #expect(codes(bomb + "b: {? *a9 : c}\n") == [.limit])
        #expect(codes(bomb + "b:\n - *a9\n   : c\n").count == 1)
        #expect(codes(bomb + "b: {*a9\n : c}\n").count == 1)
    }

    @Test func size() {
        let large = [UInt8](
            repeating: UInt8(ascii: "#"), count: ManifestDecoder.maximumFileSize + 1)
        #expect(ManifestDecoder.decode(large, file: "f").diagnostics.map(\.code) == [.limit])
    }

    @Test func manyMistakesAreCapped() {
        let fields = (0..<10_000).map { "x\($0): 1" }.joined(separator: ", ")
        let manifest = decode(
            "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 1}], \(fields)}}"
        )
        #expect(manifest.diagnostics.count == DecodingContext.maximumFindings)
        #expect(manifest.resources.count == 1)
    }

    @Test func mistakesOfAFileAreCapped() {
        var decoder = ManifestDecoder()
        func documents(_ count: Int) -> String {
            (0..<count).map { index in
                "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: A\(index)}, a: b, c: d}\n"
            }.joined()
        }
        let manifest = decoder.decode(documents(2_000).utf8, file: "f")
        #expect(manifest.diagnostics.count <= ManifestDecoder.maximumDiagnostics + 3)
        #expect(manifest.diagnostics.last?.code == .limit)
        #expect(manifest.hasErrors)
        // When some are mended, the others are told in full.
        let fewer = decoder.decode(documents(300).utf8, file: "f")
        #expect(fewer.diagnostics.count == 900)
        let rest = (1_990..<2_000).map { index in
            "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: A\(index)}, a: b, c: d}\n"
        }.joined()
        _ = decoder.decode(documents(2_000).utf8, file: "g")
        #expect(decoder.decode(rest.utf8, file: "g").diagnostics.count == 30)
    }

    @Test func duplicateKeysAreNotAllNamed() {
        let text =
            String(repeating: "k: v\n", count: 10)
            + (0..<100).map { "a\($0): 1\na\($0): 2\n" }
            .joined()
        let manifest = decode(text)
        #expect(manifest.diagnostics.map(\.code) == [.duplicateKey])
        #expect(manifest.diagnostics.first.map { $0.message.utf8.count < 200 } == true)
    }

    @Test(.timeLimit(.minutes(5))) func tenMegabytes() {
        var text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n"
        var count = 0
        let value = String(repeating: "v", count: 4_000)
        while text.utf8.count < 10 << 20 {
            text += "  key\(count): \"\(value)\"\n"
            count += 1
        }
        let manifest = decode(text)
        #expect(manifest.diagnostics.map(\.severity) == [.warning])
        #expect((manifest.resources.first?.content as? ConfigMap)?.data.count == count)
    }

    @Test(.timeLimit(.minutes(5))) func aHundredThousandDocuments() {
        var decoder = ManifestDecoder()
        var text = ""
        for index in 0..<100_000 {
            text += "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: c\(index)}}\n"
        }
        let manifest = decoder.decode(text.utf8, file: "f")
        #expect(manifest.resources.count == 100_000)
        #expect(manifest.diagnostics.isEmpty)
        #expect(manifest.resources.last?.location?.line == 200_000)
        #expect(decoder.parsedDocumentCount == 100_000)
    }

    @Test(.timeLimit(.minutes(5))) func tooManyDocumentsAndItems() {
        let documents = String(repeating: "---\na\n", count: ManifestDecoder.maximumObjectCount + 1)
        let manifest = decode(documents)
        #expect(manifest.diagnostics.contains { $0.code == .limit && $0.location?.line == 400_001 })
        let items = String(repeating: "1,", count: ManifestDecoder.maximumObjectCount + 1)
        #expect(codes("{apiVersion: v1, kind: List, items: [\(items)]}") == [.limit])
    }

    @Test func tooManyValues() {
        let values = String(repeating: "1,", count: YAMLReader.maximumMarks + 1)
        #expect(codes("a: [\(values)]") == [.limit])
    }

    /// Texts whose cost could grow faster than their length: read, or refused, at once.
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            "directives", "parents", "same parents", "targets", "long path", "long key", "digits",
            "bad values", "bad labels", "merges", "anchors", "headers", "rules", "unknown fields",
        ])
    func textsThatCouldCostMoreThanTheirLength(_ name: String) {
        survives(Array(Self.costly(name, size: 150_000).utf8), "\(name)")
    }

    private static func costly(_ name: String, size: Int) -> String {
        func rows(_ row: (Int) -> String) -> String {
            var text = ""
            var index = 0
            while text.utf8.count < size {
                text += row(index)
                index += 1
            }
            return text
        }
        let thing = "apiVersion: a.example/v1\nkind: Thing\nmetadata: {name: x}\n"
        let route =
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: x}\n"
        let policy = route.replacing("HTTPRoute", with: "BackendTLSPolicy")
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n"
        switch name {
        case "directives": return rows { "%TAG !a\($0)! b\($0)\n" } + "---\n" + thing
        case "parents": return route + "spec:\n  parentRefs:\n" + rows { "  - name: a\($0)\n" }
        case "same parents": return route + "spec:\n  parentRefs:\n" + rows { _ in "  - name: a\n" }
        case "targets":
            return policy + "spec:\n  targetRefs:\n"
                + rows { "  - {group: '', kind: S, name: a\($0)}\n" }
        case "long path":
            let keys = (0..<90).map { level in
                String(repeating: " ", count: level) + String(repeating: "k", count: 900) + ":\n"
            }
            return thing + keys.joined() + String(repeating: " ", count: 91) + "["
                + rows { _ in "1," }
                + "]"
        case "long key":
            return thing + "? " + rows { _ in "k" } + "\n: [" + rows { _ in "1," } + "]"
        case "digits": return thing + "a: " + rows { _ in "1" }
        case "bad values": return secret + "data: {" + rows { "k\($0): '%', " } + "}"
        case "bad labels":
            return secret.replacing("name: x}", with: "name: x, labels: {")
                .dropLast() + rows { "k\($0): '%', " } + "}}"
        case "merges": return thing + "a: &a {x: y}\nb: {<<: [" + rows { _ in "*a, " } + "]}"
        case "anchors": return thing + "a:\n" + rows { "- &a\($0) x\n" }
        case "headers":
            return route + "spec: {rules: [{matches: [{headers: ["
                + rows { _ in "{name: a, value: b}, " } + "]}]}]}"
        case "rules": return route + "spec: {rules: [" + rows { _ in "{name: a}, " } + "]}"
        default:
            return thing.replacing("a.example/v1", with: "v1")
                .replacing("Thing", with: "ConfigMap") + rows { "k\($0): x\n" }
        }
    }

    @Test func truncatedAtEveryByte() {
        let small =
            [AllFields.gateway] + AllFields.others.split(separator: "---\n").map(String.init)
        for text in small + [ManifestDecoderTests.split] {
            let bytes = Array(text.utf8)
            for end in bytes.indices { survives(Array(bytes[..<end])) }
        }
        // The largest one, at bytes of every column.
        let bytes = Array(AllFields.route.utf8)
        for end in stride(from: 0, to: bytes.count, by: 7) { survives(Array(bytes[..<end])) }
    }

    @Test(arguments: 0..<8) func mutated(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let documents = AllFields.everything.split(separator: "---\n").map { Array($0.utf8) }
        let tokens = [
            "&a ", "*a", "- ", "? ", ": ", "\n", "\t", "[", "]", "{", "}", "|", ">", "'", "\"",
            "!!int ",
            "!<x> ", "<<: ", "---\n", "...\n", "%", "@", "`", "#", "\\u0000", "\\xff", "\u{2028}",
            "\u{FEFF}",
            "null", "~", "yes", "0x", "1e999", "-", ".nan", "99999999999999999999", "é", "\r",
        ].map { Array($0.utf8) }
        for _ in 0..<300 {
            var bytes = documents.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let position = Int.random(in: 0..<max(1, bytes.count), using: &random)
                let length = Int.random(in: 0...8, using: &random)
                let range = position..<min(bytes.count, position + length)
                switch Int.random(in: 0..<5, using: &random) {
                case 0:
                    bytes.replaceSubrange(range, with: [UInt8.random(in: 0...255, using: &random)])
                case 1: bytes.removeSubrange(range)
                case 2: bytes.insert(contentsOf: bytes[range], at: 0)
                default:
                    bytes.replaceSubrange(range, with: tokens.randomElement(using: &random) ?? [])
                }
                if bytes.isEmpty { break }
            }
            survives(bytes, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<4) func randomBytes(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array(" \n:-?[]{}&*!|>'\"%@`#,ab01.~<\\\t".utf8)
        for round in 0..<1000 {
            let count = Int.random(in: 0...200, using: &random)
            let bytes = (0..<count).map { _ in
                round % 4 == 0
                    ? UInt8.random(in: 0...255, using: &random)
                    : alphabet.randomElement(using: &random) ?? 0
            }
            survives(bytes, "seed \(seed)")
        }
    }
}

/// A generator of the same numbers for the same seed: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
