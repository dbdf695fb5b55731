/// Picks one of several backends so that each gets its share, soon and always.
///
/// The shares are exact in the short run: over any 1,000 consecutive picks of one picker, each of
/// n backends is picked its share ± `2 * ceil(log2(n))` times at most, so ± 2 (0.2 %) for two
/// backends and ± 8 (0.8 %) for sixteen. With w workers, each with a picker of its own, the bound
/// is w times that; the deviations are independent, so what is seen is near its square root. A
/// window that spans a change of weights counts as two windows.
///
/// The picks do not fall in step with periodic traffic: each single pick falls on a backend with
/// exactly the probability of its share, and the places of a backend's picks are drawn anew in
/// each stretch of `sum / weight` picks. Requests that come in a cycle, of any length, see the
/// configured split each.
///
/// A balanced binary tree over the backends with a weight above 0; each inner node is a
/// ``Splitter``. Confined to one worker; picking allocates nothing.
package struct WeightedPicker: ~Copyable {
    private struct Node {
        var splitter: Splitter
        /// The children: an inner node's index, or the complement of a backend's.
        var minority: Int32
        var majority: Int32
    }

    private let nodes: UnsafeMutableBufferPointer<Node>
    /// An inner node's index or the complement of a backend's; nil when nothing can be picked.
    private let root: Int32?

    /// A picker at a random place in its schedule.
    ///
    /// - Parameters:
    ///   - weights: One weight a backend; 0 is never picked. Their sum is at most `UInt32.max`.
    ///   - random: Where the place is drawn from.
    package init(weights: some Collection<UInt32>, using random: inout RandomSource) {
        let leaves = weights.enumerated().filter { $0.element > 0 }
            .map { (index: Int32($0.offset), weight: UInt64($0.element)) }
        nodes = .allocate(capacity: max(leaves.count - 1, 0))
        var used = 0
        root =
            leaves.isEmpty
            ? nil : Self.build(leaves[...], into: nodes, used: &used, using: &random)
    }

    deinit {
        nodes.deallocate()
    }

    /// The next backend's index in the weights; nil when every weight is 0.
    ///
    /// - Complexity: O(log n) for n backends, at most one random number a level.
    package mutating func pick(using random: inout RandomSource) -> Int? {
        guard var place = root else { return nil }
        while place >= 0 {
            let node = nodes.baseAddress.unsafelyUnwrapped + Int(place)
            place =
                node.pointee.splitter.nextIsMinority(using: &random)
                ? node.pointee.minority : node.pointee.majority
        }
        return Int(~place)
    }

    private static func build(
        _ leaves: ArraySlice<(index: Int32, weight: UInt64)>,
        into nodes: UnsafeMutableBufferPointer<Node>, used: inout Int,
        using random: inout RandomSource
    ) -> Int32 {
        if leaves.count == 1 { return ~leaves[leaves.startIndex].index }
        let place = used
        used += 1
        let middle = leaves.startIndex + leaves.count / 2
        let low = leaves[..<middle]
        let high = leaves[middle...]
        let lowWeight = low.reduce(0) { $0 + $1.weight }
        let highWeight = high.reduce(0) { $0 + $1.weight }
        let lowNode = build(low, into: nodes, used: &used, using: &random)
        let highNode = build(high, into: nodes, used: &used, using: &random)
        let lowIsMinority = lowWeight <= highWeight
        nodes.initializeElement(
            at: place,
            to: Node(
                splitter: Splitter(
                    minority: min(lowWeight, highWeight), sum: lowWeight + highWeight,
                    using: &random),
                minority: lowIsMinority ? lowNode : highNode,
                majority: lowIsMinority ? highNode : lowNode))
        return Int32(place)
    }
}

/// Splits a sequence of visits in two parts by weight.
///
/// Time is the number of visits, in fixed point of 30 binary places. It is cut into strata of
/// `sum / minority` visits, and in each stratum one visit, drawn by chance, goes to the minority.
/// A visit that a border cuts belongs to two strata: it is drawn in the second with the
/// probability that makes its whole chance equal to that of every other visit, and never twice
/// (Deville's systematic sampling). After t visits the minority has had `floor` or `ceil` of its
/// share of them, counted from the random start.
struct Splitter {
    private static let places: UInt64 = 30
    private static let one: UInt64 = 1 << places

    /// The length of a stratum, at least 2.
    private let stride: UInt64
    /// Visits to the majority before the next one to the minority.
    private var countdown: UInt64
    /// The end of the stratum, counted from the minority's next visit.
    private var end: UInt64

    /// A splitter at a random place; `minority` is above 0 and at most half the sum, and the sum
    /// at most `UInt32.max`.
    init(minority: UInt64, sum: UInt64, using random: inout RandomSource) {
        precondition(minority > 0 && minority <= sum / 2 && sum <= UInt64(UInt32.max))
        stride = (sum << Self.places) / minority
        countdown = 0
        end = 0
        let elapsed = random.next(below: stride)
        let drawn = random.next(below: stride)
        if drawn >= elapsed {
            countdown = (drawn - elapsed) >> Self.places
            end = stride - elapsed - (countdown << Self.places)
        } else {
            draw(from: stride - elapsed, borderIsTaken: false, using: &random)
        }
    }

    /// Whether the next visit goes to the minority.
    mutating func nextIsMinority(using random: inout RandomSource) -> Bool {
        if countdown > 0 {
            countdown -= 1
            return false
        }
        draw(from: end, borderIsTaken: end < Self.one, using: &random)
        countdown -= 1
        return true
    }

    /// Draws the visit of the stratum that starts at the given time, counted from this visit.
    private mutating func draw(
        from start: UInt64, borderIsTaken: Bool, using random: inout RandomSource
    ) {
        let cut = start & (Self.one - 1)
        var drawn: UInt64
        if cut == 0 {
            drawn = start + random.next(below: stride)
        } else {
            let rest = Self.one - cut
            let border = start - cut
            if !borderIsTaken && random.next(below: stride - cut) < rest {
                drawn = border
            } else {
                drawn = border + Self.one + random.next(below: stride - rest)
            }
        }
        drawn &= ~(Self.one - 1)
        countdown = drawn >> Self.places
        end = start + stride - drawn
    }
}
