import Glibc

/// One direction's body between the side it comes from and the side it goes to.
///
/// The source adds bytes and the end; the sink looks at them and consumes them. What the sink
/// does not take holds the source up: an HTTP/2 source gives its peer's window back as bytes are
/// consumed, others stop to read at ``highWater``. The bytes consumed can be kept for a while, so
/// that they can be sent once more.
///
/// It owns memory by convention, not by type: see ``release(to:)``. Confined to its worker.
struct BodyPipe {
    /// How much a source without a window of its own adds before it waits.
    static let highWater = 64 * 1024

    /// Bytes that can be looked at.
    private(set) var count = 0
    /// All bytes that were added.
    private(set) var total = 0
    /// No byte follows; there may be trailers.
    private(set) var isEnded = false

    private var chunks: [Buffer] = []
    /// The chunk that is looked at; those before it are kept.
    private var current = 0
    private var keptAtMost = 0

    /// Nothing is to come from it.
    var isFinished: Bool { isEnded && count == 0 }
    /// All bytes are still there, so ``rewind()`` can bring them back.
    private(set) var canRewind = true

    /// Has consumed bytes kept as long as there are no more than so many in all.
    mutating func keep(_ limit: Int, pool: BufferPool) {
        keptAtMost = limit
        if total > limit { letGo(to: pool) }
    }

    /// Keeps consumed bytes no longer.
    mutating func letGo(to pool: BufferPool) {
        keptAtMost = 0
        if total > count { canRewind = false }
        for index in 0..<current { pool.release(&chunks[index]) }
        chunks.removeFirst(current)
        current = 0
        releaseIfRead(to: pool)
    }

    /// Brings back what was consumed.
    mutating func rewind() {
        precondition(canRewind, "a body that was let go of cannot be sent again")
        for index in chunks.indices { chunks[index].rewind() }
        current = 0
        count = total
    }

    // MARK: The source

    /// Adds bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer, pool: BufferPool) {
        precondition(!isEnded, "a body goes on after its end")
        total += bytes.count
        count += bytes.count
        if total > keptAtMost && keptAtMost > 0 { letGo(to: pool) }
        var rest = bytes
        while let source = rest.baseAddress, rest.count > 0 {
            if chunks.isEmpty || chunks[chunks.count - 1].room.count == 0 {
                var chunk = Buffer()
                if chunks.isEmpty && rest.count <= BufferPool.smallSize {
                    pool.provideSmall(&chunk)
                } else {
                    pool.provide(&chunk)
                }
                chunks.append(chunk)
            }
            let last = chunks.count - 1
            let room = chunks[last].room
            let taken = min(room.count, rest.count)
            if let target = room.baseAddress { memcpy(target, source, taken) }
            chunks[last].added(taken)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        }
    }

    /// No byte follows.
    mutating func end() { isEnded = true }

    // MARK: The sink

    /// The next bytes, one stretch of them; empty when there are none at the moment.
    var next: UnsafeRawBufferPointer {
        guard count > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        var index = current
        while chunks[index].isEmpty { index += 1 }
        return UnsafeRawBufferPointer(chunks[index].bytes)
    }

    /// Calls `body` with all bytes that can be looked at, stretch by stretch.
    func forEachWaiting(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard count > 0 else { return }
        for chunk in chunks[current...] where !chunk.isEmpty {
            body(UnsafeRawBufferPointer(chunk.bytes))
        }
    }

    /// The first of the bytes that can be looked at.
    func waiting(_ most: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        forEachWaiting { bytes += $0.prefix(Int(most) - bytes.count) }
        return bytes
    }

    /// Consumes bytes, no more than there are.
    mutating func consume(_ amount: Int, pool: BufferPool) {
        precondition(amount <= count, "more bytes consumed than there are")
        count -= amount
        if keptAtMost == 0 && amount > 0 { canRewind = false }
        var left = amount
        while left > 0 {
            let taken = min(left, chunks[current].count)
            chunks[current].advance(taken)
            left -= taken
            if left > 0 || chunks[current].isEmpty && chunks[current].room.count == 0 {
                passCurrent(pool)
            }
        }
        if keptAtMost == 0 { releaseIfRead(to: pool) }
    }

    private mutating func passCurrent(_ pool: BufferPool) {
        if keptAtMost > 0 {
            current += 1
        } else {
            pool.release(&chunks[current])
            chunks.remove(at: current)
        }
    }

    /// A body that waits holds no memory.
    private mutating func releaseIfRead(to pool: BufferPool) {
        guard count == 0 else { return }
        for index in chunks.indices { pool.release(&chunks[index]) }
        chunks.removeAll(keepingCapacity: true)
        current = 0
    }

    // MARK: The end

    /// Gives all memory back and starts anew.
    mutating func release(to pool: BufferPool) {
        for index in chunks.indices { pool.release(&chunks[index]) }
        chunks.removeAll(keepingCapacity: true)
        current = 0
        count = 0
        total = 0
        isEnded = false
        canRewind = true
        keptAtMost = 0
    }
}
