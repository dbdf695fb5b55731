/// How long statuses gather before they are written.
///
/// The first change waits a moment, in which those that belong to it come: a thousand routes that
/// attach to one Gateway change its count a thousand times. While changes keep coming, the moment
/// doubles, up to a limit; after a pause as long, it is short again. No change waits longer than
/// the limit.
///
/// Instants are arguments, so that a test needs no clock.
struct StatusPace {
    /// The shortest wait.
    static let shortest = Duration.milliseconds(50)
    /// The longest.
    static let longest = Duration.seconds(1)

    private var wait = shortest
    private var lastWrite: ContinuousClock.Instant?

    /// A change has come while none was waiting.
    ///
    /// - Returns: When to write.
    mutating func receivedChange(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        if let lastWrite {
            let pause = lastWrite.duration(to: now)
            wait = pause < wait ? min(wait * 2, Self.longest) : Self.shortest
        }
        return now + wait
    }

    /// What had gathered was written.
    mutating func wrote(at now: ContinuousClock.Instant) {
        lastWrite = now
    }
}
