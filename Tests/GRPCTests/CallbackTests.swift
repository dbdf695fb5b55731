import GRPC
import Testing

extension GRPCSuite {
    /// Calls that are handled without a task.
    @Suite(.timeLimit(.minutes(1))) struct CallbackTests {
        /// Sends every message back until the half-close, or the end of the call.
        private static let echo: GRPCServer.CallbackHandler = { call in turn(call) }

        @Sendable private static func turn(_ call: GRPCServerCall) {
            call.receive { received in
                switch received {
                case .message(let message):
                    call.send(message) { sent in
                        if sent { turn(call) } else { call.finish(GRPCStatus(.cancelled)) }
                    }
                case .end: call.finish(GRPCStatus(.ok))
                case .brokenOff: call.finish(GRPCStatus(.cancelled))
                }
            }
        }

        private func withEcho(
            _ body: (GRPCChannel) async throws -> Void
        ) async throws {
            let server = GRPCServer(
                configuration: .init(), handlers: [:],
                callbackHandlers: [
                    "/test/Echo": Self.echo,
                    "/test/Refuse": { $0.finish(GRPCStatus(.permissionDenied, "not you")) },
                ])
            let port = try server.start()[0]
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                let channel = GRPCChannel(target: "127.0.0.1:\(port)")
                defer {
                    channel.close()
                    server.shutdown()
                }
                try await body(channel)
            }
        }

        @Test func messagesGoBackAndForth() async throws {
            try await withEcho { channel in
                try await channel.withCall("/test/Echo") { call in
                    for text in ["a", "b", "c"] {
                        try await call.send(GRPCMessage(text))
                        #expect(try await call.receive()?.text == text)
                    }
                    try await call.finishSending()
                    #expect(try await call.receive() == nil)
                }
            }
        }

        @Test func aStatusReachesTheClient() async throws {
            try await withEcho { channel in
                let status = try await thrownStatus {
                    _ = try await channel.unary("/test/Refuse", GRPCMessage(""))
                }
                #expect(status == GRPCStatus(.permissionDenied, "not you"))
                let unknown = try await thrownStatus {
                    _ = try await channel.unary("/test/Unknown", GRPCMessage(""))
                }
                #expect(unknown?.code == .unimplemented)
            }
        }

        /// The server ends only when every call has been finished: its end is the proof.
        @Test func aCancelledCallEnds() async throws {
            try await withEcho { channel in
                for _ in 0..<100 {
                    _ = try? await channel.withCall("/test/Echo") { call in
                        try await call.send(GRPCMessage("a"))
                        _ = try await call.receive()
                        throw CancellationError()
                    }
                }
            }
        }
    }
}
