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

/// A running program, its output collected line by line; it is stopped when ``stop()`` is called
/// and, at the latest, when the last reference goes.
final class Program: Sendable {
    private struct Output {
        var lines: [String] = []
        var partial = Data()
        var waiters: [(prefix: String, continuation: CheckedContinuation<String?, Never>)] = []
        var isClosed = false
    }

    // Process is not Sendable; it is started in init, and afterwards only asked and signalled,
    // which is safe from any thread.
    nonisolated(unsafe) private let process = Process()
    private let output = Mutex(Output())
    let name: String

    /// - Throws: Where the program cannot be started.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        name = URL(fileURLWithPath: path).lastPathComponent
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.received(data)
        }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// All that it has printed.
    var text: String {
        output.withLock { $0.lines.joined(separator: "\n") }
    }

    var processIdentifier: Int32 { process.processIdentifier }

    /// The rest of the first line that starts with the prefix.
    ///
    /// - Throws: Where the program ends, or the time passes, without such a line.
    func line(_ prefix: String, within limit: Duration = .seconds(30)) async throws -> String {
        let timer = Task {
            try await Task.sleep(for: limit)
            self.giveUp(prefix)
        }
        defer { timer.cancel() }
        let found = await withCheckedContinuation { continuation in
            let known: String?? = output.withLock { output in
                if let line = output.lines.first(where: { $0.hasPrefix(prefix) }) { return line }
                if output.isClosed { return .some(nil) }
                output.waiters.append((prefix, continuation))
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
        guard let found else {
            throw Problem("\(name) has not printed \"\(prefix)\" but:\n\(text)")
        }
        return String(found.dropFirst(prefix.count))
    }

    /// Ends it as an operator would, and waits.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async -> Int32 {
        if process.isRunning { kill(process.processIdentifier, signal) }
        return await exit()
    }

    /// Waits for its end.
    @discardableResult
    func exit() async -> Int32 {
        await withCheckedContinuation { continuation in
            let process = UncheckedProcess(process: process)
            Thread.detachNewThread {
                process.process.waitUntilExit()
                continuation.resume(returning: process.process.terminationStatus)
            }
        }
    }

    /// Runs a program to its end.
    static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> (status: Int32, output: String) {
        let program = try Program(path, arguments, environment: environment)
        let status = await program.exit()
        await program.closed()
        return (status, program.text)
    }

    private func closed() async {
        _ = try? await line("\u{0}never", within: .seconds(5))
    }

    private func received(_ data: Data) {
        let resumed = output.withLock {
            output -> [(CheckedContinuation<String?, Never>, String?)] in
            output.partial.append(data)
            while let end = output.partial.firstIndex(of: 10) {
                output.lines.append(String(decoding: output.partial[..<end], as: UTF8.self))
                output.partial = Data(output.partial[output.partial.index(after: end)...])
            }
            if data.isEmpty {
                output.isClosed = true
                if !output.partial.isEmpty {
                    output.lines.append(String(decoding: output.partial, as: UTF8.self))
                    output.partial = Data()
                }
            }
            var due: [(CheckedContinuation<String?, Never>, String?)] = []
            output.waiters.removeAll { waiter in
                let line = output.lines.first { $0.hasPrefix(waiter.prefix) }
                guard line != nil || output.isClosed else { return false }
                due.append((waiter.continuation, line))
                return true
            }
            return due
        }
        for (continuation, line) in resumed { continuation.resume(returning: line) }
    }

    private func giveUp(_ prefix: String) {
        let due = output.withLock { output in
            let due = output.waiters.filter { $0.prefix == prefix }
            output.waiters.removeAll { $0.prefix == prefix }
            return due
        }
        for waiter in due { waiter.continuation.resume(returning: nil) }
    }
}

/// Lets a thread wait for a process; see ``Program``.
private struct UncheckedProcess: @unchecked Sendable {
    let process: Process
}
