import Foundation
import Glibc
import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("Datagrams")
struct UDPTests {
    /// One listener `in` on all addresses that forwards datagrams to localities by weight.
    private func inputs(
        _ weights: [(port: Int, weight: UInt32)], idleTimeout: Duration? = nil
    ) -> RoutingInputs {
        var inputs = RoutingInputs.routes([], clusters: ["all": []])
        inputs.routeConfigurations = [:]
        inputs.listeners["in"] = Versioned(
            Listener(
                name: "in",
                address: SocketAddress(address: "0.0.0.0", port: 0, transport: .udp),
                listenerFilters: [
                    .udpProxy(
                        UDPProxy(statPrefix: "in", cluster: "all", idleTimeout: idleTimeout))
                ]))
        inputs.clusters["all"]?.resource.usesLocalityWeights = true
        inputs.endpoints["all"]?.resource.endpoints = weights.enumerated().map { index, backend in
            LocalityLbEndpoints(
                locality: Locality(zone: "\(index)"), loadBalancingWeight: backend.weight,
                lbEndpoints: [
                    LbEndpoint(
                        address: SocketAddress(address: "127.0.0.1", port: UInt32(backend.port)))
                ])
        }
        return inputs
    }

    @Test("each client has a session of its own, and its answers; a datagram stays one")
    func sessions() async throws {
        let server = try DatagramServer { "from \($0.count)" }
        defer { server.stop() }
        try await TestProxy.with(inputs([(server.port, 1)]), workers: 2) { proxy in
            let clients = try (0..<20).map { _ in try DatagramClient(port: proxy.port) }
            for (index, client) in clients.enumerated() {
                for size in [0, 1, index + 2, 60_000] {
                    try client.send(pattern(size))
                    #expect(try client.receive() == "from \(size)")
                }
            }
            #expect(Set(server.clients).count == 20)
            #expect(proxy.proxy.statistics.sessions == 20)
            #expect(proxy.proxy.statistics.activeSessions == 20)
        }
    }

    @Test("answers come from the address that was asked")
    func sourceAddress() async throws {
        let server = try DatagramServer { "\($0.count)" }
        defer { server.stop() }
        try await TestProxy.with(inputs([(server.port, 1)])) { proxy in
            // The client takes nothing from another address.
            let client = try DatagramClient(address: "127.0.0.7", port: proxy.port)
            try client.send([1, 2, 3])
            #expect(try client.receive() == "3")
        }
    }

    @Test("sessions are shared out by the weights of the localities")
    func weights() async throws {
        let one = try DatagramServer { _ in "1" }
        let two = try DatagramServer { _ in "2" }
        defer {
            one.stop()
            two.stop()
        }
        try await TestProxy.with(inputs([(one.port, 3), (two.port, 1)])) { proxy in
            var counts: [String: Int] = [:]
            for _ in 0..<200 {
                let client = try DatagramClient(port: proxy.port)
                try client.send([0])
                counts[try client.receive(), default: 0] += 1
            }
            #expect((148...152).contains(counts["1"] ?? 0))
            #expect((48...52).contains(counts["2"] ?? 0))
        }
    }

    @Test("a silent session ends, and the next datagram begins another")
    func idle() async throws {
        let server = try DatagramServer { _ in "x" }
        defer { server.stop() }
        let table = inputs([(server.port, 1)], idleTimeout: .milliseconds(50))
        try await TestProxy.with(table) { proxy in
            let client = try DatagramClient(port: proxy.port)
            try client.send([0])
            #expect(try client.receive() == "x")
            while proxy.proxy.statistics.activeSessions > 0 {
                try await Task.sleep(for: .milliseconds(10))
            }
            try client.send([0])
            #expect(try client.receive() == "x")
            #expect(proxy.proxy.statistics.sessions == 2)
        }
    }

    @Test("further clients than there may be sessions are dropped")
    func bound() async throws {
        let server = try DatagramServer { _ in "x" }
        defer { server.stop() }
        try await TestProxy.with(
            inputs([(server.port, 1)]), configure: { $0.datagramSessions = 2 }
        ) { proxy in
            let clients = try (0..<3).map { _ in try DatagramClient(port: proxy.port) }
            for client in clients.prefix(2) {
                try client.send([0])
                #expect(try client.receive() == "x")
            }
            try clients[2].send([0])
            while proxy.proxy.statistics.droppedDatagrams == 0 {
                try await Task.sleep(for: .milliseconds(5))
            }
            try clients[0].send([0])
            #expect(try clients[0].receive() == "x")
            #expect(proxy.proxy.statistics.sessions == 2)
        }
    }

