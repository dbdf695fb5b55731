import GRPC
import Testing

extension GRPCSuite {
    @Suite(.timeLimit(.minutes(1))) struct ServerLifetimeTests {
        @Test func portInUseIsAClearError() async throws {
            try await withServer(handler: echo) { _, port in
                let address = "127.0.0.1:\(port)"
                let second = GRPCServer(configuration: .init(addresses: [address]), handler: echo)
                #expect(
                    throws: GRPCStatus(
                        .unavailable, "cannot listen on \(address): the address is in use")
                ) { try second.start() }
            }
        }

        @Test func addressOfAnotherMachineIsAClearError() throws {
            let server = GRPCServer(
                configuration: .init(addresses: ["192.0.2.1:80"]), handler: echo)
            let error = #expect(throws: GRPCStatus.self) { try server.start() }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("192.0.2.1:80") == true)
        }

        @Test func severalAddresses() async throws {
            let configuration = GRPCServerConfiguration(addresses: ["127.0.0.1:0", "127.0.0.2:0"])
            let server = GRPCServer(configuration: configuration, handler: echo)
            let ports = try server.start()
            async let run: Void = server.run()
            for target in ["127.0.0.1:\(ports[0])", "127.0.0.2:\(ports[1])"] {
                let channel = GRPCChannel(target: target)
                #expect(try await channel.unary("/t", GRPCMessage(target)).text == target)
                channel.close()
            }
            server.shutdown()
            try await run
        }

        @Test func sameChannelReachesARestartedServer() async throws {
            var client = GRPCChannelConfiguration()
            client.backoff = GRPCBackoff(
                initial: .milliseconds(50), min: .milliseconds(50), max: .milliseconds(200))
            var server = GRPCServerConfiguration()
            server.shutdownGrace = .zero
            let (port, channel) = try await withServer(server, handler: echo) { [client] _, port in
                let channel = GRPCChannel(target: "127.0.0.1:\(port)", configuration: client)
                let reply = try await channel.unary("/t", GRPCMessage("1"))
                #expect(reply.text == "1")
                return (port, channel)
            }
            defer { channel.close() }
            let status = try await thrownStatus {
                _ = try await channel.unary("/t", GRPCMessage("2"))
            }
            #expect(status?.code == .unavailable)
            server.addresses = ["127.0.0.1:\(port)"]
            try await withServer(server, handler: echo) { _, _ in
                let reply = try await channel.unary("/t", GRPCMessage("3"), waitForReady: true)
                #expect(reply.text == "3")
            }
        }

        @Test func gracefulShutdownLetsARunningCallFinish() async throws {
            var configuration = GRPCServerConfiguration()
            configuration.shutdownGrace = .seconds(60)
            try await withServer(configuration, handler: echo) { server, port in
                let channel = GRPCChannel(target: "127.0.0.1:\(port)")
                defer { channel.close() }
                let other = GRPCChannel(target: "127.0.0.1:\(port)")
                defer { other.close() }
                try await channel.withCall("/t") { call in
                    try await call.send(GRPCMessage("before"))
                    #expect(try await call.receive()?.text == "before")
                    server.shutdown()
                    let refused = try await thrownStatus {
                        _ = try await other.unary("/t", GRPCMessage(""))
                    }
                    #expect(refused?.code == .unavailable)
                    try await call.send(GRPCMessage("after"))
                    #expect(try await call.receive()?.text == "after")
                    try await call.finishSending()
                    #expect(try await call.receive() == nil)
                }
            }
        }

        @Test func graceEndsACallThatGoesOn() async throws {
            var configuration = GRPCServerConfiguration()
            configuration.shutdownGrace = .milliseconds(100)
            try await withServer(configuration, handler: echo) { server, port in
                let channel = GRPCChannel(target: "127.0.0.1:\(port)")
                defer { channel.close() }
                try await channel.withCall("/t") { call in
                    try await call.send(GRPCMessage("x"))
                    _ = try await call.receive()
                    server.shutdown()
                    let end = try await thrownStatus { _ = try await call.receive() }
                    #expect(end != nil)
                }
            }
        }

        @Test func cancellingRunEndsTheServer() async throws {
            let server = GRPCServer(configuration: .init(), handler: echo)
            let port = try server.start()[0]
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            defer { channel.close() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                try await channel.withCall("/t") { call in
                    try await call.send(GRPCMessage("x"))
                    _ = try await call.receive()
                    group.cancelAll()
                    let end = try await thrownStatus { _ = try await call.receive() }
                    #expect(end != nil)
                }
                try await group.waitForAll()
            }
        }

        @Test func aServerThatIsNeverRunFreesItsPort() async throws {
            var server: GRPCServer? = GRPCServer(configuration: .init(), handler: echo)
            let port = try #require(try server?.start()[0])
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            defer { channel.close() }
            async let refused = thrownStatus { _ = try await channel.unary("/t", GRPCMessage("x")) }
            server = nil
            #expect(try await refused != nil)
            #expect(server == nil)
        }

        @Test func shutdownBeforeRun() async throws {
            let idle = GRPCServer(configuration: .init(), handler: echo)
            idle.shutdown()
            try await idle.run()
            let started = GRPCServer(configuration: .init(), handler: echo)
            try started.start()
            started.shutdown()
            try await started.run()
        }

        @Test func noServerIsUnavailable() async throws {
            let channel = GRPCChannel(target: "127.0.0.1:1")
            defer { channel.close() }
            let status = try await thrownStatus {
                _ = try await channel.unary("/t", GRPCMessage("x"))
            }
            #expect(status?.code == .unavailable)
        }
    }
}
