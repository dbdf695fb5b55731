/// How many requests a stream may still send: a bucket that fills up with time.
struct RequestRate {
    private let perSecond: Double
    private let burst: Double
    private var left: Double
    private var last: ContinuousClock.Instant

    init(_ limits: DiscoveryLimits, now: ContinuousClock.Instant) {
        perSecond = Double(limits.requestsPerSecond)
        burst = Double(limits.requestBurst)
        left = burst
        last = now
    }

    /// Whether one more is within the limit.
    mutating func take(at now: ContinuousClock.Instant) -> Bool {
        let passed = now - last
        last = now
        left = min(burst, left + passed / .seconds(1) * perSecond)
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
