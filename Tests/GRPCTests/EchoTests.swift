import GRPC
import Testing

extension GRPCSuite {
    @Suite(.timeLimit(.minutes(1))) struct EchoTests {
        @Test func unary() async throws {
            let reply = try await withChannel(handler: echo) { channel in
                try await channel.unary("/test.Echo/Unary", GRPCMessage("hello")).text
            }
            #expect(reply == "hello")
        }

        @Test func bidirectional() async throws {
            try await withChannel(handler: echo) { channel in
                try await channel.withCall("/test.Echo/Stream") { call in
                    for number in 0..<100 {
                        try await call.send(GRPCMessage("\(number)"))
                        #expect(try await call.receive()?.text == "\(number)")
                    }
                    try await call.finishSending()
                    #expect(try await call.receive() == nil)
                    #expect(call.status?.code == .ok)
                }
            }
        }

        @Test func emptyMessage() async throws {
            let reply = try await withChannel(handler: echo) { channel in
                try await channel.unary("/test.Echo/Unary", GRPCMessage(copying: []))
            }
            #expect(reply.count == 0)
        }

        @Test func threeMegabytes() async throws {
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let reply = try await withChannel(handler: echo) { channel in
                try await channel.unary("/test.Echo/Unary", GRPCMessage(copying: bytes))
            }
            #expect(reply.bytes == bytes)
        }

        @Test func serverSendsAfterTheHalfClose() async throws {
            let replies = try await withChannel { call in
                var count = 0
                while try await call.receive() != nil { count += 1 }
                try await call.send(GRPCMessage("\(count)"))
                try await call.send(GRPCMessage("done"))
            } _: { channel in
                try await channel.withCall("/test.Count/Stream") { call in
                    for _ in 0..<3 { try await call.send(GRPCMessage("x")) }
                    try await call.finishSending()
                    var replies: [String] = []
                    while let reply = try await call.receive() { replies.append(reply.text) }
                    return replies
                }
            }
            #expect(replies == ["3", "done"])
        }
    }
}
