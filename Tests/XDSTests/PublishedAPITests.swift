import Foundation
import Testing
import XDS

/// Against Python's protobuf and the published descriptors of PyPI's `xds-protos`.
@Suite struct PublishedAPITests {
    @Test func theSubsetAgreesWithThePublishedDescriptors() throws {
        let run = try Python.run("compare_descriptors.py")
        #expect(run.status == 0, "\(run.output)")
    }

    @Test func aWrongFieldNumberIsFound() throws {
        let copy = FileManager.default.temporaryDirectory.appending(
            path: "heddle-proto-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: Python.protoDirectory, to: copy)
        defer { try? FileManager.default.removeItem(at: copy) }
        let file = copy.appending(path: "envoy/config/cluster/v3/cluster.proto")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing("LbPolicy lb_policy = 6;", with: "LbPolicy lb_policy = 7;")
            .write(to: file, atomically: true, encoding: .utf8)
        let run = try Python.run("compare_descriptors.py", arguments: [copy.path])
        #expect(run.status == 1)
        #expect(run.output.contains("envoy.config.cluster.v3.Cluster.lb_policy"))
    }

    @Test func theCommittedCodeIsWhatTheSubsetYields() throws {
        let script = Python.protoDirectory.appending(path: "../scripts/generate-protos")
        let run = try Subprocess(script.path, ["--check"]).run()
        #expect(run.status == 0, "\(run.output)")
    }

    /// Python reads what we encode, prints the same JSON, and we read what Python encodes.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func pythonUnderstandsEveryType(seed: UInt64) throws {
        var values = RandomValues(seed: seed, knownTypesOnly: true)
        let messages = (0..<25).flatMap { _ in values.everyMessage() }
        let lines = try messages.map { message in
            let name = type(of: message).messageName
            return "\(name) \(hex(message.encoded())) \(try message.json(redactsSecrets: false))\n"
        }
        let run = try Python.run("interop.py", input: lines.joined())
        let answers = run.output.split(separator: "\n")
        #expect(answers.count == messages.count, "\(run.output.suffix(2000))")
        for (message, answer) in zip(messages, answers) {
            let words = answer.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard words[0] == "ok", words.count == 2 else {
                Issue.record("seed \(seed), \(type(of: message)): \(answer)")
                continue
            }
            try decodesEqual(message, bytes(hex: words[1]))
        }
    }

