import Foundation
import Routing
import Testing
import XDS

@testable import DataPath

@Suite("Rewrites and redirects")
struct RewriteTests {
    @Test("a path is rewritten by an expression; its query stays")
    func expression() async throws {
        let server = try TestServer.answering { $0.head }
        defer { server.stop() }
        let inputs = RoutingInputs.everything(to: server) {
            $0.regexRewrite = RegexMatchAndSubstitute(
                pattern: "^/service/([^/]+)(/.*)$", substitution: "\\2/instance/\\1")
        }
        try await TestProxy.with(inputs) { proxy in
            let cases = [
                ("/service/foo/v1/api?a=/service/b/c", "/v1/api/instance/foo?a=/service/b/c"),
                ("/other?x", "/other?x"),
            ]
            for (sent, seen) in cases {
                let answer = try proxy.ask("GET \(sent) HTTP/1.1\r\nHost: a\r\n\r\n").text
                #expect(answer.hasPrefix("GET \(seen) HTTP/1.1\r\n"), "\(answer)")
            }
        }
    }

    @Test("each backend has its own host and response headers")
    func backends() async throws {
        let server = try TestServer.answering { $0.head }
        defer { server.stop() }
        func weight(_ name: String, _ host: String) -> ClusterWeight {
            ClusterWeight(
                name: name, weight: 1,
                responseHeadersToAdd: [
                    HeaderValueOption(key: "x-backend", value: name, action: .overwrite)
                ], hostRewriteLiteral: host)
        }
        var route = Route(
            name: "r", match: RouteMatch(),
            action: .route(
                RouteAction(
                    cluster: .weightedClusters([weight("one", "one.test"), weight("two", "")]),
                    hostRewriteLiteral: "rule.test")))
        route.responseHeadersToAdd = [
            HeaderValueOption(key: "x-rule", value: "y", action: .append)
        ]
        let inputs = RoutingInputs.routes(
            [route], clusters: ["one": [server.port], "two": [server.port]])
        try await TestProxy.with(inputs) { proxy in
            var seen: Set<String> = []
            for _ in 0..<20 {
                let answer = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let backend = answer.value("x-backend") ?? ""
                #expect(answer.values("x-rule") == ["y"])
                let host = TestStream.Message(head: answer.text, body: []).values("host")
                #expect(host == [backend == "one" ? "one.test" : "rule.test"])
                seen.insert(backend)
            }
            #expect(seen == ["one", "two"])
        }
    }

    @Test(
        "redirects replace what they name and keep the rest",
        arguments: [
            (RedirectAction(path: .replace("/n?q=2")), "/a?q=1", "http://a.test:80/n?q=2"),
            (RedirectAction(path: .replace("n")), "/a?q=1", "http://a.test:80/n?q=1"),
            (RedirectAction(stripsQuery: true), "/a?q=1", "http://a.test:80/a"),
            (
                RedirectAction(path: .replacePrefix("/b"), stripsQuery: true), "/a/c?q=1",
                "http://a.test:80/b/c"
            ),
            (
                RedirectAction(
                    path: .regex(
                        RegexMatchAndSubstitute(pattern: "^/a(/[^/]*)?", substitution: "/z\\1"))),
                "/a/c/d?q=1", "http://a.test:80/z/c/d?q=1"
            ),
            (RedirectAction(scheme: "HTTPS"), "/a", "https://a.test/a"),
            (RedirectAction(scheme: "http"), "/a", "http://a.test:80/a"),
            (RedirectAction(scheme: "https", port: 8443), "/a", "https://a.test:8443/a"),
            (RedirectAction(host: "b.test", port: 81), "/a", "http://b.test:81/a"),
            (RedirectAction(port: 80), "/a", "http://a.test/a"),
            (RedirectAction(port: 443), "/a", "http://a.test:443/a"),
            (RedirectAction(scheme: "https", port: 443), "/a", "https://a.test/a"),
            (RedirectAction(scheme: "https", port: 80), "/a", "https://a.test:80/a"),
        ])
    func redirects(_ action: RedirectAction, _ target: String, _ location: String) async throws {
        let route = Route(
            name: "r", match: RouteMatch(path: .pathSeparatedPrefix("/a")),
            action: .redirect(action))
        try await TestProxy.with(.routes([route], clusters: [:])) { proxy in
            let answer = try proxy.ask("GET \(target) HTTP/1.1\r\nHost: a.test:80\r\n\r\n")
            #expect(answer.status == 301)
            #expect(answer.value("location") == location)
        }
    }

    @Test("a silent request is ended after the route's time, or else the listener's")
    func silence() async throws {
        let server = try TestServer { stream, _ in _ = try stream.readToEnd() }
        defer { server.stop() }
        func route(_ path: String, _ idle: Duration?) -> Route {
            Route(
                name: path, match: RouteMatch(path: .path(path)),
                action: .route(
                    RouteAction(cluster: .cluster("one"), timeout: .zero, idleTimeout: idle)))
        }
        let routes = [
            route("/own", .milliseconds(100)), route("/usual", nil), route("/none", .zero),
        ]
        for (listener, path) in [(Duration.seconds(600), "/own"), (.milliseconds(100), "/usual")] {
            let inputs = RoutingInputs.routes(routes, clusters: ["one": [server.port]]) {
                $0.streamIdleTimeout = listener
            }
            try await TestProxy.with(inputs) { proxy in
                let endless = try proxy.client()
                try endless.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try proxy.ask("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == 504)
                // Only the two that may end have ended.
                #expect(proxy.proxy.statistics.flags == ["SI": 1])
                endless.close()
            }
        }
    }

    @Test("a redirect may be for a share of the requests")
    func share() async throws {
        let server = try TestServer.answering { _ in "hello" }
        defer { server.stop() }
        let routes = [
            Route(
                name: "some",
                match: RouteMatch(
                    runtimeFraction: FractionalPercent(numerator: 500_000, denominator: .million)),
                action: .redirect(RedirectAction(host: "b.test"))),
            Route(
                name: "rest", match: RouteMatch(),
                action: .route(RouteAction(cluster: .cluster("one")))),
        ]
        try await TestProxy.with(.routes(routes, clusters: ["one": [server.port]])) { proxy in
            let client = try proxy.client()
            var redirected = 0
            for _ in 0..<400 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                if try client.response().status == 301 { redirected += 1 }
            }
            #expect((120...280).contains(redirected), "\(redirected)")
        }
    }
}
