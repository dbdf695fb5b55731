import Routing
import Testing
import XDS

@testable import DataPath

@Suite("CORS")
struct CORSTests {
    private func policy(_ configure: (inout CORSPolicy) -> Void = { _ in }) -> CORSPolicy {
        var policy = CORSPolicy(
            allowOriginStringMatch: [
                StringMatcher(.exact("https://a.test")),
                StringMatcher(.safeRegex("https://.*\\.b\\.test(:[0-9]+)?")),
            ], allowMethods: "GET, PUT", allowHeaders: "x-one,x-two", exposeHeaders: "x-seen",
            maxAge: "60", allowCredentials: true, forwardsNotMatchingPreflights: false)
        configure(&policy)
        return policy
    }

    private func inputs(_ server: TestServer, _ policy: CORSPolicy) -> RoutingInputs {
        .filtered(clusters: ["one": [server.port]]) { route, _ in
            route.typedPerFilterConfig["envoy.filters.http.cors"] = .corsPolicy(policy)
        }
    }

    private func preflight(_ origin: String, _ more: String = "") -> String {
        "OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: \(origin)\r\n"
            + "Access-Control-Request-Method: PUT\r\n\(more)\r\n"
    }

    @Test(
        "a preflight of an allowed origin is answered in place",
        arguments: [
            ("https://a.test", true), ("https://x.b.test", true), ("https://x.y.b.test:8443", true),
            ("https://b.test", false), ("http://a.test", false), ("https://a.test.evil", false),
            ("https://x.b.test.evil", false), ("null", false),
        ])
    func preflights(_ origin: String, _ isAllowed: Bool) async throws {
        let server = try TestServer.answering { _ in "reached" }
        defer { server.stop() }
        try await TestProxy.with(inputs(server, policy())) { proxy in
            let answer = try proxy.ask(preflight(origin))
            #expect(answer.status == 200 && answer.text == "")
            #expect(answer.values("access-control-allow-origin") == (isAllowed ? [origin] : []))
            #expect(answer.values("access-control-allow-methods") == ["GET, PUT"])
            #expect(answer.values("access-control-allow-headers") == ["x-one,x-two"])
            #expect(answer.values("access-control-max-age") == ["60"])
            #expect(answer.values("access-control-allow-credentials") == ["true"])
            #expect(server.connections == 0)
        }
    }

    @Test("a lone * takes every origin, and * echoes what is asked for")
    func wildcards() async throws {
        let server = try TestServer.answering { _ in "reached" }
        defer { server.stop() }
        let policy = policy {
            $0.allowOriginStringMatch = [StringMatcher(.exact("*"))]
            $0.allowMethods = "*"
            $0.allowHeaders = "*"
            $0.allowCredentials = false
        }
        try await TestProxy.with(inputs(server, policy)) { proxy in
            let asked = "Access-Control-Request-Headers: x-a, x-b\r\n"
            let answer = try proxy.ask(preflight("http://any.test", asked))
            #expect(answer.value("access-control-allow-origin") == "http://any.test")
            #expect(answer.value("access-control-allow-methods") == "PUT")
            #expect(answer.value("access-control-allow-headers") == "x-a, x-b")
            #expect(answer.value("access-control-allow-credentials") == nil)
            let bare = try proxy.ask(preflight("http://any.test"))
            #expect(bare.value("access-control-allow-headers") == nil)
        }
    }

    @Test("other requests go on, and their responses tell the browser who may read them")
    func requests() async throws {
        let server = try TestServer.answeringWhole { _ in
            TestServer.response(200, "hello", headers: "Access-Control-Allow-Origin: *\r\n")
        }
        defer { server.stop() }
        try await TestProxy.with(inputs(server, policy())) { proxy in
            let allowed = try proxy.ask(
                "GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n\r\n")
            #expect(allowed.text == "hello")
            #expect(allowed.values("access-control-allow-origin") == ["https://a.test"])
            #expect(allowed.values("access-control-allow-credentials") == ["true"])
            #expect(allowed.values("access-control-expose-headers") == ["x-seen"])
            // What the endpoint says of others is its own affair.
            let other = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://c\r\n\r\n")
            #expect(other.values("access-control-allow-origin") == ["*"])
            #expect(other.value("access-control-expose-headers") == nil)
            let none = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(none.values("access-control-expose-headers") == [])
            let options = try proxy.ask(
                "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.test\r\n\r\n")
            #expect(options.text == "hello")
        }
    }

    @Test("a preflight of another origin is forwarded where the policy says nothing")
    func forwarding() async throws {
        let server = try TestServer.answering { _ in "reached" }
        defer { server.stop() }
        let policy = policy { $0.forwardsNotMatchingPreflights = nil }
        try await TestProxy.with(inputs(server, policy)) { proxy in
            let other = try proxy.ask(preflight("http://c"))
            #expect(other.text == "reached")
            let allowed = try proxy.ask(preflight("https://a.test"))
            #expect(allowed.text == "")
        }
    }
}
