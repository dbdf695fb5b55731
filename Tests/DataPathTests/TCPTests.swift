import Foundation
import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("Connections that are forwarded as they are")
struct TCPTests {
    /// Answers what it is told, and then tells the end.
    private func echo() throws -> TestServer {
        try TestServer { stream, _ in try stream.send(stream.readToEnd()) }
    }

    /// Tells its name and ends.
    private func named(_ name: String) throws -> TestServer {
        try TestServer { stream, _ in
            try stream.send(name)
            _ = try stream.readToEnd()
        }
    }

    @Test("bytes go both ways, and an end on one side leaves the other open")
    func halfClose() async throws {
        let server = try echo()
        defer { server.stop() }
        try await TestProxy.with(.tcp(["one": 1], clusters: ["one": [server.port]])) { proxy in
            let sent = pattern(3_000_000)
            let client = try proxy.client()
            defer { client.close() }
            try client.send(sent)
            client.endWriting()
            #expect(try client.readToEnd() == sent)
            #expect(proxy.proxy.statistics.clusters["one"]?.requests == 1)
        }
    }

    @Test("a slow reader holds the other side up, not memory")
    func backPressure() async throws {
        let written = Atomic<Int>(0)
        let server = try TestServer { stream, _ in
            let chunk = pattern(64 * 1024)
            for _ in 0..<1024 {
                try stream.send(chunk)
                written.add(chunk.count, ordering: .relaxed)
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.tcp(["one": 1], clusters: ["one": [server.port]])) { proxy in
            let client = try TestStream(port: proxy.port, receiveBuffer: 4096)
            defer { client.close() }
            var before = -1
            // The server stops when all buffers on the way are full.
            while written.load(ordering: .relaxed) != before {
                before = written.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(before < 32 << 20)
            #expect(try client.readToEnd().count == 64 << 20)
        }
    }

    @Test("a connection is one cluster's, and each has its share of them")
    func weights() async throws {
        let one = try named("1")
        let two = try named("2")
        defer {
            one.stop()
            two.stop()
        }
        let inputs = RoutingInputs.tcp(
            ["one": 3, "two": 1, "none": 0],
            clusters: ["one": [one.port], "two": [two.port], "none": [try closedPort()]])
        try await TestProxy.with(inputs) { proxy in
            var counts = ["1": 0, "2": 0]
            for _ in 0..<200 {
                let client = try proxy.client()
                counts[try client.readText(1), default: 0] += 1
                client.close()
            }
            #expect((148...152).contains(counts["1"] ?? 0))
            #expect((48...52).contains(counts["2"] ?? 0))
        }
    }

    @Test("a refused connection, an invalid backend and no endpoint reset the client")
    func failures() async throws {
        let closed = try closedPort()
        let cases: [(RoutingInputs, String)] = [
            (.tcp(["one": 1], clusters: ["one": [closed]]), "UF"),
            (.tcp([ClusterName.invalidBackend: 1], clusters: [:]), "NC"),
            (.tcp(["one": 1], clusters: ["one": []]), "UH"),
        ]
        for (inputs, flag) in cases {
            try await TestProxy.with(inputs) { proxy in
                let client = try proxy.client()
                #expect(throws: TestStream.Failure.self) { try client.readToEnd() }
                #expect(proxy.proxy.statistics.flags == [flag: 1])
                #expect(proxy.proxy.statistics.activeConnections == 0)
            }
        }
    }

    @Test("another endpoint is tried when one refuses")
    func retries() async throws {
        let server = try named("1")
        defer { server.stop() }
        let inputs = RoutingInputs.tcp(
            ["one": 1], clusters: ["one": [try closedPort(), server.port]])
        try await TestProxy.with(inputs) { proxy in
            for _ in 0..<4 {
                let client = try proxy.client()
                #expect(try client.readText(1) == "1")
                client.close()
            }
        }
    }

    @Test("a reset on one side is a reset on the other")
    func resets() async throws {
        let ends = AsyncStream<String>.makeStream()
        let server = try TestServer { stream, number in
            if number == 1 {
                try stream.send("hello")
                do {
                    _ = try stream.readToEnd()
                    ends.continuation.yield("end")
                } catch {
                    ends.continuation.yield("reset")
                }
            } else {
                _ = try stream.read(1)
                stream.reset()
            }
        }
        defer { server.stop() }
        try await TestProxy.with(.tcp(["one": 1], clusters: ["one": [server.port]])) { proxy in
            let first = try proxy.client()
            #expect(try first.readText(5) == "hello")
            first.reset()
            var endings = ends.stream.makeAsyncIterator()
            #expect(await endings.next() == "reset")
            let second = try proxy.client()
            try second.send("x")
            #expect(throws: TestStream.Failure.self) { try second.readToEnd() }
        }
    }

    @Test("a silent connection is closed after its idle timeout")
    func idle() async throws {
        let server = try echo()
        defer { server.stop() }
        let inputs = RoutingInputs.tcp(
            ["one": 1], clusters: ["one": [server.port]], idleTimeout: .milliseconds(200))
        try await TestProxy.with(inputs) { proxy in
            let client = try proxy.client()
            #expect(throws: TestStream.Failure.self) { try client.readToEnd() }
            #expect(proxy.proxy.statistics.flags == ["SI": 1])
        }
    }

    @Test("weights change and no connection that is open notices")
    func change() async throws {
        let one = try TestServer { stream, _ in
            while true { try stream.send(stream.read(1)) }
        }
        let two = try named("2")
        defer {
            one.stop()
            two.stop()
        }
        let clusters = ["one": [one.port], "two": [two.port]]
        let before = RoutingInputs.tcp(["one": 1, "two": 0], clusters: clusters)
        try await TestProxy.with(before) { proxy in
            let client = try proxy.client()
            try client.send("a")
            #expect(try client.readText(1) == "a")
            let after = RoutingInputs.tcp(["one": 0, "two": 1], clusters: clusters)
            try await proxy.proxy.install(RoutingTable.compile(after))
            let later = try proxy.client()
            #expect(try later.readText(1) == "2")
            try client.send("b")
            #expect(try client.readText(1) == "b")
        }
    }

    @Test("the access log tells of connections")
    func log() async throws {
        let server = try echo()
        defer { server.stop() }
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        let write = ends[1]
        try await TestProxy.with(
            .tcp(["one": 1], clusters: ["one": [server.port]]),
            configure: { $0.accessLog = .descriptor(write) }
        ) { proxy in
            let client = try proxy.client()
            try client.send("four")
            client.endWriting()
            #expect(try client.readText(4) == "four")
            #expect(client.isAtEnd())
        }
        close(ends[1])
        let log = try FileHandle(fileDescriptor: ends[0], closeOnDealloc: true).readToEnd()
        let line = String(decoding: log ?? Data(), as: UTF8.self)
        #expect(line.contains("\"- - -\" 0 - 4 4 "))
        #expect(line.hasSuffix(" filter_chains[0] in one 127.0.0.1:\(server.port)\n"))
    }
}

extension RoutingInputs {
    /// One listener `in` that forwards connections by weight.
    static func tcp(
        _ weights: [String: UInt32], clusters: [String: [Int]], idleTimeout: Duration? = nil
    ) -> RoutingInputs {
        let proxy = TCPProxy(
            statPrefix: "in",
            cluster: .weightedClusters(
                weights.sorted { $0.key < $1.key }.map {
                    TCPProxy.WeightedCluster(name: $0.key, weight: $0.value)
                }), idleTimeout: idleTimeout)
        return .chains([FilterChain(filters: [.tcpProxy(proxy)])], clusters: clusters)
    }

    /// One listener `in` with filter chains.
    static func chains(
        _ chains: [FilterChain], routes: [RouteConfiguration] = [], clusters: [String: [Int]],
        secrets: [Secret] = []
    ) -> RoutingInputs {
        var inputs = RoutingInputs.routes([], clusters: clusters)
        inputs.listeners["in"]?.resource.filterChains = chains
        inputs.routeConfigurations = [:]
        for configuration in routes {
            inputs.routeConfigurations[configuration.name] = Versioned(configuration)
        }
        for secret in secrets { inputs.secrets[secret.name] = Versioned(secret) }
        return inputs
    }
}
