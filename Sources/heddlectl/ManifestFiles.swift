import Foundation
import GatewayAPI

/// The manifests at a path, as `heddled` would read them.
enum ManifestFiles {
    /// A file's name and bytes.
    struct File {
        var name: String
        var bytes: Data
    }

    private static let endings = [".yaml", ".yml", ".json"]

    /// Reads a file, a directory and all below it, or standard input for `-`.
    ///
    /// - Throws: ``Failure`` where there is nothing to read.
    static func read(_ path: String) throws -> [File] {
        if path == "-" {
            return [File(name: "stdin", bytes: FileHandle.standardInput.readDataToEndOfFile())]
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw Failure("\(path) does not exist")
        }
        if !isDirectory.boolValue { return [try file(path)] }
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        let manifests = names.filter { name in
            endings.contains { name.hasSuffix($0) }
                && !name.split(separator: "/").contains {
                    $0.hasPrefix(".")
                }
        }
        if manifests.isEmpty { throw Failure("\(path) holds no .yaml, .yml or .json file") }
        return try manifests.sorted().map { try file(path + "/" + $0) }
    }

    /// Decodes them together: an object may stand in one file only.
    static func decode(_ files: [File]) -> DecodedManifest {
        var all = DecodedManifest()
        var seen: [ObjectReference: SourceLocation] = [:]
        for file in files {
            let decoded = ManifestDecoder.decode(file.bytes, file: file.name)
            all.diagnostics += decoded.diagnostics
            for resource in decoded.resources {
                if let first = seen[resource.reference] {
                    all.diagnostics.append(
                        Diagnostic(
                            .error, .duplicate,
                            message: "declared already at \(first); remove one of them",
                            object: resource.reference, location: resource.location))
                    continue
                }
                seen[resource.reference] = resource.location
                all.resources.append(resource)
            }
        }
        return all
    }

    private static func file(_ path: String) throws -> File {
        do {
            return File(name: path, bytes: try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw Failure("\(path) cannot be read: \(error.localizedDescription)")
        }
    }
}
