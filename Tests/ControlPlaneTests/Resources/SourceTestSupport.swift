import Foundation
import GatewayAPI
import Testing

@testable import ControlPlane

/// A temporary folder.
struct ManifestFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/heddle-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func url(_ name: String) -> URL { URL(fileURLWithPath: path + "/" + name) }
    func delete() { try? FileManager.default.removeItem(atPath: path) }
    func remove(_ name: String) throws { try FileManager.default.removeItem(at: url(name)) }
    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: url(name)) }
    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(at: url(name), withIntermediateDirectories: true)
    }
    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: path + "/" + name, withDestinationPath: target)
    }
    func move(_ name: String, to other: String) throws { try rename(name, to: other) }

    /// Renames over what is there, as rename(2) does.
    func rename(_ name: String, to other: String) throws {
        guard Glibc.rename(path + "/" + name, path + "/" + other) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
    }

    /// Writes beside and renames over, as editors do.
    func replace(_ name: String, _ text: String) throws {
        try write(name + ".tmp", text)
        try rename(name + ".tmp", to: name)
    }
}

/// The updates of a running source, one after the other.
final class SourceUpdates: Sendable {
    private let stream: AsyncStream<ResourceUpdate>
    private let continuation: AsyncStream<ResourceUpdate>.Continuation
    private let gate = Gate()

    init() { (stream, continuation) = AsyncStream.makeStream() }

    /// Takes an update, as the store would.
    func take(_ update: ResourceUpdate) async {
        continuation.yield(update)
        await gate.pass()
    }

    /// The next update.
    func next() async throws -> ResourceUpdate {
        var iterator = stream.makeAsyncIterator()
        let update = await iterator.next()
        return try #require(update)
    }

    /// The next update that fulfils a condition; others are passed over.
    func next(where isWanted: (ResourceUpdate) -> Bool) async throws -> ResourceUpdate {
        while true {
            let update = try await next()
            if isWanted(update) { return update }
        }
    }

    /// Lets the update that a first change causes be held, and does something meanwhile.
    func whileHeld(
        _ cause: () throws -> Void, _ body: () async throws -> Void
    ) async throws {
        await gate.close()
        try cause()
        _ = try await next()
        try await body()
        await gate.open()
    }
}

private actor Gate {
    private var isClosed = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func close() { isClosed = true }
    func open() {
        isClosed = false
        waiting.forEach { $0.resume() }
        waiting = []
    }
    func pass() async {
        guard isClosed else { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}

/// Runs a source on a fresh folder, and stops it in the end.
func withFolder(
    _ prepare: (ManifestFolder) throws -> Void, root: (ManifestFolder) -> String = { $0.path },
    body: (ManifestFolder, SourceUpdates) async throws -> Void
) async throws {
    let folder = try ManifestFolder()
    defer { folder.delete() }
    try prepare(folder)
    let updates = SourceUpdates()
    let source = DirectorySource(path: root(folder))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await source.run { await updates.take($0) } }
        defer { group.cancelAll() }
        try await body(folder, updates)
    }
}
