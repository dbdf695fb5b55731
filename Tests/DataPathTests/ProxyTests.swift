import Foundation
import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("The proxy as a whole")
struct ProxyTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    private func weighted(_ one: Int, _ two: Int, _ weights: (UInt32, UInt32)) -> RoutingInputs {
        let action = RouteAction(
            cluster: .weightedClusters([
                ClusterWeight(name: "one", weight: weights.0),
                ClusterWeight(name: "two", weight: weights.1),
            ]))
        return .routes(
            [Route(name: "r", match: RouteMatch(), action: .route(action))],
            clusters: ["one": [one], "two": [two]])
    }

    @Test("tables change under load and no request fails; no connection is lost to weights")
    func swap() async throws {
        let one = try TestServer.answering { _ in "1" }
        let two = try TestServer.answering { _ in "2" }
        defer {
            one.stop()
            two.stop()
        }
        let tables = [(50, 50), (90, 10), (0, 1), (1, 0)].map { first, second in
            weighted(one.port, two.port, (UInt32(first), UInt32(second)))
        }
        try await TestProxy.with(tables[0], workers: 2) { proxy in
            let stop = Atomic<Bool>(false)
            let answered = Atomic<Int>(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let failures = Mutex<[String]>([])
                let done = AsyncStream<Void>.makeStream()
                for _ in 0..<8 {
                    Thread.detachNewThread {
                        do {
                            let client = try proxy.client()
                            while !stop.load(ordering: .relaxed) {
                                try client.send(get)
                                let answer = try client.response()
                                if answer.status != 200 {
                                    failures.withLock { $0.append(answer.text) }
                                }
                                answered.add(1, ordering: .relaxed)
                            }
                        } catch {
                            failures.withLock { $0.append("\(error)") }
                        }
                        done.continuation.yield()
                    }
                }
                var table = try RoutingTable.compile(tables[0])
                for round in 0..<200 {
                    table = try RoutingTable.compile(tables[round % 4], reusing: table)
                    try await proxy.proxy.install(table)
                    try await Task.sleep(for: .milliseconds(2))
                }
                stop.store(true, ordering: .relaxed)
                var ended = 0
                for await _ in done.stream {
                    ended += 1
                    if ended == 8 { break }
                }
                #expect(failures.withLock { $0 } == [])
                try await group.waitForAll()
            }
            #expect(answered.load(ordering: .relaxed) > 100)
            #expect(one.connections + two.connections <= 32)
        }
    }

    @Test("the split is exact on one connection and over many")
    func split() async throws {
        let one = try TestServer.answering { _ in "1" }
        let two = try TestServer.answering { _ in "2" }
        defer {
            one.stop()
            two.stop()
        }
        try await TestProxy.with(weighted(one.port, two.port, (70, 30)), workers: 2) { proxy in
            var count = 0
            for _ in 0..<10 {
                let client = try proxy.client()
                for _ in 0..<100 {
                    try client.send(get)
                    if try client.response().text == "1" { count += 1 }
                }
                client.close()
            }
            #expect(abs(count - 700) <= 10)
        }
    }

    @Test("an endpoint that leaves finishes what it has and gets nothing new")
    func endpointLeaves() async throws {
        let release = DispatchSemaphore(value: 0)
        let arrived = DispatchSemaphore(value: 0)
        let old = try TestServer { stream, _ in
            while try stream.readMessage() != nil {
                arrived.signal()
                release.wait()
                try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold")
            }
        }
        let new = try TestServer.answering { _ in "new" }
        defer {
            old.stop()
            new.stop()
        }
        var inputs = RoutingInputs.everything(to: old)
        let table = try RoutingTable.compile(inputs)
        try await TestProxy.with(inputs) { proxy in
            let client = try proxy.client()
            try client.send(get)
            try await onThread { arrived.wait() }
            inputs.endpoints["one"] = Versioned(RoutingInputs.assignment("one", [new.port]))
            // The proxy's own table came from another chain: the first one is installed again.
            try await proxy.proxy.install(table)
            try await proxy.proxy.install(RoutingTable.compile(inputs, reusing: table))
            #expect(try proxy.ask(get).text == "new")
            release.signal()
            let last = try await onThread { try client.response().text }
            #expect(last == "old")
            try client.send(get)
            #expect(try client.response().text == "new")
        }
    }

    @Test("listeners come and go; one that cannot be opened leaves the rest as it was")
    func listeners() async throws {
        let server = try TestServer.answering { _ in "hello" }
        defer { server.stop() }
        let inputs = RoutingInputs.everything(to: server)
        try await TestProxy.with(inputs) { proxy in
            let client = try proxy.client()
            try client.send(get)
            #expect(try client.response().status == 200)

            // The test server's port is taken.
            var wrong = inputs
            wrong.listeners["taken"] = wrong.listeners["in"]
            wrong.listeners["taken"]?.resource.name = "taken"
            wrong.listeners["taken"]?.resource.address?.port = UInt32(server.port)
            let wrongTable = try RoutingTable.compile(wrong)
            await #expect(throws: DataPathError(.cannotListen(listener: "taken"), "")) {
                try await proxy.proxy.install(wrongTable)
            }
            try client.send(get)
            #expect(try client.response().status == 200)
            #expect(try proxy.ask(get).status == 200)

            var without = inputs
            without.listeners = [:]
            try await proxy.proxy.install(RoutingTable.compile(without))
            #expect(throws: TestStream.Failure.self) { try proxy.client() }
            try client.send(get)
            let last = try client.response()
            #expect(last.text == "hello")
            #expect(last.value("connection") == "close")
            #expect(client.isAtEnd())
            #expect(proxy.proxy.boundPorts == [:])
        }
    }

    @Test("a request ends by the table of its first byte, whatever comes meanwhile")
    func tableOfFirstByte() async throws {
        let old = try TestServer.answering { _ in "old" }
        let new = try TestServer.answering { _ in "new" }
        defer {
            old.stop()
            new.stop()
        }
        let inputs = RoutingInputs.everything(to: old)
        let patient = ProxyConfiguration.Timeouts(head: .seconds(60))
        let proxy = try Proxy(ProxyConfiguration(workers: 1, timeouts: patient))
        var table = try RoutingTable.compile(inputs)
        try await proxy.install(table)
        let client = try TestStream(port: proxy.boundPorts["in"] ?? 0)
        try client.send(get)
        #expect(try client.response().text == "old")
        try client.send("GET / HTTP/1.1\r\n")
        // The statistics tell nothing of a first byte: ask another connection after it.
        let other = try TestStream(port: proxy.boundPorts["in"] ?? 0)
        try other.send(get)
        #expect(try other.response().text == "old")
        for round in 0..<3 {
            // Each table has other clusters, in the slots of those before.
            var changed = RoutingInputs.routes(
                [
                    Route(
                        name: "r", match: RouteMatch(),
                        action: .route(RouteAction(cluster: .cluster("new\(round)"))))
                ], clusters: ["new\(round)": [new.port]])
            changed.routeConfigurations["routes"]?.version = "\(round)"
            table = try RoutingTable.compile(changed, reusing: table)
            try await proxy.install(table)
        }
        try client.send("Host: a\r\n\r\n")
        #expect(try client.response().text == "old")
        try client.send(get)
        #expect(try client.response().text == "new")
        // A listener that is gone answers by its last table, not by one it is not in.
        try await proxy.install(RoutingTable.compile(RoutingInputs(), reusing: table))
        try other.send(get)
        #expect(try other.response().text == "new")
        await proxy.stop()
    }

    @Test("two proxies cannot have one address")
    func sameAddress() async throws {
        let server = try TestServer.answering { _ in "hello" }
        defer { server.stop() }
        var inputs = RoutingInputs.everything(to: server)
        try await TestProxy.with(inputs) { proxy in
            inputs.listeners["in"]?.resource.address?.port = UInt32(proxy.port)
            let table = try RoutingTable.compile(inputs)
            let other = try Proxy(ProxyConfiguration(workers: 1))
            await #expect(throws: DataPathError(.cannotListen(listener: "in"), "")) {
                try await other.install(table)
            }
            await other.stop()
        }
    }

    @Test("redirects and direct responses")
    func answersInPlace() async throws {
        func redirect(_ path: String, _ action: RedirectAction) -> Route {
            Route(
                name: path, match: RouteMatch(path: .pathSeparatedPrefix(path)),
                action: .redirect(action))
        }
        var direct = Route(
            name: "d", match: RouteMatch(path: .prefix("/d")),
            action: .directResponse(DirectResponseAction(status: 418, body: "tea")))
        direct.responseHeadersToAdd = [
            HeaderValueOption(key: "X-A", value: "b", action: .append)
        ]
        let routes = [
            redirect("/keep", RedirectAction(scheme: "https")),
            redirect("/host", RedirectAction(host: "b.test", status: 302)),
            redirect("/port", RedirectAction(port: 8443, status: 307)),
            redirect("/whole", RedirectAction(path: .replace("/new"), status: 308)),
            redirect("/part", RedirectAction(path: .replacePrefix("/other"), status: 303)),
            direct,
        ]
        try await TestProxy.with(.routes(routes, clusters: [:])) { proxy in
            let cases = [
                ("/keep/a?q=1", 301, "https://a.test/keep/a?q=1"),
                ("/host", 302, "http://b.test/host"),
                ("/port", 307, "http://a.test:8443/port"),
                ("/whole/x?y", 308, "http://a.test:80/new?y"),
                ("/part/x?y", 303, "http://a.test:80/other/x?y"),
            ]
            let client = try proxy.client()
            for (path, status, location) in cases {
                try client.send("GET \(path) HTTP/1.1\r\nHost: a.test:80\r\n\r\n")
                let answer = try client.response()
                #expect(answer.status == status)
                #expect(answer.value("location") == location)
            }
            try client.send("HEAD /d HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response(hasBody: false).value("content-length") == "3")
            try client.send("GET /d HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.response()
            #expect(answer.status == 418 && answer.text == "tea")
            #expect(answer.value("x-a") == "b")
        }
    }

    @Test("the process answers on its own addresses")
    func local() async throws {
        let proxy = try Proxy(ProxyConfiguration(workers: 2))
        let port = try proxy.serve(host: "127.0.0.1", port: 0) { request in
            LocalResponse(
                status: 200, contentType: "application/json",
                "\(request.method) \(request.path) \(request.query)")
        }
        let client = try TestStream(port: port)
        for _ in 0..<2 {
            try client.send("GET /a/b?c=d HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.response()
            #expect(answer.text == "GET /a/b c=d")
            #expect(answer.value("content-type") == "application/json")
        }
        #expect(throws: DataPathError.self) {
            try proxy.serve(host: "localhost", port: 0) { _ in LocalResponse("") }
        }
        await proxy.stop()
        #expect(throws: TestStream.Failure.self) { try TestStream(port: port) }
    }

    @Test("stopping lets an exchange end")
    func stop() async throws {
        let arrived = DispatchSemaphore(value: 0)
        let release = DispatchSemaphore(value: 0)
        let server = try TestServer { stream, _ in
            _ = try stream.readMessage()
            arrived.signal()
            release.wait()
            try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        defer { server.stop() }
        let proxy = try await TestProxy(.everything(to: server))
        let idle = try proxy.client()
        let client = try proxy.client()
        try client.send(get)
        try await onThread { arrived.wait() }
        async let stopped: Void = proxy.proxy.stop(grace: .seconds(60))
        #expect(try await onThread { idle.isAtEnd() })
        release.signal()
        let answer = try await onThread { try client.response() }
        #expect(answer.text == "ok")
        #expect(answer.value("connection") == "close")
        client.close()
        await stopped
        await #expect(throws: DataPathError(.stopped, "")) {
            try await proxy.proxy.install(.empty)
        }
    }

    @Test("the access log has a line for each request")
    func accessLog() async throws {
        let server = try TestServer.answering { _ in "hello" }
        defer { server.stop() }
        let path = FileManager.default.temporaryDirectory.appending(
            path: "heddle-access-\(UUID().uuidString).log"
        ).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await TestProxy.with(.everything(to: server)) {
            $0.accessLog = .file(path)
        } _: { proxy in
            _ = try proxy.ask(
                "POST /a\"b HTTP/1.1\r\nHost: a\r\nX-Request-Id: id1\r\nContent-Length: 3\r\n\r\nabc"
            )
            _ = try proxy.ask("GET / HTTP/1.1\r\n\r\n")
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines[0].contains("\"POST /a\\x22b HTTP/1.1\" 200 - 3 ")
                && lines[0].hasSuffix(" \"a\" \"id1\" r all one 127.0.0.1:\(server.port)"))
        #expect(lines[1].contains(" 400 DPE "))
    }
}
