import Foundation
import Routing
import Testing
import XDS

@testable import DataPath

@Suite("External authorization")
struct AuthorizationTests {
    private static let name = "envoy.filters.http.ext_authz"

    /// Everything goes to `server`, and `authorizer` is asked.
    private func inputs(
        _ server: TestServer, _ authorizer: TestServer, _ filter: ExtAuthz,
        isDisabled: Bool = false, route configure: (inout Route) -> Void = { _ in }
    ) -> RoutingInputs {
        .filtered(
            clusters: ["one": [server.port], "auth": [authorizer.port]],
            filters: [.cors, .extAuthz(filter, isDisabled: isDisabled), .router]
        ) { route, _ in configure(&route) }
    }

    private func http(_ configure: (inout ExtAuthzHTTPService) -> Void = { _ in }) -> ExtAuthz {
        var service = ExtAuthzHTTPService(
            uri: "http://auth", cluster: "auth", timeout: .seconds(60))
        configure(&service)
        return ExtAuthz(service: .http(service))
    }

    private func names(_ names: String...) -> [StringMatcher] {
        names.map { StringMatcher(.exact($0)) }
    }

    @Test("a server is told the head, and its 200 lets the request through with changes")
    func allowed() async throws {
        let server = try TestServer.answeringWhole { request in
            TestServer.response(200, request.head + String(decoding: request.body, as: UTF8.self))
        }
        let questions = Journal<TestStream.Message>()
        let authorizer = try TestServer.answeringWhole { request in
            questions.add(request)
            return TestServer.response(
                200, "ignored",
                headers: "X-User: alice\r\nX-Group: b\r\nX-Secret: s\r\nX-Client: c\r\n"
                    + "x-envoy-auth-headers-to-remove: authorization, x-gone\r\n")
        }
        defer {
            server.stop()
            authorizer.stop()
        }
        let filter = http {
            $0.pathPrefix = "/check"
            $0.allowedHeaders = names("x-told", "x-envoy-auth-partial-body", "content-length")
            $0.headersToAdd = [HeaderValue(key: "x-from", value: "heddle")]
            $0.allowedUpstreamHeaders = names("x-user", "content-length", "host")
            $0.allowedUpstreamHeadersToAppend = names("x-group")
            $0.allowedClientHeadersOnSuccess = names("x-client", "content-length", "connection")
        }
        try await TestProxy.with(inputs(server, authorizer, filter)) { proxy in
            let answer = try proxy.ask(
                "POST /a/../p?q=1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n"
                    + "Authorization: Bearer t\r\nX-Told: 1\r\nX-Envoy-Auth-Partial-Body: false\r\n"
                    + "X-Untold: 2\r\nX-User: mallory\r\n"
                    + "X-Group: a\r\nX-Gone: 1\r\n\r\nbody")
            #expect(answer.status == 200)
            #expect(answer.values("x-client") == ["c"])
            #expect(answer.values("content-length") == ["\(answer.body.count)"])
            let question = questions.all[0]
            #expect(question.head.hasPrefix("POST /check/p?q=1 HTTP/1.1\r\n"))
            #expect(question.values("host") == ["a.test"])
            #expect(question.values("authorization") == ["Bearer t"])
            #expect(question.values("x-told") == ["1"])
            #expect(question.values("x-from") == ["heddle"])
            #expect(question.values("content-length") == ["0"])
            #expect(question.values("x-envoy-auth-partial-body") == [])
            #expect(question.values("x-untold") + question.values("x-user") == [])
            let seen = TestStream.Message(head: answer.text, body: [])
            #expect(answer.text.hasSuffix("body"))
            #expect(seen.values("host") == ["a.test"])
            #expect(seen.values("x-user") == ["alice"])
            #expect(seen.values("x-group") == ["a", "b"])
            #expect(seen.values("content-length") == ["4"])
            #expect(seen.values("x-secret") + seen.values("x-gone") == [])
            #expect(seen.values("authorization") == [])
            #expect(proxy.proxy.statistics.requests == 1)
            #expect(proxy.proxy.statistics.statuses == [1, 0, 0, 0])
        }
    }

