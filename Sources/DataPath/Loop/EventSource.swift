import CLinuxIO

/// A socket, or something like one, on a worker's loop.
///
/// Confined to its worker.
class EventSource {
    /// The descriptor, or -1 after it was closed.
    @exclusivity(unchecked) fileprivate(set) final var fd: Int32
    /// Its place among the loop's sources and the place's generation; 0 while it has none.
    @exclusivity(unchecked) fileprivate(set) final var token: UInt64 = 0
    /// The time of the timer's entry that counts; `.max` when there is none.
    @exclusivity(unchecked) fileprivate(set) final var timer: UInt64 = .max

    init(fd: Int32) {
        self.fd = fd
    }

    /// Something is ready, see `LINUX_READABLE` and its neighbours.
    func handle(_ ready: UInt32) {
        preconditionFailure("a source that handles no events")
    }

    /// Others had their turn, see ``EventLoop/continueLater(_:)``.
    func proceed() {}

    /// The time that was asked for has come, or an earlier one.
    func timerFired() {}
}

/// One worker's `epoll` with its sources and timers.
final class EventLoop {
    /// The monotonic clock in nanoseconds, as of the last wake-up.
    @exclusivity(unchecked) private(set) var now: UInt64
    /// How many sources there are.
    @exclusivity(unchecked) private(set) var sourceCount = 0

    private let poll: Int32
    @exclusivity(unchecked) private var sources: [EventSource?] = [nil]
    @exclusivity(unchecked) private var generations: [UInt32] = [0]
    private var freePlaces: [Int] = []
    @exclusivity(unchecked) private var timers: TimerWheel
    @exclusivity(unchecked) private var due: [TimerWheel.Entry] = []
    /// Sources that stopped in the middle of their work so that others get their turn.
    @exclusivity(unchecked) private var continuing: [UInt64] = []
    @exclusivity(unchecked) private var continuingNow: [UInt64] = []
    private let events: UnsafeMutablePointer<linux_event>
    private static let mostEvents = 256
    private static let furthest: UInt64 = 16_000_000_000

    /// - Throws: ``DataPathError`` when the system has no descriptor left.
    init() throws(DataPathError) {
        now = linux_now()
        timers = TimerWheel(now: now)
        poll = linux_poll_create()
        events = .allocate(capacity: Self.mostEvents)
        if poll < 0 { throw DataPathError(.system, "cannot create an epoll", errno: -poll) }
    }

    deinit {
        events.deallocate()
        if poll >= 0 { _ = linux_close(poll) }
    }

    /// Adds a source; false when the system refuses it.
    func add(_ source: EventSource, _ interest: UInt32) -> Bool {
        let place = takePlace(for: source)
        guard linux_poll_add(poll, source.fd, interest, source.token) >= 0 else {
            freePlaces.append(place)
            source.token = 0
            return false
        }
        sources[place] = source
        sourceCount += 1
        return true
    }

    /// Adds a source without a descriptor: it has a timer, and may continue later.
    func addTimer(_ source: EventSource) {
        sources[takePlace(for: source)] = source
        sourceCount += 1
    }

    private func takePlace(for source: EventSource) -> Int {
        let place = freePlaces.popLast() ?? sources.count
        if place == sources.count {
            sources.append(nil)
            generations.append(0)
        }
        generations[place] &+= 1
        source.token = UInt64(generations[place]) << 32 | UInt64(place)
        return place
    }

    /// Closes the source's descriptor and forgets the source.
    func close(_ source: EventSource) {
        if source.fd >= 0 { _ = linux_close(source.fd) }
        source.fd = -1
        guard source.token != 0 else { return }
        let place = Int(source.token & 0xFFFF_FFFF)
        sources[place] = nil
        freePlaces.append(place)
        sourceCount -= 1
        source.token = 0
    }

    /// Gives the source's descriptor and place to another one, which sees what comes from now on.
    func replace(_ source: EventSource, with other: EventSource) {
        precondition(other.fd == source.fd && source.token != 0, "not a source for the same socket")
        other.token = source.token
        sources[Int(source.token & 0xFFFF_FFFF)] = other
        source.token = 0
        source.fd = -1
    }

    /// Tells the source nothing until it is watched again.
    func unwatch(_ source: EventSource) {
        _ = linux_poll_remove(poll, source.fd)
    }

    /// Watches a source that was not watched for a while.
    func watch(_ source: EventSource, _ interest: UInt32) {
        _ = linux_poll_add(poll, source.fd, interest, source.token)
    }

    /// Asks for ``EventSource/timerFired()`` at that time, or earlier: an earlier entry stays the
    /// one that counts, and no entry is far away, since those of closed connections stay until
    /// their time comes. Whose time has not come asks again.
    @inline(__always)
    func schedule(_ source: EventSource, at time: UInt64) {
        let time = min(time, now &+ Self.furthest)
        if time < source.timer {
            source.timer = time
            timers.insert(source.token, at: time)
        }
    }

    /// Has the source proceed after the others had their turn.
    func continueLater(_ source: EventSource) {
        continuing.append(source.token)
    }

    /// All sources.
    func forEach(_ body: (EventSource) -> Void) {
        for source in sources { if let source { body(source) } }
    }

    /// Waits for events and handles them once.
    ///
    /// - Parameter longest: The longest wait in nanoseconds; nil for as long as it takes.
    func turn(longest: UInt64? = nil) {
        let untilTimer = timers.untilNext(now: now) ?? .max
        let wait = min(untilTimer, longest ?? .max)
        let milliseconds = wait == .max ? -1 : Int32(min(wait / 1_000_000 + 1, 60_000))
        let count = linux_poll_wait(
            poll, events, Int32(Self.mostEvents), continuing.isEmpty ? milliseconds : 0)
        now = linux_now()
        for index in 0..<max(Int(count), 0) {
            find(events[index].token)?.handle(events[index].ready)
        }
        if !continuing.isEmpty { runContinuing() }
        timers.advance(to: now, into: &due)
        if !due.isEmpty { fireTimers() }
    }

    private func runContinuing() {
        swap(&continuing, &continuingNow)
        for token in continuingNow { find(token)?.proceed() }
        continuingNow.removeAll(keepingCapacity: true)
    }

    private func fireTimers() {
        for entry in due {
            guard let source = find(entry.token), source.timer == entry.time else { continue }
            source.timer = .max
            source.timerFired()
        }
        due.removeAll(keepingCapacity: true)
    }

    /// The source of a token; nil when it was closed since.
    @inline(__always)
    private func find(_ token: UInt64) -> EventSource? {
        let place = Int(token & 0xFFFF_FFFF)
        guard generations[place] == UInt32(token >> 32) else { return nil }
        return sources[place]
    }
}
