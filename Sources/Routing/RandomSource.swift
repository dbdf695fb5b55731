/// A small and fast source of random numbers for one worker (SplitMix64); not for secrets.
package struct RandomSource: Sendable {
    private var state: UInt64

    /// A source whose numbers follow from the seed alone.
    package init(seed: UInt64) {
        state = seed
    }

    /// A source seeded by the system.
    package init() {
        state = UInt64.random(in: .min ... .max)
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A number from 0 up to, without, the bound; 0 for a bound of 0.
    package mutating func next(below bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }
}
