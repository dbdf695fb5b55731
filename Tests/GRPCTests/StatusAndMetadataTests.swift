import GRPC
import Testing

extension GRPCSuite {
    @Suite(.timeLimit(.minutes(1))) struct StatusAndMetadataTests {
        @Test func handlersStatusReachesTheClient() async throws {
            let status = try await withChannel { _ in
                throw GRPCStatus(.notFound, "no such listener: ä%")
            } _: { channel in
                try await thrownStatus {
                    _ = try await channel.unary("/test/Get", GRPCMessage("x"))
                }
            }
            #expect(status == GRPCStatus(.notFound, "no such listener: ä%"))
        }

        @Test func otherErrorsStayOnTheServer() async throws {
            struct Secret: Error {}
            let told = Event()
            var configuration = GRPCServerConfiguration()
            configuration.onHandlerError = { path, error in
                if path == "/test/Get", error is Secret { told.signal() }
            }
            let status = try await withChannel(configuration) { _ in
                throw Secret()
            } _: { channel in
                try await thrownStatus {
                    _ = try await channel.unary("/test/Get", GRPCMessage("x"))
                }
            }
            await told.wait()
            #expect(status?.code == .unknown)
            #expect(status?.message.contains("Secret") == false)
        }

        @Test func unknownPathIsUnimplemented() async throws {
            let server = GRPCServer(configuration: .init(), handlers: ["/test/Echo": echo])
            let port = try server.start()[0]
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            async let run: Void = server.run()
            #expect(try await channel.unary("/test/Echo", GRPCMessage("a")).text == "a")
            let status = try await thrownStatus {
                _ = try await channel.unary("/test/Other", GRPCMessage("a"))
            }
            #expect(status == GRPCStatus(.unimplemented, "no method /test/Other"))
            channel.close()
            server.shutdown()
            try await run
        }

        @Test func metadataGoesBothWays() async throws {
            var sent: GRPCMetadata = ["x-node": "gateway~a~b~1"]
            sent.add("x-node", "second")
            sent.add("trace-bin", bytes: [0, 255, 10])
            try await withChannel { call in
                guard call.metadata.texts("x-node") == ["gateway~a~b~1", "second"],
                    call.metadata.bytes("trace-bin") == [0, 255, 10],
                    call.path == "/test/Metadata", call.peer.hasPrefix("ipv4:127.0.0.1:"),
                    call.peerIdentity == nil, call.deadline == nil
                else { throw GRPCStatus(.invalidArgument, "\(call.metadata)") }
                call.initialMetadata = ["x-initial": "1"]
                call.trailingMetadata.add("x-trailing-bin", bytes: [1, 2, 3])
                try call.sendInitialMetadata()
                _ = try await call.receive()
                throw GRPCStatus(.aborted)
            } _: { [sent] channel in
                try await channel.withCall("/test/Metadata", metadata: sent) { call in
                    // Comes before any message, because the server sends it at once.
                    #expect(try await call.initialMetadata()["x-initial"] == "1")
                    try await call.finishSending()
                    let status = try await thrownStatus { _ = try await call.receive() }
                    #expect(status == GRPCStatus(.aborted))
                    #expect(call.trailingMetadata.bytes("x-trailing-bin") == [1, 2, 3])
                }
            }
        }

        @Test func refusedMetadataIsAnError() async throws {
            try await withChannel(handler: echo) { channel in
                for metadata: GRPCMetadata in [["bad key": "x"], ["key": "line\nbreak"]] {
                    let status = try await thrownStatus {
                        _ = try await channel.unary("/test", GRPCMessage(""), metadata: metadata)
                    }
                    #expect(status?.code == .invalidArgument)
                }
            }
        }

        @Test func serversRefusedMetadataIsAnError() async throws {
            let status = try await withChannel { call in
                call.trailingMetadata["ok"] = "ok"
                call.trailingMetadata["not ok"] = "x"
            } _: { channel in
                try await thrownStatus { _ = try await channel.unary("/test", GRPCMessage("")) }
            }
            #expect(status?.code == .internal)
        }

        @Test func messageAboveTheServersLimit() async throws {
            var configuration = GRPCServerConfiguration()
            configuration.maxReceiveMessageBytes = 1000
            let status = try await withChannel(configuration, handler: echo) { channel in
                let fits = GRPCMessage(copying: [UInt8](repeating: 1, count: 1000))
                #expect(try await channel.unary("/test", fits).count == 1000)
                return try await thrownStatus {
                    let large = GRPCMessage(copying: [UInt8](repeating: 1, count: 1001))
                    _ = try await channel.unary("/test", large)
                }
            }
            #expect(status?.code == .resourceExhausted)
            #expect(status?.message.contains("1001") == true)
        }

        @Test func messageAboveTheClientsLimit() async throws {
            var client = GRPCChannelConfiguration()
            client.maxReceiveMessageBytes = 1000
            let status = try await withChannel(client: client, handler: echo) { channel in
                try await thrownStatus {
                    let large = GRPCMessage(copying: [UInt8](repeating: 1, count: 1001))
                    _ = try await channel.unary("/test", large)
                }
            }
            #expect(status?.code == .resourceExhausted)
        }

        @Test func segmentsArriveWholeAndLetGoOfTheirOwner() async throws {
            final class Owner: Sendable {
                nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer
                let freed: Event
                init(_ freed: Event) {
                    self.freed = freed
                    bytes = .allocate(byteCount: 17, alignment: 1)
                    bytes.copyBytes(from: "owned elsewhere, ".utf8)
                }
                deinit {
                    bytes.deallocate()
                    freed.signal()
                }
            }
            let freed = Event()
            @Sendable func message() -> GRPCMessage {
                let owner = Owner(freed)
                return GRPCMessage(segments: [
                    .init(pointer: UnsafeRawBufferPointer(owner.bytes), owner: owner),
                    .init(copying: []),
                    .init(copying: Array("copied".utf8)),
                    .init(copying: [UInt8](repeating: 33, count: 100_000)),
                ])
            }
            let whole = "owned elsewhere, copied" + String(repeating: "!", count: 100_000)
            #expect(message().text == whole)
            await freed.wait()
            let reply = try await withChannel(handler: echo) { channel in
                try await channel.unary("/test", message())
            }
            #expect(reply.text == whole)
            await freed.wait()
        }

        @Test func oneMessageForManyCalls() async throws {
            let message = GRPCMessage(copying: [UInt8](repeating: 7, count: 64 << 10))
            try await withChannel(handler: echo) { channel in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<50 {
                        group.addTask { try await channel.unary("/t", message).count }
                    }
                    for try await count in group { #expect(count == 64 << 10) }
                }
            }
        }
    }
}