    /// We read the JSON that Python prints of any message, whether or not it has a value here, and
    /// Python understands what we make of it.
    @Test(arguments: [1, 2])
    func everyMessageIsReadFromPythonsJSON(seed: Int) throws {
        let made = try Python.run("random_messages.py", arguments: ["\(seed)", "4"])
        try #require(made.status == 0)
        let lines = made.output.split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 2)
            return (name: String(words[0]), bytes: bytes(hex: words[1]), json: words[2])
        }
        #expect(lines.count > 1000)
        var answers = ""
        for (name, bytes, json) in lines {
            let read = try protobufMessage(typeURL: name, json: Array(json.utf8))
            let text = try protobufJSON(typeURL: name, bytes: read, redactsSecrets: false)
            let expected = try protobufJSON(typeURL: name, bytes: bytes, redactsSecrets: false)
            #expect(text == expected, "\(name) \(json)")
            answers += "\(name) \(hex(read)) \(text)\n"
        }
        let run = try Python.run("interop.py", input: answers)
        let refused = run.output.split(separator: "\n").filter { !$0.hasPrefix("ok") }
        #expect(run.status == 0 && refused.isEmpty, "\(refused.prefix(3))")
    }

    /// `SecretFields` has the same list; a field that is missing there is printed in the clear.
    @Test func theSensitiveFieldsAreThoseWeHide() throws {
        let run = try Python.run("sensitive_fields.py")
        let tls = "envoy.extensions.transport_sockets.tls.v3."
        #expect(
            Set(run.output.split(separator: "\n").map(String.init)) == [
                tls + "TlsCertificate.private_key", tls + "TlsCertificate.pkcs12",
                tls + "TlsCertificate.password", tls + "TlsSessionTicketKeys.keys",
                tls + "PrivateKeyProvider.typed_config", tls + "GenericSecret.secret",
                tls + "GenericSecret.secrets",
                "envoy.extensions.filters.http.ext_authz.v3.CheckSettings.context_extensions",
            ])
    }

    /// Every one of them, filled, in JSON.
    @Test func noneOfThemIsPrinted() throws {
        let source = #"{"inline_string":"hidden"}"#
        let bytes = #"{"inline_bytes":"aGlkZGVu"}"#
        let provider = #"{"@type":"google.protobuf.StringValue","value":"hidden"}"#
        let unknown = #"{"@type":"example.Mine","value":"aGlkZGVu"}"#
        let texts = [
            #"{"tls_certificate":{"private_key":\#(source),"pkcs12":\#(bytes),"password":\#(source)}}"#,
            #"{"tls_certificate":{"private_key_provider":{"typed_config":\#(provider)}}}"#,
            #"{"tls_certificate":{"private_key_provider":{"typed_config":\#(unknown)}}}"#,
            #"{"session_ticket_keys":{"keys":[\#(source),\#(bytes)]}}"#,
            #"{"generic_secret":{"secret":\#(bytes),"secrets":{"k":\#(source)}}}"#,
        ]
        for text in texts {
            let message = try protobufMessage(typeURL: Secret.typeURL, json: Array(text.utf8))
            let shown = try protobufJSON(typeURL: Secret.typeURL, bytes: message)
            #expect(!shown.contains("hidden") && !shown.contains("aGlkZGVu"), "\(shown)")
            #expect(shown.contains("[redacted]"))
            let all = try protobufJSON(
                typeURL: Secret.typeURL, bytes: message, redactsSecrets: false)
            #expect(try protobufMessage(typeURL: Secret.typeURL, json: Array(all.utf8)) == message)
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.isEmpty ? "-" : bytes.map { String(format: "%02x", $0) }.joined()
    }

    private func decodesEqual<Message: WireMessage>(_ message: Message, _ bytes: [UInt8]) throws {
        #expect(try Message(decoding: bytes) == message)
    }

    private func bytes(hex: Substring) -> [UInt8] {
        guard hex != "-" else { return [] }
        let digits = Array(hex.utf8).map { UInt8($0 > 0x39 ? $0 - 0x57 : $0 - 0x30) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// The interpreter that `make test-tools` installs `xds-protos` for.
enum Python {
    struct Missing: Error, CustomStringConvertible {
        var description: String {
            "HEDDLE_TEST_PYTHON is not set; run `make test-tools` and test with `make test`"
        }
    }

    static let protoDirectory = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../../proto").standardizedFileURL

    static func run(
        _ script: String, arguments: [String] = [], input: String = ""
    ) throws -> Subprocess.Outcome {
        guard let python = ProcessInfo.processInfo.environment["HEDDLE_TEST_PYTHON"] else {
            throw Missing()
        }
        let path = protoDirectory.appending(path: "checks/\(script)").path
        return try Subprocess(python, ["-B", path] + arguments).run(input: input)
    }
}

/// A program that runs to its end.
struct Subprocess {
    struct Outcome {
        var status: Int32
        var output: String
    }

    private let path: String
    private let arguments: [String]

    init(_ path: String, _ arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }

    /// Input and output go through files: neither side can block on a full pipe.
    func run(input: String = "") throws -> Outcome {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "heddle-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (inputFile, outputFile) = (
            directory.appending(path: "input"), directory.appending(path: "output")
        )
        try Data(input.utf8).write(to: inputFile)
        try Data().write(to: outputFile)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = FileHandle.standardError
        try process.run()
        process.waitUntilExit()
        let output = try String(contentsOf: outputFile, encoding: .utf8)
        return Outcome(status: process.terminationStatus, output: output)
    }
}
