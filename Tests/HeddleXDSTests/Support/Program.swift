import Foundation
import Synchronization

/// Something that a test could not do.
struct Problem: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A running program that reads lines and prints lines. It is ended by ``stop()`` and, at the
/// latest, when the last reference goes.
final class Program: Sendable {
    private struct State {
        var lines: [String] = []
        /// How many lines have been asked for.
        var read = 0
        var waiter: CheckedContinuation<Void, Never>?
        /// Something has come since the last wait.
        var isStirred = false
        var hasEnded = false
    }

    let name: String
    private let process: pid_t
    private let input: Int32
    private let shared = Shared()

    /// - Throws: Where the program cannot be started.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        name = URL(fileURLWithPath: path).lastPathComponent
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let started = try Spawn.start(path, arguments, variables)
        process = started.process
        input = started.input
        let (shared, process) = (shared, process)
        Thread.detachNewThread { shared.collect(process, started.output) }
    }

    deinit {
        if !shared.hasEnded { kill(process, SIGKILL) }
        close(input)
    }

    /// All that it has printed.
    var text: String { shared.text }

    /// Writes a line to its input.
    func write(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        guard Glibc.write(input, bytes, bytes.count) == bytes.count else {
            throw Problem("\(name) reads no more; it has printed:\n\(text)")
        }
    }

    /// The rest of the next line that starts with the prefix; lines before it are passed over.
    ///
    /// - Throws: Where the program ends, or the time passes, without such a line.
    func line(_ prefix: String, within limit: Duration = .seconds(30)) async throws -> String {
        let end = ContinuousClock.now + limit
        let timer = Task { [shared] in
            try await Task.sleep(until: end, clock: .continuous)
            shared.wake()
        }
        defer { timer.cancel() }
        while true {
            if let line = shared.take(prefix) { return String(line.dropFirst(prefix.count)) }
            guard !shared.hasEnded, ContinuousClock.now < end else {
                throw Problem("\(name) has not printed \"\(prefix)\" but:\n\(text)")
            }
            await shared.more()
        }
    }

    /// Ends it as an operator would, and waits.
    func stop() async {
        if !shared.hasEnded { kill(process, SIGTERM) }
        let timer = Task { [shared, process] in
            try await Task.sleep(for: .seconds(5))
            if !shared.hasEnded { kill(process, SIGKILL) }
        }
        defer { timer.cancel() }
        while !shared.hasEnded { await shared.more() }
    }

    /// Runs a program to its end.
    ///
    /// - Throws: Where it ends with another status than 0.
    static func run(_ path: String, _ arguments: [String]) async throws -> String {
        let program = try Program(path, arguments)
        while !program.shared.hasEnded { await program.shared.more() }
        guard program.shared.status == 0 else {
            throw Problem("\(path) \(arguments) failed: \(program.text)")
        }
        return program.text
    }

    /// What the reading thread and the test share.
    private final class Shared: Sendable {
        private let state = Mutex(State())
        private let ended = Mutex<Int32?>(nil)

        var hasEnded: Bool { state.withLock { $0.hasEnded } }
        var status: Int32? { ended.withLock { $0 } }
        var text: String { state.withLock { $0.lines.joined(separator: "\n") } }

        /// Reads to the end of the output, and waits for the process.
        func collect(_ process: pid_t, _ output: Int32) {
            if let file = fdopen(output, "r") {
                var line: UnsafeMutablePointer<CChar>?
                var capacity = 0
                while getline(&line, &capacity, file) >= 0 {
                    guard let line else { break }
                    let text = String(cString: line).trimmingCharacters(in: .newlines)
                    state.withLock { $0.lines.append(text) }
                    wake()
                }
                free(line)
                fclose(file)
            }
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
            ended.withLock { $0 = status }
            state.withLock { $0.hasEnded = true }
            wake()
        }

        func take(_ prefix: String) -> String? {
            state.withLock { state in
                guard
                    let index = state.lines.indices[state.read...].first(where: {
                        state.lines[$0].hasPrefix(prefix)
                    })
                else { return nil }
                state.read = index + 1
                return state.lines[index]
            }
        }

        /// Returns when there may be something new. One task waits at a time.
        func more() async {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if state.isStirred { return true }
                    state.waiter = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
            state.withLock { $0.isStirred = false }
        }

        func wake() {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                state.isStirred = true
                return state.waiter
            }
            waiter?.resume()
        }
    }
}

/// Starts processes with a clear signal mask, which those of a thread pool lack.
private enum Spawn {
    static func start(
        _ path: String, _ arguments: [String], _ variables: [String: String]
    ) throws -> (process: pid_t, input: Int32, output: Int32) {
        let (input, output) = (try Pipe(), try Pipe())
        defer {
            close(input.reader)
            close(output.writer)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.reader, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writer, 1)
        posix_spawn_file_actions_adddup2(&actions, output.writer, 2)
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
            close(input.writer)
            close(output.reader)
            throw Problem("\(path) cannot be started: \(String(cString: strerror(status)))")
        }
        return (process, input.writer, output.reader)
    }

    private struct Pipe {
        var reader: Int32
        var writer: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else {
                throw Problem("no pipe: \(String(cString: strerror(errno)))")
            }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (reader, writer) = (ends[0], ends[1])
        }
    }
}

/// A tool that `make test-tools` installs.
///
/// - Throws: Where the variable that names it is not set.
func tool(_ variable: String) throws -> String {
    guard let path = ProcessInfo.processInfo.environment[variable] else {
        throw Problem("\(variable) is not set; run make test, or make test-tools and export it")
    }
    return path
}

/// Ports of 127.0.0.1 that nobody listens on now, each another.
func freePorts(_ count: Int) throws -> [Int] {
    var sockets: [Int32] = []
    defer { sockets.forEach { close($0) } }
    return try (0..<count).map { _ in
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        sockets.append(descriptor)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw Problem("no free port: \(String(cString: strerror(errno)))") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// Asks until the answer is yes.
///
/// - Throws: When it has not been for the whole time.
func eventually(
    _ what: String, within limit: Duration = .seconds(15), _ isTrue: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while !(try await isTrue()) {
        guard ContinuousClock.now < end else { throw Problem("never: \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}
