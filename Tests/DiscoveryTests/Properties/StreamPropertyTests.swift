import Foundation
import Testing
import XDS

@testable import Discovery

/// Random clients against both machines, while the configuration changes at random.
///
/// Of every case it is checked that
/// - no response is sent while another one of its type waits for its answer,
/// - no resource is twice in a response, and none is sent that the client has, but where the
///   protocol demands it; nothing is said to be gone twice,
/// - an orderly client never has a route whose cluster it lacks,
/// - streams that share what they say send the same as a stream alone,
/// - all come to rest, and then have just what the snapshot has of what they asked for.
///
/// `HEDDLE_SEEDS=1000-2000` runs other cases than the usual ones.
@Suite struct StreamPropertyTests {
    private static let seeds: ClosedRange<UInt64> = {
        let text = ProcessInfo.processInfo.environment["HEDDLE_SEEDS"] ?? ""
        let bounds = text.split(separator: "-").compactMap { UInt64($0) }
        return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]...bounds[1] : 1...25
    }()

    @Test(arguments: Variant.allCases, ModelClient.Manner.allCases)
    func clientsHaveWhatTheyAskedForAndAreSentNothingElse(
        variant: Variant, manner: ModelClient.Manner
    ) {
        var responses = 0
        for seed in Self.seeds {
            do {
                responses += try play(variant, manner, seed: seed)
            } catch let fault as ModelClient.Fault {
                Issue.record("HEDDLE_SEEDS=\(seed)-\(seed): \(fault.text)")
                return
            } catch {
                Issue.record("HEDDLE_SEEDS=\(seed)-\(seed): \(error)")
                return
            }
        }
        // A test in which nothing is said would show nothing.
        #expect(responses > Self.seeds.count * 20)
    }

    private func play(
        _ variant: Variant, _ manner: ModelClient.Manner, seed: UInt64
    ) throws -> Int {
        var random = SplitMix(seed: seed)
        var world = World(using: &random)
        let sharing = SharedStreams()
        // Two of each, so that there is something to share.
        let clients = (0..<4).map { index in
            ModelClient(
                variant, manner, seed: seed << 8 + UInt64(index / 2), sharing: sharing,
                world.snapshot)
        }
        var now = ContinuousClock.now
        for _ in 0..<3 {
            for _ in 0..<30 {
                if random.once(in: 3) {
                    let names = world.change(using: &random)
                    for client in clients { client.changed(to: world.snapshot, names) }
                }
                if random.once(in: 20) { now += .milliseconds(700) }
                for client in clients { try told(client) { try client.step(world, now: now) } }
            }
            for client in clients { try told(client) { try client.rest(world, from: now) } }
            now += .seconds(60)
        }
        return clients.reduce(0) { $0 + $1.responses }
    }

    /// A fault with what led to it.
    private func told(_ client: ModelClient, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let fault as ModelClient.Fault {
            let history = client.history.joined(separator: "\n")
            throw ModelClient.Fault(text: "\(fault.text)\n\(history)\n")
        }
    }
}
