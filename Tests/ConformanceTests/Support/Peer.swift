import Foundation
import Synchronization

/// The process of backends and clients, `Peer/peer.py`.
final class Peer: Sendable {
    /// What it says when it is ready.
    struct Greeting: Decodable {
        /// Everything is at addresses 127.BLOCK.x.x and those of the next block.
        var block: Int
        /// Where backend `one` can be reached at ::1 and 127.0.0.1.
        var localPort: Int
    }

    /// What came of requests; answers alike come once, with their number.
    struct Answer: Decodable {
        /// What the backend received.
        struct Echo: Decodable {
            struct TLS: Decodable {
                var sni: String?
                var client: String?
            }

            var backend: String?
            var path: String?
            var host: String?
            var method: String?
            var headers: [String: [String]]?
            var `protocol`: String?
            var received: String?
            var port: Int?
            var tls: TLS?
        }

        var times: Int
        var seconds: Double
        var status: Int?
        var grpc: String?
        var answered: [String: [String]]?
        var echo: Echo?
        var body: String?
        var certificate: String?
        var closed: Bool?
        var dropped: Bool?
        /// Why there was no answer.
        var failed: String?
    }

    private struct Reply: Decodable {
        var id: Int
        var answers: [Answer]?
        var seen: [String: Int]?
        var page: String?
        var problem: String?
    }

    private struct State {
        var next = 0
        var waiting: [Int: CheckedContinuation<Data, Never>] = [:]
    }

    private let state: Shared
    private let program: Program
    /// Where things are.
    let greeting: Greeting

    /// Starts it, and waits until its backends listen.
    init(certificates: Certificates) async throws {
        let state = Shared()
        self.state = state
        program = try Program(
            try Place.tool("HEDDLE_TEST_PYTHON"),
            ["-u", Place.file("Tests/ConformanceTests/Peer/peer.py"), certificates.directory.path]
        ) { state.take($0) }
        greeting = try JSONDecoder().decode(Greeting.self, from: await state.wait(for: -1) {})
    }

    /// Carries out an order of requests.
    func answers(_ order: [String: any Sendable]) async throws -> [Answer] {
        try await reply(order).answers ?? []
    }

    /// How many requests of a token each backend has seen.
    func seen(token: String) async throws -> [String: Int] {
        try await reply(["do": "seen", "token": token]).seen ?? [:]
    }

    /// A page of an admin port.
    func page(_ url: String) async throws -> String {
        try await reply(["do": "page", "url": url]).page ?? ""
    }

    private func reply(_ order: [String: any Sendable]) async throws -> Reply {
        let id = state.nextIdentifier()
        let line = try JSONSerialization.data(withJSONObject: order.merging(["id": id]) { $1 })
        let data = await state.wait(for: id) { program.send(line) }
        let reply = try JSONDecoder().decode(Reply.self, from: data)
        if let problem = reply.problem { throw Problem("the peer: \(problem)") }
        return reply
    }

    /// What the reading thread and the tests share.
    private final class Shared: Sendable {
        private struct Identifier: Decodable {
            var id: Int?
        }

        private let state = Mutex(State())
        private let early = Mutex<[Int: Data]>([:])

        func nextIdentifier() -> Int {
            state.withLock { state in
                state.next += 1
                return state.next
            }
        }

        /// Waits for the line with a number; the greeting counts as -1.
        func wait(for id: Int, _ start: () -> Void) async -> Data {
            await withCheckedContinuation { continuation in
                let known: Data? = state.withLock { state in
                    if let data = early.withLock({ $0.removeValue(forKey: id) }) { return data }
                    state.waiting[id] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) } else { start() }
            }
        }

        func take(_ line: String) {
            let data = Data(line.utf8)
            guard let identifier = try? JSONDecoder().decode(Identifier.self, from: data) else {
                // Complaints, such as a stack trace, belong into the log of the tests.
                print("peer: \(line)")
                return
            }
            let id = identifier.id ?? -1
            let continuation = state.withLock { state in
                let found = state.waiting.removeValue(forKey: id)
                if found == nil { early.withLock { $0[id] = data } }
                return found
            }
            continuation?.resume(returning: data)
        }
    }
}