    @Test(
        "what the server refuses never reaches the endpoint, and the client gets its answer",
        arguments: [401, 403, 302, 201, 429])
    func denied(_ status: Int) async throws {
        let server = try TestServer.answering { _ in "reached" }
        let authorizer = try TestServer.answeringWhole { _ in
            TestServer.response(
                status, "no",
                headers: "WWW-Authenticate: Basic\r\nLocation: /login\r\nContent-Type: text/x\r\n"
                    + "Connection: keep-alive\r\n")
        }
        defer {
            server.stop()
            authorizer.stop()
        }
        try await TestProxy.with(inputs(server, authorizer, http())) { proxy in
            let client = try proxy.client()
            for _ in 0..<2 {
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
                let answer = try client.response()
                #expect(answer.status == status && answer.text == "no")
                #expect(answer.values("www-authenticate") == ["Basic"])
                #expect(answer.values("location") == ["/login"])
                #expect(answer.values("content-type") == ["text/x"])
            }
            #expect(server.connections == 0)
            #expect(proxy.proxy.statistics.flags == ["UAEX": 2])
        }
    }

    @Test("a server that cannot be asked refuses, or lets through where the filter says so")
    func failures() async throws {
        let server = try TestServer.answering { _ in "reached" }
        let failing = try TestServer.answeringWhole { _ in TestServer.response(503) }
        let closing = try TestServer.answeringWhole { _ in nil }
        let silent = try TestServer { stream, _ in _ = try stream.readToEnd() }
        defer { for server in [server, failing, closing, silent] { server.stop() } }
        for authorizer in [failing, closing, silent] {
            for (allows, status, expected) in [
                (false, nil, 403), (false, 401, 401), (true, nil, 200),
            ] as [(Bool, UInt32?, Int)] {
                var filter = http { if authorizer === silent { $0.timeout = .milliseconds(100) } }
                filter.failureModeAllow = allows
                filter.statusOnError = status
                try await TestProxy.with(inputs(server, authorizer, filter)) { proxy in
                    let answer = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(answer.status == expected)
                    #expect(answer.text == (allows ? "reached" : ""))
                }
            }
        }
    }

    @Test("the body is sent along up to a size; a longer one is refused, or cut where that may be")
    func bodies() async throws {
        let server = try TestServer.answering { "\($0.body.count)" }
        let questions = Journal<TestStream.Message>()
        let authorizer = try TestServer.answeringWhole { request in
            questions.add(request)
            return TestServer.response(200)
        }
        defer {
            server.stop()
            authorizer.stop()
        }
        for (most, isPartial, size, expected) in [
            (100, false, 100, 200), (100, false, 101, 413), (100, true, 101, 200),
            (300_000, false, 300_000, 200), (300_000, true, 1_000_000, 200), (100, false, 0, 200),
        ] as [(UInt32, Bool, Int, Int)] {
            for isChunked in [false, true] {
                var filter = http()
                filter.withRequestBody = BufferSettings(
                    maxRequestBytes: most, allowsPartialMessage: isPartial)
                let before = questions.all.count
                try await TestProxy.with(inputs(server, authorizer, filter)) { proxy in
                    let body = pattern(size)
                    let answer = try await onThread {
                        let client = try proxy.client()
                        defer { client.close() }
                        let framing =
                            isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(size)"
                        try client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
                        if isChunked {
                            if size > 0 {
                                try client.send(
                                    Array("\(String(size, radix: 16))\r\n".utf8) + body
                                        + Array("\r\n".utf8))
                            }
                            try client.send("0\r\n\r\n")
                        } else {
                            try client.send(body)
                        }
                        return try client.response()
                    }
                    #expect(answer.status == expected, "\(most) \(size) \(isChunked)")
                    if expected == 413 {
                        #expect(questions.all.count == before)
                    } else {
                        #expect(answer.text == "\(size)")
                        let question = questions.all[before]
                        #expect(question.body == Array(body.prefix(Int(most))))
                        let isCut = size > Int(most) ? "true" : "false"
                        if size > 0 {
                            #expect(question.values("x-envoy-auth-partial-body") == [isCut])
                        }
                    }
                }
            }
        }
    }

