import Foundation
import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("What goes wrong, and what the client is told")
struct FailureTests {
    private let get = "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"

    /// Asks twice on one connection, so that both answers keep it alive.
    private func askTwice(_ proxy: TestProxy, _ request: String) throws -> TestStream.Message {
        let client = try proxy.client()
        try client.send(request)
        _ = try client.response()
        try client.send(request)
        return try client.response()
    }

    @Test("no route: 404 that says what was looked for")
    func noRoute() async throws {
        let inputs = RoutingInputs.routes(
            [
                Route(
                    name: "r", match: RouteMatch(path: .path("/only")),
                    action: .directResponse(DirectResponseAction(status: 200)))
            ], clusters: [:])
        try await TestProxy.with(inputs) { proxy in
            let answer = try askTwice(proxy, get)
            #expect(answer.status == 404)
            #expect(answer.value("server") == "heddle")
            #expect(
                answer.text == "heddle: no route matches GET http://a.test/x on listener in\n")
            #expect(proxy.proxy.statistics.flags == ["NR": 2])
        }
    }

    @Test("an invalid backend: its share is answered 500")
    func invalidBackend() async throws {
        let server = try TestServer.answering { _ in "one" }
        defer { server.stop() }
        let action = RouteAction(
            cluster: .weightedClusters([
                ClusterWeight(name: "one", weight: 1),
                ClusterWeight(name: ClusterName.invalidBackend, weight: 1),
            ]), clusterNotFoundResponseCode: .internalServerError)
        let inputs = RoutingInputs.routes(
            [Route(name: "r", match: RouteMatch(), action: .route(action))],
            clusters: ["one": [server.port]])
        try await TestProxy.with(inputs) { proxy in
            let client = try proxy.client()
            var statuses: [Int: Int] = [:]
            for _ in 0..<100 {
                try client.send(get)
                statuses[try client.response().status, default: 0] += 1
            }
            #expect(abs(statuses[200, default: 0] - 50) <= 2)
            #expect(abs(statuses[500, default: 0] - 50) <= 2)
        }
    }

    @Test("no endpoints, or none that is healthy: 503 that tells which")
    func noEndpoints() async throws {
        let route = Route(
            name: "r", match: RouteMatch(), action: .route(RouteAction(cluster: .cluster("one"))))
        var inputs = RoutingInputs.routes([route], clusters: ["one": []])
        try await TestProxy.with(inputs) { proxy in
            let answer = try askTwice(proxy, get)
            #expect(answer.status == 503)
            #expect(answer.text == "heddle: cluster one has no endpoints\n")
        }
        inputs.endpoints["one"] = Versioned(RoutingInputs.assignment("one", [1]))
        inputs.endpoints["one"]?.resource.endpoints[0].lbEndpoints[0].healthStatus = .unhealthy
        try await TestProxy.with(inputs) { proxy in
            let answer = try proxy.ask(get)
            #expect(answer.text.contains("none of the 1 endpoints"))
        }
    }

    @Test("an endpoint that refuses: another is tried, and 503 when all refuse")
    func refused() async throws {
        let server = try TestServer.answering { $0.text }
        defer { server.stop() }
        let route = Route(
            name: "r", match: RouteMatch(), action: .route(RouteAction(cluster: .cluster("one"))))
        let closed = try closedPort()
        let some = RoutingInputs.routes([route], clusters: ["one": [closed, server.port]])
        try await TestProxy.with(some) { proxy in
            for _ in 0..<10 {
                let answer = try proxy.ask(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
                #expect(answer.status == 200 && answer.text == "abc")
            }
            #expect(proxy.proxy.statistics.upstreamFailures >= 1)
            #expect(proxy.proxy.statistics.upstreamFailures <= 2)
        }
        let none = RoutingInputs.routes([route], clusters: ["one": [closed]])
        try await TestProxy.with(none) { proxy in
            let answer = try askTwice(proxy, get)
            #expect(answer.status == 503)
            #expect(answer.text == "heddle: no endpoint of cluster one could be reached\n")
        }
    }

    @Test("an endpoint that closes without an answer: 503; in the middle of one: a cut")
    func reset() async throws {
        let server = try TestServer { stream, _ in
            guard let request = try stream.readMessage() else { return }
            if request.head.hasPrefix("GET /cut") {
                try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            }
            if request.head.hasPrefix("GET /half") { try stream.send("HTTP/1.1 200 OK\r\nA: ") }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            for path in ["/x", "/half"] {
                let answer = try askTwice(proxy, "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == 503)
                #expect(answer.text.contains("closed the connection"))
            }
            #expect(throws: TestStream.Failure.self) {
                try proxy.ask("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            #expect(proxy.proxy.statistics.flags == ["UC": 5])
        }
    }

    @Test(
        "a malformed answer: 502",
        arguments: [
            "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", "HTTP/1.1 101 X\r\n\r\n",
            "HTTP/1.1 200 OK\nA: b\n\n",
        ])
    func malformedAnswer(_ text: String) async throws {
        let server = try TestServer { stream, _ in
            _ = try stream.readMessage()
            try stream.send(text)
            _ = try stream.readToEnd()
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let answer = try askTwice(proxy, get)
            #expect(answer.status == 502)
            #expect(answer.text.hasPrefix("heddle: the endpoint"))
        }
    }

    @Test("malformed framing in the middle of an answer cuts it")
    func malformedAnswerBody() async throws {
        let server = try TestServer { stream, _ in
            _ = try stream.readMessage()
            try stream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX")
            _ = try stream.readToEnd()
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let request = get
            #expect(throws: TestStream.Failure.self) { try proxy.ask(request) }
        }
    }

    @Test("bytes after an answer are not the next one")
    func extraBytes() async throws {
        let server = try TestServer { stream, number in
            while try stream.readMessage() != nil {
                try stream.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\(number)HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
                )
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            for number in 1...3 {
                try client.send(get)
                #expect(try client.response().text == "\(number)")
            }
        }
    }

    @Test("an endpoint that is silent: 504 after the route's timeout")
    func timeout() async throws {
        let server = try TestServer { stream, _ in
            guard let request = try stream.readMessage() else { return }
            if request.head.hasPrefix("GET /half") {
                try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            }
            _ = try stream.readToEnd()
        }
        defer { server.stop() }
        let inputs = RoutingInputs.everything(to: server) { $0.timeout = .milliseconds(100) }
        try await TestProxy.with(inputs) { proxy in
            let answer = try askTwice(proxy, get)
            #expect(answer.status == 504)
            #expect(answer.text == "heddle: the endpoint did not answer in time\n")
            #expect(throws: TestStream.Failure.self) {
                try proxy.ask("GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            #expect(proxy.proxy.statistics.timeouts == 3)
        }
        let idle = RoutingInputs.everything(to: server) {
            $0.timeout = .zero
            $0.idleTimeout = .milliseconds(100)
        }
        try await TestProxy.with(idle) { proxy in
            let answer = try proxy.ask(get)
            #expect(answer.status == 504 && answer.text.contains("too long"))
        }
    }

    @Test("an endpoint that does not take the connection: the connect timeout holds")
    func connectTimeout() async throws {
        // A full backlog answers no handshake.
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(fd, $0, length)
                _ = listen(fd, 0)
                _ = getsockname(fd, $0, &length)
            }
        }
        let port = Int(in_port_t(bigEndian: address.sin_port))
        let filler = try TestStream(port: port)
        defer { filler.close() }
        let route = Route(
            name: "r", match: RouteMatch(), action: .route(RouteAction(cluster: .cluster("one"))))
        var inputs = RoutingInputs.routes([route], clusters: ["one": [port]])
        inputs.clusters["one"]?.resource.connectTimeout = .milliseconds(50)
        try await TestProxy.with(inputs) { proxy in
            let answer = try proxy.ask(get)
            #expect(answer.status == 503)
        }
    }

    @Test("a slow head: 408")
    func slowHead() async throws {
        let server = try TestServer.answering { _ in "" }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) {
            $0.timeouts.head = .milliseconds(100)
            $0.timeouts.keepAlive = .milliseconds(300)
        } _: { proxy in
            let client = try proxy.client()
            try client.send("GET / HTTP/1.1\r\nHo")
            let answer = try client.response()
            #expect(answer.status == 408)
            #expect(answer.value("connection") == "close")
            #expect(client.isAtEnd())
            let idle = try proxy.client()
            #expect(idle.isAtEnd())
        }
    }

    @Test("a malformed request: its status and reason, then the end; nothing reaches a server")
    func smuggling() async throws {
        let server = try TestServer.answering { _ in "" }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            for (text, malformation) in HeadParserTests.smuggling {
                let client = try proxy.client()
                try client.send(text + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                #expect(answer.status == malformation.status, "\(text.debugDescription)")
                #expect(answer.text == "heddle: \(malformation.reason)\n")
                #expect(client.isAtEnd())
            }
            #expect(server.connections == 0)
        }
    }

    @Test("malformed chunks of a request: 400 and the end")
    func malformedChunks() async throws {
        let server = try TestServer.answering { _ in "" }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            for body in ["x\r\n", "3\r\nabcd\r\n", "3\nabc\r\n", "1;\u{1}\r\na\r\n"] {
                let client = try proxy.client()
                try client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
                #expect(try client.response().status == 400, "\(body.debugDescription)")
                #expect(client.isAtEnd())
            }
        }
    }

    @Test("too large a head: 431; CONNECT: 405")
    func limits() async throws {
        let server = try TestServer.answering { "\($0.head.utf8.count)" }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
            let large = start + String(repeating: "x", count: 50_000) + "\r\n\r\n"
            let length = Int(try proxy.ask(large).text) ?? 0
            #expect(length > 50_000)
            let tooLarge = start + String(repeating: "x", count: 70_000) + "\r\n\r\n"
            #expect(try proxy.ask(tooLarge).status == 431)
            let many = "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: b\r\n", count: 200)
            #expect(try proxy.ask(many + "\r\n").status == 431)
            let connect = try proxy.ask("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n")
            #expect(connect.status == 405)
        }
    }

    @Test("a connection that the endpoint closed while it waited never costs an answer")
    func poolRace() async throws {
        // Each connection serves one request, then closes as soon as a second one arrives.
        let server = try TestServer { stream, _ in
            guard try stream.readMessage() != nil else { return }
            try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            _ = try stream.read(1)
            stream.reset()
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            for _ in 0..<50 {
                try client.send(get)
                #expect(try client.response().text == "ok")
            }
            #expect(proxy.proxy.statistics.retries >= 40)
        }
    }

    @Test("what is not idempotent is not sent twice")
    func noSecondPost() async throws {
        let posts = Mutex(0)
        let server = try TestServer { stream, _ in
            while let request = try stream.readMessage() {
                if request.head.hasPrefix("POST") {
                    posts.withLock { $0 += 1 }
                    return
                }
                try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            try client.send(get)
            _ = try client.response()
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            #expect(try client.response().status == 503)
            #expect(posts.withLock { $0 } == 1)
        }
    }

    @Test("a client that goes away ends its exchange")
    func clientGone() async throws {
        let ended = AsyncStream<Void>.makeStream()
        let server = try TestServer { stream, _ in
            _ = try stream.readMessage()
            _ = try? stream.readToEnd()
            ended.continuation.yield()
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(to: server)) { proxy in
            let client = try proxy.client()
            try client.send(get)
            while server.connections == 0 { try await Task.sleep(for: .milliseconds(1)) }
            client.reset()
            for await _ in ended.stream { break }
            #expect(proxy.proxy.statistics.flags == ["DC": 1])
        }
    }
}
