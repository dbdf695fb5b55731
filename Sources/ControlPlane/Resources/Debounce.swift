/// Waits for a burst of events to end, but not for ever.
///
///     idle ──event──► waiting ──quiet for 5 ms, or 50 ms since the first──► due ──► idle
///
/// Saving a file, or copying a folder, is many events; one update should come of them. Instants
/// are arguments, so that a test needs no clock.
struct Debounce {
    /// How long it must be quiet.
    static let quiet = Duration.milliseconds(5)
    /// How long a burst may delay the update.
    static let limit = Duration.milliseconds(50)

    private var first: ContinuousClock.Instant?
    private var last: ContinuousClock.Instant?

    /// When the burst counts as over; nil while there is none.
    var deadline: ContinuousClock.Instant? {
        guard let first, let last else { return nil }
        return min(last + Self.quiet, first + Self.limit)
    }

    /// Something happened.
    mutating func receivedEvent(at now: ContinuousClock.Instant) {
        first = first ?? now
        last = now
    }

    /// Whether the burst is over at an instant; if so, it is forgotten.
    mutating func takeIfDue(at now: ContinuousClock.Instant) -> Bool {
        guard let deadline, deadline <= now else { return false }
        first = nil
        last = nil
        return true
    }
}