    @Test("a session follows when its endpoint leaves the table, and stays when it does not")
    func change() async throws {
        let one = try DatagramServer { _ in "1" }
        let two = try DatagramServer { _ in "2" }
        defer {
            one.stop()
            two.stop()
        }
        let before = inputs([(one.port, 1)])
        try await TestProxy.with(before) { proxy in
            let client = try DatagramClient(port: proxy.port)
            try client.send([0])
            #expect(try client.receive() == "1")
            var table = try RoutingTable.compile(before)
            func install(_ weights: [(port: Int, weight: UInt32)]) async throws {
                table = try RoutingTable.compile(inputs(weights), reusing: table)
                try await proxy.proxy.install(table)
                try client.send([0])
            }
            try await install([(one.port, 1), (two.port, 1_000_000)])
            #expect(try client.receive() == "1")
            try await install([(two.port, 1)])
            #expect(try client.receive() == "2")
            #expect(proxy.proxy.statistics.activeSessions == 1)
        }
    }

    @Test("an endpoint that nobody listens at, and none at all, cost a datagram and no more")
    func failures() async throws {
        let server = try DatagramServer { _ in "x" }
        server.stop()
        try await TestProxy.with(inputs([(server.port, 1)])) { proxy in
            let client = try DatagramClient(port: proxy.port)
            for _ in 0..<3 { try client.send([0]) }
            try await proxy.proxy.install(RoutingTable.compile(inputs([])))
            try client.send([0])
            while proxy.proxy.statistics.droppedDatagrams == 0 {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test("a port that is taken is told with the listener's name, and TCP's is another")
    func taken() async throws {
        let server = try DatagramServer { _ in "x" }
        let stream = try TestServer { _, _ in }
        defer {
            server.stop()
            stream.stop()
        }
        var table = inputs([(server.port, 1)])
        func listen(_ port: Int) {
            table.listeners["in"]?.resource.address = SocketAddress(
                address: "127.0.0.1", port: UInt32(port), transport: .udp)
        }
        listen(server.port)
        let proxy = try Proxy(ProxyConfiguration(workers: 1))
        do {
            try await proxy.install(RoutingTable.compile(table))
            Issue.record("a port was shared")
        } catch let error as DataPathError {
            #expect(error.code == .cannotListen(listener: "in"))
            #expect(error.message.hasSuffix("127.0.0.1:\(server.port): the address is in use"))
        }
        listen(stream.port)
        try await proxy.install(RoutingTable.compile(table))
        await proxy.stop()
    }
}

/// A blocking datagram socket that gives up after some seconds.
private func datagramSocket() -> Int32 {
    let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    return fd
}

private func withAddress<Result>(
    _ text: String, _ port: Int, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    inet_pton(AF_INET, text, &address.sin_addr)
    return withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

private final class DatagramClient {
    private let fd = datagramSocket()

    init(address: String = "127.0.0.1", port: Int) throws {
        guard withAddress(address, port, { connect(fd, $0, $1) }) == 0 else {
            throw TestStream.Failure(description: "cannot connect: errno \(errno)")
        }
    }

    deinit { close(fd) }

    func send(_ bytes: [UInt8]) throws {
        guard Glibc.send(fd, bytes, bytes.count, 0) == bytes.count else {
            throw TestStream.Failure(description: "cannot send: errno \(errno)")
        }
    }

    func receive() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(fd, &buffer, buffer.count, 0)
        guard count >= 0 else {
            throw TestStream.Failure(description: "nothing came: errno \(errno)")
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}

/// Answers each datagram.
private final class DatagramServer: Sendable {
    let port: Int
    private let fd: Int32
    private let seen = Mutex<[in_port_t]>([])
    private let isStopped = Mutex(false)

    /// The ports that datagrams came from.
    var clients: [in_port_t] { seen.withLock { $0 } }

    init(_ answer: @escaping @Sendable ([UInt8]) -> String) throws {
        let fd = datagramSocket()
        self.fd = fd
        port = withAddress("127.0.0.1", 0) { address, length in
            var length = length
            _ = bind(fd, address, length)
            _ = getsockname(fd, address, &length)
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                Int(in_port_t(bigEndian: $0.pointee.sin_port))
            }
        }
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                var peer = sockaddr_in()
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let count = withUnsafeMutablePointer(to: &peer) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        recvfrom(fd, &buffer, buffer.count, 0, $0, &length)
                    }
                }
                if isStopped.withLock({ $0 }) { break }
                if count < 0 { continue }
                seen.withLock { $0.append(peer.sin_port) }
                let text = Array(answer(Array(buffer[..<count])).utf8)
                withUnsafePointer(to: &peer) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        _ = sendto(fd, text, text.count, 0, $0, length)
                    }
                }
            }
            close(fd)
        }
    }

    /// Stops, and gives the port back.
    func stop() {
        let wasStopped = isStopped.withLock { stopped in
            defer { stopped = true }
            return stopped
        }
        if !wasStopped { shutdown(fd, Int32(SHUT_RDWR)) }
    }
}
