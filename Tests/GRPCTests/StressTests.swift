import GRPC
import Testing

extension GRPCSuite {
    /// Nothing that lives in C may outlast its server and channel, whatever ends a call.
    @Suite(.timeLimit(.minutes(2))) struct StressTests {
        @Test func cancellationsAtRandomLeaveNothing() async throws {
            let seed = UInt64.random(in: 0 ... .max)
            try await withServer(handler: echo) { _, port in
                let channels = (0..<10).map { _ in GRPCChannel(target: "127.0.0.1:\(port)") }
                defer { for channel in channels { channel.close() } }
                await withDiscardingTaskGroup { group in
                    for index in 0..<300 {
                        let channel = channels[index % channels.count]
                        group.addTask { await Self.stream(channel, seed &+ UInt64(index)) }
                    }
                }
            }
            #expect(await LiveCount.reachesZero(), "seed \(seed)")
        }

        @Test func shutdownUnderLoadLeavesNothing() async throws {
            for round in 0..<10 {
                var configuration = GRPCServerConfiguration()
                configuration.shutdownGrace = .milliseconds(round * 5)
                configuration.completionQueues = 1 + round % 3
                try await withServer(configuration, handler: echo) { server, port in
                    let channels = (0..<4).map { _ in GRPCChannel(target: "127.0.0.1:\(port)") }
                    defer { for channel in channels { channel.close() } }
                    let exchanged = Counter()
                    await withDiscardingTaskGroup { group in
                        for index in 0..<80 {
                            group.addTask {
                                try? await channels[index % 4].withCall("/t") { call in
                                    while true {
                                        try await call.send(GRPCMessage("x"))
                                        guard try await call.receive() != nil else { return }
                                        exchanged.increment()
                                        if exchanged.value == 500 { server.shutdown() }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            #expect(await LiveCount.reachesZero())
        }

        @Test func aThousandStreamsOnOneThread() async throws {
            var configuration = GRPCServerConfiguration()
            configuration.completionQueues = 1
            try await withServer(configuration, handler: echo) { _, port in
                let channels = (0..<100).map { _ in GRPCChannel(target: "127.0.0.1:\(port)") }
                defer { for channel in channels { channel.close() } }
                let replies = Counter()
                try await withThrowingDiscardingTaskGroup { group in
                    for index in 0..<1000 {
                        group.addTask {
                            try await channels[index % 100].withCall("/t") { call in
                                for _ in 0..<3 {
                                    try await call.send(GRPCMessage("\(index)"))
                                    if try await call.receive()?.text == "\(index)" {
                                        replies.increment()
                                    }
                                }
                                try await call.finishSending()
                                _ = try await call.receive()
                            }
                        }
                    }
                }
                #expect(replies.value == 3000)
            }
            #expect(await LiveCount.reachesZero())
        }

        @Test func manyChannelsOneAfterTheOther() async throws {
            try await withServer(handler: echo) { _, port in
                for number in 0..<100 {
                    let channel = GRPCChannel(target: "127.0.0.1:\(port)")
                    let reply = try await channel.unary("/t", GRPCMessage("\(number)"))
                    #expect(reply.text == "\(number)")
                    channel.close()
                }
            }
            #expect(await LiveCount.reachesZero())
        }

        /// Exchanges messages, and breaks off somewhere in one of the ways there are.
        private static func stream(_ channel: GRPCChannel, _ seed: UInt64) async {
            var random = SplitMix(state: seed)
            let rounds = Int.random(in: 0..<20, using: &random)
            let size = Int.random(in: 0..<20_000, using: &random)
            let way = Int.random(in: 0..<5, using: &random)
            let delay = Duration.microseconds(Int.random(in: 0..<20_000, using: &random))
            let message = GRPCMessage(copying: [UInt8](repeating: 1, count: size))
            let deadline: Duration? = way == 4 ? delay : nil
            await withDiscardingTaskGroup { group in
                group.addTask {
                    try? await channel.withCall("/t", deadline: deadline) { call in
                        for _ in 0..<rounds {
                            try await call.send(message)
                            _ = try await call.receive()
                        }
                        switch way {
                        case 0: return
                        case 1: call.cancel()
                        case 2: while true { try await call.send(message) }
                        default: try await call.finishSending()
                        }
                        while try await call.receive() != nil {}
                    }
                }
                if way == 2 || way == 3 {
                    try? await Task.sleep(for: delay)
                    group.cancelAll()
                }
            }
        }
    }
}

/// A small generator, so that a seed says it all.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

/// The C parts in the process.
enum LiveCount {
    /// Whether they come down to none; the last of them go a moment after their calls.
    static func reachesZero() async -> Bool {
        for _ in 0..<3000 {
            if LiveObjects.callCount == 0, LiveObjects.messageCount == 0 { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
