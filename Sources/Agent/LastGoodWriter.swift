import Logging

/// Writes the last accepted configuration, at most once a second, and once more at the end.
struct LastGoodWriter: Sendable {
    private static let pause = Duration.seconds(1)

    private let file: LastGoodFile
    private let state: AgentState
    private let logger: Logger
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    init(file: LastGoodFile, state: AgentState, logger: Logger) {
        self.file = file
        self.state = state
        self.logger = logger
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Notes that there is something new.
    func changed() {
        change.yield()
    }

    /// Writes until the task is cancelled.
    func run() async {
        var written = 0
        for await _ in changes {
            written = write(unless: written)
            // A wait that is cut short only brings the end nearer.
            do { try await Task.sleep(for: Self.pause) } catch { break }
        }
        _ = write(unless: written)
    }

    private func write(unless written: Int) -> Int {
        let installs = state.installs
        guard installs != written else { return written }
        do throws(LastGoodFile.Failure) {
            try file.write(state.resources)
        } catch {
            logger.error(
                "the last good snapshot is not saved; the former one stays",
                metadata: ["reason": "\(error)"])
        }
        return installs
    }
}
