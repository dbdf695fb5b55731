import Routing
import Testing
import XDS

@testable import DataPath

@Suite("Addresses that are taken before there is a table")
struct ReservationTests {
    private func listener(
        _ name: String, _ port: Int, _ transport: SocketAddress.Transport = .tcp
    ) -> Listener {
        Listener(
            name: name,
            address: SocketAddress(
                address: "127.0.0.1", port: UInt32(port), transport: transport))
    }

    private func isRefused(_ port: Int) -> Bool {
        do {
            _ = try TestStream(port: port)
            return false
        } catch {
            return true
        }
    }

    @Test("a taken port is told, a free one is ours and refuses until there is a table")
    func reserves() async throws {
        let other = try TestServer { _, _ in }
        let backend = try TestServer.answering { _ in "hi" }
        let port = try closedPort()
        let proxy = try Proxy(ProxyConfiguration(workers: 2))
        let problems = await proxy.reserve([
            listener("taken", other.port), listener("in", port),
        ])
        #expect(
            problems == [
                "taken":
                    "listener taken cannot listen on 127.0.0.1:\(other.port): the address is in use"
            ])
        #expect(isRefused(port))
        var inputs = RoutingInputs.everything(to: backend)
        inputs.listeners["in"]?.resource.address?.port = UInt32(port)
        try await proxy.install(RoutingTable.compile(inputs))
        let client = try TestStream(port: port)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().text == "hi")
        // Nobody else can have it.
        let rival = try Proxy(ProxyConfiguration(workers: 1))
        #expect(await rival.reserve([listener("in", port)]).keys.sorted() == ["in"])
        #expect(await proxy.reserve([listener("in", port)]).isEmpty)
        // What is not wanted any more is given back.
        let datagrams = listener("next", port, .udp)
        #expect(await proxy.reserve([listener("in", port), datagrams]).isEmpty)
        #expect(await rival.reserve([datagrams]).keys.sorted() == ["next"])
        #expect(await proxy.reserve([listener("in", port)]).isEmpty)
        #expect(await rival.reserve([datagrams]).isEmpty)
        await proxy.stop()
        await rival.stop()
        other.stop()
        backend.stop()
    }
}
