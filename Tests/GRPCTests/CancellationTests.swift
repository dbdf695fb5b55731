import GRPC
import Testing

extension GRPCSuite {
    @Suite(.timeLimit(.minutes(1))) struct CancellationTests {
        @Test func deadlinePasses() async throws {
            let cancelled = Event()
            let status = try await withChannel { call in
                if call.deadline == nil { throw GRPCStatus(.invalidArgument, "no deadline") }
                do { while try await call.receive() != nil {} } catch { cancelled.signal() }
            } _: { channel in
                let status = try await thrownStatus {
                    try await channel.withCall("/test", deadline: .seconds(1)) { call in
                        try await call.send(GRPCMessage("x"))
                        _ = try await call.receive()
                    }
                }
                await cancelled.wait()
                return status
            }
            #expect(status?.code == .deadlineExceeded)
        }

        @Test func pastDeadlineFailsAtOnce() async throws {
            let status = try await withChannel(handler: echo) { channel in
                try await thrownStatus {
                    _ = try await channel.unary("/test", GRPCMessage("x"), deadline: .seconds(-1))
                }
            }
            #expect(status?.code == .deadlineExceeded)
        }

        @Test func clientsTaskIsCancelledWhileTheHandlerReceives() async throws {
            let started = Event()
            let seen = Event()
            try await withChannel { call in
                started.signal()
                let status = try await thrownStatus { _ = try await call.receive() }
                if status?.code == .cancelled { seen.signal() }
            } _: { channel in
                await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await channel.withCall("/test") { _ = try await $0.receive() }
                    }
                    await started.wait()
                    group.cancelAll()
                    await #expect(throws: GRPCStatus.self) { try await group.next() }
                }
                await seen.wait()
            }
        }

        @Test func clientsCancelCancelsTheHandlersTask() async throws {
            let started = Event()
            let seen = Event()
            try await withChannel { call in
                started.signal()
                do { try await Task.sleep(for: .seconds(600)) } catch {
                    if call.isCancelled { seen.signal() }
                    throw error
                }
            } _: { channel in
                try await channel.withCall("/test") { call in
                    await started.wait()
                    call.cancel()
                    let status = try await thrownStatus { _ = try await call.receive() }
                    #expect(status == GRPCStatus(.cancelled, "cancelled by the client"))
                }
                await seen.wait()
            }
        }

        @Test func leavingTheBodyCancelsTheCall() async throws {
            let seen = Event()
            try await withChannel { call in
                do {
                    while try await call.receive() != nil { try await call.send(GRPCMessage("y")) }
                } catch {
                    seen.signal()
                }
            } _: { channel in
                try await channel.withCall("/test") { call in
                    try await call.send(GRPCMessage("x"))
                    _ = try await call.receive()
                }
                await seen.wait()
            }
        }

        @Test func sendAfterThePeerHasGoneThrows() async throws {
            let seen = Event()
            try await withChannel { call in
                _ = try await call.receive()
                let status = try await thrownStatus {
                    while true { try await call.send(GRPCMessage("x")) }
                }
                if status?.code == .cancelled { seen.signal() }
            } _: { channel in
                try await channel.withCall("/test") { call in
                    try await call.send(GRPCMessage("x"))
                    _ = try await call.receive()
                }
                await seen.wait()
            }
        }

        @Test func clientSeesTheServersStatusWhileItSends() async throws {
            try await withChannel { _ in
                throw GRPCStatus(.permissionDenied, "no")
            } _: { channel in
                try await channel.withCall("/test") { call in
                    let first = try await thrownStatus {
                        while true { try await call.send(GRPCMessage("x")) }
                    }
                    #expect(first != nil)
                    let end = try await thrownStatus { _ = try await call.receive() }
                    #expect(end == GRPCStatus(.permissionDenied, "no"))
                    let later = try await thrownStatus { try await call.send(GRPCMessage("x")) }
                    #expect(later == GRPCStatus(.permissionDenied, "no"))
                }
            }
        }

        @Test func aCancelledReaderLosesNoMessage() async throws {
            try await withChannel(handler: echo) { channel in
                try await channel.withCall("/test") { call in
                    let reading = Event()
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            reading.signal()
                            let status = try await thrownStatus { _ = try await call.receive() }
                            #expect(status?.code == .cancelled)
                        }
                        await reading.wait()
                        group.cancelAll()
                        try await group.waitForAll()
                    }
                    try await call.send(GRPCMessage("kept"))
                    #expect(try await call.receive()?.text == "kept")
                    try await call.finishSending()
                    #expect(try await call.receive() == nil)
                }
            }
        }

        @Test func closingTheChannelEndsItsCalls() async throws {
            try await withServer(handler: echo) { _, port in
                let channel = GRPCChannel(target: "127.0.0.1:\(port)")
                let status = try await thrownStatus {
                    try await channel.withCall("/test") { call in
                        try await call.send(GRPCMessage("x"))
                        _ = try await call.receive()
                        channel.close()
                        _ = try await call.receive()
                    }
                }
                #expect(status == GRPCStatus(.cancelled, "the channel was closed"))
                let later = try await thrownStatus {
                    _ = try await channel.unary("/test", GRPCMessage("x"))
                }
                #expect(later?.code == .unavailable)
            }
        }

        @Test func aClientThatDoesNotReadHoldsTheServersSend() async throws {
            let sent = Counter()
            try await withChannel { call in
                let chunk = GRPCMessage(copying: [UInt8](repeating: 0, count: 64 << 10))
                for _ in 0..<1000 {
                    try await call.send(chunk)
                    sent.increment()
                }
            } _: { channel in
                try await channel.withCall("/test") { call in
                    _ = try await call.receive()
                    await sent.waitUntilQuiet()
                    // 64 MB were to be sent; what the windows and buffers hold is far less.
                    #expect(sent.value < 300)
                    var received = 1
                    while try await call.receive() != nil { received += 1 }
                    #expect(received == 1000)
                }
            }
        }

        @Test func aSendHeldByFlowControlEndsWithItsTask() async throws {
            let seen = Event()
            try await withChannel { call in
                let chunk = GRPCMessage(copying: [UInt8](repeating: 0, count: 1 << 20))
                let status = try await thrownStatus { while true { try await call.send(chunk) } }
                if status?.code == .cancelled { seen.signal() }
            } _: { channel in
                try await channel.withCall("/test") { call in _ = try await call.initialMetadata() }
                await seen.wait()
            }
        }
    }
}