    @Test("a client that waits to be asked for its body is asked, and one that sends on is stopped")
    func gathering() async throws {
        let server = try TestServer.answering { "\($0.body.count) \($0.values("expect"))" }
        let authorizer = try TestServer.answeringWhole { _ in TestServer.response(200) }
        defer {
            server.stop()
            authorizer.stop()
        }
        var filter = http()
        filter.withRequestBody = BufferSettings(maxRequestBytes: 100)
        try await TestProxy.with(inputs(server, authorizer, filter)) { proxy in
            let waiting = try proxy.client()
            try waiting.send(
                "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            let interim = try waiting.response()
            #expect(interim.status == 100)
            try waiting.send("hi")
            let answer = try waiting.response()
            #expect(answer.text == "2 []")
            let endless = try proxy.client()
            try endless.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try endless.send("60\r\n" + String(repeating: "x", count: 0x60) + "\r\n")
            try endless.send("60\r\n" + String(repeating: "x", count: 0x60) + "\r\n")
            let refusal = try endless.response()
            #expect(refusal.status == 413 && refusal.value("connection") == "close")
            endless.endWriting()
            #expect(endless.isAtEnd())
        }
    }

    @Test("a disabled filter serves the routes that have settings for it, and only those")
    func perRoute() async throws {
        let server = try TestServer.answering { _ in "reached" }
        let refusing = try TestServer.answeringWhole { _ in TestServer.response(401) }
        defer {
            server.stop()
            refusing.stop()
        }
        let settings: [(Bool, ExtAuthzPerRoute?, Int)] = [
            (false, nil, 401), (false, .disabled, 200), (true, nil, 200),
            (true, .checkSettings(.init()), 401),
        ]
        for (isDisabled, setting, status) in settings {
            let inputs = inputs(server, refusing, http(), isDisabled: isDisabled) { route in
                if let setting {
                    route.typedPerFilterConfig[Self.name] = .extAuthzPerRoute(setting)
                }
            }
            try await TestProxy.with(inputs) { proxy in
                let answer = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == status)
                // An upgrade must not get past it either.
                let upgrade = try proxy.ask(
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
                )
                #expect(upgrade.status == status)
            }
        }
    }

    @Test("what is answered in place is authorized as well")
    func inPlace() async throws {
        let refusing = try TestServer.answeringWhole { _ in TestServer.response(401) }
        defer { refusing.stop() }
        for action: Route.Action in [
            .redirect(RedirectAction(host: "b")),
            .directResponse(DirectResponseAction(status: 200, body: "secret")),
        ] {
            let route = Route(name: "r", match: RouteMatch(), action: action)
            let filter = http()
            let inputs = RoutingInputs.routes([route], clusters: ["auth": [refusing.port]]) {
                $0.httpFilters = [.extAuthz(filter), .router]
            }
            try await TestProxy.with(inputs) { proxy in
                let answer = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(answer.status == 401 && answer.text == "")
            }
        }
    }

    // MARK: gRPC

    private func grpcInputs(
        _ server: TestServer, _ authorizer: TestServer, _ filter: ExtAuthz
    ) -> RoutingInputs {
        var inputs = inputs(server, authorizer, filter) { route in
            route.typedPerFilterConfig[Self.name] = .extAuthzPerRoute(
                .checkSettings(.init(contextExtensions: ["rule": "one"])))
        }
        inputs.setHTTP2("auth")
        return inputs
    }

    private var grpc: ExtAuthz {
        ExtAuthz(service: .grpc(GRPCService(clusterName: "auth", timeout: .seconds(60))))
    }

    /// A service that answers each check.
    private func service(
        _ checks: Journal<CheckRequest>, status: Int = 0,
        _ answer: @escaping @Sendable (CheckRequest) -> CheckResponse
    ) throws -> TestServer {
        try TestServer.http2 { peer, id, request in
            let isCheck =
                request.value(":path") == "/envoy.service.auth.v3.Authorization/Check"
                && request.value("content-type") == "application/grpc"
                && request.value("te") == "trailers"
            let check = try CheckRequest(decoding: Array(request.body.dropFirst(5)))
            checks.add(check)
            let message = answer(check).encoded()
            let length = withUnsafeBytes(of: UInt32(message.count).bigEndian) { Array($0) }
            try peer.answer(
                id, [0] + length + message, headers: [("content-type", "application/grpc")],
                trailers: [("grpc-status", isCheck ? "\(status)" : "12")])
        }
    }

