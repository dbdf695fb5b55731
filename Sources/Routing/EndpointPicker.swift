import XDS

/// Picks an endpoint of one cluster for one worker, and remembers which ones fail.
///
/// An endpoint that could not be reached is left out for a while (passive health); when all of
/// them are, they are tried all the same. Confined to one worker; picking allocates nothing.
package struct EndpointPicker: ~Copyable {
    private struct State {
        var active: UInt32 = 0
        var failures: UInt32 = 0
        var weight: UInt32
        /// Left out until then, on the caller's monotonic clock.
        var coolingUntil: UInt64 = 0

        var load: UInt64 { (UInt64(active) + 1) * 65_536 / UInt64(max(weight, 1)) }
    }

    private enum Order {
        /// One after the other.
        case rotating
        /// By weight, see ``WeightedPicker``.
        case weighted
        /// By chance.
        case random
        /// The less loaded of two by chance.
        case leastRequest
    }

    private let states: UnsafeMutableBufferPointer<State>
    /// The localities; each picks among its own endpoints.
    private let groups: UnsafeMutableBufferPointer<Group>
    /// Picks a locality by its weight, when there are several.
    private var localities: WeightedPicker
    private var coolingCount = 0

    /// How long an endpoint is left out after its first failure; it doubles with each further
    /// one, up to ``longestCooling``.
    package static let shortestCooling: UInt64 = 1_000_000_000
    /// The longest time an endpoint is left out, in nanoseconds.
    package static let longestCooling: UInt64 = 30_000_000_000

    /// A picker for endpoints with the given weights, each at least 1.
    init(
        weights: [UInt32], localities: [CompiledLocality]? = nil,
        loadBalancing: Cluster.LoadBalancing, using random: inout RandomSource
    ) {
        let whole = [CompiledLocality(endpoints: 0..<weights.count, weight: 1)]
        let localities = localities ?? (weights.isEmpty ? [] : whole)
        states = .allocate(capacity: weights.count)
        for (index, weight) in weights.enumerated() {
            states.initializeElement(at: index, to: State(weight: weight))
        }
        groups = .allocate(capacity: localities.count)
        for (index, locality) in localities.enumerated() {
            groups.initializeElement(
                at: index,
                to: Group(
                    locality.endpoints, weights: weights[locality.endpoints],
                    loadBalancing: loadBalancing, using: &random))
        }
        self.localities = WeightedPicker(
            weights: localities.count > 1 ? localities.map(\.weight) : [], using: &random)
    }

    /// A picker for a cluster's endpoints.
    package init(_ cluster: CompiledCluster, using random: inout RandomSource) {
        self.init(
            weights: cluster.endpoints.map(\.weight), localities: cluster.localities,
            loadBalancing: cluster.source.loadBalancing, using: &random)
    }

    deinit {
        groups.deinitialize()
        groups.deallocate()
        states.deallocate()
    }

    /// How many endpoints there are.
    package var count: Int { states.count }

    /// The next endpoint's index, or nil when the cluster has none.
    ///
    /// - Parameter now: The caller's monotonic clock in nanoseconds.
    /// - Complexity: O(1), O(log n) with unequal weights, O(n) only past endpoints that cool.
    package mutating func pick(now: UInt64, using random: inout RandomSource) -> Int? {
        guard states.count > 1 else { return states.isEmpty ? nil : 0 }
        let locality = groups.count > 1 ? localities.pick(using: &random) ?? 0 : 0
        let first = groups[locality].next(states, using: &random)
        if coolingCount == 0 || states[first].coolingUntil <= now { return first }
        return firstReachable(after: first, in: groups[locality].endpoints, now: now)
            ?? firstReachable(after: first, in: 0..<states.count, now: now) ?? first
    }

    private func firstReachable(after first: Int, in range: Range<Int>, now: UInt64) -> Int? {
        for step in 1..<max(range.count, 1) {
            let index = range.lowerBound + (first - range.lowerBound + step) % range.count
            if states[index].coolingUntil <= now { return index }
        }
        return nil
    }

    /// How many requests are under way.
    ///
    /// - Complexity: O(n).
    package var active: Int { states.reduce(0) { $0 + Int($1.active) } }

    /// A request went to the endpoint.
    package mutating func began(_ index: Int) {
        states[index].active &+= 1
    }

    /// A request that went to the endpoint is over.
    package mutating func finished(_ index: Int) {
        if states[index].active > 0 { states[index].active &-= 1 }
    }

    /// The endpoint could not be reached: it is left out for a while.
    package mutating func failed(_ index: Int, now: UInt64) {
        if states[index].failures == 0 { coolingCount += 1 }
        let doublings = min(states[index].failures, 5)
        states[index].failures = doublings + 1
        states[index].coolingUntil =
            now + min(Self.shortestCooling << UInt64(doublings), Self.longestCooling)
    }

    /// The endpoint was reached: it is no longer left out.
    package mutating func reached(_ index: Int) {
        guard states[index].failures > 0 else { return }
        states[index].failures = 0
        states[index].coolingUntil = 0
        coolingCount -= 1
    }
}

extension EndpointPicker {
    /// The endpoints of one locality and the schedule of their picks.
    private struct Group: ~Copyable {
        let endpoints: Range<Int>
        /// Running sums of the weights, for a weighted choice by chance.
        private let cumulative: UnsafeMutableBufferPointer<UInt64>
        private let hasEqualWeights: Bool
        private let order: Order
        private var following: Int
        private var weighted: WeightedPicker

        init(
            _ endpoints: Range<Int>, weights: ArraySlice<UInt32>,
            loadBalancing: Cluster.LoadBalancing, using random: inout RandomSource
        ) {
            self.endpoints = endpoints
            cumulative = .allocate(capacity: weights.count)
            var sum: UInt64 = 0
            for (index, weight) in weights.enumerated() {
                sum += UInt64(weight)
                cumulative.initializeElement(at: index, to: sum)
            }
            hasEqualWeights = weights.allSatisfy { $0 == weights.first }
            order =
                switch loadBalancing {
                case .roundRobin: hasEqualWeights ? .rotating : .weighted
                // Without a hash policy, a hash is a chance.
                case .random, .ringHash, .maglev: .random
                case .leastRequest: .leastRequest
                }
            following = Int(random.next(below: UInt64(weights.count)))
            weighted = WeightedPicker(
                weights: order == .weighted ? Array(weights) : [], using: &random)
        }

        deinit {
            cumulative.deallocate()
        }

        /// The place of the next endpoint among all.
        mutating func next(
            _ states: UnsafeMutableBufferPointer<State>, using random: inout RandomSource
        ) -> Int {
            switch order {
            case .rotating:
                let index = following
                following = index + 1 < endpoints.count ? index + 1 : 0
                return endpoints.lowerBound + index
            case .weighted: return endpoints.lowerBound + (weighted.pick(using: &random) ?? 0)
            case .random: return chance(using: &random)
            case .leastRequest:
                let one = chance(using: &random)
                let other = chance(using: &random)
                return states[one].load <= states[other].load ? one : other
            }
        }

        /// An endpoint by chance, by weight.
        private func chance(using random: inout RandomSource) -> Int {
            if hasEqualWeights {
                return endpoints.lowerBound + Int(random.next(below: UInt64(endpoints.count)))
            }
            let drawn = random.next(below: cumulative[endpoints.count - 1])
            var low = 0
            var high = endpoints.count - 1
            while low < high {
                let middle = (low + high) / 2
                if cumulative[middle] > drawn { high = middle } else { low = middle + 1 }
            }
            return endpoints.lowerBound + low
        }
    }
}
