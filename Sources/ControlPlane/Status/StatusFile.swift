import GatewayAPI
import Glibc
import Logging
import NIOPosix

/// Keeps the statuses of all objects in a file, for those who read files: YAML documents, replaced
/// as a whole, so that no reader ever sees half of them.
///
///     changed ──► render ──► write beside ──► rename
///        ▲                        │
///        └── wait ◄── failed ─────┘
///
/// A file that cannot be written stops nothing else; it is tried again.
final class StatusFile: Sendable {
    /// Why the file was not written.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The first and the longest wait after a failure.
    private static let patience: (first: Duration, last: Duration) = (.seconds(1), .seconds(30))
    /// The least time between two writes; more where a write takes long.
    private static let pause = Duration.milliseconds(100)

    private let path: String
    private let store: ManifestStatusStore
    private let logger: Logger
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// - Parameter path: The file; its folder must exist.
    init(path: String, store: ManifestStatusStore, logger: Logger) {
        self.path = path
        self.store = store
        self.logger = logger
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Some statuses are others now.
    func changed() {
        wake.yield()
    }

    /// Writes until the task is cancelled.
    func run() async {
        var rendered: [String: (revision: Int, text: String)] = [:]
        for await _ in wakes {
            let started = ContinuousClock.now
            let text = render(&rendered)
            do {
                try await write(text)
                try await Task.sleep(
                    for: max(Self.pause, started.duration(to: .now) * 10))
            } catch {
                return
            }
        }
    }

    /// - Throws: `CancellationError`.
    private func write(_ text: String) async throws {
        var patience = Self.patience.first
        var told: String?
        while true {
            do {
                // A full disk may hold a write for long; that is no task's business.
                try await NIOThreadPool.singleton.runIfActive { [path] in
                    try Self.write(text, to: path)
                }
                if told != nil {
                    logger.info("statuses written again", metadata: ["file": "\(path)"])
                }
                return
            } catch let failure as Failure {
                if told != failure.description {
                    logger.error(
                        "statuses not written",
                        metadata: ["file": "\(path)", "reason": "\(failure)"])
                }
                told = failure.description
            }
            try await Task.sleep(for: patience)
            patience = min(patience * 2, Self.patience.last)
        }
    }

    /// All documents; those of former revisions are not made again.
    private func render(_ rendered: inout [String: (revision: Int, text: String)]) -> String {
        var next: [String: (revision: Int, text: String)] = [:]
        var text = ""
        for (object, entry) in store.all {
            let key = "\(object.groupKind) \(object.namespace)/\(object.name)"
            let former = rendered[key]
            let document =
                former?.revision == entry.revision
                ? former?.text ?? "" : "---\n" + StatusDocument(object: object, entry: entry).yaml
            next[key] = (entry.revision, document)
            text += document
        }
        rendered = next
        return text
    }

    /// Puts a text in the place of a file.
    ///
    /// - Throws: ``Failure``, which names the mend; the file is then what it was.
    static func write(_ text: String, to path: String) throws(Failure) {
        let draft = path + ".new"
        func failed(_ step: String) -> Failure {
            let number = errno
            unlink(draft)
            return Failure(
                description: "\(step): \(systemErrorText(number)); \(mend(number, path))")
        }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failed("cannot create \(draft)") }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                let failure = failed("cannot write \(draft)")
                close(descriptor)
                throw failure
            }
            bytes = bytes.dropFirst(count)
        }
        let isSynced = fsync(descriptor) == 0
        let failure = isSynced ? nil : failed("cannot write \(draft)")
        close(descriptor)
        if let failure { throw failure }
        guard rename(draft, path) == 0 else { throw failed("cannot replace \(path)") }
    }

    private static func mend(_ number: Int32, _ path: String) -> String {
        switch number {
        case ENOSPC, EDQUOT: "make room on its disk"
        case ENOENT: "create its folder"
        case EACCES, EPERM: "let heddled write to its folder, or name another with --status-file"
        case EROFS: "name a file on a disk that can be written, with --status-file"
        case EISDIR, ENOTDIR: "name a file, not a folder, with --status-file"
        default: "name another file with --status-file"
        }
    }
}
