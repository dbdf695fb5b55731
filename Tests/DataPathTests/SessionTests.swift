import Foundation
import Routing
import Testing
import XDS

@testable import DataPath

@Suite("Session persistence")
struct SessionTests {
    private func servers(_ count: Int) throws -> [TestServer] {
        try (0..<count).map { number in try TestServer.answering { _ in "\(number)" } }
    }

    private func inputs(
        _ ports: [Int], _ session: StatefulSession
    ) -> RoutingInputs {
        .filtered(clusters: ["one": ports]) { route, _ in
            route.typedPerFilterConfig["envoy.filters.http.stateful_session"] =
                .statefulSessionPerRoute(.statefulSession(session))
        }
    }

    @Test("a cookie keeps a session with its endpoint")
    func cookie() async throws {
        let servers = try servers(3)
        defer { for server in servers { server.stop() } }
        let session = StatefulSession(
            sessionState: .cookie(.init(name: "s", ttl: .seconds(3600), path: "/a")))
        try await TestProxy.with(inputs(servers.map(\.port), session)) { proxy in
            var seen: Set<String> = []
            for _ in 0..<3 {
                let first = try proxy.ask("GET /a/x HTTP/1.1\r\nHost: a\r\n\r\n")
                seen.insert(first.text)
                let set = first.value("set-cookie") ?? ""
                #expect(set.hasPrefix("s=\"") && set.hasSuffix("; Max-Age=3600; Path=/a; HttpOnly"))
                let pair = set.split(separator: ";")[0]
                for _ in 0..<5 {
                    let next = try proxy.ask(
                        "GET /a HTTP/1.1\r\nHost: a\r\nCookie: x=y; \(pair)\r\n\r\n")
                    #expect(next.text == first.text)
                    #expect(next.value("set-cookie") == nil)
                }
            }
            #expect(seen.count == 3)
            let outside = try proxy.ask("GET /ab HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(outside.value("set-cookie") == nil)
        }
    }

    @Test("the cookie's content is Envoy's message")
    func content() async throws {
        let servers = try servers(1)
        defer { servers[0].stop() }
        let session = StatefulSession(sessionState: .cookie(.init(name: "s")))
        try await TestProxy.with(inputs([servers[0].port], session)) { proxy in
            let answer = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let address = "127.0.0.1:\(servers[0].port)"
            let message = Data([0x0A, UInt8(address.utf8.count)] + address.utf8)
            #expect(
                answer.value("set-cookie") == "s=\"\(message.base64EncodedString())\"; HttpOnly")
        }
    }

    @Test("a cookie that Envoy 1.40 has set is understood")
    func fromEnvoy() {
        let cookie = Array("Cg8xMjcuMC4wLjE6MjM4MTEQ0YSR2AY=".utf8)
        let address = Array("127.0.0.1:23811".utf8)
        #expect(SessionAddress.encode(address, expires: 1_795_441_233) == Base64.decode(cookie))
        #expect(SessionAddress.read(cookie: cookie, now: 1_795_441_233) == address)
        #expect(SessionAddress.read(cookie: cookie, now: 1_795_441_234) == nil)
    }

    @Test("a session whose endpoint is gone, or that has expired, gets another")
    func gone() async throws {
        let servers = try servers(2)
        defer { for server in servers { server.stop() } }
        let session = StatefulSession(sessionState: .cookie(.init(name: "s")))
        let closed = try closedPort()
        try await TestProxy.with(inputs(servers.map(\.port), session)) { proxy in
            func cookie(_ port: Int, expires: UInt64 = 0) -> String {
                let content = SessionAddress.encode(
                    Array("127.0.0.1:\(port)".utf8), expires: expires)
                return String(decoding: Base64.encode(content), as: UTF8.self)
            }
            for value in [cookie(closed), cookie(servers[0].port, expires: 1), "x", "", "AAAA"] {
                let answer = try proxy.ask(
                    "GET / HTTP/1.1\r\nHost: a\r\nCookie: s=\(value)\r\n\r\n")
                #expect(answer.status == 200)
                #expect(answer.value("set-cookie") != nil, "\(value)")
            }
            for _ in 0..<4 {
                let kept = try proxy.ask(
                    "GET / HTTP/1.1\r\nHost: a\r\nCookie: s=\(cookie(servers[1].port))\r\n\r\n")
                #expect(kept.text == "1" && kept.value("set-cookie") == nil)
            }
        }
        // An endpoint that is listed but cannot be reached.
        try await TestProxy.with(inputs([closed, servers[0].port], session)) { proxy in
            let content = SessionAddress.encode(Array("127.0.0.1:\(closed)".utf8), expires: 0)
            let value = String(decoding: Base64.encode(content), as: UTF8.self)
            let answer = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\nCookie: s=\(value)\r\n\r\n")
            #expect(answer.text == "0" && answer.value("set-cookie") != nil)
        }
    }

    @Test(
        "a header does the same, and a strict session goes nowhere else", arguments: [false, true])
    func header(_ isStrict: Bool) async throws {
        let servers = try servers(3)
        defer { for server in servers { server.stop() } }
        let session = StatefulSession(sessionState: .header("X-Session"), isStrict: isStrict)
        try await TestProxy.with(inputs(servers.map(\.port), session)) { proxy in
            for (number, server) in servers.enumerated() {
                let value = Data("127.0.0.1:\(server.port)".utf8).base64EncodedString()
                for _ in 0..<3 {
                    let answer = try proxy.ask(
                        "GET / HTTP/1.1\r\nHost: a\r\nX-Session: \(value)\r\n\r\n")
                    #expect(answer.text == "\(number)" && answer.value("x-session") == nil)
                }
            }
            let first = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let port = servers[Int(first.text) ?? 0].port
            #expect(
                first.value("x-session")
                    == Data("127.0.0.1:\(port)".utf8).base64EncodedString())
            let other = Data("127.0.0.1:1".utf8).base64EncodedString()
            let answer = try proxy.ask(
                "GET / HTTP/1.1\r\nHost: a\r\nX-Session: \(other)\r\n\r\n")
            #expect(answer.status == (isStrict ? 503 : 200))
        }
    }

    @Test("Base64 and the message are read back as written, and hostile ones are refused")
    func codec() throws {
        var random = RandomSource(seed: 5)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let text = Base64.encode(bytes)
            #expect(text == Array(Data(bytes).base64EncodedString().utf8))
            #expect(Base64.decode(text) == bytes)
            let content = Base64.encode(SessionAddress.encode(bytes, expires: UInt64(count)))
            let read = SessionAddress.read(cookie: content, now: UInt64(count))
            #expect(read == (bytes.isEmpty ? nil : bytes))
            if count > 0 {
                #expect(SessionAddress.read(cookie: content, now: UInt64(count) + 1) == nil)
            }
            // Any bytes at all.
            _ = SessionAddress.read(cookie: Base64.encode(bytes), now: 0)
            _ = SessionAddress.read(cookie: bytes, now: 0)
        }
        for text in ["A", "AA", "AA=A", "AB==", "====", "A===", "AAA*"] {
            #expect(Base64.decode(Array(text.utf8)) == nil, "\(text)")
        }
    }
}
