import Dispatch
import Glibc

/// Reads lines of standard input on a thread of its own, and ends the program with the last one.
final class BackgroundReader: Sendable {
    private let queue = DispatchQueue(label: "standard input")
    private let take: @Sendable (String) -> Void

    init(_ take: @escaping @Sendable (String) -> Void) {
        self.take = take
    }

    func start() {
        // What was printed so far is waited for.
        fflush(nil)
        queue.async { [take] in
            while let line = readLine() { take(line) }
            exit(0)
        }
    }
}
