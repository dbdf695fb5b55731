import Glibc

/// The byte with an ASCII capital made small.
@inline(__always)
func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are the same.
    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let mine = baseAddress, let theirs = other.baseAddress else { return true }
        return memcmp(mine, theirs, count) == 0
    }

    /// Whether the bytes are the same, whatever the case of ASCII letters in the receiver.
    ///
    /// - Parameter lowercase: Has no capitals.
    @inline(__always)
    func equals(lowercase: UnsafeRawBufferPointer) -> Bool {
        guard count == lowercase.count else { return false }
        for index in 0..<count where lowercased(self[index]) != lowercase[index] { return false }
        return true
    }

    /// The given stretch.
    @inline(__always)
    func slice(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[start..<(start + count)])
    }
}

/// The UTF-8 bytes of a string with ASCII letters made small.
func lowercasedBytes(_ string: String) -> [UInt8] {
    string.utf8.map(lowercased)
}
