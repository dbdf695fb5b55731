/// XXH64 with seed 0: the hash whose value is a resource's version.
///
/// Not cryptographic. Every replica of the control plane computes it over the same bytes and must
/// come to the same value; it may never change.
///
/// Source: xxHash specification 0.1.1, "XXH64".
///
/// Complexity: O(n), about 8 bytes a step.
public func xxHash64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var position = 0
    var hash: UInt64
    if bytes.count >= 32 {
        var lanes = (prime1 &+ prime2, prime2, UInt64(0), 0 &- prime1)
        while position + 32 <= bytes.count {
            lanes.0 = round(lanes.0, bytes.word64(position))
            lanes.1 = round(lanes.1, bytes.word64(position + 8))
            lanes.2 = round(lanes.2, bytes.word64(position + 16))
            lanes.3 = round(lanes.3, bytes.word64(position + 24))
            position += 32
        }
        hash = rotate(lanes.0, 1) &+ rotate(lanes.1, 7)
        hash = hash &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
        for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
            hash = (hash ^ round(0, lane)) &* prime1 &+ prime4
        }
    } else {
        hash = prime5
    }
    return avalanche(tail(bytes, from: position, hash &+ UInt64(bytes.count)))
}

private let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
private let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
private let prime3: UInt64 = 0x1656_67B1_9E37_79F9
private let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
private let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

private func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 - count)
}

private func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotate(lane &+ input &* prime2, 31) &* prime1
}

/// The bytes that fill no lane: at most three words, one half word and three bytes.
private func tail(_ bytes: UnsafeRawBufferPointer, from start: Int, _ hash: UInt64) -> UInt64 {
    var hash = hash
    var position = start
    while position + 8 <= bytes.count {
        hash = rotate(hash ^ round(0, bytes.word64(position)), 27) &* prime1 &+ prime4
        position += 8
    }
    if position + 4 <= bytes.count {
        let word = UInt64(bytes.word32(position))
        hash = rotate(hash ^ word &* prime1, 23) &* prime2 &+ prime3
        position += 4
    }
    while position < bytes.count {
        hash = rotate(hash ^ UInt64(bytes[position]) &* prime5, 11) &* prime1
        position += 1
    }
    return hash
}

private func avalanche(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ hash &>> 33) &* prime2
    hash = (hash ^ hash &>> 29) &* prime3
    return hash ^ hash &>> 32
}

extension UnsafeRawBufferPointer {
    fileprivate func word64(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    fileprivate func word32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
