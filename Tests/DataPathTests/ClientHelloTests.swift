import Foundation
import Routing
import Testing

@testable import DataPath

@Suite("The ClientHello parser")
struct ClientHelloTests {
    private func scan(_ bytes: [UInt8]) -> ClientHello.Scan {
        bytes.withUnsafeBytes { ClientHello.scan($0) }
    }

    private func vector(_ size: Int, _ bytes: [UInt8]) -> [UInt8] {
        (0..<size).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) } + bytes
    }

    private func serverNames(_ names: [String]) -> [UInt8] {
        [0, 0] + vector(2, vector(2, names.flatMap { [0] + vector(2, Array($0.utf8)) }))
    }

    private func protocols(_ names: [String]) -> [UInt8] {
        [0, 16] + vector(2, vector(2, names.flatMap { vector(1, Array($0.utf8)) }))
    }

    private func message(_ extensions: [UInt8]) -> [UInt8] {
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32) + vector(1, []) + vector(2, [0x13, 1])
            + vector(1, [0]) + vector(2, extensions)
        return [1] + vector(3, body)
    }

    /// Puts a handshake message into records of the given size.
    private func records(_ message: [UInt8], size: Int = 16_000) -> [UInt8] {
        stride(from: 0, to: message.count, by: size).flatMap { start in
            [22, 3, 1] + vector(2, Array(message[start..<min(start + size, message.count)]))
        }
    }

    private func hello(_ name: String, _ protocols: [String] = []) -> ClientHello.Scan {
        .complete(
            ClientHello(
                serverName: Array(name.utf8), protocols: protocols.map { Array($0.utf8) }))
    }

    @Test("server name and protocols are read, in any number of records")
    func reads() {
        let extensions =
            [0, 10] + vector(2, [0, 2, 0, 29]) + serverNames(["A.Example"])
            + protocols(["h2", "http/1.1"])
        for size in [1, 2, 5, 40, 16_000] {
            let bytes = records(message(extensions), size: size)
            #expect(scan(bytes) == hello("a.example", ["h2", "http/1.1"]))
            // What follows is not looked at.
            #expect(scan(bytes + [20, 9, 9]) == hello("a.example", ["h2", "http/1.1"]))
        }
        #expect(scan(records(message([]))) == hello(""))
    }

    @Test("every part of it is incomplete")
    func parts() {
        for size in [7, 16_000] {
            let bytes = records(message(serverNames(["a.example"])), size: size)
            for end in 0..<bytes.count { #expect(scan(Array(bytes[..<end])) == .incomplete) }
        }
    }

    @Test("other protocols are told from broken TLS")
    func others() {
        #expect(scan(Array("GET / HTTP/1.1\r\n".utf8)) == .notTLS)
        #expect(scan([22, 9]) == .notTLS)
        #expect(scan([0x80, 0x2E, 1]) == .notTLS)
        #expect(scan([22, 3, 1, 0, 0]) == .malformed)
        #expect(scan([22, 3, 1, 0xFF, 0xFF]) == .malformed)
        #expect(scan(records([2, 0, 0, 1, 0])) == .malformed)
        #expect(scan([22, 3, 1, 0, 1, 1, 23, 3, 1, 0, 1, 0]) == .malformed)
        #expect(scan(records([1, 0xFF, 0xFF, 0xFF])) == .malformed)
    }

    @Test("what two readers would read in two ways is malformed")
    func ambiguous() {
        let name = serverNames(["a.example"])
        for extensions in [
            name + name, serverNames(["a.example", "b.example"]), serverNames([""]),
            serverNames(["a\0b"]), serverNames(["a b"]), protocols([""]), name.dropLast(),
            [0, 0, 0, 1, 0], [0, 16, 0, 0], [1],
        ] as [[UInt8]] {
            #expect(scan(records(message(extensions))) == .malformed)
        }
        var long = message(name)
        long += [0]
        long[3] += 1
        #expect(scan(records(long)) == .malformed)
    }

    @Test("more than is looked at is malformed, not awaited for ever")
    func bounded() {
        let padding = [0, 21] + vector(2, [UInt8](repeating: 0, count: 17_000))
        let bytes = records(message(padding))
        #expect(scan(Array(bytes.prefix(ClientHello.mostBytes))) == .malformed)
        let small = records([1, 0, 0x3F, 0], size: 1)
        var endless = small
        while endless.count < ClientHello.mostBytes { endless += [22, 3, 1, 0, 1, 0] }
        #expect(scan(endless) == .malformed)
    }

    @Test("no bytes make it fail, and a real one survives no change unseen", arguments: [1, 2, 3])
    func fuzz(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let real = records(
            message(serverNames(["some.host.example"]) + protocols(["h2", "http/1.1"])))
        for _ in 0..<20_000 {
            var bytes = real
            for _ in 0...random.next(below: 4) {
                let place = Int(random.next(below: UInt64(bytes.count)))
                switch random.next(below: 4) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                case 2: if bytes.count > 1 { bytes.remove(at: place) }
                default: bytes.removeLast(Int(random.next(below: UInt64(bytes.count))))
                }
            }
            if case .complete(let hello) = scan(bytes) {
                #expect(hello.serverName.allSatisfy { $0 > 0x20 && $0 < 0x7F })
                #expect(!hello.protocols.contains([]))
            }
            let noise = (0..<random.next(below: 64)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            _ = scan([22, 3, 1] + noise)
            _ = scan([22, 3, 1, 0, 60, 1, 0, 0, 50] + noise)
        }
    }
}
