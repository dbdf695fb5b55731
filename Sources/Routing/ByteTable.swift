/// An immutable hash table from byte strings to numbers.
///
/// It is asked with a hash that the caller computes byte by byte, so that all prefixes of one
/// string are looked up in one walk over it. The keys come from configuration, never from a
/// request, so no request can lengthen a probe.
///
/// Unsafe but sound: the memory is written in `init` only and freed in `deinit`.
final class ByteTable: @unchecked Sendable {
    /// A rolling hash over bytes (FNV-1a).
    struct Hash {
        private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

        @inline(__always)
        mutating func add(_ byte: UInt8) {
            value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
    }

    private struct Slot {
        var hash: UInt64
        var offset: UInt32
        var length: UInt32
        /// The key's number; negative in an empty slot.
        var number: Int32
    }

    private let slots: UnsafeMutableBufferPointer<Slot>
    private let keys: UnsafeMutableRawBufferPointer
    private let mask: UInt64
    /// The distinct lengths of the keys, ascending.
    let lengths: [Int]

    /// A table of distinct keys; each key's number is its position.
    init(_ contents: [[UInt8]]) {
        var capacity = 4
        while capacity < contents.count * 2 { capacity *= 2 }
        mask = UInt64(capacity - 1)
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(hash: 0, offset: 0, length: 0, number: -1))
        keys = .allocate(byteCount: contents.reduce(0) { $0 + $1.count }, alignment: 1)
        lengths = Set(contents.map(\.count)).sorted()
        var offset = 0
        for (number, key) in contents.enumerated() {
            var hash = Hash()
            for (index, byte) in key.enumerated() {
                keys[offset + index] = byte
                hash.add(byte)
            }
            var place = Self.place(hash.value, mask)
            while slots[place].number >= 0 { place = (place + 1) & Int(mask) }
            slots[place] = Slot(
                hash: hash.value, offset: UInt32(offset), length: UInt32(key.count),
                number: Int32(number))
            offset += key.count
        }
    }

    deinit {
        slots.deallocate()
        keys.deallocate()
    }

    /// The number of the key, or nil.
    func find(_ key: UnsafeRawBufferPointer, hash: Hash) -> Int? {
        var place = Self.place(hash.value, mask)
        while true {
            let slot = slots[place]
            if slot.number < 0 { return nil }
            if slot.hash == hash.value && Int(slot.length) == key.count
                && key.equals(
                    UnsafeRawBufferPointer(keys).slice(Int(slot.offset), Int(slot.length)))
            {
                return Int(slot.number)
            }
            place = (place + 1) & Int(mask)
        }
    }

    /// The number of the key, or nil.
    func find(_ key: UnsafeRawBufferPointer) -> Int? {
        var hash = Hash()
        for byte in key { hash.add(byte) }
        return find(key, hash: hash)
    }

    /// FNV's high bits are its better ones.
    private static func place(_ hash: UInt64, _ mask: UInt64) -> Int {
        Int((hash ^ (hash >> 32)) & mask)
    }
}
