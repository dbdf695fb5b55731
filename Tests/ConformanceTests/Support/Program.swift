import Foundation
import Synchronization

/// Where things are.
enum Place {
    /// The root of the repository.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// One of Heddle's programs, as built with the tests.
    static func program(_ name: String) -> String {
        let directory = ProcessInfo.processInfo.environment["HEDDLE_BIN"]
        return (directory ?? root.appending(path: ".build/debug").path) + "/" + name
    }

    /// A path in the repository.
    static func file(_ path: String) -> String {
        root.appending(path: path).path
    }

    /// A tool that `make test-tools` installs.
    ///
    /// - Throws: Where the variable that names it is not set.
    static func tool(_ variable: String) throws -> String {
        guard let path = ProcessInfo.processInfo.environment[variable] else {
            throw Problem("\(variable) is not set; run make test, or make test-tools and export it")
        }
        return path
    }
}

/// Something that a test could not do.
struct Problem: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A running program, its output collected line by line; it is stopped when ``stop(_:)`` is called
/// and, at the latest, when the last reference goes.
final class Program: Sendable {
    private struct State {
        var lines: [String] = []
        var waiters: [Waiter] = []
        /// The exit status, or 128 and the signal's number, once the program has ended and all of
        /// its output has been read.
        var status: Int32?
    }

    private struct Waiter {
        /// Nil waits for the end.
        var prefix: String?
        var continuation: CheckedContinuation<String?, Never>
    }

    private let shared: Shared
    let name: String
    let processIdentifier: pid_t
    private let input: Int32

    /// Starts a program.
    ///
    /// - Parameter takeLine: Where each line of its output goes; nil collects them.
    /// - Throws: Where the program cannot be started.
    init(
        _ path: String, _ arguments: [String],
        takeLine: (@Sendable (String) -> Void)? = nil
    ) throws {
        name = URL(fileURLWithPath: path).lastPathComponent
        let (process, input, output) = try Spawn.start(
            path, arguments, ProcessInfo.processInfo.environment)
        processIdentifier = process
        self.input = input
        let shared = Shared(takeLine: takeLine)
        self.shared = shared
        Thread.detachNewThread { shared.collect(process, output) }
    }

    deinit {
        if shared.isRunning { kill(processIdentifier, SIGKILL) }
        close(input)
    }

    /// Writes a line to its standard input.
    func send(_ line: Data) {
        var rest = (line + Data("\n".utf8))[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, written))
        }
    }

    /// All that it has printed.
    var text: String { shared.text }

    /// The rest of the first line that starts with the prefix.
    ///
    /// - Throws: Where the program ends, or the time passes, without such a line.
    func line(_ prefix: String, within limit: Duration = .seconds(30)) async throws -> String {
        let timer = Task { [shared] in
            try await Task.sleep(for: limit)
            shared.giveUp(prefix)
        }
        defer { timer.cancel() }
        guard let found = await shared.wait(for: prefix) else {
            throw Problem("\(name) has not printed \"\(prefix)\" but:\n\(text)")
        }
        return String(found.dropFirst(prefix.count))
    }

    /// Ends it as an operator would, and waits; a program that does not end is killed.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async -> Int32 {
        if shared.isRunning { kill(processIdentifier, signal) }
        let timer = Task { [shared, processIdentifier] in
            try await Task.sleep(for: .seconds(15))
            if shared.isRunning { kill(processIdentifier, SIGKILL) }
        }
        defer { timer.cancel() }
        return await exit()
    }

    /// Waits for its end; its status, or 128 and the number of the signal that ended it.
    @discardableResult
    func exit() async -> Int32 {
        _ = await shared.wait(for: nil)
        return shared.status ?? -1
    }

    /// Runs a program to its end.
    static func run(
        _ path: String, _ arguments: [String]
    ) async throws -> (status: Int32, output: String) {
        let program = try Program(path, arguments)
        let status = await program.exit()
        return (status, program.text)
    }

    /// What the reading thread and the test share.
    private final class Shared: Sendable {
        private let state = Mutex(State())
        private let takeLine: (@Sendable (String) -> Void)?

        init(takeLine: (@Sendable (String) -> Void)?) {
            self.takeLine = takeLine
        }

        var isRunning: Bool { status == nil }
        var status: Int32? { state.withLock { $0.status } }
        var text: String { state.withLock { $0.lines.joined(separator: "\n") } }

        /// Reads to the end of the output, and waits for the process.
        func collect(_ process: pid_t, _ output: Int32) {
            if let file = fdopen(output, "r") {
                var line: UnsafeMutablePointer<CChar>?
                var capacity = 0
                while getline(&line, &capacity, file) >= 0 {
                    guard let line else { break }
                    add(String(cString: line).trimmingCharacters(in: .newlines))
                }
                free(line)
                fclose(file)
            }
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7f
            end(signal == 0 ? status >> 8 & 0xff : 128 + signal)
        }

        func wait(for prefix: String?) async -> String? {
            await withCheckedContinuation { continuation in
                let known: String?? = state.withLock { state in
                    if let prefix, let line = state.lines.first(where: { $0.hasPrefix(prefix) }) {
                        return line
                    }
                    if state.status != nil { return .some(nil) }
                    state.waiters.append(Waiter(prefix: prefix, continuation: continuation))
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        }

        func giveUp(_ prefix: String) {
            resume {
                $0.prefix == prefix
            } with: { _ in
                nil
            }
        }

        private func add(_ line: String) {
            if let takeLine { return takeLine(line) }
            state.withLock { $0.lines.append(line) }
            resume {
                $0.prefix.map(line.hasPrefix) ?? false
            } with: { _ in
                line
            }
        }

        private func end(_ status: Int32) {
            state.withLock { $0.status = status }
            resume { _ in
                true
            } with: { _ in
                nil
            }
        }

        private func resume(
            where isDue: (Waiter) -> Bool, with result: (Waiter) -> String?
        ) {
            let due = state.withLock { state in
                let due = state.waiters.filter(isDue)
                state.waiters.removeAll(where: isDue)
                return due
            }
            for waiter in due { waiter.continuation.resume(returning: result(waiter)) }
        }
    }
}

/// Starts processes. Foundation's Process would give them the signal mask of the thread that
/// starts them, and threads of a pool block the signals that end a program.
private enum Spawn {
    static func start(
        _ path: String, _ arguments: [String], _ variables: [String: String]
    ) throws -> (process: pid_t, input: Int32, output: Int32) {
        // One at a time: no program may inherit the ends of another's pipes.
        try one.withLock { _ in try startAlone(path, arguments, variables) }
    }

    private static let one = Mutex<Void>(())

    private static func startAlone(
        _ path: String, _ arguments: [String], _ variables: [String: String]
    ) throws -> (process: pid_t, input: Int32, output: Int32) {
        var ends: [Int32] = [0, 0]
        var inputs: [Int32] = [0, 0]
        guard pipe(&ends) == 0, pipe(&inputs) == 0 else { throw problem(path, errno) }
        for end in ends + inputs { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(ends[1])
            close(inputs[0])
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputs[0], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process = pid_t()
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + environment).forEach { free($0) } }
        let status = posix_spawn(&process, path, &actions, &attributes, words, environment)
        guard status == 0 else {
            close(ends[0])
            close(inputs[1])
            throw problem(path, status)
        }
        return (process, inputs[1], ends[0])
    }

    private static func problem(_ path: String, _ code: Int32) -> Problem {
        Problem("\(path) cannot be started: \(String(cString: strerror(code)))")
    }
}
