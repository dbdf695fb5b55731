import Dispatch
import Glibc

/// Prints a line at once, even into a pipe, so that a script can wait for it.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

/// SIGINT and SIGTERM, as something to wait for.
struct StopSignals {
    private let stream: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    /// From here on the signals no longer end the process by themselves.
    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        self.stream = stream
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
    }

    /// Returns at the first signal since the start, or when the task is cancelled; for one task.
    func wait() async {
        for await _ in stream { return }
    }
}
