import Discovery
import Foundation
import HeddleXDS
import Testing
import XDS

/// A client in Python that knows the messages and nothing of the protocol: the test says what it
/// sends.
final class PythonClient: Sendable {
    /// A request of either variant, as JSON has it.
    struct Request: Encodable {
        struct Detail: Encodable {
            var code = 3
            var message: String
        }

        struct Proxy: Encodable {
            var id: String
            var cluster = "test/proxy"
        }

        var node: Proxy?
        var typeUrl: String?
        var versionInfo: String?
        var resourceNames: [String]?
        var resourceNamesSubscribe: [String]?
        var resourceNamesUnsubscribe: [String]?
        var initialResourceVersions: [String: String]?
        var responseNonce: String?
        var errorDetail: Detail?
    }

    /// A response of either variant, or the end of the stream.
    struct Reply: Decodable {
        var type = ""
        var version = ""
        var nonce = ""
        var names: [String] = []
        var versions: [String: String] = [:]
        var removed: [String] = []
        /// The status's name; empty for a response.
        var status = ""
        var message = ""

        private enum CodingKeys: CodingKey {
            case type, version, nonce, names, versions, removed, status, message
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            func value<Value: Decodable>(_ key: CodingKeys, _ other: Value) throws -> Value {
                try values.decodeIfPresent(Value.self, forKey: key) ?? other
            }
            type = try value(.type, "")
            version = try value(.version, "")
            nonce = try value(.nonce, "")
            names = try value(.names, []).sorted()
            versions = try value(.versions, [:])
            removed = try value(.removed, []).sorted()
            status = try value(.status, "")
            message = try value(.message, "")
        }
    }

    fileprivate struct Command: Encodable {
        var `do`: String
        var stream: String?
        var channel: String?
        var service: String?
        var delta: Bool?
        var hex: String?
        var request: Request?
    }

    private let program: Program

    fileprivate init(port: Int) throws {
        program = try Program(
            try tool("HEDDLE_TEST_PYTHON"), [peer("client.py"), "127.0.0.1:\(port)"])
    }

    fileprivate func stop() async {
        await program.stop()
    }

    /// Opens a stream.
    ///
    /// - Parameter service: `ads`, `lds`, `rds`, `vhds`, `cds`, `eds`, `sds`.
    /// - Parameter channel: Streams of one channel share a connection.
    func open(
        _ service: String = "ads", isDelta: Bool, channel: String = "one"
    ) async throws -> Stream {
        let stream = Stream(client: self, name: UUID().uuidString, isDelta: isDelta)
        try await ask(
            Command(
                do: "open", stream: stream.name, channel: channel, service: service, delta: isDelta)
        )
        return stream
    }

    @discardableResult
    fileprivate func ask(_ command: Command) async throws -> Reply {
        try program.write(String(decoding: try JSONEncoder().encode(command), as: UTF8.self))
        let line = try await program.line("> ")
        return try JSONDecoder().decode(Reply.self, from: Data(line.utf8))
    }

    /// One stream of the client.
    struct Stream {
        fileprivate let client: PythonClient
        fileprivate let name: String
        let isDelta: Bool

        func send(_ request: Request) async throws {
            try await client.ask(Command(do: "send", stream: name, request: request))
        }

        func send(hex: String) async throws {
            try await client.ask(Command(do: "bytes", stream: name, hex: hex))
        }

        /// The next response, or the status of the stream that has ended.
        func receive() async throws -> Reply {
            try await client.ask(Command(do: "receive", stream: name))
        }

        /// Sends no more.
        func finish() async throws {
            try await client.ask(Command(do: "finish", stream: name))
        }

        func cancel() async throws {
            try await client.ask(Command(do: "cancel", stream: name))
        }
    }
}

extension PythonClient.Stream {
    /// A first request of a type: names, or everything.
    func subscribe(
        _ type: ResourceType, _ names: [String] = [], node: String? = nil
    ) async throws {
        try await send(
            PythonClient.Request(
                node: node.map { .init(id: $0) }, typeUrl: type.rawValue,
                resourceNames: isDelta ? nil : names,
                resourceNamesSubscribe: isDelta ? names : nil))
    }

    /// Acknowledges a response; by state of the world the names are asked for once more.
    func acknowledge(
        _ reply: PythonClient.Reply, _ names: [String] = []
    ) async throws {
        try await send(
            PythonClient.Request(
                typeUrl: reply.type, versionInfo: isDelta ? nil : reply.version,
                resourceNames: isDelta ? nil : names, responseNonce: reply.nonce))
    }

    /// Refuses a response.
    func refuse(
        _ reply: PythonClient.Reply, _ reason: String, version: String = "",
        _ names: [String] = []
    ) async throws {
        try await send(
            PythonClient.Request(
                typeUrl: reply.type, versionInfo: isDelta ? nil : version,
                resourceNames: isDelta ? nil : names, responseNonce: reply.nonce,
                errorDetail: .init(message: reason)))
    }

    /// The next response, acknowledged.
    func received(_ names: [String] = []) async throws -> PythonClient.Reply {
        let reply = try await receive()
        try #require(reply.status.isEmpty, "the stream has ended: \(reply)")
        try await acknowledge(reply, names)
        return reply
    }

    /// Shows that the server has nothing to say: the answer to one more request, for a type of its
    /// own, is what comes next.
    func expectSilence(_ cache: SnapshotCache, _ comment: Comment? = nil) async throws {
        let type = ResourceType(rawValue: ResourceType.prefix + "test.Fence\(UUID().uuidString)")
        cache.updateResources([.named("fence", type)], of: .test)
        try await subscribe(type, ["fence"])
        let reply = try await receive()
        #expect(reply.type == type.rawValue, comment)
        try await acknowledge(reply, ["fence"])
    }
}

/// Runs a server, and a client in Python, while `body` runs.
func withPython(
    _ cache: SnapshotCache = SnapshotCache(),
    _ adjust: (inout DiscoveryServerConfiguration) -> Void = { _ in },
    _ body: (RunningServer, PythonClient) async throws -> Void
) async throws {
    try await withServer(cache, adjust) { server in
        let client = try PythonClient(port: server.port)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(server, client))
        } catch {
            result = .failure(error)
        }
        await client.stop()
        try result.get()
    }
}
