import Foundation
import GatewayAPI
import Testing

@testable import ControlPlane

/// A source on real files: what a person does to them, and the updates that come of it.
@Suite struct DirectorySourceTests {
    @Test func reportsWhatIsThereThenWhatChanges() async throws {
        try await withFolder { folder in
            try folder.write("a.yaml", serviceManifest("a"))
            try folder.makeFolder("deep/er")
            try folder.write("deep/er/b.yml", serviceManifest("b"))
            try folder.write(
                "c.json", #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"c"}}"#)
            try folder.write("notes.txt", serviceManifest("no"))
            try folder.write(".hidden.yaml", serviceManifest("no"))
        } body: { folder, updates in
            let first = try await updates.next()
            #expect(first.isInitial)
            #expect(first.upserted.map(\.reference.name).sorted() == ["a", "b", "c"])
            #expect(first.diagnostics == [])

            try folder.write("a.yaml", serviceManifest("a", port: 81) + serviceManifest("a2"))
            let edit = try await updates.next()
            #expect(!edit.isInitial)
            #expect(edit.upserted.map(\.reference.name).sorted() == ["a", "a2"])
            #expect(edit.upserted.first?.location?.file == folder.path + "/a.yaml")

            try folder.remove("deep/er/b.yml")
            let removal = try await updates.next()
            #expect(removal.removed.map(\.name) == ["b"])
        }
    }

    @Test func anEditorThatReplacesTheFileIsOneUpdate() async throws {
        try await withFolder { folder in
            try folder.write("a.yaml", serviceManifest("a"))
        } body: { folder, updates in
            _ = try await updates.next()
            for port in 81...85 {
                try folder.replace("a.yaml", serviceManifest("a", port: port))
                let update = try await updates.next()
                #expect(update.upserted.map(\.reference.name) == ["a"])
                #expect(update.removed == [])
                #expect((update.upserted.first?.content as? Service)?.ports.first?.port == port)
            }
        }
    }

    @Test func aFileIsReadWhenItsWriterClosesIt() async throws {
        try await withFolder { folder in
            try folder.write("a.yaml", serviceManifest("a"))
        } body: { folder, updates in
            _ = try await updates.next()
            let file = try FileHandle(forWritingTo: folder.url("a.yaml"))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data(serviceManifest("a", port: 81).utf8.prefix(20)))
            // Something else that is done meanwhile is reported without the half file.
            try folder.write("b.yaml", serviceManifest("b"))
            let meanwhile = try await updates.next()
            #expect(meanwhile.upserted.map(\.reference.name) == ["b"])
            #expect(meanwhile.removed == [])
            #expect(meanwhile.diagnostics == [])
            try file.write(contentsOf: Data(serviceManifest("a", port: 81).utf8.dropFirst(20)))
            try file.close()
            let whole = try await updates.next()
            #expect((whole.upserted.first?.content as? Service)?.ports.first?.port == 81)
            #expect(whole.diagnostics == [])
        }
    }

    @Test func aBrokenFileKeepsItsObjectsUntilItIsMended() async throws {
        try await withFolder { folder in
            try folder.write("a.yaml", serviceManifest("a"))
        } body: { folder, updates in
            _ = try await updates.next()
            try folder.write("a.yaml", "kind: [")
            let broken = try await updates.next()
            #expect(broken.removed == [])
            #expect(broken.diagnostics.map(\.code) == [.syntax, .stale])
            try folder.write("a.yaml", serviceManifest("a", port: 81))
            let mended = try await updates.next()
            #expect(mended.upserted.count == 1)
            #expect(mended.diagnostics == [])
        }
    }

    @Test func newFoldersMovedFoldersAndRemovedFolders() async throws {
        try await withFolder { _ in
        } body: { folder, updates in
            #expect(try await updates.next().upserted == [])
            try folder.makeFolder("x/y")
            try folder.write("x/y/a.yaml", serviceManifest("a"))
            let created = try await updates.next { !$0.upserted.isEmpty }
            #expect(created.upserted.map(\.reference.name) == ["a"])

            try folder.move("x", to: "z")
            let moved = try await updates.next()
            #expect(moved.upserted == [])
            #expect(moved.removed == [])
            #expect(moved.relocated.first?.location?.file == folder.path + "/z/y/a.yaml")

            try folder.replace("z/y/a.yaml", serviceManifest("a", port: 81))
            #expect(try await updates.next().upserted.count == 1)

            try folder.remove("z")
            #expect(try await updates.next { !$0.removed.isEmpty }.removed.map(\.name) == ["a"])
        }
    }

    @Test func aConfigMapMountIsReplacedAsAWhole() async throws {
        try await withFolder { folder in
            try folder.makeFolder("..2025_01")
            try folder.write("..2025_01/a.yaml", serviceManifest("a"))
            try folder.write("..2025_01/b.yaml", serviceManifest("b"))
            try folder.link("..data", to: "..2025_01")
            try folder.link("a.yaml", to: "..data/a.yaml")
            try folder.link("b.yaml", to: "..data/b.yaml")
        } body: { folder, updates in
            #expect(try await updates.next().upserted.map(\.reference.name) == ["a", "b"])
            try folder.makeFolder("..2025_02")
            try folder.write("..2025_02/a.yaml", serviceManifest("a", port: 81))
            try folder.write("..2025_02/b.yaml", serviceManifest("b"))
            try folder.link("..data_tmp", to: "..2025_02")
            try folder.rename("..data_tmp", to: "..data")
            try folder.remove("..2025_01")
            let update = try await updates.next()
            #expect(update.upserted.map(\.reference.name) == ["a"])
            #expect(update.removed == [])
            #expect(update.diagnostics == [])
        }
    }

