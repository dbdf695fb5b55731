import Foundation
import Routing
import Testing
import XDS

@testable import DataPath

extension RoutingInputs {
    /// Everything goes to one server that speaks HTTP/2.
    static func everything(
        http2 server: TestServer, configure: (inout RouteAction) -> Void = { _ in }
    ) -> RoutingInputs {
        var inputs = everything(to: server, configure: configure)
        inputs.setHTTP2("one")
        return inputs
    }

    /// The cluster's endpoints speak HTTP/2.
    mutating func setHTTP2(_ cluster: String) {
        clusters[cluster]?.resource.usesHTTP2 = true
    }
}

extension HTTP2Peer.Received {
    /// The request that an echo saw, one line each.
    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// Tells a request's headers as a body.
private func echo(_ peer: HTTP2Peer, _ id: Int32, _ request: HTTP2Peer.Received) throws {
    let lines = request.head.map { "\($0.name)=\($0.value)" }.joined(separator: "\n")
    try peer.answer(id, Array(lines.utf8), headers: [("content-type", "text/plain")])
}

@Suite("HTTP/2 and what lies between it and HTTP/1") struct HTTP2Tests {
    @Test("HTTP/2 to HTTP/2: heads, bodies and trailers pass, the proxy's headers are added")
    func bothSides() async throws {
        let server = try TestServer.http2(echo)
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(
                1, "GET", "/a/../b?q=1",
                [("te", "trailers"), ("cookie", "a=1"), ("cookie", "b=2"), ("x-one", "1")])
            let response = try client.response(1)
            #expect(response.status == 200)
            #expect(response.value("content-type") == "text/plain")
            #expect(response.lines.contains(":method=GET"))
            #expect(response.lines.contains(":path=/b?q=1"))
            #expect(response.lines.contains(":authority=test"))
            #expect(response.lines.contains(":scheme=http"))
            #expect(response.lines.contains("te=trailers"))
            #expect(response.lines.contains("x-one=1"))
            #expect(response.lines.contains("cookie=a=1"))
            #expect(response.lines.contains("x-forwarded-for=127.0.0.1"))
            #expect(response.lines.contains("x-forwarded-proto=http"))
            #expect(response.lines.filter { $0.hasPrefix("x-request-id=") }.count == 1)
            #expect(proxy.proxy.statistics.requests == 1)
            #expect(proxy.proxy.statistics.statuses == [1, 0, 0, 0])
        }
    }

