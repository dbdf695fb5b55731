/// A range of IP addresses: those that have so many first bits in common.
struct AddressPrefix: Hashable, Sendable {
    private let bytes: SIMD16<UInt8>
    private let isIPv6: Bool
    /// How many bits count.
    let length: Int

    /// Reads a range; nil where the address is none or has fewer bits. Bits past the length do
    /// not count.
    init?(literal: String, length: Int) {
        guard let address = InternetAddress(literal: literal, port: 0),
            (0...(address.isIPv6 ? 128 : 32)).contains(length)
        else { return nil }
        self.init(address, length: length)
    }

    /// The range that an address is in.
    init(_ address: InternetAddress, length: Int) {
        var bytes = address.bytes
        for index in 0..<16 {
            let kept = min(max(length - index * 8, 0), 8)
            bytes[index] &= kept == 0 ? 0 : ~0 << UInt8(8 - kept)
        }
        self.bytes = bytes
        isIPv6 = address.isIPv6
        self.length = length
    }
}

/// Values by range of addresses; an address is the longest range's that has it.
struct PrefixTable<Value: Sendable>: Sendable {
    private var values: [AddressPrefix: Value] = [:]
    private var any: Value?
    /// The lengths of the ranges, descending; one may be of no range any more.
    private var lengths: [Int] = []

    /// The value of exactly a range; nil is every address.
    subscript(prefix: AddressPrefix?) -> Value? {
        get { prefix.map { values[$0] } ?? any }
        set {
            guard let prefix else {
                any = newValue
                return
            }
            values[prefix] = newValue
            guard newValue != nil, !lengths.contains(prefix.length) else { return }
            lengths.append(prefix.length)
            lengths.sort(by: >)
        }
    }

    /// The value for an address.
    ///
    /// - Complexity: O(distinct lengths), whatever the number of ranges.
    func find(_ address: InternetAddress) -> Value? {
        let longest = address.isIPv6 ? 128 : 32
        for length in lengths where length <= longest {
            if let value = values[AddressPrefix(address, length: length)] { return value }
        }
        return any
    }
}

extension InternetAddress {
    /// The IPv4 address that an IPv6 socket shows as `::ffff:a.b.c.d`; other addresses as they
    /// are.
    package var unmapped: InternetAddress {
        guard isIPv6, bytes[10] == 0xFF, bytes[11] == 0xFF, (0..<10).allSatisfy({ bytes[$0] == 0 })
        else { return self }
        var four = SIMD16<UInt8>()
        for index in 0..<4 { four[index] = bytes[12 + index] }
        return InternetAddress(bytes: four, isIPv6: false, port: port)
    }
}
