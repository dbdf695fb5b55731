import Routing
import Testing
import XDS

@testable import DataPath

@Suite("Routes with features")
struct FilterRouteTests {
    /// Retries, a mirror, CORS and sessions at once.
    private func inputs(_ server: TestServer, _ mirror: TestServer) -> RoutingInputs {
        .filtered(clusters: ["one": [server.port], "m": [mirror.port]]) { route, action in
            action.retryPolicy = RetryPolicy(retryOn: "5xx", numRetries: 1)
            action.requestMirrorPolicies = [RequestMirrorPolicy(cluster: "m")]
            route.typedPerFilterConfig["envoy.filters.http.cors"] = .corsPolicy(
                CORSPolicy(allowOriginStringMatch: [StringMatcher(.exact("http://b"))]))
            route.typedPerFilterConfig["envoy.filters.http.stateful_session"] =
                .statefulSessionPerRoute(
                    .statefulSession(StatefulSession(sessionState: .cookie(.init(name: "s")))))
            route.responseHeadersToAdd = [
                HeaderValueOption(key: "x-rule", value: "y", action: .append)
            ]
        }
    }

    @Test("an upgrade goes through where the route has features")
    func upgrades() async throws {
        let server = try TestServer { stream, _ in
            _ = try stream.readMessage()
            try stream.send(
                "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            try stream.send(try stream.read(4))
        }
        let mirror = try TestServer.answering { _ in "" }
        defer {
            server.stop()
            mirror.stop()
        }
        try await TestProxy.with(inputs(server, mirror)) { proxy in
            let client = try proxy.client()
            try client.send(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            let answer = try client.response()
            #expect(answer.status == 101 && answer.value("upgrade") == "websocket")
            try client.send("ping")
            let echoed = try client.readText(4)
            #expect(echoed == "ping")
        }
    }

    @Test("all of them work together, for both protocols and on one connection")
    func together() async throws {
        let server = try TestServer.answering { "hello \($0.body.count)" }
        let copies = Journal<String>()
        let mirror = try TestServer.answering { request in
            copies.add(request.head)
            return ""
        }
        defer {
            server.stop()
            mirror.stop()
        }
        try await TestProxy.with(inputs(server, mirror)) { proxy in
            let old = try proxy.client()
            for size in [0, 3, 0] {
                try old.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nContent-Length: \(size)\r\n\r\n"
                        + String(repeating: "x", count: size))
                let answer = try old.response()
                #expect(answer.text == "hello \(size)")
                #expect(answer.values("access-control-allow-origin") == ["http://b"])
                #expect(answer.values("x-rule") == ["y"])
                #expect(answer.values("set-cookie").count == 1)
            }
            let new = try HTTP2Peer.client(port: proxy.port)
            try new.request(1, "GET", "/", [("origin", "http://b")])
            let answer = try new.response(1)
            #expect(answer.text == "hello 0")
            #expect(answer.values("access-control-allow-origin") == ["http://b"])
            #expect(answer.values("x-rule") == ["y"])
            #expect(answer.values("set-cookie").count == 1)
            try new.request(
                3, "OPTIONS", "/",
                [("origin", "http://b"), ("access-control-request-method", "PUT")])
            let preflight = try new.response(3)
            #expect(preflight.status == 200 && preflight.body.isEmpty)
            #expect(preflight.values("access-control-allow-origin") == ["http://b"])
            #expect(try await copies.wait(for: 4))
            #expect(copies.all.count == 4)
            #expect(proxy.proxy.statistics.requests == 5)
        }
    }

    @Test("a backend's own settings come before the route's")
    func backends() async throws {
        let server = try TestServer.answering { _ in "" }
        defer { server.stop() }
        func session(_ name: String) -> HTTPFilterConfig {
            .statefulSessionPerRoute(
                .statefulSession(StatefulSession(sessionState: .header(name))))
        }
        let filter = HTTPFilter.statefulSession().name
        let inputs = RoutingInputs.filtered(
            clusters: ["one": [server.port], "two": [server.port]]
        ) { route, action in
            route.typedPerFilterConfig[filter] = session("x-route")
            var own = ClusterWeight(name: "two", weight: 1)
            own.typedPerFilterConfig[filter] = session("x-backend")
            action.cluster = .weightedClusters([ClusterWeight(name: "one", weight: 1), own])
        }
        try await TestProxy.with(inputs) { proxy in
            var seen: Set<[String]> = []
            for _ in 0..<20 {
                let answer = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                seen.insert(["x-route", "x-backend"].filter { answer.value($0) != nil })
            }
            #expect(seen == [["x-backend"], ["x-route"]])
        }
    }
}
