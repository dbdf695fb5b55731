import Testing
import XDS

@testable import Routing

@Suite("Endpoint picking")
struct EndpointPickerTests {
    private func counts(
        _ weights: [UInt32], _ loadBalancing: Cluster.LoadBalancing, _ total: Int
    ) -> [Int] {
        var random = RandomSource(seed: 7)
        var picker = EndpointPicker(
            weights: weights, loadBalancing: loadBalancing, using: &random)
        var counts = weights.map { _ in 0 }
        for _ in 0..<total {
            if let picked = picker.pick(now: 0, using: &random) { counts[picked] += 1 }
        }
        return counts
    }

    @Test("round robin takes turns, and weights count")
    func roundRobin() {
        #expect(counts([1, 1, 1], .roundRobin, 300) == [100, 100, 100])
        let weighted = counts([3, 1], .roundRobin, 1000)
        #expect(abs(weighted[0] - 750) <= 2)
        #expect(counts([], .roundRobin, 1) == [])
    }

    @Test("random goes by weight")
    func random() {
        let counts = counts([3, 1], .random, 10_000)
        #expect(abs(counts[0] - 7500) < 300)
    }

    @Test("least request prefers the idle endpoint")
    func leastRequest() {
        var random = RandomSource(seed: 7)
        var picker = EndpointPicker(
            weights: [1, 1], loadBalancing: .leastRequest, using: &random)
        for _ in 0..<100 { picker.began(0) }
        var first = 0
        for _ in 0..<1000 where picker.pick(now: 0, using: &random) == 0 { first += 1 }
        #expect(abs(first - 250) < 60)
    }

    @Test("an endpoint that failed is left out for a while, all of them are not")
    func cooling() {
        var random = RandomSource(seed: 7)
        var picker = EndpointPicker(
            weights: [1, 1], loadBalancing: .roundRobin, using: &random)
        picker.failed(0, now: 0)
        for _ in 0..<10 { #expect(picker.pick(now: 1, using: &random) == 1) }
        picker.failed(1, now: 0)
        #expect(picker.pick(now: 1, using: &random) != nil)
        let later = EndpointPicker.shortestCooling
        let picks = Set((0..<4).map { _ in picker.pick(now: later, using: &random) })
        #expect(picks == [0, 1])
    }

    @Test("a locality has the share of its weight, whatever it has of endpoints")
    func localities() {
        var random = RandomSource(seed: 11)
        var picker = EndpointPicker(
            weights: [1, 1, 3, 1],
            localities: [
                CompiledLocality(endpoints: 0..<1, weight: 7),
                CompiledLocality(endpoints: 1..<3, weight: 2),
                CompiledLocality(endpoints: 3..<4, weight: 1),
            ], loadBalancing: .roundRobin, using: &random)
        var counts = [0, 0, 0, 0]
        for _ in 0..<1000 {
            if let picked = picker.pick(now: 0, using: &random) { counts[picked] += 1 }
        }
        #expect(abs(counts[0] - 700) <= 8)
        #expect(abs(counts[1] + counts[2] - 200) <= 8)
        #expect(abs(counts[1] - 50) <= 8)
        #expect(abs(counts[3] - 100) <= 8)
        // A locality none of whose endpoints can be reached leaves its share to others.
        picker.failed(0, now: 0)
        for _ in 0..<100 { #expect(picker.pick(now: 1, using: &random) != 0) }
    }
}
