import GatewayAPI
import Testing

@testable import ControlPlane

@Suite struct ManifestSetTests {
    @Test func theFirstUpdateHoldsEverythingAndComesEvenWhenThereIsNothing() {
        var empty = ManifestSet()
        let nothing = empty.apply([])
        #expect(nothing?.isInitial == true)
        #expect(nothing?.upserted == [])
        let again = empty.apply([])
        #expect(again == nil)

        var set = ManifestSet()
        let update = set.apply([written("a.yaml", serviceManifest("a") + serviceManifest("b"))])
        #expect(update?.isInitial == true)
        #expect(update?.upserted.map(\.reference.name) == ["a", "b"])
    }

    @Test func anUpdateHoldsOnlyWhatDiffers() {
        var set = ManifestSet()
        _ = set.apply([
            written("a.yaml", serviceManifest("a") + serviceManifest("b") + serviceManifest("c"))
        ])
        let edit = set.apply([
            written("a.yaml", serviceManifest("a") + serviceManifest("b", port: 81))
        ])
        #expect(edit?.isInitial == false)
        #expect(edit?.upserted.map(\.reference.name) == ["b"])
        #expect(edit?.removed.map(\.name) == ["c"])
        #expect(edit?.relocated == [])

        let comment = set.apply([
            written("a.yaml", serviceManifest("a") + "# c\n" + serviceManifest("b", port: 81))
        ]
        )
        #expect(comment?.upserted == [])
        #expect(comment?.relocated.map(\.reference.name) == ["b"])
    }

    @Test func whatOnlyMovesIsRelocated() {
        var set = ManifestSet()
        _ = set.apply([written("a.yaml", serviceManifest("a"))])
        let down = set.apply([written("a.yaml", "# one\n# two\n" + serviceManifest("a"))])
        #expect(down?.upserted == [])
        #expect(down?.relocated.first?.location == SourceLocation(file: "a.yaml", line: 4))
        let across = set.apply([.removed(path: "a.yaml"), written("b.yaml", serviceManifest("a"))])
        #expect(across?.upserted == [])
        #expect(across?.removed == [])
        #expect(across?.relocated.first?.location?.file == "b.yaml")
    }

    @Test func aFileWithErrorsKeepsItsLastGoodObjectsAndSaysSoUntilItIsMended() {
        var set = ManifestSet()
        _ = set.apply([written("a.yaml", serviceManifest("a") + serviceManifest("b"))])
        let broken = set.apply([
            written(
                "a.yaml",
                serviceManifest("a", port: 81) + serviceManifest("b").replacing("80", with: "\"x\"")
            )
        ])
        #expect(broken?.upserted.map(\.reference.name) == ["a"])
        #expect(broken?.removed == [])
        #expect(broken?.diagnostics.map(\.code) == [.wrongType, .stale])
        #expect(broken?.diagnostics.last?.message.contains("Service default/b") == true)

        // Another file's change does not make it forget.
        let other = set.apply([written("b.yaml", serviceManifest("c"))])
        #expect(other?.diagnostics.map(\.code) == [.wrongType, .stale])

        let worse = set.apply([written("a.yaml", "kind: [")])
        #expect(worse?.removed == [])
        #expect(worse?.diagnostics.map(\.code) == [.syntax, .stale])

        let mended = set.apply([written("a.yaml", serviceManifest("b"))])
        #expect(mended?.diagnostics == [])
        #expect(mended?.removed.map(\.name) == ["a"])
        #expect(mended?.upserted == [])
    }

    @Test func aFileThatWasNeverGoodGivesItsGoodObjects() {
        var set = ManifestSet()
        let update = set.apply([
            written("a.yaml", serviceManifest("a") + "---\nkind: [\n" + serviceManifest("b"))
        ])
        #expect(update?.upserted.map(\.reference.name) == ["a", "b"])
        #expect(update?.diagnostics.map(\.code) == [.syntax])
    }

    @Test func ofTwoFilesThatDeclareAnObjectTheFirstCounts() throws {
        var set = ManifestSet()
        let second = set.apply([written("b.yaml", serviceManifest("a", port: 82))])
        #expect(second?.diagnostics == [])
        let change = set.apply([written("a.yaml", serviceManifest("a", port: 81))])
        let both = try #require(change)
        #expect(both.upserted.map { $0.location?.file } == ["a.yaml"])
        let duplicate = try #require(both.diagnostics.first)
        #expect(duplicate.code == .duplicate)
        #expect(duplicate.location?.file == "b.yaml")
        #expect(duplicate.message.contains("a.yaml:2"))

        let alone = set.apply([.removed(path: "a.yaml")])
        #expect(alone?.upserted.map { $0.location?.file } == ["b.yaml"])
        #expect(alone?.diagnostics == [])
        let last = set.apply([.removed(path: "b.yaml")])
        #expect(last?.removed.map(\.name) == ["a"])
    }

