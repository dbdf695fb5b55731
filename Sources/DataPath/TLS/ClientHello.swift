/// What a TLS client says in the clear before anything else, as far as it decides where its
/// connection goes.
struct ClientHello: Equatable, Sendable {
    /// The server name in lower case; empty when there is none.
    var serverName: [UInt8] = []
    /// The protocols it offers, in its order.
    var protocols: [[UInt8]] = []

    /// What the first bytes of a connection are.
    enum Scan: Equatable {
        /// More must come.
        case incomplete
        /// Something else than TLS.
        case notTLS
        /// It begins like TLS and is none.
        case malformed
        /// All of it is there.
        case complete(ClientHello)
    }

    /// How many bytes are looked at; a longer one is malformed.
    static let mostBytes = 16 * 1024

    /// Reads the first bytes of a connection.
    ///
    /// Source: RFC 8446 §4.1.2 and §5.1, RFC 6066 §3, RFC 7301 §3.1. The handshake may lie in
    /// several records; none is empty.
    static func scan(_ bytes: UnsafeRawBufferPointer) -> Scan {
        if bytes.isEmpty { return .incomplete }
        guard bytes[0] == 22, bytes.count < 2 || bytes[1] == 3 else { return .notTLS }
        var message: [UInt8] = []
        var start = 0
        while true {
            guard bytes.count - start >= 5 else { return isShort(bytes.count) }
            let length = Int(bytes[start + 3]) << 8 | Int(bytes[start + 4])
            guard bytes[start] == 22, bytes[start + 1] == 3, (1...mostBytes).contains(length) else {
                return .malformed
            }
            let end = min(start + 5 + length, bytes.count)
            message += bytes[(start + 5)..<end]
            if let needed = neededCount(message) {
                guard needed <= mostBytes else { return .malformed }
                if message.count >= needed { return read(message[4..<needed]) }
            } else if message.first ?? 1 != 1 {
                return .malformed
            }
            if start + 5 + length > bytes.count { return isShort(bytes.count) }
            start = end
        }
    }

    /// More bytes are to come, if more are taken.
    private static func isShort(_ count: Int) -> Scan {
        count < mostBytes ? .incomplete : .malformed
    }

    /// The length of the handshake message with its head; nil while the head is not there, or is
    /// no ClientHello's.
    private static func neededCount(_ message: [UInt8]) -> Int? {
        guard message.count >= 4, message[0] == 1 else { return nil }
        return 4 + (Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3]))
    }

    private static func read(_ body: ArraySlice<UInt8>) -> Scan {
        var reader = Reader(rest: body)
        // Version and random, then session, cipher suites and compression methods.
        guard reader.take(34) != nil, reader.vector(1) != nil, reader.vector(2) != nil,
            reader.vector(1) != nil
        else { return .malformed }
        if reader.rest.isEmpty { return .complete(ClientHello()) }
        guard let extensions = reader.vector(2), reader.rest.isEmpty else { return .malformed }
        var hello = ClientHello()
        reader = Reader(rest: extensions)
        var seen: Set<Int> = []
        while !reader.rest.isEmpty {
            guard let type = reader.number(2), let content = reader.vector(2),
                seen.insert(type).inserted
            else { return .malformed }
            switch type {
            case 0:
                guard let name = serverName(content) else { return .malformed }
                hello.serverName = name
            case 16:
                guard let protocols = protocols(content) else { return .malformed }
                hello.protocols = protocols
            default: break
            }
        }
        return .complete(hello)
    }

    private static func serverName(_ content: ArraySlice<UInt8>) -> [UInt8]? {
        var reader = Reader(rest: content)
        guard let list = reader.vector(2), reader.rest.isEmpty else { return nil }
        reader = Reader(rest: list)
        var found: [UInt8]?
        while !reader.rest.isEmpty {
            guard let type = reader.number(1), let name = reader.vector(2), !name.isEmpty else {
                return nil
            }
            guard type == 0 else { continue }
            // A host name is visible ASCII; two of them would be told apart by nobody.
            guard found == nil, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
            found = name.map(\.lowercased)
        }
        return found ?? []
    }

    private static func protocols(_ content: ArraySlice<UInt8>) -> [[UInt8]]? {
        var reader = Reader(rest: content)
        guard let list = reader.vector(2), reader.rest.isEmpty else { return nil }
        reader = Reader(rest: list)
        var protocols: [[UInt8]] = []
        while !reader.rest.isEmpty {
            guard let name = reader.vector(1), !name.isEmpty else { return nil }
            protocols.append(Array(name))
        }
        return protocols
    }

    /// Takes numbers and counted stretches from the front.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        /// A number of so many bytes, the first one first.
        mutating func number(_ size: Int) -> Int? {
            take(size)?.reduce(0) { $0 << 8 | Int($1) }
        }

        /// What follows its length, a number of so many bytes.
        mutating func vector(_ size: Int) -> ArraySlice<UInt8>? {
            number(size).flatMap { take($0) }
        }
    }
}
