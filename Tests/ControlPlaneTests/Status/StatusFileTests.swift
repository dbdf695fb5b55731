import Foundation
import GatewayAPI
import Logging
import Synchronization
import Testing
import XDS

@testable import ControlPlane
@testable import heddlectl

@Suite struct StatusFileTests {
    /// Messages that a logger was given.
    private final class Log: LogHandler, Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        subscript(metadataKey _: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let parts = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }
            lines.withLock {
                $0.append("\(event.level) \(event.message) \(parts.joined(separator: " "))")
            }
        }
    }

    private static let status: GatewayAPI.JSONValue = [
        "parents": [
            [
                "parentRef": ["name": "edge", "kind": "Gateway"], "controllerName": "a/b",
                "conditions": [
                    [
                        "type": "Accepted", "status": "True", "reason": "yes",
                        "message": "spec.rules[0]: \"quotes\", colons: and\nlines # no comment",
                        "observedGeneration": 3, "lastTransitionTime": "2026-01-01T00:00:00Z",
                    ]
                ],
            ]
        ], "empty": [], "nothing": [:],
    ]

    private static func store() -> ManifestStatusStore {
        let store = ManifestStatusStore()
        let route = ObjectReference(.httpRoute, namespace: "shop", name: "r")
        _ = store.update(JudgedObject(route, generation: 3)) { _ in status }
        let mesh = ObjectReference(.xMesh, name: "yes")
        _ = store.update(JudgedObject(mesh)) { _ in ["conditions": [["type": "Accepted"]]] }
        return store
    }

    private static func folder() throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: "heddle-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }

    private func run(_ file: StatusFile, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await file.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    private func text(of url: URL) -> String? {
        (try? Data(contentsOf: url)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(.timeLimit(.minutes(5)))
    func everyStatusIsADocumentThatReadsBack() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appending(path: "status.yaml")
        let store = Self.store()
        let file = StatusFile(
            path: url.path, store: store,
            logger: Logger(label: "test", factory: SwiftLogNoOpLogHandler.init))
        try await run(file) {
            file.changed()
            while text(of: url) == nil { try await Task.sleep(for: .milliseconds(5)) }
            let documents = try (text(of: url) ?? "").split(separator: "---\n").map {
                try JSON(yaml: String($0))
            }
            try #require(documents.count == 2)
            #expect(documents[0]["apiVersion"] == .string("gateway.networking.x-k8s.io/v1alpha1"))
            #expect(documents[0][path: "metadata", "name"] == .string("yes"))
            #expect(documents[1]["apiVersion"] == .string("gateway.networking.k8s.io/v1"))
            #expect(documents[1]["kind"] == .string("HTTPRoute"))
            #expect(documents[1][path: "metadata", "generation"] == .number("3"))
            let parents = documents[1][path: "status", "parents"]?.elements
            let condition = parents?.first?["conditions"]?.elements.first
            #expect(condition?["status"] == .string("True"))
            #expect(condition?["reason"] == .string("yes"))
            #expect(
                condition?["message"]?.text
                    == "spec.rules[0]: \"quotes\", colons: and\nlines # no comment")
            #expect(documents[1][path: "status", "empty"] == .array([]))
            // The next state takes the place of the former one; no draft is left.
            _ = store.remove(ObjectReference(.xMesh, name: "yes"))
            file.changed()
            while text(of: url)?.contains("XMesh") != false {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["status.yaml"])
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func aFileThatCannotBeWrittenIsToldOnceAndTriedAgain() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let inner = folder.appending(path: "later")
        let url = inner.appending(path: "status.yaml")
        let log = Log()
        let file = StatusFile(
            path: url.path, store: Self.store(), logger: Logger(label: "test") { _ in log })
        try await run(file) {
            file.changed()
            while log.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            #expect(
                log.all == [
                    "error statuses not written file=\(url.path) reason=cannot create \(url.path).new: "
                        + "No such file or directory; create its folder"
                ])
            try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
            while text(of: url) == nil { try await Task.sleep(for: .milliseconds(5)) }
            while log.all.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(log.all.last == "info statuses written again file=\(url.path)")
        }
    }

    @Test func theFormerFileStaysWhenTheNewOneCannotBeWritten() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        // A folder in the place of the file.
        let failure = #expect(throws: StatusFile.Failure.self) {
            try StatusFile.write("text", to: folder.path)
        }
        #expect(failure?.description.hasPrefix("cannot replace \(folder.path): ") == true)
        #expect(
            failure?.description.hasSuffix("name a file, not a folder, with --status-file") == true)
        // A disk without room.
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/x.new", withDestinationPath: "/dev/full")
        let full = #expect(throws: StatusFile.Failure.self) {
            try StatusFile.write("text", to: folder.path + "/x")
        }
        #expect(full?.description.hasSuffix("make room on its disk") == true)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/x"))
    }
}
