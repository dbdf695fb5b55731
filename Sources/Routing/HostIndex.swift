/// Finds the virtual host of an authority: exact names first, then the longest `*suffix`, then
/// the longest `prefix*`, then `*`.
///
/// Source: `envoy.config.route.v3.VirtualHost.domains`.
struct HostIndex: Sendable {
    private let exact: ByteTable
    private let suffixes: ByteTable
    private let prefixes: ByteTable
    private let exactHosts: [Int32]
    private let suffixHosts: [Int32]
    private let prefixHosts: [Int32]
    private let any: Int?

    /// A domain that stands twice.
    struct Duplicate: Error {
        /// The domain in lower case.
        let domain: String
        /// The virtual hosts' positions.
        let hosts: [Int]
    }

    /// - Parameter domains: Each virtual host's domains.
    /// - Throws: ``Duplicate`` for the first domain that two virtual hosts claim.
    init(_ domains: [[String]]) throws(Duplicate) {
        var seen: [[UInt8]: Int] = [:]
        var exact: [([UInt8], Int32)] = []
        var suffixes: [([UInt8], Int32)] = []
        var prefixes: [([UInt8], Int32)] = []
        var any: Int?
        for (host, names) in domains.enumerated() {
            for name in names {
                let bytes = lowercasedBytes(name)
                if let other = seen.updateValue(host, forKey: bytes) {
                    throw Duplicate(
                        domain: String(decoding: bytes, as: UTF8.self), hosts: [other, host])
                }
                if bytes == [UInt8(ascii: "*")] {
                    any = host
                } else if bytes.first == UInt8(ascii: "*") {
                    suffixes.append((Array(bytes.dropFirst()), Int32(host)))
                } else if bytes.last == UInt8(ascii: "*") {
                    prefixes.append((Array(bytes.dropLast()), Int32(host)))
                } else {
                    exact.append((bytes, Int32(host)))
                }
            }
        }
        self.exact = ByteTable(exact.map(\.0))
        self.suffixes = ByteTable(suffixes.map(\.0))
        self.prefixes = ByteTable(prefixes.map(\.0))
        exactHosts = exact.map(\.1)
        suffixHosts = suffixes.map(\.1)
        prefixHosts = prefixes.map(\.1)
        self.any = any
    }

    /// No hosts.
    static let empty = HostIndex()

    private init() {
        exact = ByteTable([])
        suffixes = exact
        prefixes = exact
        exactHosts = []
        suffixHosts = []
        prefixHosts = []
        any = nil
    }

    /// The position of the virtual host for a name in lower case, or nil.
    ///
    /// - Complexity: O(length of the name × distinct lengths of the wildcards), whatever the
    ///   number of hosts. A wildcard stands for at least one character.
    func find(_ name: UnsafeRawBufferPointer) -> Int? {
        if let found = exact.find(name) { return Int(exactHosts[found]) }
        for length in suffixes.lengths.reversed() where length < name.count {
            if let found = suffixes.find(name.slice(name.count - length, length)) {
                return Int(suffixHosts[found])
            }
        }
        for length in prefixes.lengths.reversed() where length < name.count {
            if let found = prefixes.find(name.slice(0, length)) {
                return Int(prefixHosts[found])
            }
        }
        return any
    }
}
