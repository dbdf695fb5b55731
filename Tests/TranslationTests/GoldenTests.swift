import Foundation
import Testing

/// One folder a case: `in.yaml` becomes `xds.json` and `status.json`.
///
/// `UPDATE_GOLDEN=1 swift test --filter Golden` rewrites the outputs; their difference is reviewed
/// as code.
@Suite struct GoldenTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures")

    static var cases: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    @Test func thereAreCases() {
        #expect(Self.cases.count >= 8)
    }

    @Test(arguments: cases)
    func translates(_ name: String) throws {
        let folder = Self.folder.appending(path: name)
        let world = try World(yaml: Data(contentsOf: folder.appending(path: "in.yaml")))
        try Self.compare(try world.xds(), with: folder.appending(path: "xds.json"))
        try Self.compare(world.statuses(), with: folder.appending(path: "status.json"))
    }

    private static func compare(_ text: String, with file: URL) throws {
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: file)
            return
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        let difference = text.split(separator: "\n").difference(
            from: expected.split(separator: "\n"))
        let lines = difference.map { change in
            switch change {
            case .insert(let offset, let line, _): "+ \(offset + 1): \(line)"
            case .remove(let offset, let line, _): "- \(offset + 1): \(line)"
            }
        }
        #expect(lines.isEmpty, "\(file.path) differs:\n\(lines.joined(separator: "\n"))")
    }
}
