import Foundation
import XDS

/// Makes resources of JSON by the published messages, with code that is not ours.
final class ResourceEncoder: Sendable {
    private struct Encoded: Decodable {
        var type: String
        var name: String
        var hex: String
    }

    private let program: Program

    init() throws {
        program = try Program(try tool("HEDDLE_TEST_PYTHON"), [peer("resources.py")])
    }

    func stop() async {
        await program.stop()
    }

    /// The resources, each a JSON object with its `@type`.
    func encode(_ resources: [String]) async throws -> [EncodedResource] {
        let text = "[" + resources.joined(separator: ",") + "]"
        try program.write(text.replacing("\n", with: " "))
        let line = try await program.line("> ")
        return try JSONDecoder().decode([Encoded].self, from: Data(line.utf8)).map { encoded in
            EncodedResource(
                type: ResourceType(rawValue: encoded.type), name: encoded.name,
                message: bytes(hex: encoded.hex))
        }
    }

    private func bytes(hex: String) -> [UInt8] {
        var digits = hex.utf8.makeIterator()
        var bytes: [UInt8] = []
        while let high = digits.next(), let low = digits.next() {
            bytes.append(value(high) << 4 | value(low))
        }
        return bytes
    }

    private func value(_ digit: UInt8) -> UInt8 {
        digit < UInt8(ascii: "a") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
    }
}

/// The path of a script of `Peers`.
func peer(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Peers/\(name)").path
}
