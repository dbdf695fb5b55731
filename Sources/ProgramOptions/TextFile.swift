import Glibc

/// Reads a text file, such as a certificate; without Foundation, which costs the agent memory.
package enum TextFile {
    /// Why a file cannot be read.
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    private static let sizeLimit = 1 << 20

    /// - Throws: ``Failure`` where the file cannot be read, or is larger than 1 MiB.
    package static func read(_ path: String) throws(Failure) -> String {
        guard let file = fopen(path, "re") else {
            throw Failure(
                description: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
            if bytes.count > sizeLimit {
                throw Failure(description: "\(path) is larger than 1 MiB")
            }
        }
        if ferror(file) != 0 { throw Failure(description: "\(path) cannot be read") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
