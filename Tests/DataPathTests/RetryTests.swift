import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("Retries")
struct RetryTests {
    private static let quick = RetryPolicy.BackOff(
        baseInterval: .milliseconds(1), maxInterval: .milliseconds(2))

    private func inputs(_ server: TestServer, _ policy: RetryPolicy) -> RoutingInputs {
        .filtered(clusters: ["one": [server.port]]) { _, action in action.retryPolicy = policy }
    }

    /// Answers as the closure says, which is told the number of the request.
    private func server(
        _ requests: Journal<TestStream.Message>, _ answer: @escaping @Sendable (Int) -> String?
    ) throws -> TestServer {
        try TestServer.answeringWhole { answer(requests.add($0)) }
    }

    @Test(
        "responses are tried again as the policy says",
        arguments: [
            ("5xx", [], 500, 3), ("5xx", [], 404, 1), ("gateway-error", [], 503, 3),
            ("gateway-error", [], 500, 1), ("retriable-4xx", [], 409, 3),
            ("retriable-4xx", [], 404, 1), ("retriable-status-codes", [404, 500], 404, 3),
            ("retriable-status-codes", [404, 500], 503, 1), ("connect-failure,reset", [], 503, 1),
            ("nonsense, 5xx", [], 502, 3), ("5xx", [], 200, 1),
        ] as [(String, [UInt32], Int, Int)])
    func statuses(
        _ reasons: String, _ codes: [UInt32], _ status: Int, _ attempts: Int
    ) async throws {
        let requests = Journal<TestStream.Message>()
        let server = try server(requests) { TestServer.response(status, "\($0)") }
        defer { server.stop() }
        let policy = RetryPolicy(
            retryOn: reasons, numRetries: 2, retriableStatusCodes: codes, retryBackOff: Self.quick)
        try await TestProxy.with(inputs(server, policy)) { proxy in
            let answer = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.status == status && answer.text == "\(attempts)")
            #expect(requests.all.count == attempts)
        }
    }

    @Test(
        "a request succeeds in the end, with its body whole each time", arguments: [0, 10, 900_000])
    func bodies(_ size: Int) async throws {
        let requests = Journal<TestStream.Message>()
        let server = try server(requests) { TestServer.response($0 < 3 ? 503 : 200, "done") }
        defer { server.stop() }
        let policy = RetryPolicy(retryOn: "5xx", numRetries: 3, retryBackOff: Self.quick)
        try await TestProxy.with(inputs(server, policy)) { proxy in
            let body = pattern(size)
            let answer = try await onThread {
                let client = try proxy.client()
                defer { client.close() }
                try client.send(
                    Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8)
                        + body)
                return try client.response()
            }
            #expect(answer.status == 200)
            #expect(requests.all.map { $0.body == body } == [true, true, true])
        }
    }

    @Test("a body above the limit goes once")
    func longBody() async throws {
        let requests = Journal<TestStream.Message>()
        let server = try server(requests) { TestServer.response(503, "\($0)") }
        defer { server.stop() }
        let policy = RetryPolicy(retryOn: "5xx", numRetries: 3, retryBackOff: Self.quick)
        try await TestProxy.with(inputs(server, policy)) { proxy in
            let answer = try await onThread {
                let client = try proxy.client()
                defer { client.close() }
                let size = 3 * CompiledRetry.keptBody
                try client.send(
                    Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8)
                        + pattern(size))
                return try client.response()
            }
            #expect(answer.status == 503 && answer.text == "1")
        }
    }

    @Test("none are made where the policy says 0", arguments: [nil, 0, 1] as [UInt32?])
    func counts(_ retries: UInt32?) async throws {
        let requests = Journal<TestStream.Message>()
        let server = try server(requests) { _ in TestServer.response(500) }
        defer { server.stop() }
        let policy = RetryPolicy(retryOn: "5xx", numRetries: retries, retryBackOff: Self.quick)
        try await TestProxy.with(inputs(server, policy)) { proxy in
            let status = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status
            #expect(status == 500)
            #expect(requests.all.count == 1 + Int(retries ?? 1))
        }
    }

    @Test("a closed connection is tried again on reset, for any method")
    func resets() async throws {
        let requests = Journal<TestStream.Message>()
        let server = try server(requests) { $0 < 3 ? nil : TestServer.response(200, "ok") }
        defer { server.stop() }
        let policy = RetryPolicy(retryOn: "reset", numRetries: 2, retryBackOff: Self.quick)
        try await TestProxy.with(inputs(server, policy)) { proxy in
            let answer = try proxy.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            #expect(answer.text == "ok")
            #expect(requests.all.map(\.text) == ["hi", "hi", "hi"])
        }
    }

    @Test("a try that takes too long is one that failed; the last one is answered 504")
    func tryTimeout() async throws {
        let requests = Journal<TestStream.Message>()
        let silent = try TestServer { stream, _ in
            while let request = try stream.readMessage() {
                if requests.add(request) == 2 { try stream.send(TestServer.response(200, "late")) }
            }
        }
        defer { silent.stop() }
        let policy = RetryPolicy(
            retryOn: "reset", numRetries: 1, perTryTimeout: .milliseconds(200),
            retryBackOff: Self.quick)
        try await TestProxy.with(inputs(silent, policy)) { proxy in
            let text = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").text
            #expect(text == "late")
            let status = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status
            #expect(status == 504)
            #expect(requests.all.count == 4)
        }
    }

    @Test("a try's time begins when the request is there")
    func slowUpload() async throws {
        let server = try TestServer.answering { "\($0.body.count)" }
        defer { server.stop() }
        let policy = RetryPolicy(
            retryOn: "5xx", numRetries: 0, perTryTimeout: .milliseconds(300))
        try await TestProxy.with(inputs(server, policy)) { proxy in
            let client = try proxy.client()
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na")
            try await Task.sleep(for: .milliseconds(600))
            try client.send("b")
            let answer = try client.response()
            #expect(answer.text == "2")
        }
    }

    @Test("the route's timeout holds for all tries together")
    func wholeTimeout() async throws {
        let requests = Journal<TestStream.Message>()
        let server = try server(requests) { _ in TestServer.response(503) }
        defer { server.stop() }
        let inputs = RoutingInputs.filtered(clusters: ["one": [server.port]]) { _, action in
            action.timeout = .milliseconds(300)
            action.retryPolicy = RetryPolicy(
                retryOn: "5xx", numRetries: 1000,
                retryBackOff: .init(
                    baseInterval: .milliseconds(50), maxInterval: .milliseconds(50)))
        }
        try await TestProxy.with(inputs) { proxy in
            let status = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status
            #expect(status == 504)
            #expect((1...7).contains(requests.all.count))
        }
    }

    @Test("nothing is tried again once the response has begun")
    func begun() async throws {
        let requests = Journal<TestStream.Message>()
        let server = try server(requests) { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
        }
        defer { server.stop() }
        let closing = try TestServer { stream, _ in
            guard let request = try stream.readMessage() else { return }
            requests.add(request)
            try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        }
        defer { closing.stop() }
        let policy = RetryPolicy(retryOn: "5xx,reset", numRetries: 3, retryBackOff: Self.quick)
        try await TestProxy.with(inputs(closing, policy)) { proxy in
            let client = try proxy.client()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(throws: TestStream.Failure.self) { _ = try client.response() }
            client.close()
            #expect(requests.all.count == 1)
        }
    }

    @Test("a budget without room lets the response through")
    func budget() async throws {
        let requests = Journal<TestStream.Message>()
        let server = try server(requests) { _ in TestServer.response(503) }
        defer { server.stop() }
        let policy = RetryPolicy(retryOn: "5xx", numRetries: 3, retryBackOff: Self.quick)
        for (budget, attempts) in [
            (RetryBudget(budgetPercent: 0, minRetryConcurrency: 0), 1),
            (RetryBudget(budgetPercent: 0, minRetryConcurrency: 1), 4),
            (RetryBudget(budgetPercent: 100, minRetryConcurrency: 0), 4),
        ] {
            var inputs = inputs(server, policy)
            inputs.clusters["one"]?.resource.circuitBreakers = [
                CircuitBreakerThresholds(retryBudget: budget)
            ]
            let before = requests.all.count
            try await TestProxy.with(inputs) { proxy in
                let status = try proxy.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status
                #expect(status == 503)
                #expect(requests.all.count - before == attempts)
            }
        }
    }
}
