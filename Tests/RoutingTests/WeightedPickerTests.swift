import Testing

@testable import Routing

@Suite("Weighted picking")
struct WeightedPickerTests {
    static let weights: [[UInt32]] = [
        [50, 50], [1, 1], [90, 10], [99, 1], [1, 2], [40, 60], [1, 1, 1], [50, 30, 20],
        [2, 3, 5, 7, 11], [1, 999], [1, 1_000_000], [1_000_000, 999_999, 1], [0, 5, 0, 5],
        [500, 499, 1], Array(1...16), Array(repeating: 1, count: 16),
        [1000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [UInt32.max / 2, UInt32.max / 2],
    ]

    private func picks(_ weights: [UInt32], _ count: Int, seed: UInt64) -> [Int] {
        var random = RandomSource(seed: seed)
        var picker = WeightedPicker(weights: weights, using: &random)
        return (0..<count).map { _ in picker.pick(using: &random) ?? -1 }
    }

    @Test("any 1,000 consecutive picks are within 1 % of the shares", arguments: weights)
    func everyWindow(_ weights: [UInt32]) {
        let sum = Double(weights.reduce(UInt64(0)) { $0 + UInt64($1) })
        for seed in UInt64(0)..<4 {
            let picks = picks(weights, 5_000, seed: seed)
            for (backend, weight) in weights.enumerated() {
                let expected = Double(weight) / sum * 1000
                var count = picks[..<1000].count { $0 == backend }
                for start in 0..<(picks.count - 1000) {
                    if weight == 0 { #expect(count == 0) }
                    if abs(Double(count) - expected) > 10 {
                        Issue.record("\(weights)[\(backend)] \(count) at \(start), seed \(seed)")
                        return
                    }
                    count += picks[start + 1000] == backend ? 1 : 0
                    count -= picks[start] == backend ? 1 : 0
                }
            }
        }
    }

    @Test("two backends never stray by more than two picks")
    func boundOfTwo() {
        for seed in UInt64(0)..<25 {
            let weight = UInt32(seed * 2) + 1
            let picks = picks([weight, 100 - weight], 5_000, seed: seed)
            var count = picks[..<1000].count { $0 == 0 }
            for start in 0..<(picks.count - 1000) {
                if abs(count - Int(weight) * 10) > 2 {
                    Issue.record("\(count) at \(start), seed \(seed)")
                    return
                }
                count += (picks[start + 1000] == 0 ? 1 : 0) - (picks[start] == 0 ? 1 : 0)
            }
        }
    }

    @Test(
        "each kind of a periodic traffic sees the split", arguments: [2, 3, 4, 5, 7, 32])
    func periodicTraffic(_ cycle: Int) {
        let cases: [[UInt32]] = [[50, 50], [40, 60], [90, 10], [1, 2], [50, 30, 20], [1, 31]]
        for weights in cases {
            let sum = Double(weights.reduce(0, +))
            for seed in UInt64(0)..<2 {
                let perKind = 5_000
                let picks = picks(weights, cycle * perKind, seed: seed)
                for kind in 0..<cycle {
                    let mine = stride(from: kind, to: picks.count, by: cycle).map { picks[$0] }
                    for (backend, weight) in weights.enumerated() {
                        let share = Double(mine.count { $0 == backend }) / Double(perKind)
                        #expect(
                            abs(share - Double(weight) / sum) < 0.03,
                            "\(weights), cycle \(cycle), kind \(kind), seed \(seed)")
                    }
                }
            }
        }
    }

    @Test("each single pick has the probability of its share")
    func marginals() {
        let weights: [UInt32] = [2, 3]
        let runs = 10_000
        var counts = Array(repeating: 0, count: 24)
        for seed in 0..<runs {
            let picks = picks(weights, 24, seed: UInt64(seed) &* 0x1234_5678_9ABC_DEF1)
            for (place, pick) in picks.enumerated() where pick == 0 { counts[place] += 1 }
        }
        for (place, count) in counts.enumerated() {
            #expect(abs(Double(count) / Double(runs) - 0.4) < 0.024, "place \(place)")
        }
    }

    @Test("a change of weights keeps the shares across it")
    func change() {
        for seed in UInt64(0)..<50 {
            let picks = picks([90, 10], 500, seed: seed) + picks([10, 90], 500, seed: seed + 99)
            #expect(abs(picks.count { $0 == 0 } - 500) <= 10)
        }
    }

    @Test("no backend, one backend, only zeros")
    func degenerate() {
        #expect(picks([], 3, seed: 1) == [-1, -1, -1])
        #expect(picks([0, 0], 2, seed: 1) == [-1, -1])
        #expect(picks([7], 3, seed: 1) == [0, 0, 0])
        #expect(picks([0, 7, 0], 3, seed: 1) == [1, 1, 1])
    }

    @Test("four workers together stay within 1 %")
    func workers() {
        for seed in UInt64(0)..<20 {
            let all = (0..<4).map { picks([70, 30], 250, seed: seed * 4 + $0) }
            let count = all.joined().count { $0 == 1 }
            #expect(abs(count - 300) <= 10, "seed \(seed)")
        }
    }
}