    @Test("HTTP/2 to HTTP/1: cookies become one line, the body gets a framing")
    func toHTTP1() async throws {
        let server = try TestServer.answering { $0.head + $0.text }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(
                1, "POST", "/x", [("te", "trailers"), ("cookie", "a=1"), ("cookie", "b=2")],
                end: false)
            try client.sendBody(1, Array("hello".utf8), end: true)
            let chunked = try client.response(1)
            #expect(chunked.status == 200)
            #expect(chunked.text.hasPrefix("POST /x HTTP/1.1\r\nhost: test\r\n"))
            #expect(chunked.text.contains("cookie: a=1; b=2\r\n"))
            #expect(chunked.text.contains("transfer-encoding: chunked\r\n"))
            #expect(!chunked.text.contains("te:"))
            #expect(chunked.text.hasSuffix("hello"))
            try client.request(3, "POST", "/x", [("content-length", "5")], end: false)
            try client.sendBody(3, Array("hello".utf8), end: true)
            let counted = try client.response(3)
            #expect(counted.text.contains("content-length: 5\r\n"))
            #expect(counted.text.hasSuffix("hello"))
            #expect(server.connections == 1)
        }
    }

    @Test("HTTP/1 to HTTP/2: hop-by-hop headers stay behind, Host becomes :authority")
    func fromHTTP1() async throws {
        let server = try TestServer.http2(echo)
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try proxy.client()
            for _ in 0..<2 {
                try client.send(
                    "POST /a HTTP/1.1\r\nHost: A.example\r\nConnection: x-hop, te\r\nX-Hop: 1\r\n"
                        + "X-Keep: Yes\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "3\r\nabc\r\n0\r\n\r\n")
                let response = try client.response()
                let lines = response.text.split(separator: "\n").map(String.init)
                #expect(response.status == 200)
                #expect(response.value("transfer-encoding") == "chunked")
                #expect(lines.contains(":authority=A.example"))
                #expect(lines.contains("x-keep=Yes"))
                #expect(lines.contains("te=trailers"))
                #expect(!lines.contains { $0.hasPrefix("x-hop") || $0.hasPrefix("connection") })
                #expect(!lines.contains { $0.hasPrefix("host") || $0.hasPrefix("transfer") })
            }
            #expect(server.connections == 1)
        }
    }

    @Test("trailers and interim responses reach clients of both versions")
    func trailers() async throws {
        let server = try TestServer.http2 { peer, id, _ in
            try peer.sendHeaders(id, [(":status", "103"), ("link", "</a>")], end: false)
            try peer.answer(
                id, Array("abc".utf8), headers: [("x-a", "1")], trailers: [("x-sum", "6")])
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "GET", "/")
            let response = try client.response(1)
            #expect(response.blocks.count == 3)
            #expect(response.blocks.first?.first?.value == "103")
            #expect(response.status == 200)
            #expect(response.text == "abc")
            #expect(response.trailers.map { "\($0.name)=\($0.value)" } == ["x-sum=6"])
            let old = try proxy.client()
            try old.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n")
            #expect(try old.read(through: "\r\n\r\n")?.hasPrefix("HTTP/1.1 103 ") == true)
            #expect(try old.read(through: "\r\n\r\n")?.hasPrefix("HTTP/1.1 200 ") == true)
            #expect(try old.read(through: "0\r\n") == "3\r\nabc\r\n0\r\n")
            #expect(try old.read(through: "\r\n\r\n") == "x-sum: 6\r\n\r\n")
        }
    }

    @Test("trailers of HTTP/1 reach HTTP/2, but for those that frame or route")
    func trailersOfHTTP1() async throws {
        let server = try TestServer { stream, _ in
            while try stream.readMessage() != nil {
                try stream.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                        + "3\r\nabc\r\n0\r\nX-Sum:  6 \r\nContent-Length: 3\r\nHost: x\r\n\r\n")
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            for id in [Int32(1), 3] {
                try client.request(id, "POST", "/")
                let response = try client.response(id)
                #expect(response.text == "abc")
                #expect(response.trailers.map { "\($0.name)=\($0.value)" } == ["x-sum=6"])
            }
            #expect(server.connections == 1)
        }
    }

    @Test("answers without a body keep their heads", arguments: [204, 304, 200])
    func noBody(status: Int) async throws {
        let server = try TestServer.http2 { peer, id, request in
            try peer.sendHeaders(
                id,
                [(":status", "\(status)"), ("etag", "x"), ("content-length", "7")]
                    .filter { status != 204 || $0.0 != "content-length" }, end: true)
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "HEAD", "/")
            let response = try client.response(1)
            #expect(response.status == status)
            #expect(response.body.isEmpty)
            let old = try proxy.client()
            try old.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try old.response(hasBody: false)
            #expect(first.status == status)
            #expect(first.value("etag") == "x")
            #expect(first.value("content-length") == (status == 204 ? nil : "7"))
            try old.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try old.response(hasBody: false).status == status)
        }
    }

    @Test("bodies of every size go through every combination of versions, in odd pieces")
    func bodies() async throws {
        let server = try TestServer { stream, _ in
            while let request = try stream.readMessage() {
                try stream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                var start = 0
                var size = 1
                while start < request.body.count {
                    let part = request.body[start..<min(start + size, request.body.count)]
                    try stream.send(
                        Array("\(String(part.count, radix: 16))\r\n".utf8) + part
                            + Array("\r\n".utf8))
                    start += part.count
                    size = size * 7 % 40_009
                }
                try stream.send("0\r\n\r\n")
            }
        }
        defer { server.stop() }
        // HTTP/1 to HTTP/2, HTTP/2 to HTTP/2, HTTP/2 to HTTP/1.
        try await TestProxy.with(.everything(to: server)) { last in
            var inputs = RoutingInputs.everything(to: server)
            inputs.setHTTP2("one")
            inputs.endpoints["one"] = Versioned(RoutingInputs.assignment("one", [last.port]))
            let middle = inputs
            try await TestProxy.with(middle) { second in
                inputs.endpoints["one"] = Versioned(RoutingInputs.assignment("one", [second.port]))
                try await TestProxy.with(inputs) { first in
                    try await sendBodies(to: first.port)
                }
            }
        }
    }

    private func sendBodies(to port: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<6 {
                group.addTask {
                    try await onThread {
                        let client = try TestStream(port: port)
                        for size in [0, 1, 16_383, 16_384, 65_535, 65_536, 300_001, 1_500_000] {
                            let body = pattern(size + worker)
                            try client.send(
                                "POST /\(size) HTTP/1.1\r\nHost: a\r\n"
                                    + "Content-Length: \(body.count)\r\n\r\n")
                            let sender = Thread { try? client.send(body) }
                            sender.start()
                            let response = try client.response()
                            #expect(response.status == 200)
                            #expect(response.body == body, "size \(size)")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a stream that is not read holds nobody up")
    func stalledStream() async throws {
        let body = pattern(200_000)
        let server = try TestServer.http2 { peer, id, request in
            let isBig = request.value(":path") == "/big"
            try peer.answer(id, isBig ? body : Array("small".utf8))
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let slow = try HTTP2Peer.client(port: proxy.port)
            slow.opensWindows = false
            // More than a connection's window in all.
            let ids = Array(stride(from: Int32(1), to: 20, by: 2))
            for id in ids { try slow.request(id, "GET", "/big") }
            try slow.receive { $0.received.values.reduce(0) { $0 + $1.body.count } == 65_535 }
            // On the same connection to the endpoint, by another client.
            let quick = try HTTP2Peer.client(port: proxy.port)
            for id in stride(from: Int32(1), to: 21, by: 2) {
                try quick.request(id, "GET", "/small")
                #expect(try quick.response(id).text == "small")
            }
            slow.opensWindows = true
            try slow.openWindow(0, 65_535)
            for id in ids { try slow.openWindow(id, 65_535) }
            for id in ids { #expect(try slow.response(id).body == body) }
        }
    }

    @Test("an endpoint that does not read holds the client up, not the proxy's memory")
    func backPressure() async throws {
        let server = try TestServer { stream, _ in
            let peer = try HTTP2Peer.server(stream)
            peer.opensWindows = false
            try peer.receive { !$0.opened.isEmpty }
            try peer.receive { $0.received[1]?.body.count == 65_535 }
            try peer.receive { $0.received[1]?.isOver == true }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "POST", "/", end: false)
            try client.sendBody(1, pattern(262_144), end: false)
            // The client gets back what the endpoint took at most.
            for _ in 0..<3 {
                try client.send(HTTP2Peer.ping, [0, 0, 0, 0, 0, 0, 0, 1])
                let pings = client.pings.count
                try client.receive { $0.pings.count > pings }
            }
            #expect(client.window(1) <= 65_535)
            try client.sendReset(1)
        }
    }

    // MARK: Answers of the proxy itself

    @Test("what the proxy answers by itself; gRPC hears it as a status")
    func localReplies() async throws {
        var inputs = RoutingInputs.routes(
            [
                Route(
                    name: "r", match: RouteMatch(path: .prefix("/none")),
                    action: .route(RouteAction(cluster: .cluster("none")))),
                Route(
                    name: "d", match: RouteMatch(path: .prefix("/direct")),
                    action: .directResponse(DirectResponseAction(status: 200, body: "hi"))),
            ], clusters: ["none": []])
        inputs.setHTTP2("none")
        try await TestProxy.with(inputs) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "GET", "/nowhere")
            let missing = try client.response(1)
            #expect(missing.status == 404)
            #expect(missing.text.contains("no route matches GET http://test/nowhere"))
            try client.request(3, "GET", "/direct")
            #expect(try client.response(3).text == "hi")
            let grpc = [("content-type", "application/grpc+proto"), ("te", "trailers")]
            try client.request(5, "POST", "/nowhere", grpc, end: false)
            let unimplemented = try client.response(5)
            #expect(unimplemented.status == 200)
            #expect(unimplemented.blocks.count == 1 && unimplemented.isEnded)
            #expect(unimplemented.value("grpc-status") == "12")
            #expect(unimplemented.value("grpc-message")?.contains("no route matches") == true)
            try client.request(7, "POST", "/none", grpc, end: false)
            #expect(try client.response(7).value("grpc-status") == "14")
            try client.request(9, "GET", "/none")
            #expect(try client.response(9).status == 503)
            try client.sendHeaders(
                11, [(":method", "CONNECT"), (":authority", "a:1")], end: false)
            #expect(try client.response(11).status == 405)
            #expect(proxy.proxy.statistics.flags == ["NR": 2, "UH": 2])
        }
    }

    @Test("what HTTP/1 would refuse is refused by HTTP/2 too")
    func malformed() async throws {
        let server = try TestServer.answering { _ in "" }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.request(1, "GET", "/a#b")
            #expect(try client.response(1).status == 400)
            let large = String(repeating: "a", count: 40_000)
            try client.request(3, "GET", "/", [("x-large", large), ("x-too-large", large)])
            #expect(try client.response(3).status == 431)
            let many = (0..<120).map { ("x-\($0)", "1") }
            try client.request(5, "GET", "/", many)
            #expect(try client.response(5).status == 431)
            // The stream ends, the connection goes on (RFC 9113 §8.1.1).
            let wrong: [HTTP2Peer.Headers] = [
                [("connection", "close")], [("transfer-encoding", "chunked")], [("te", "gzip")],
                [("Upper", "1")], [("x", "a\r\nb: c")], [(":late", "1")], [("x", " a")],
                [("content-length", "3")],
            ]
            var id: Int32 = 7
            for headers in wrong {
                try client.request(id, "POST", "/", headers)
                #expect(try client.response(id).resetCode == 1, "\(headers)")
                id += 2
            }
            try client.request(id, "GET", "/")
            #expect(try client.response(id).status == 200)
            #expect(server.connections == 1)
        }
    }

    @Test("the preface may come in pieces, and is no request of HTTP/1")
    func preface() async throws {
        let server = try TestServer.answering { _ in "ok" }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let whole = HTTP2Peer.preface
            for split in [1, 5, 16, 18, 23] {
                let stream = try proxy.client()
                try stream.send(String(whole.prefix(split)))
                try await Task.sleep(for: .milliseconds(20))
                try stream.send(String(whole.dropFirst(split)))
                // SETTINGS come first.
                #expect(try stream.read(9)[3] == HTTP2Peer.settings)
            }
            let late = try proxy.client()
            try late.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try late.response().text == "ok")
            try late.send(whole)
            #expect(try late.response().status == 400)
            #expect(try proxy.ask("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n").status == 400)
        }
    }
}
