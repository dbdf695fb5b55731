import BuiltInPlugins
import Discovery
import GatewayAPI
import Testing
import Translation
import XDS

@testable import ControlPlane

/// Two translations that write into one snapshot: in whatever order they come, the end is that of
/// one translation of everything.
@Suite struct EndpointLaneTests {
    /// Numbers that look random, the same for the same seed.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// The objects that there may be, each in several forms.
    private static func object(_ index: Int, form: Int) -> String {
        let service = "s\(index % 4)"
        return switch index / 4 {
        case 0:
            """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: \(service), namespace: shop}
            spec:
              selector: {app: \(form % 2 == 0 ? service : "s0")}
              ports: [{name: http, port: \(form == 3 ? 81 : 80), targetPort: \(8000 + form)}]

            """
        case 1: Manifest.slice(service, address: "10.0.\(index).\(form)")
        case 2:
            """
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: p\(index), namespace: shop, labels: {app: \(service)}}
            spec: {containers: [{name: c}]}
            status:
              podIP: 10.1.\(index).\(form)
              phase: Running
              conditions: [{type: Ready, status: "\(form == 2 ? "False" : "True")"}]

            """
        case 3:
            """
            ---
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: w\(index), namespace: shop}
            spec: {address: 10.2.\(index).\(form), labels: {app: \(service)}, weight: \(form + 1)}

            """
        default: Manifest.route("r\(index)", to: "s\((index + form) % 4)")
        }
    }

    private static let count = 20

    /// A control plane whose slow half is run by hand.
    private struct Halves {
        let cache = SnapshotCache()
        let writer: SnapshotWriter
        let endpoints = EndpointTranslator()
        let translator: Translator
        var batch = UpdateBatch()

        init() throws {
            writer = SnapshotWriter(cache: cache)
            translator = Translator(plugins: try PluginRegistry(BuiltIn.plugins))
        }

        /// The fast half, at once.
        mutating func take(_ update: ResourceUpdate) {
            writer.write(
                endpoints.apply(upserted: update.upserted, removed: update.removed), at: .now)
            batch.add(update)
        }

        /// The first part of the slow half: it has read, and not yet written.
        mutating func translate() -> TranslationResult? {
            batch.take().map { translator.apply(upserted: $0.upserted, removed: $0.removed) }
        }
    }

    @Test(arguments: 0..<30)
    func theEndIsThatOfOneTranslation(_ seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        var halves = try Halves()
        var world: [ObjectReference: Resource] = [:]
        var open: TranslationResult?
        let gateway = try Manifest.objects(Manifest.gateway())
        var first = ResourceUpdate()
        first.upserted = gateway
        halves.take(first)
        world[gateway[0].reference] = gateway[0]
        for _ in 0..<60 {
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0, 1:
                var update = ResourceUpdate()
                for _ in 0...Int.random(in: 0..<3, using: &numbers) {
                    let index = Int.random(in: 0..<Self.count, using: &numbers)
                    let form = Int.random(in: 0..<4, using: &numbers)
                    let resource = try #require(
                        Manifest.objects(Self.object(index, form: form)).first)
                    let isGone = Int.random(in: 0..<4, using: &numbers) == 0
                    update.upserted.removeAll { $0.reference == resource.reference }
                    update.removed.removeAll { $0 == resource.reference }
                    if isGone {
                        update.removed.append(resource.reference)
                    } else {
                        update.upserted.append(resource)
                    }
                    world[resource.reference] = isGone ? nil : resource
                }
                halves.take(update)
            case 2:
                if open == nil { open = halves.translate() }
            default:
                if let result = open { halves.writer.write(result) }
                open = nil
            }
        }
        if let open { halves.writer.write(open) }
        if let rest = halves.translate() { halves.writer.write(rest) }

        var fresh = try Halves()
        var all = ResourceUpdate()
        all.upserted = Array(world.values)
        fresh.take(all)
        if let result = fresh.translate() { fresh.writer.write(result) }
        for group in fresh.cache.groups {
            let found = halves.cache.snapshot(of: group)
            let expected = fresh.cache.snapshot(of: group) ?? Snapshot()
            for type in ResourceType.inOrderOfAddition {
                #expect(
                    Self.versions(found?[type]) == Self.versions(expected[type]),
                    "\(group) \(type), seed \(seed)")
            }
        }
        #expect(halves.cache.groups == fresh.cache.groups)
    }

    private static func versions(_ table: ResourceTable?) -> [String: String] {
        var versions: [String: String] = [:]
        for resource in table ?? ResourceTable() { versions[resource.name] = resource.version }
        return versions
    }
}
