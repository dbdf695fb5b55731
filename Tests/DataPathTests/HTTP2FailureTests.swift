import Foundation
import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("HTTP/2 when something goes wrong") struct HTTP2FailureTests {
    private static let ok = Array("ok".utf8)

    @Test("a client that takes a request back ends it at the endpoint too")
    func clientResets() async throws {
        let opened = Mutex(0)
        let codes = Mutex<[UInt32]>([])
        let server = try TestServer { stream, _ in
            let peer = try HTTP2Peer.server(stream)
            while true {
                try peer.receive()
                let seen = peer.received.values.compactMap(\.resetCode)
                codes.withLock { $0 = seen }
                opened.withLock { $0 = peer.opened.count }
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            for id in [Int32(1), 3, 5] { try client.request(id, "POST", "/", end: id == 1) }
            try await until { opened.withLock { $0 == 3 } }
            for id in [Int32(1), 3, 5] { try client.sendReset(id) }
            try await until { codes.withLock { $0 == [8, 8, 8] } }
            #expect(proxy.proxy.statistics.flags == ["DC": 3])
            // And a connection that breaks ends all that is on it.
            try client.request(7, "GET", "/")
            try await until { opened.withLock { $0 == 4 } }
            client.stream.reset()
            try await until { codes.withLock { $0.count == 4 } }
        }
    }

    @Test("an endpoint that resets a stream: 503 before the head, a reset after it")
    func serverResets() async throws {
        let server = try TestServer.http2 { peer, id, request in
            if request.value(":path") == "/late" {
                try peer.sendHeaders(id, [(":status", "200")], end: false)
                try peer.sendBody(id, Array("abc".utf8), end: false)
            }
            try peer.sendReset(id, 2)
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "GET", "/")
            #expect(try client.response(1).status == 503)
            try client.request(3, "GET", "/late")
            #expect(try client.response(3).resetCode == 2)
            #expect(try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 503)
            let old = try proxy.client()
            try old.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try old.read(through: "\r\n\r\n")?.hasPrefix("HTTP/1.1 200") == true)
            #expect(throws: TestStream.Failure.self) { _ = try old.readMessage() }
            #expect(proxy.proxy.statistics.flags == ["UC": 4])
            #expect(server.connections == 1)
        }
    }

    @Test("a request that an endpoint refused unseen is sent again, with its body")
    func refused() async throws {
        let refusals = Mutex(0)
        let server = try TestServer.http2 { peer, id, request in
            let refuses = refusals.withLock { count in
                count += 1
                return count <= 2
            }
            refuses ? try peer.sendReset(id, 7) : try peer.answer(id, request.body)
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "POST", "/", end: false)
            try client.sendBody(1, pattern(10_000), end: true)
            let response = try client.response(1)
            #expect(response.status == 200)
            #expect(response.body == pattern(10_000))
            #expect(proxy.proxy.statistics.retries == 2)
        }
    }

    @Test("an endpoint that says goodbye finishes what it took; the rest goes elsewhere")
    func goodbye() async throws {
        let server = try TestServer { stream, number in
            let peer = try HTTP2Peer.server(stream)
            if number == 1 {
                try peer.receive { $0.opened.count == 3 && $0.received[5]?.isEnded == true }
                // It took the first one.
                try peer.send(HTTP2Peer.goaway, HTTP2Peer.bytes(1) + HTTP2Peer.bytes(0))
                try peer.answer(1, Array("first".utf8))
                _ = peer.isAtEnd()
            } else {
                try peer.serve { peer, id, _ in try peer.answer(id, Array("second".utf8)) }
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            for id in [Int32(1), 3, 5] { try client.request(id, "GET", "/") }
            #expect(try client.response(1).text == "first")
            #expect(try client.response(3).text == "second")
            #expect(try client.response(5).text == "second")
            #expect(server.connections == 2)
        }
    }

    @Test("an endpoint's limit of streams is kept: more connections are opened")
    func concurrency() async throws {
        let server = try TestServer.http2(settings: [(3, 2)]) { peer, id, request in
            if request.value(":path") == "/wait" { return }
            try peer.answer(id, Self.ok)
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "GET", "/")
            #expect(try client.response(1).text == "ok")
            for id in [Int32(3), 5] { try client.request(id, "GET", "/wait") }
            for id in [Int32(7), 9, 11] {
                try client.request(id, "GET", "/")
                #expect(try client.response(id).text == "ok")
            }
            #expect(server.connections == 2)
        }
    }

    @Test("an endpoint that cannot be reached: another one is tried, then 503")
    func unreachable() async throws {
        let server = try TestServer.http2 { peer, id, _ in try peer.answer(id, Self.ok) }
        defer { server.stop() }
        var inputs = RoutingInputs.everything(http2: server)
        inputs.endpoints["one"] = Versioned(
            RoutingInputs.assignment("one", [try closedPort(), server.port]))
        try await TestProxy.with(inputs) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            for id in stride(from: Int32(1), to: 40, by: 2) { try client.request(id, "GET", "/") }
            for id in stride(from: Int32(1), to: 40, by: 2) {
                #expect(try client.response(id).text == "ok")
            }
            inputs.endpoints["one"] = Versioned(
                RoutingInputs.assignment("one", [try closedPort()]))
            try await proxy.proxy.install(RoutingTable.compile(inputs))
            try client.request(41, "GET", "/")
            let response = try client.response(41)
            #expect(response.status == 503, "\(response)")
        }
    }

    @Test("a connection that ends in the race with a request is replaced; others are not repeated")
    func idleRace() async throws {
        let server = try TestServer { stream, number in
            let peer = try HTTP2Peer.server(stream)
            try peer.receive { $0.received[1]?.isEnded == true }
            try peer.answer(1, Array("\(number)".utf8))
            try peer.receive { $0.opened.count == 2 && $0.received[3]?.isOver == true }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "GET", "/")
            #expect(try client.response(1).text == "1")
            try client.request(3, "GET", "/")
            #expect(try client.response(3).text == "2")
            try client.request(5, "POST", "/")
            #expect(try client.response(5).status == 503)
        }
    }

    @Test("a silent endpoint: 504, and its stream is cancelled")
    func timeout() async throws {
        let server = try TestServer.http2 { _, _, _ in }
        defer { server.stop() }
        let inputs = RoutingInputs.everything(http2: server) { $0.timeout = .milliseconds(100) }
        try await TestProxy.with(inputs) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "GET", "/")
            #expect(try client.response(1).status == 504)
            try client.request(3, "POST", "/", [("content-type", "application/grpc")])
            #expect(try client.response(3).value("grpc-status") == "14")
            #expect(try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status == 504)
            #expect(proxy.proxy.statistics.timeouts == 3)
        }
    }

    @Test("an answer before the request's end ends the request")
    func earlyAnswer() async throws {
        let server = try TestServer { stream, _ in
            let peer = try HTTP2Peer.server(stream)
            try peer.receive { !$0.opened.isEmpty }
            try peer.answer(1, Self.ok)
            try peer.receive { $0.received[1]?.isOver == true }
            try peer.receive { $0.opened.count == 2 }
            try peer.answer(3, Self.ok)
            _ = peer.isAtEnd()
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "POST", "/", end: false)
            try client.sendBody(1, pattern(1000), end: false)
            #expect(try client.response(1).text == "ok")
            // RFC 9113 §8.1: a reset without an error follows.
            try client.receive { $0.received[1]?.resetCode != nil }
            #expect(client.received[1]?.resetCode == 0)
            try client.request(3, "GET", "/")
            #expect(try client.response(3).text == "ok")
            #expect(server.connections == 1)
        }
    }

    @Test("a listener that goes and a proxy that ends say goodbye, and streams finish")
    func draining() async throws {
        let gate = DispatchSemaphore(value: 0)
        let server = try TestServer.http2 { peer, id, request in
            if request.value(":path") == "/wait" { gate.wait() }
            try peer.answer(id, Self.ok)
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let idle = try HTTP2Peer.client(port: proxy.port)
            try idle.request(1, "GET", "/")
            #expect(try idle.response(1).text == "ok")
            let busy = try HTTP2Peer.client(port: proxy.port)
            try busy.request(1, "GET", "/wait")
            try await until { proxy.proxy.statistics.requests == 2 }
            try await proxy.proxy.install(.empty)
            #expect(idle.isAtEnd())
            #expect(idle.goawayCode == 0 && idle.lastStreamOfGoaway == 1)
            try busy.receive { $0.lastStreamOfGoaway != nil }
            gate.signal()
            #expect(try busy.response(1).text == "ok")
            #expect(busy.isAtEnd())
            #expect(busy.lastStreamOfGoaway == 1)
        }
    }

    @Test("a flood of resets ends the connection")
    func rapidReset() async throws {
        let server = try TestServer.http2 { _, _, _ in }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            var id: Int32 = 1
            while id < 40_000 {
                do {
                    try client.request(id, "GET", "/")
                    try client.sendReset(id)
                } catch {
                    break
                }
                id += 2
            }
            #expect(client.isAtEnd())
            #expect(proxy.proxy.statistics.requests < 10_000)
            #expect(try HTTP2Peer.client(port: proxy.port).readFrame().type == HTTP2Peer.settings)
        }
    }

    @Test("a flood of frames that move nothing ends the connection", arguments: [0, 2, 4, 6])
    func idleFrames(type: UInt8) async throws {
        let server = try TestServer.http2 { _, _, _ in }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "POST", "/", end: false)
            let payload: [UInt8] = type == 2 ? [0, 0, 0, 0, 1] : type == 6 ? pattern(8) : []
            do {
                for _ in 0..<5000 {
                    try client.send(type, id: type == 0 || type == 2 ? 1 : 0, payload)
                }
            } catch {
                // It is over already.
            }
            #expect(client.isAtEnd())
        }
    }

    @Test("no bytes from either side end the proxy", arguments: [1, 2, 3, 4])
    func garbage(seed: UInt64) async throws {
        let server = try TestServer { stream, number in
            var random = RandomSource(seed: seed &* 1_000_003 &+ UInt64(number))
            try stream.send(Self.garbage(isServer: true, using: &random))
            _ = stream.isAtEnd()
        }
        defer { server.stop() }
        let good = try TestServer.http2 { peer, id, _ in try peer.answer(id, Self.ok) }
        defer { good.stop() }
        var inputs = RoutingInputs.routes(
            [
                Route(
                    name: "good", match: RouteMatch(path: .prefix("/good")),
                    action: .route(RouteAction(cluster: .cluster("good")))),
                Route(
                    name: "bad", match: RouteMatch(),
                    action: .route(
                        RouteAction(cluster: .cluster("bad"), timeout: .milliseconds(30)))),
            ], clusters: ["good": [good.port], "bad": [server.port]])
        inputs.setHTTP2("good")
        inputs.setHTTP2("bad")
        try await TestProxy.with(inputs) { proxy in
            try await onThread {
                var random = RandomSource(seed: seed)
                for _ in 0..<150 {
                    let client = try proxy.client()
                    try client.send(Self.garbage(isServer: false, using: &random))
                    client.endWriting()
                    _ = client.isAtEnd()
                }
                let client = try HTTP2Peer.client(port: proxy.port)
                for id in stride(from: Int32(1), to: 60, by: 2) {
                    try client.request(id, "GET", "/")
                    #expect(try client.response(id).isOver)
                }
                try client.request(61, "GET", "/good")
                #expect(try client.response(61).text == "ok")
            }
            try await until { proxy.proxy.statistics.activeConnections == 0 }
        }
    }

    /// Frames of any kind, most of them in order, some bytes wrong, then the end.
    private static func garbage(isServer: Bool, using random: inout RandomSource) -> [UInt8] {
        func frame(_ type: UInt8, _ flags: UInt8, _ id: Int32, _ payload: [UInt8]) -> [UInt8] {
            [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags]
                + HTTP2Peer.bytes(UInt32(bitPattern: id)) + payload
        }
        var bytes = isServer ? [] : Array(HTTP2Peer.preface.utf8)
        bytes += frame(HTTP2Peer.settings, 0, 0, [])
        var id: Int32 = 1
        for _ in 0..<random.next(below: 12) {
            let flags: UInt8 = [0, 1, 4, 5, 0x2D][Int(random.next(below: 5))]
            switch random.next(below: 10) {
            case 0..<4:
                let pairs =
                    isServer
                    ? [(":status", ["200", "103", "abc"][Int(random.next(below: 3))]), ("x", "y")]
                    : [(":method", "POST"), (":scheme", "http"), (":path", "/good")]
                let block = pairs.flatMap { HTTP2Peer.literal($0.0, $0.1) }
                bytes += frame(HTTP2Peer.headers, flags, id, block)
            case 4, 5: bytes += frame(HTTP2Peer.data, flags & 1, id, pattern(200))
            case 6: bytes += frame(HTTP2Peer.reset, 0, id, HTTP2Peer.bytes(8))
            case 7: bytes += frame(HTTP2Peer.windowUpdate, 0, id, HTTP2Peer.bytes(1 << 20))
            case 8:
                let payload = (0..<random.next(below: 40)).map { _ in
                    UInt8(truncatingIfNeeded: random.next())
                }
                bytes += frame(UInt8(random.next(below: 12)), flags, id, payload)
            default: if !isServer { id += 2 }
            }
        }
        let start = isServer ? 0 : HTTP2Peer.preface.utf8.count
        for _ in 0..<random.next(below: 4) where bytes.count > start {
            let place = start + Int(random.next(below: UInt64(bytes.count - start)))
            bytes[place] = UInt8(truncatingIfNeeded: random.next())
        }
        return bytes
    }

    @Test("resets and breaks at any moment leave nothing behind", arguments: [1, 2, 3])
    func chaos(seed: UInt64) async throws {
        let server = try TestServer { stream, number in
            var random = RandomSource(seed: seed &* 1000 &+ UInt64(number))
            let peer = try HTTP2Peer.server(stream)
            try peer.serve { peer, id, request in
                switch random.next(below: 8) {
                case 0: try peer.sendReset(id, 2)
                case 1: try peer.sendReset(id, 7)
                case 2:
                    try peer.sendHeaders(id, [(":status", "200")], end: false)
                    try peer.sendBody(id, pattern(Int(random.next(below: 50_000))), end: false)
                    try peer.sendReset(id, 8)
                case 3 where random.next(below: 6) == 0:
                    throw TestStream.Failure(description: "a break")
                default: try peer.answer(id, pattern(Int(random.next(below: 100_000))))
                }
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            for round in 0..<8 {
                try await onThread {
                    var random = RandomSource(seed: seed &* 77 &+ UInt64(round))
                    let client = try HTTP2Peer.client(port: proxy.port)
                    var open: [Int32] = []
                    for number in 0..<40 {
                        let id = Int32(number * 2 + 1)
                        let size = Int(random.next(below: 30_000))
                        try client.request(id, "POST", "/", end: size == 0)
                        if size > 0 {
                            try client.sendBody(
                                id, pattern(size), end: random.next(below: 5) > 0)
                        }
                        if random.next(below: 4) == 0 {
                            try client.sendReset(id)
                        } else if client.received[id]?.isOver != true {
                            open.append(id)
                        }
                    }
                    if round % 2 == 0 { return client.stream.reset() }
                    for id in open { try client.sendReset(id) }
                    try client.request(1001, "GET", "/")
                    _ = try client.response(1001)
                }
            }
            try await until { proxy.proxy.statistics.activeConnections == 0 }
        }
    }
}

/// Waits for something that another thread does.
func until(_ isDone: @escaping () -> Bool) async throws {
    for _ in 0..<3000 {
        if isDone() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw TestStream.Failure(description: "it did not come to pass in 30 s")
}
