import Glibc

/// A stretch of memory that bytes are added to at the end and taken from at the start.
///
/// It owns memory by convention, not by type: whoever holds it gives it back to the pool it came
/// from. Confined to one worker.
struct Buffer {
    /// nil while it holds no memory.
    private(set) var base: UnsafeMutableRawPointer?
    private(set) var capacity = 0
    private(set) var start = 0
    private(set) var end = 0

    /// The bytes in it.
    @inline(__always) var count: Int { end - start }
    @inline(__always) var isEmpty: Bool { end == start }

    /// The bytes in it.
    @inline(__always) var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base.map { $0 + start }, count: end - start)
    }

    /// The room behind the bytes.
    @inline(__always) var room: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base.map { $0 + end }, count: capacity - end)
    }

    /// Bytes were written into the room.
    @inline(__always) mutating func added(_ count: Int) { end += count }

    /// Bytes from the start are not needed any more.
    @inline(__always) mutating func consume(_ count: Int) {
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Bytes from the start were sent, and may be wanted again; see ``rewind()``.
    @inline(__always) mutating func advance(_ count: Int) { start += count }

    /// Brings back what was advanced over.
    mutating func rewind() { start = 0 }

    /// Bytes were taken out, the end moves down.
    @inline(__always) mutating func shrink(_ count: Int) { end -= count }

    /// Moves the bytes to the front, so that all room is behind them.
    mutating func compact() {
        guard start > 0, let base else { return }
        memmove(base, base + start, count)
        end -= start
        start = 0
    }

    fileprivate mutating func give(_ memory: UnsafeMutableRawPointer, _ size: Int) {
        base = memory
        capacity = size
    }

    fileprivate mutating func take() -> (UnsafeMutableRawPointer, Int)? {
        guard let base else { return nil }
        defer { self = Buffer() }
        return (base, capacity)
    }
}

/// Keeps the memory of buffers that are not in use, for one worker.
final class BufferPool {
    /// The size of a common buffer.
    static let size = 16 * 1024
    /// The size of a buffer for a short body.
    static let smallSize = 2 * 1024
    private static let mostFree = 1024
    @exclusivity(unchecked) private var free: [UnsafeMutableRawPointer] = []
    @exclusivity(unchecked) private var freeSmall: [UnsafeMutableRawPointer] = []

    init() {
        free.reserveCapacity(Self.mostFree)
    }

    deinit {
        for memory in free { memory.deallocate() }
        for memory in freeSmall { memory.deallocate() }
    }

    /// Gives the buffer memory if it has none.
    @inline(__always)
    func provide(_ buffer: inout Buffer) {
        if buffer.base == nil {
            buffer.give(
                free.popLast() ?? .allocate(byteCount: Self.size, alignment: 64), Self.size)
        }
    }

    /// Gives the buffer, which has none, memory for a short body.
    func provideSmall(_ buffer: inout Buffer) {
        buffer.give(
            freeSmall.popLast() ?? .allocate(byteCount: Self.smallSize, alignment: 64),
            Self.smallSize)
    }

    /// Takes the buffer's memory back, with what is in it.
    @inline(__always)
    func release(_ buffer: inout Buffer) {
        guard let (memory, capacity) = buffer.take() else { return }
        if capacity == Self.size && free.count < Self.mostFree {
            free.append(memory)
        } else if capacity == Self.smallSize && freeSmall.count < Self.mostFree {
            freeSmall.append(memory)
        } else {
            memory.deallocate()
        }
    }

    /// Makes room for so many bytes more.
    @inline(__always)
    func reserve(_ count: Int, in buffer: inout Buffer) {
        provide(&buffer)
        if buffer.capacity - buffer.end < count { grow(&buffer, by: count) }
    }

    private func grow(_ buffer: inout Buffer, by count: Int) {
        buffer.compact()
        if buffer.capacity - buffer.end >= count { return }
        var size = buffer.capacity * 2
        while size - buffer.end < count { size *= 2 }
        var larger = Buffer()
        larger.give(.allocate(byteCount: size, alignment: 64), size)
        if let target = larger.base, let source = buffer.bytes.baseAddress {
            memcpy(target, source, buffer.count)
        }
        larger.added(buffer.count)
        release(&buffer)
        buffer = larger
    }

    /// Adds bytes to the buffer.
    func append(_ bytes: UnsafeRawBufferPointer, to buffer: inout Buffer) {
        reserve(bytes.count, in: &buffer)
        if let target = buffer.room.baseAddress, let source = bytes.baseAddress {
            memcpy(target, source, bytes.count)
        }
        buffer.added(bytes.count)
    }
}

/// Writes bytes one after the other into room that was reserved for all of them.
struct ByteWriter {
    private let start: UnsafeMutableRawPointer
    private var next: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer

    /// - Parameter room: Large enough for everything that will be written.
    init(_ room: UnsafeMutableRawBufferPointer) {
        guard let base = room.baseAddress else { preconditionFailure("a writer without room") }
        start = base
        next = base
        end = base + room.count
    }

    /// How many bytes were written.
    var count: Int { next - start }

    @inline(__always)
    mutating func write(_ bytes: UnsafeRawPointer, _ count: Int) {
        precondition(count <= end - next, "the room was reckoned too small")
        memcpy(next, bytes, count)
        next += count
    }

    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        if let base = bytes.baseAddress { write(base, bytes.count) }
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        write(text.utf8Start, text.utf8CodeUnitCount)
    }

    @inline(__always)
    mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }

    /// Writes a number in hexadecimal.
    mutating func write(hexadecimal number: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { digits in
            var left = number
            var index = 16
            repeat {
                index -= 1
                let digit = UInt8(left & 15)
                digits[index] = digit < 10 ? digit + 0x30 : digit + 0x57
                left >>= 4
            } while left > 0
            write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[index...]))
        }
    }

    /// Writes a number in decimal.
    mutating func write(decimal number: UInt64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var left = number
            var index = 20
            repeat {
                index -= 1
                digits[index] = UInt8(left % 10) + 0x30
                left /= 10
            } while left > 0
            write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[index...]))
        }
    }
}
