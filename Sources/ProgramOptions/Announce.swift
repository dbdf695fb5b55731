import Glibc

/// Prints a line that a script may wait for, at once even into a pipe.
package func announce(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    var offset = 0
    while offset < bytes.count {
        let written = bytes.withUnsafeBytes { buffer in
            write(STDOUT_FILENO, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        }
        // A reader that has gone misses the line; the program goes on.
        if written <= 0 { return }
        offset += written
    }
}
