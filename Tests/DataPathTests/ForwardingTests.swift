import Foundation
import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("Forwarding")
struct ForwardingTests {
    @Test("connections are kept on both sides")
    func keepAlive() async throws {
        let server = try TestServer.answering { _ in "hello" }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            for _ in 0..<2 {
                let client = try proxy.client()
                for _ in 0..<5 {
                    try client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(try client.response().text == "hello")
                }
                client.close()
            }
            #expect(server.connections == 1)
            #expect(proxy.proxy.statistics.requests == 10)
            #expect(proxy.proxy.statistics.statuses == [10, 0, 0, 0])
            #expect(proxy.proxy.statistics.clusters["one"]?.requests == 10)
        }
    }

    @Test("the request's head is rewritten")
    func requestHead() async throws {
        let server = try TestServer.answering { $0.head }
        defer { server.stop() }
        var route = Route(
            name: "r", match: RouteMatch(path: .prefix("/old/")),
            action: .route(
                RouteAction(
                    cluster: .cluster("one"), prefixRewrite: "/new/",
                    hostRewriteLiteral: "other.test")))
        route.requestHeadersToAdd = [
            HeaderValueOption(key: "X-Set", value: "2", action: .overwrite),
            HeaderValueOption(key: "X-Add", value: "b", action: .append),
        ]
        route.requestHeadersToRemove = ["x-gone"]
        route.responseHeadersToAdd = [
            HeaderValueOption(key: "X-Answer", value: "y", action: .append)
        ]
        let inputs = RoutingInputs.routes([route], clusters: ["one": [server.port]])
        try await TestProxy.with(inputs) { proxy in
            let answer = try proxy.ask(
                "GET /a/../old//b?q=//1 HTTP/1.1\r\nHost: a\r\nX-Set: 1\r\nX-Add: a\r\nX-Gone: 1\r\n"
                    + "Connection: keep-alive, x-hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
                    + "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Kept: v\r\n\r\n")
            #expect(answer.value("x-answer") == "y")
            let seen = TestStream.Message(head: answer.text, body: [])
            #expect(seen.head.hasPrefix("GET /new/b?q=//1 HTTP/1.1\r\n"))
            #expect(seen.values("host") == ["other.test"])
            #expect(seen.values("x-set") == ["2"])
            #expect(seen.values("x-add") == ["a", "b"])
            #expect(seen.values("x-kept") == ["v"])
            for name in ["x-gone", "x-hop", "connection", "keep-alive", "te"] {
                #expect(seen.values(name) == [], "\(name)")
            }
            #expect(seen.values("x-forwarded-for") == ["1.1.1.1, 127.0.0.1"])
            #expect(seen.values("x-forwarded-proto") == ["http"])
            #expect(UUID(uuidString: seen.value("x-request-id") ?? "") != nil)
            let again = try proxy.ask(
                "GET /old/ HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\n\r\n")
            let seenAgain = TestStream.Message(head: again.text, body: [])
            #expect(seenAgain.values("x-request-id") == ["mine"])
        }
    }

    @Test("an absolute form names the authority; OPTIONS * is passed on")
    func targets() async throws {
        let server = try TestServer.answering { $0.head }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let absolute = try proxy.ask(
                "GET http://reviews.bookinfo:9080/r/1?x HTTP/1.1\r\nHost: other\r\n"
                    + "Proxy-Connection: Keep-Alive\r\n\r\n"
            ).text
            #expect(absolute.hasPrefix("GET /r/1?x HTTP/1.1\r\nHost: reviews.bookinfo:9080\r\n"))
            #expect(!absolute.contains("other") && !absolute.lowercased().contains("proxy-"))
            let bare = try proxy.ask("GET http://b HTTP/1.1\r\nHost: b\r\n\r\n").text
            #expect(bare.hasPrefix("GET / HTTP/1.1\r\n"))
            let options = try proxy.ask("OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n").text
            #expect(options.hasPrefix("OPTIONS * HTTP/1.1\r\n"))
        }
    }

    @Test(
        "bodies of every size go through, in both framings",
        arguments: [0, 1, 100, 16_383, 16_384, 70_000, 5_000_000], [false, true])
    func bodies(_ size: Int, _ isChunked: Bool) async throws {
        let server = try TestServer { stream, _ in
            while let request = try stream.readMessage() {
                let body = request.body
                if request.value("transfer-encoding") != nil {
                    try stream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    try stream.send(Self.chunks(body, by: 7000))
                } else {
                    try stream.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
                    try stream.send(body)
                }
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let body = pattern(size)
            let client = try proxy.client()
            for _ in 0..<2 {
                let head = "POST / HTTP/1.1\r\nHost: a\r\n"
                if isChunked {
                    try client.send(head + "Transfer-Encoding: chunked\r\n\r\n")
                    try client.send(Self.chunks(body, by: 5000))
                } else {
                    try client.send(head + "Content-Length: \(size)\r\n\r\n")
                    try client.send(body)
                }
                let answer = try client.response()
                #expect(answer.status == 200)
                #expect(answer.body == body)
            }
            #expect(server.connections == 1)
        }
    }

    static func chunks(_ body: [UInt8], by size: Int) -> [UInt8] {
        var result: [UInt8] = []
        for start in stride(from: 0, to: body.count, by: size) {
            let part = body[start..<min(start + size, body.count)]
            result += Array("\(String(part.count, radix: 16));ext=1\r\n".utf8) + part
            result += [13, 10]
        }
        return result + Array("0\r\nX-Trailer: 1\r\n\r\n".utf8)
    }

    @Test("a slow reader holds the server up, not the proxy's memory")
    func backPressure() async throws {
        let sent = Mutex(0)
        let size = 40_000_000
        let server = try TestServer { stream, _ in
            _ = try stream.readMessage()
            try stream.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 100_000)
            for _ in 0..<(size / piece.count) {
                try stream.send(piece)
                sent.withLock { $0 += piece.count }
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try TestStream(port: proxy.port, receiveBuffer: 16_384)
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.read(through: "\r\n\r\n")
            // Wait until the server is stuck.
            var last = -1
            while last != sent.withLock({ $0 }) {
                last = sent.withLock { $0 }
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(last < size - 5_000_000)
            #expect(try client.read(size).allSatisfy { $0 == 7 })
        }
    }

    @Test("a client that waits for 100 gets it from the server")
    func expectContinue() async throws {
        let server = try TestServer { stream, _ in
            guard let head = try stream.read(through: "\r\n\r\n"), head.contains("100-continue")
            else { return }
            try stream.send("HTTP/1.1 100 Continue\r\n\r\n")
            let body = try stream.readText(5)
            try stream.send("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
            try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\(body)")
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            try client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.response().status == 100)
            try client.send("abcde")
            #expect(try client.response().status == 103)
            #expect(try client.response().text == "abcde")
        }
    }

    @Test("a final answer to an expectation ends the connection, the body unread")
    func refusedExpectation() async throws {
        let server = try TestServer { stream, _ in
            _ = try stream.read(through: "\r\n\r\n")
            try stream.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            try client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\nExpect: 100-continue\r\n\r\n"
            )
            let answer = try client.response()
            #expect(answer.status == 413)
            #expect(answer.text == "no")
            #expect(client.isAtEnd())
        }
    }

    @Test("an answer before the end of an upload reaches the client")
    func earlyAnswer() async throws {
        let server = try TestServer { stream, _ in
            _ = try stream.read(through: "\r\n\r\n")
            try stream.send(
                "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            for _ in 0..<20 {
                let client = try proxy.client()
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n")
                // Some of it is refused once the answer is on the way.
                try? client.send(pattern(100_000))
                #expect(try client.response().status == 413)
            }
        }
    }

    @Test("HEAD, 204 and 304 have no body whatever they say")
    func withoutBody() async throws {
        let server = try TestServer { stream, _ in
            while let request = try stream.readMessage() {
                if request.head.hasPrefix("HEAD") {
                    try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
                } else if request.head.hasPrefix("GET /204") {
                    try stream.send("HTTP/1.1 204 No Content\r\n\r\n")
                } else {
                    try stream.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")
                }
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            for _ in 0..<3 {
                try client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
                let head = try client.response(hasBody: false)
                #expect(head.status == 200 && head.value("content-length") == "500")
                try client.send("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.response(hasBody: false).status == 204)
                try client.send("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.response(hasBody: false).status == 304)
            }
            #expect(server.connections == 1)
        }
    }

    @Test("pipelined requests are answered in order")
    func pipelining() async throws {
        let server = try TestServer.answering { request in
            String(request.head.split(separator: " ")[1]) + request.text
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            var requests = ""
            for number in 0..<500 {
                requests +=
                    number % 3 == 0
                    ? "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy"
                    : "GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
            }
            let bytes = requests
            Thread.detachNewThread { try? client.send(bytes) }
            for number in 0..<500 {
                #expect(
                    try client.response().text == "/\(number)" + (number % 3 == 0 ? "xy" : ""))
            }
        }
    }

    @Test("a request in single bytes is a request")
    func dribble() async throws {
        let server = try TestServer.answering { $0.text }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            let text =
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            for byte in text.utf8 { try client.send([byte]) }
            #expect(try client.response().text == "abc")
        }
    }

    @Test("a client that ends its side is answered all the same")
    func halfClosed() async throws {
        let server = try TestServer.answering { _ in "hello" }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            client.endWriting()
            #expect(try client.response().text == "hello")
            #expect(client.isAtEnd())
        }
    }

    @Test("HTTP/1.0 clients: no chunks, no interim answers, keep-alive only when asked for")
    func http10() async throws {
        let server = try TestServer { stream, _ in
            while try stream.readMessage() != nil {
                try stream.send("HTTP/1.1 103 Early Hints\r\n\r\n")
                try stream.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: 1\r\n\r\n"
                )
            }
        }
        let plain = try TestServer.answering { $0.head }
        defer {
            server.stop()
            plain.stop()
        }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            try client.send("GET / HTTP/1.0\r\n\r\n")
            let all = String(decoding: try client.readToEnd(), as: UTF8.self)
            #expect(all.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(all.hasSuffix("\r\n\r\nabcde"))
            #expect(!all.lowercased().contains("transfer-encoding"))
        }
        try await TestProxy.with(.everything(to: plain)) { proxy in
            let client = try proxy.client()
            for _ in 0..<2 {
                try client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
                #expect(try client.response().value("connection") == "keep-alive")
            }
        }
    }

    @Test("a body that ends with the server's connection ends the client's")
    func untilClose() async throws {
        let server = try TestServer { stream, _ in
            _ = try stream.readMessage()
            try stream.send("HTTP/1.1 200 OK\r\n\r\n")
            try stream.send(pattern(100_000))
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.response()
            #expect(answer.value("connection") == "close")
            #expect(answer.body == pattern(100_000))
        }
    }

    @Test("an upgrade becomes a tunnel that each side can end on its own")
    func upgrade() async throws {
        let server = try TestServer { stream, _ in
            guard let head = try stream.read(through: "\r\n\r\n") else { return }
            guard head.contains("Upgrade: WebSocket"), head.contains("Connection: Upgrade") else {
                return try stream.send("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n")
            }
            try stream.send(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi"
            )
            let all = try stream.readToEnd()
            try stream.send(all.reversed())
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            try client.send(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n")
            let answer = try client.response(hasBody: false)
            #expect(answer.status == 101)
            #expect(answer.value("upgrade") == "websocket")
            #expect(answer.value("connection") == "Upgrade")
            #expect(try client.readText(2) == "hi")
            let body = pattern(300_000)
            try client.send(body)
            client.endWriting()
            #expect(try client.readToEnd() == body.reversed())
        }
    }

    @Test("an upgrade that is not let through is an ordinary request")
    func ignoredUpgrade() async throws {
        let server = try TestServer.answering { $0.head }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let seen = try proxy.ask(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
            ).text.lowercased()
            #expect(!seen.contains("upgrade"))
        }
    }
}