    @Test("a gRPC service is told all, and what it says is done")
    func grpcAllowed() async throws {
        let server = try TestServer.answering { $0.head }
        let checks = Journal<CheckRequest>()
        let authorizer = try service(checks) { _ in
            CheckResponse(
                httpResponse: .ok(
                    CheckResponse.OK(
                        headers: [
                            HeaderValueOption(key: "X-User", value: "alice", action: .append),
                            HeaderValueOption(key: "x-new", value: "1", action: .addIfAbsent),
                            HeaderValueOption(key: "x-told", value: "9", action: .addIfAbsent),
                            HeaderValueOption(key: "host", value: "evil", action: .overwrite),
                        ], headersToRemove: ["x-gone", "host", ":path"],
                        responseHeadersToAdd: [
                            HeaderValueOption(key: "x-client", value: "c", action: .append)
                        ], queryParametersToSet: [.init(key: "q", value: "2")],
                        queryParametersToRemove: ["r"])))
        }
        defer {
            server.stop()
            authorizer.stop()
        }
        var filter = grpc
        filter.withRequestBody = BufferSettings(maxRequestBytes: 8, allowsPartialMessage: true)
        try await TestProxy.with(grpcInputs(server, authorizer, filter)) { proxy in
            let answer = try proxy.ask(
                "POST /p?q=1&r=1&s=3 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n"
                    + "X-User: mallory\r\nX-Told: 1\r\nX-Told: 2\r\nX-Gone: 1\r\n\r\n0123456789")
            #expect(answer.status == 200 && answer.values("x-client") == ["c"])
            let http = try #require(checks.all.first?.attributes.http)
            #expect(http.method == "POST" && http.path == "/p?q=1&r=1&s=3")
            #expect(http.host == "a.test" && http.scheme == "http" && http.protocol == "HTTP/1.1")
            #expect(http.headers["x-told"] == "1,2" && http.headers[":authority"] == "a.test")
            #expect(http.headers["x-envoy-auth-partial-body"] == "true")
            #expect(http.size == 10 && http.body == "01234567")
            #expect(checks.all[0].attributes.source?.address?.address == "127.0.0.1")
            #expect(checks.all[0].attributes.contextExtensions == ["rule": "one"])
            let seen = TestStream.Message(head: answer.text, body: [])
            #expect(seen.head.hasPrefix("POST /p?s=3&q=2 HTTP/1.1\r\n"))
            #expect(seen.values("host") == ["a.test"])
            #expect(seen.values("x-user") == ["alice"])
            #expect(seen.values("x-new") == ["1"] && seen.values("x-told") == ["1", "2"])
            #expect(seen.values("x-gone") == [])
        }
    }

    @Test("a gRPC service refuses with an answer of its own, or without")
    func grpcDenied() async throws {
        let server = try TestServer.answering { _ in "reached" }
        let denied = CheckResponse.Denied(
            status: 401,
            headers: [HeaderValueOption(key: "X-Why", value: "token", action: .append)],
            body: "no")
        let answers: [(CheckResponse, Int, Int, String)] = [
            (
                CheckResponse(
                    status: RPCStatus(code: 16, message: ""), httpResponse: .denied(denied)), 0,
                401, "no"
            ),
            (CheckResponse(status: RPCStatus(code: 7, message: "")), 0, 403, ""),
            (
                CheckResponse(status: RPCStatus(code: 7, message: ""), httpResponse: .ok(.init())),
                0, 403, ""
            ),
            (CheckResponse(), 14, 403, ""),
            (CheckResponse(httpResponse: .error(.init(status: 500, body: "e"))), 0, 500, "e"),
        ]
        defer { server.stop() }
        for (answer, status, expected, text) in answers {
            let authorizer = try service(Journal(), status: status) { _ in answer }
            defer { authorizer.stop() }
            try await TestProxy.with(grpcInputs(server, authorizer, grpc)) { proxy in
                let reply = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(reply.status == expected && reply.text == text)
                #expect(reply.values("x-why") == (text == "no" ? ["token"] : []))
            }
        }
        #expect(server.connections == 0)
    }

    @Test("a body from HTTP/2 is gathered past the client's window")
    func http2Body() async throws {
        let server = try TestServer.answering { "\($0.body.count)" }
        let checks = Journal<CheckRequest>()
        let authorizer = try service(checks) { _ in CheckResponse() }
        defer {
            server.stop()
            authorizer.stop()
        }
        var filter = grpc
        filter.withRequestBody = BufferSettings(maxRequestBytes: 400_000, packsAsBytes: true)
        try await TestProxy.with(grpcInputs(server, authorizer, filter)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            let body = pattern(390_000)
            try client.request(1, "POST", "/", end: false)
            try client.sendBody(1, body, end: true)
            let answer = try client.response(1)
            #expect(answer.status == 200 && answer.text == "390000")
            #expect(checks.all.first?.attributes.http?.rawBody == body)
            try client.request(3, "POST", "/", end: false)
            try client.sendBody(3, pattern(400_001), end: false)
            #expect(try client.response(3).status == 413)
        }
    }

    @Test("a client that goes away takes its question along")
    func abandoned() async throws {
        let server = try TestServer.answering { _ in "reached" }
        let ends = Journal<Bool>()
        let asked = Journal<Bool>()
        let authorizer = try TestServer { stream, _ in
            _ = try stream.readMessage()
            asked.add(true)
            ends.add(stream.isAtEnd())
        }
        defer {
            server.stop()
            authorizer.stop()
        }
        try await TestProxy.with(inputs(server, authorizer, http())) { proxy in
            let client = try proxy.client()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await asked.wait(for: 1))
            client.reset()
            #expect(try await ends.wait(for: 1))
            #expect(ends.all == [true])
            #expect(server.connections == 0)
        }
    }
}