    @Test func anUnreadableFileKeepsItsObjects() {
        var set = ManifestSet()
        _ = set.apply([written("a.yaml", serviceManifest("a"))])
        let update = set.apply([
            .unreadable(path: "a.yaml", code: .unreadable, reason: "cannot be read")
        ])
        #expect(update?.removed == [])
        #expect(update?.diagnostics.map(\.code) == [.unreadable, .stale])
        let last = set.apply([written("a.yaml", serviceManifest("a"))])
        #expect(last?.diagnostics == [])
    }

    @Test func aProblemOfAFolderStaysUntilItIsOver() {
        var set = ManifestSet()
        let problem = set.apply([.folder(path: "d", problem: "missing")])
        #expect(problem?.diagnostics.map(\.description) == ["d:1: error: missing"])
        let last = set.apply([.folder(path: "d", problem: nil)])
        #expect(last?.diagnostics == [])
    }

    /// Any order of changes must lead where the last state of the files alone leads.
    @Test(arguments: 0..<20) func anyHistoryEndsWhereAFreshStartEnds(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var set = ManifestSet()
        var files: [String: String] = [:]
        var known: [ObjectReference: UInt64] = [:]
        for _ in 0..<100 {
            let path = ["a.yaml", "b.yaml", "c.yaml"].randomElement(using: &random) ?? ""
            let text = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                serviceManifest(
                    "s\(Int.random(in: 0...5, using: &random))",
                    port: Int.random(in: 1...3, using: &random))
            }.joined()
            let isRemoval = Int.random(in: 0...4, using: &random) == 0
            // A file with the same object twice has an error, and so a memory; see above.
            guard isRemoval || !ManifestDecoder.decode(text.utf8, file: path).hasErrors else {
                continue
            }
            files[path] = isRemoval ? nil : text
            let change = isRemoval ? FileChange.removed(path: path) : written(path, text)
            guard let update = set.apply([change]) else { continue }
            for resource in update.upserted {
                #expect(known[resource.reference] != resource.contentHash)
                known[resource.reference] = resource.contentHash
            }
            for reference in update.removed {
                let old = known.removeValue(forKey: reference)
                #expect(old != nil)
            }
            for resource in update.relocated {
                #expect(known[resource.reference] == resource.contentHash)
            }

            var fresh = ManifestSet()
            let whole = fresh.apply(
                files.sorted { $0.key > $1.key }.map { written($0.key, $0.value) })
            let expected = (whole?.upserted ?? []).map { ($0.reference, $0.contentHash) }
            #expect(known == Dictionary(uniqueKeysWithValues: expected), "seed \(seed)")
            #expect(update.diagnostics == whole?.diagnostics, "seed \(seed)")
        }
    }
}

@Suite struct DebounceTests {
    @Test func waitsForQuietButNotForEver() {
        var debounce = Debounce()
        let start = ContinuousClock.now
        #expect(debounce.deadline == nil)
        var isDue = debounce.takeIfDue(at: start)
        #expect(!isDue)
        debounce.receivedEvent(at: start)
        isDue = debounce.takeIfDue(at: start + .milliseconds(4))
        #expect(!isDue)
        debounce.receivedEvent(at: start + .milliseconds(4))
        #expect(debounce.deadline == start + .milliseconds(9))
        for step in 2...12 { debounce.receivedEvent(at: start + .milliseconds(4 * step)) }
        #expect(debounce.deadline == start + .milliseconds(50))
        isDue = debounce.takeIfDue(at: start + .milliseconds(50))
        #expect(isDue)
        #expect(debounce.deadline == nil)
    }
}

func written(_ path: String, _ text: String) -> FileChange {
    .written(path: path, bytes: Array(text.utf8))
}

/// A document that declares a Service.
func serviceManifest(_ name: String, port: Int = 80) -> String {
    """
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: \(name)}
    spec: {ports: [{port: \(port)}]}

    """
}

/// A generator of the same numbers for the same seed: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
