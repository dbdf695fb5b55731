import GatewayAPI
import Glibc

/// What tells two versions of a file apart without reading it.
struct FileSignature: Equatable {
    private var device: dev_t
    private var inode: ino_t
    private var size: off_t
    private var times: [Int]

    init(_ status: stat) {
        device = status.st_dev
        inode = status.st_ino
        size = status.st_size
        times = [
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
            status.st_ctim.tv_nsec,
        ]
    }

    /// The signature of a file, links followed; nil when there is none.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}

/// The outcome of reading a file of manifests.
enum ManifestFile {
    /// The content, and the signature it had when it was opened.
    case content([UInt8], FileSignature)
    /// There is no such file.
    case missing
    /// There is one, but it cannot be read.
    case unreadable(Diagnostic.Code, reason: String)

    /// Reads a file as a whole. It never waits for a pipe or a device.
    static func read(_ path: String) -> ManifestFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return failure(errno, path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return failure(errno, path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .unreadable(.unreadable, reason: "not a regular file; only files are read")
        }
        let limit = ManifestDecoder.maximumFileSize
        guard status.st_size <= limit else {
            return .unreadable(
                .limit,
                reason: "the file has \(status.st_size) bytes, at most \(limit) are read; split it")
        }
        // One byte more than it had, so that the end shows, or that it grew past the limit.
        var bytes: [UInt8] = []
        var number: Int32 = 0
        repeat {
            let wanted = max(Int(status.st_size) - bytes.count, 0) + 1
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                let result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if result < 0 { number = errno }
                count = max(result, 0)
            }
            if chunk.isEmpty, number != EINTR { break }
            number = 0
            bytes += chunk
        } while bytes.count <= limit
        guard number == 0 else { return failure(number, path) }
        return .content(bytes, FileSignature(status))
    }

    private static func failure(_ number: Int32, _ path: String) -> ManifestFile {
        guard number == ENOENT || number == ENOTDIR else {
            return .unreadable(.unreadable, reason: "cannot be read: \(systemErrorText(number))")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return .missing }
        return .unreadable(.unreadable, reason: "the link leads nowhere")
    }
}
