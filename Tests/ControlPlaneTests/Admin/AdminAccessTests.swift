import NIOHTTP1
import Testing

@testable import ControlPlane

@Suite struct AdminAccessTests {
    private func status(
        _ method: HTTPMethod, at host: String, _ headers: [(String, String)]
    ) -> Int? {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: "/snapshots/a/b")
        head.headers = HTTPHeaders(headers)
        return AdminAccess(host: host).refusal(of: head).map { Int($0.status.code) }
    }

    @Test(arguments: ["127.0.0.1", "localhost", "127.9.9.9", "::1"])
    func onLoopbackProgramsReadAndChange(host: String) {
        #expect(status(.GET, at: host, [("host", "localhost:1")]) == nil)
        #expect(status(.PUT, at: host, [("host", "127.0.0.1:1")]) == nil)
        #expect(status(.PUT, at: host, [("host", "[::1]:1")]) == nil)
    }

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1"])
    func whereOthersReachThePortNothingIsChanged(host: String) {
        #expect(status(.GET, at: host, [("host", "localhost:1")]) == nil)
        #expect(status(.PUT, at: host, [("host", "localhost:1")]) == 403)
        #expect(status(.DELETE, at: host, [("host", "localhost:1")]) == 403)
    }

    @Test func webPagesChangeNothingAndReadNothingUnderTheirOwnName() {
        let page = [("host", "127.0.0.1:1"), ("origin", "https://evil.example")]
        #expect(status(.PUT, at: "127.0.0.1", page) == 403)
        #expect(status(.GET, at: "127.0.0.1", [("host", "evil.example:1")]) == 403)
        #expect(status(.GET, at: "127.0.0.1", []) == 400)
    }
}
