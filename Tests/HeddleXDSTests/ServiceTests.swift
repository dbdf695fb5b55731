import Discovery
import GRPC
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    /// What stands beside the discovery services: client status, health, reflection.
    @Suite struct ServiceTests {
        private static let status = "/envoy.service.status.v3.ClientStatusDiscoveryService/"
        private static let health = "/grpc.health.v1.Health/"

        private func call<Answer: WireMessage>(
            _ channel: GRPCChannel, _ path: String, _ request: some WireMessage, _: Answer.Type
        ) async throws -> Answer {
            let answer = try await channel.unary(path, GRPCMessage(copying: request.encoded()))
            return try Answer(decoding: answer.bytes)
        }

        @Test func clientStatusTellsWhatEachProxyHasAndWhatItRefused() async throws {
            let cache = SnapshotCache()
            let good = EncodedResource(Cluster(name: "good"))
            cache.setSnapshot(Snapshot([good]), for: .test)
            try await withServer(cache) { server in
                try await server.withChannel { channel in
                    try await channel.withCall(Method.delta) { stream in
                        try await stream.send(DeltaDiscoveryRequest(node: .test, type: .cluster))
                        let first = try await stream.delta()
                        try await stream.send(
                            DeltaDiscoveryRequest(type: .cluster, responseNonce: first.nonce))
                        try await server.untilSynced(.cluster)
                        cache.updateResources([EncodedResource(Cluster(name: "bad"))], of: .test)
                        let second = try await stream.delta()
                        try await stream.send(
                            DeltaDiscoveryRequest(
                                type: .cluster, responseNonce: second.nonce,
                                errorDetail: RPCStatus(code: 3, message: "not this one")))
                        try await eventually("refused") {
                            server.status(.cluster)?.state == .rejected
                        }
                        let answer = try await call(
                            channel, Self.status + "FetchClientStatus", ClientStatusRequest(),
                            ClientStatusResponse.self)
                        let config = try #require(answer.config.first)
                        #expect(config.node?.id == Node.test.id)
                        let configs = config.genericXDSConfigs
                        #expect(configs.map(\.name) == ["bad", "good"])
                        #expect(configs.map(\.configStatus) == [.error, .synced])
                        #expect(configs.map(\.clientStatus) == [.nacked, .acked])
                        #expect(configs[0].errorState?.details == "not this one")
                        #expect(configs[1].versionInfo == good.version)
                        #expect(configs[1].xdsConfig?.value == good.message)
                        #expect(configs[1].lastUpdated != nil)
                    }
                }
            }
        }

        @Test(arguments: [
            (StringMatcher(.exact("proxy-1")), 1), (StringMatcher(.prefix("proxy")), 1),
            (StringMatcher(.exact("PROXY-1"), ignoreCase: true), 1),
            (StringMatcher(.suffix("-2")), 0),
        ])
        func clientStatusIsOfTheNodesThatAreAskedFor(
            matcher: StringMatcher, count: Int
        ) async throws {
            try await withServer { server in
                try await server.withChannel { channel in
                    try await channel.withCall(Method.delta) { stream in
                        try await stream.send(DeltaDiscoveryRequest(node: .test, type: .cluster))
                        _ = try await stream.delta()
                        let request = ClientStatusRequest(nodeMatchers: [
                            NodeMatcher(nodeID: matcher)
                        ])
                        try await channel.withCall(Self.status + "StreamClientStatus") { status in
                            for _ in 0..<2 {
                                try await status.send(GRPCMessage(copying: request.encoded()))
                                let message = try #require(try await status.receive())
                                let answer = try ClientStatusResponse(decoding: message.bytes)
                                #expect(answer.config.count == count)
                            }
                        }
                    }
                }
            }
        }

        @Test func healthIsServingUntilTheServerEnds() async throws {
            try await withServer { server in
                try await server.withChannel { channel in
                    let service = "envoy.service.discovery.v3.AggregatedDiscoveryService"
                    let check = try await call(
                        channel, Self.health + "Check", HealthCheckRequest(service: service),
                        HealthCheckResponse.self)
                    #expect(check.status == .serving)
                    let list = try await call(
                        channel, Self.health + "List", HealthListRequest(),
                        HealthListResponse.self)
                    #expect(list.statuses[""]?.status == .serving)
                    #expect(list.statuses[service]?.status == .serving)
                    let unknown = await #expect(throws: GRPCStatus.self) {
                        try await call(
                            channel, Self.health + "Check", HealthCheckRequest(service: "no.Such"),
                            HealthCheckResponse.self)
                    }
                    #expect(unknown?.code == .notFound)
                    try await channel.withCall(Self.health + "Watch") { watch in
                        try await watch.send(GRPCMessage(copying: HealthCheckRequest().encoded()))
                        let first = try #require(try await watch.receive())
                        #expect(try HealthCheckResponse(decoding: first.bytes).status == .serving)
                    }
                }
            }
        }

        @Test(arguments: ["v1", "v1alpha"])
        func reflectionDescribesEveryServiceWithAllThatItImports(version: String) async throws {
            try await withServer { server in
                try await server.withChannel { channel in
                    let path = "/grpc.reflection.\(version).ServerReflection/ServerReflectionInfo"
                    try await channel.withCall(path) { call in
                        func ask(
                            _ query: ServerReflectionRequest.Query
                        ) async throws -> ServerReflectionResponse.Answer? {
                            let request = ServerReflectionRequest(query: query)
                            try await call.send(GRPCMessage(copying: request.encoded()))
                            let message = try #require(try await call.receive())
                            return try ServerReflectionResponse(decoding: message.bytes).answer
                        }
                        guard case .services(let names) = try await ask(.listServices("")) else {
                            Issue.record("no services")
                            return
                        }
                        #expect(names.count == 10)
                        for name in names {
                            guard
                                case .fileDescriptors(let files) = try await ask(
                                    .fileContainingSymbol(name))
                            else {
                                Issue.record("no file of \(name)")
                                continue
                            }
                            let last = name.split(separator: ".").last.map(String.init) ?? ""
                            #expect(String(decoding: files[0], as: UTF8.self).contains(last))
                        }
                        guard case .error(let code, let text) = try await ask(.fileByFilename("x"))
                        else {
                            Issue.record("a file that does not exist was found")
                            return
                        }
                        #expect(code == 5)
                        #expect(text == "no file x")
                    }
                }
            }
        }
    }
}