    @Test func theTargetOfALinkIsWatched() async throws {
        let outside = try ManifestFolder()
        defer { outside.delete() }
        try outside.write("real", serviceManifest("a"))
        try await withFolder { folder in
            try folder.link("a.yaml", to: outside.path + "/real")
        } body: { folder, updates in
            #expect(try await updates.next().upserted.count == 1)
            try outside.write("real", serviceManifest("a", port: 81))
            #expect(try await updates.next().upserted.count == 1)
            try outside.replace("real", serviceManifest("a", port: 82))
            #expect(try await updates.next().upserted.count == 1)
            try outside.write("real", serviceManifest("a", port: 83))
            #expect(try await updates.next().upserted.count == 1)
        }
    }

    @Test func whatCannotBeReadIsSaid() async throws {
        try await withFolder { folder in
            try folder.write("a.yaml", serviceManifest("a"))
            try folder.link("loop.yaml", to: "loop.yaml")
            mkfifo(folder.path + "/pipe.yaml", 0o600)
        } body: { folder, updates in
            let first = try await updates.next()
            #expect(first.upserted.map(\.reference.name) == ["a"])
            #expect(first.diagnostics.map(\.code) == [.unreadable, .unreadable])
            #expect(first.diagnostics.map { $0.location?.line } == [1, 1])
            try folder.remove("loop.yaml")
            try folder.replace("pipe.yaml", serviceManifest("p"))
            let mended = try await updates.next { $0.diagnostics.isEmpty }
            #expect(mended.upserted.map(\.reference.name) == ["p"])
        }
    }

    @Test func theFolderMayGoAndComeBack() async throws {
        try await withFolder { folder in
            try folder.makeFolder("config")
            try folder.write("config/a.yaml", serviceManifest("a"))
            try folder.write("config/b.yaml", serviceManifest("b"))
        } root: {
            $0.path + "/config/"
        } body: { folder, updates in
            #expect(try await updates.next().upserted.count == 2)
            try folder.move("config", to: "away")
            let away = try await updates.next()
            #expect(away.removed == [])
            #expect(away.diagnostics.map(\.code) == [.unreadable])
            try folder.makeFolder("config")
            try folder.write("config/a.yaml", serviceManifest("a", port: 81))
            let back = try await updates.next {
                $0.removed.count + $0.upserted.count > 1 || !$0.upserted.isEmpty
            }
            #expect(back.diagnostics == [])
            #expect(back.upserted.map(\.reference.name) == ["a"])
            try folder.replace("config/a.yaml", serviceManifest("a", port: 82))
            #expect(try await updates.next().upserted.count == 1)
        }
    }

    @Test func theFolderNeedNotExistYet() async throws {
        try await withFolder { _ in
        } root: {
            $0.path + "/one/two/three"
        } body: { folder, updates in
            let first = try await updates.next()
            #expect(first.isInitial)
            #expect(first.diagnostics.map(\.code) == [.unreadable])
            try folder.makeFolder("one/two/three")
            try folder.write("one/two/three/a.yaml", serviceManifest("a"))
            let update = try await updates.next { !$0.upserted.isEmpty }
            #expect(update.upserted.map(\.reference.name) == ["a"])
            #expect(update.diagnostics == [])
        }
    }

    /// More changes than the kernel's queue holds, while nobody takes the updates.
    @Test func anOverflowLosesNothing() async throws {
        try await withFolder { folder in
            try folder.write("a.yaml", serviceManifest("a"))
            try folder.write("b.yaml", serviceManifest("b"))
        } body: { folder, updates in
            _ = try await updates.next()
            try await updates.whileHeld {
                try folder.replace("a.yaml", serviceManifest("a", port: 81))
            } _: {
                try folder.write("x.yaml", serviceManifest("x"))
                for _ in 0..<10_000 {
                    try folder.rename("x.yaml", to: "y.yaml")
                    try folder.rename("y.yaml", to: "x.yaml")
                }
                try folder.remove("b.yaml")
                try folder.write("a.yaml", serviceManifest("a", port: 82))
            }
            let update = try await updates.next()
            #expect(update.upserted.map(\.reference.name).sorted() == ["a", "x"])
            #expect(update.removed.map(\.name) == ["b"])
        }
    }

    @Test func manyFilesAtOnceAreFewUpdates() async throws {
        try await withFolder { _ in
        } body: { folder, updates in
            _ = try await updates.next()
            for index in 0..<500 {
                try folder.write("s\(index).yaml", serviceManifest("s\(index)"))
            }
            var names: Set<String> = []
            var count = 0
            while names.count < 500 {
                names.formUnion(try await updates.next().upserted.map(\.reference.name))
                count += 1
            }
            #expect(count < 100)
        }
    }

    @Test func endsWhenItsTaskIsCancelled() async throws {
        let folder = try ManifestFolder()
        defer { folder.delete() }
        let source = DirectorySource(path: folder.path)
        let before = openWatches()
        for _ in 0..<60 {
            await withThrowingTaskGroup(of: Void.self) { group in
                let (started, continuation) = AsyncStream.makeStream(of: Void.self)
                group.addTask { try await source.run { _ in continuation.yield() } }
                for await _ in started { break }
                group.cancelAll()
            }
        }
        // The other tests watch folders meanwhile, one each.
        #expect(openWatches() < before + 40)
    }

    private func openWatches() -> Int {
        let folder = "/proc/self/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/\(name)")
            return target?.contains("inotify") ?? false
        }
    }
}
