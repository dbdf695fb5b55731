import Foundation
import XDS

/// A file of xDS resources, JSON or YAML.
enum SnapshotFile {
    /// Reads a file, or standard input for `-`, as JSON.
    ///
    /// - Throws: ``Failure`` with the file and the line, where it is neither JSON nor YAML.
    static func json(_ path: String) throws -> Data {
        let name = path == "-" ? "stdin" : path
        let bytes: Data
        do {
            bytes =
                path == "-"
                ? FileHandle.standardInput.readDataToEndOfFile()
                : try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Failure("\(path) cannot be read: \(error.localizedDescription)")
        }
        do {
            return Data(try json(bytes, isJSON: path.hasSuffix(".json")).compactText.utf8)
        } catch let error as XDSError {
            throw Failure("\(name): \(error)")
        } catch let error as YAMLProblem {
            throw Failure("\(name): \(error)")
        }
    }

    /// What begins with a brace or a bracket may be JSON; YAML can read most of it as well, but
    /// slower.
    static func json(_ bytes: Data, isJSON: Bool) throws -> JSON {
        if isJSON { return try JSON(bytes) }
        let first = bytes.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
        if first == UInt8(ascii: "{"), let json = try? JSON(bytes) { return json }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw YAMLProblem(message: "the file is no UTF-8 text", line: nil)
        }
        return try JSON(yaml: text)
    }
}
