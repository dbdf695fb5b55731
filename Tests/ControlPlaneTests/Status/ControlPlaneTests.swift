import BuiltInPlugins
import Foundation
import HeddleXDS
import Logging
import ServiceLifecycle
import Testing
import Translation

@testable import ControlPlane

/// A whole control plane over a folder of manifests.
@Suite struct ControlPlaneTests {
    private static func run(
        _ body: (_ manifests: URL, _ statusFile: URL, _ admin: URL) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "heddle-\(UUID())")
        let manifests = folder.appending(path: "manifests")
        try FileManager.default.createDirectory(at: manifests, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "status.yaml")
        let (addresses, address) = AsyncStream.makeStream(of: String.self)
        let service = try ControlPlaneService(
            ControlPlaneService.Configuration(
                manifests: manifests.path,
                discovery: DiscoveryServerConfiguration(addresses: ["127.0.0.1:0"]),
                adminHost: "127.0.0.1", adminPort: 0, translation: TranslationOptions(),
                statusFile: file.path),
            plugins: BuiltIn.plugins,
            logger: Logger(label: "test", factory: SwiftLogNoOpLogHandler.init)
        ) { what, url in
            if what == "admin" { address.yield(url) }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            defer { group.cancelAll() }
            let admin = try #require(await addresses.first { _ in true })
            try await body(manifests, file, try #require(URL(string: admin)))
        }
    }

    private static func wait(_ file: URL, _ isSo: (String) -> Bool) async throws {
        while true {
            let text = (try? Data(contentsOf: file)).map { String(decoding: $0, as: UTF8.self) }
            if let text, isSo(text) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func theStatusFileFollowsTheManifests() async throws {
        try await Self.run { manifests, file, admin in
            // Nothing is there: the file says so.
            try await Self.wait(file) { $0.isEmpty }
            let edge = manifests.appending(path: "edge.yaml")
            try Data(Manifest.gateway().utf8).write(to: edge, options: .atomic)
            try await Self.wait(file) {
                $0.contains("kind: Gateway") && $0.contains("reason: Pending")
            }
            let routes = manifests.appending(path: "routes.yaml")
            let text =
                Manifest.service() + Manifest.route("r") + Manifest.route("foreign", gateway: "x")
            try Data(text.utf8).write(to: routes, options: .atomic)
            try await Self.wait(file) {
                $0.contains("attachedRoutes: 1") && $0.contains("reason: NoMatchingParent")
            }
            // A backend that goes is told of; the times of what stays are what they were.
            try Data((Manifest.route("r")).utf8).write(to: routes, options: .atomic)
            try await Self.wait(file) {
                $0.contains("reason: BackendNotFound") && !$0.contains("NoMatchingParent")
            }
            try FileManager.default.removeItem(at: routes)
            try FileManager.default.removeItem(at: edge)
            try await Self.wait(file) { $0.isEmpty }
            #expect(admin.port != nil)
        }
    }
}
