/// Remembers when to look at something again: a hashed wheel, one turn of about 17 s.
///
/// An entry cannot be removed. Its owner remembers the time of the entry that counts and ignores
/// the others, and a deadline that moves later is looked at when its old time comes; so the
/// common case, a deadline that moves with each request, costs nothing here.
struct TimerWheel {
    /// What is looked at, and when.
    struct Entry: Equatable {
        var token: UInt64
        /// In nanoseconds.
        var time: UInt64
    }

    private static let shift: UInt64 = 24
    private static let slotCount = 1024
    private static let keptCapacity = 64

    private var slots: [[Entry]] = Array(repeating: [], count: slotCount)
    private var occupied: [UInt64] = Array(repeating: 0, count: slotCount / 64)
    /// The tick up to which everything is done.
    private var done: UInt64

    /// - Parameter now: The monotonic clock in nanoseconds.
    init(now: UInt64) {
        done = now >> Self.shift
    }

    /// Adds an entry; one in the past comes with the next tick.
    mutating func insert(_ token: UInt64, at time: UInt64) {
        let tick = max((time >> Self.shift) + 1, done + 1)
        let slot = Int(tick % UInt64(Self.slotCount))
        slots[slot].append(Entry(token: token, time: time))
        occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    }

    /// Moves the entries whose time has come to the list.
    mutating func advance(to now: UInt64, into due: inout [Entry]) {
        let tick = now >> Self.shift
        guard tick > done else { return }
        let steps = min(tick - done, UInt64(Self.slotCount))
        for step in 1...steps {
            let slot = Int((done + step) % UInt64(Self.slotCount))
            if occupied[slot >> 6] >> UInt64(slot & 63) & 1 == 1 { sweep(slot, now, &due) }
        }
        done = tick
    }

    private mutating func sweep(_ slot: Int, _ now: UInt64, _ due: inout [Entry]) {
        var kept = 0
        for index in slots[slot].indices {
            let entry = slots[slot][index]
            if entry.time <= now {
                due.append(entry)
            } else {
                slots[slot][kept] = entry
                kept += 1
            }
        }
        if kept == 0 && slots[slot].capacity > Self.keptCapacity {
            slots[slot] = []
        } else {
            slots[slot].removeLast(slots[slot].count - kept)
        }
        if kept == 0 { occupied[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
    }

    /// How long nothing will be due, in nanoseconds; nil when there is nothing at all.
    ///
    /// - Complexity: O(slots / 64).
    func untilNext(now: UInt64) -> UInt64? {
        let words = Self.slotCount / 64
        let first = Int((done + 1) % UInt64(Self.slotCount))
        for step in 0...words {
            let word = ((first >> 6) + step) % words
            var bits = occupied[word]
            if step == 0 { bits &= ~0 << UInt64(first & 63) }
            if step == words { bits &= ~(~0 << UInt64(first & 63)) }
            if bits == 0 { continue }
            let slot = word << 6 + bits.trailingZeroBitCount
            let distance = (slot - first + Self.slotCount) % Self.slotCount
            let time = (done + 1 + UInt64(distance)) << Self.shift
            return time > now ? time - now : 0
        }
        return nil
    }
}
