import Foundation
import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("Mirrors")
struct MirrorTests {
    private func inputs(
        _ main: Int, _ mirrors: [(Int, RequestMirrorPolicy)]
    ) -> RoutingInputs {
        var clusters = ["one": [main]]
        for (port, policy) in mirrors { clusters[policy.cluster] = [port] }
        return .filtered(clusters: clusters) { _, action in
            action.prefixRewrite = "/new"
            action.requestMirrorPolicies = mirrors.map(\.1)
        }
    }

    @Test(
        "each mirror gets the request as the endpoint does, its host marked",
        arguments: [0, 70_000])
    func copies(_ size: Int) async throws {
        let main = try TestServer.answering { "main \($0.body.count)" }
        let seen = [Journal<TestStream.Message>(), Journal<TestStream.Message>()]
        let mirrors = try seen.map { seen in
            try TestServer.answering { request in
                seen.add(request)
                return "mirror"
            }
        }
        defer { for server in [main] + mirrors { server.stop() } }
        let inputs = inputs(
            main.port,
            [
                (mirrors[0].port, RequestMirrorPolicy(cluster: "m0")),
                (mirrors[1].port, RequestMirrorPolicy(cluster: "m1", keepsHost: true)),
            ])
        try await TestProxy.with(inputs) { proxy in
            let body = pattern(size)
            let answer = try await onThread {
                let client = try proxy.client()
                defer { client.close() }
                try client.send(
                    Array(
                        ("POST /x HTTP/1.1\r\nHost: a.test:81\r\nX-A: b\r\n"
                            + "Content-Length: \(size)\r\n\r\n").utf8) + body)
                return try client.response()
            }
            #expect(answer.text == "main \(size)")
            for (index, host) in ["a.test-shadow:81", "a.test:81"].enumerated() {
                #expect(try await seen[index].wait(for: 1))
                let copy = seen[index].all[0]
                #expect(copy.head.hasPrefix("POST /newx HTTP/1.1\r\n"))
                #expect(copy.values("host") == [host])
                #expect(copy.values("x-a") == ["b"])
                #expect(copy.body == body)
            }
            #expect(proxy.proxy.statistics.requests == 1)
            #expect(proxy.proxy.statistics.statuses == [1, 0, 0, 0])
        }
    }

    @Test("a share of the requests is copied")
    func fraction() async throws {
        let main = try TestServer.answering { _ in "main" }
        let seen = Journal<String>()
        let mirror = try TestServer.answering { request in
            seen.add(request.head)
            return "mirror"
        }
        defer {
            main.stop()
            mirror.stop()
        }
        let half = FractionalPercent(numerator: 50)
        let inputs = inputs(
            main.port, [(mirror.port, RequestMirrorPolicy(cluster: "m", runtimeFraction: half))])
        try await TestProxy.with(inputs) { proxy in
            let client = try proxy.client()
            for _ in 0..<200 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.response().text == "main")
            }
            // The last copies may still be on their way.
            #expect(try await seen.wait(for: 60))
            #expect(seen.all.count <= 140)
        }
    }

    @Test("a mirror that does not answer, or is not there, changes nothing")
    func failing() async throws {
        let main = try TestServer.answering { "main \($0.body.count)" }
        let stuck = try TestServer { stream, _ in
            // Reads, and never answers.
            _ = try stream.readToEnd()
        }
        let gate = Gate()
        let deaf = try TestServer { _, _ in gate.wait() }
        defer {
            gate.open()
            for server in [main, stuck, deaf] { server.stop() }
        }
        let closed = try closedPort()
        let inputs = inputs(
            main.port,
            [
                (stuck.port, RequestMirrorPolicy(cluster: "stuck")),
                (closed, RequestMirrorPolicy(cluster: "closed")),
                (main.port, RequestMirrorPolicy(cluster: ClusterName.invalidBackend)),
                (deaf.port, RequestMirrorPolicy(cluster: "deaf")),
            ])
        try await TestProxy.with(inputs) { proxy in
            let size = 8_000_000
            let text = try await onThread {
                let client = try proxy.client()
                defer { client.close() }
                try client.send(
                    Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8)
                        + pattern(size))
                let first = try client.response().text
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try first + " " + client.response().text
            }
            #expect(text == "main \(size) main 0")
        }
    }
}

/// Holds threads until it is opened.
private final class Gate: Sendable {
    private let condition = NSCondition()
    private let isOpen = Mutex(false)

    func wait() {
        condition.lock()
        while !isOpen.withLock({ $0 }) { condition.wait() }
        condition.unlock()
    }

    func open() {
        condition.lock()
        isOpen.withLock { $0 = true }
        condition.broadcast()
        condition.unlock()
    }
}
