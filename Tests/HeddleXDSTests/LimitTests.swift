import Discovery
import GRPC
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    /// What a client may use up: the one that goes over a limit ends, and nobody else.
    @Suite struct Limits {
        private let cache = SnapshotCache()

        init() {
            cache.updateResources([.cluster("a")], of: .test)
        }

        /// Serves with limits; `body` runs beside a stream that must go on.
        private func serve(
            _ adjust: (inout DiscoveryLimits) -> Void,
            _ body: (RunningServer, GRPCChannel) async throws -> Void
        ) async throws {
            try await withServer(cache) {
                adjust(&$0.limits)
            } _: { server in
                try await server.withChannel { other in
                    try await other.withCall(Method.delta) { good in
                        try await subscribe(good)
                        try await server.withChannel { try await body(server, $0) }
                        try await eventually("only the good one is left") {
                            server.proxies.count == 1
                        }
                        cache.updateResources([.cluster("b")], of: .test)
                        #expect(try await good.delta().resources.map(\.name) == ["b"])
                    }
                }
            }
        }

        private func subscribe(_ call: GRPCClientCall, _ names: [String] = []) async throws {
            try await call.send(
                DeltaDiscoveryRequest(
                    node: .test, type: .cluster, resourceNamesSubscribe: names))
            _ = try await call.acknowledgedDelta()
        }

        private func expectExhausted(
            _ limit: String, _ body: () async throws -> Void
        ) async {
            let status = await status(of: body)
            #expect(status?.code == .resourceExhausted)
            #expect(status?.message.contains(limit) == true, "\(status?.message ?? "served")")
        }

        @Test func streamsOfAConnection() async throws {
            try await serve {
                $0.streamsPerConnection = 2
            } _: { server, channel in
                try await channel.withCall(Method.delta) { first in
                    try await subscribe(first)
                    try await channel.withCall(Method.delta) { second in
                        try await subscribe(second)
                        await expectExhausted("2 streams of this connection") {
                            try await channel.withCall(Method.delta) { try await subscribe($0) }
                        }
                    }
                    // One has gone, so there is room for another.
                    try await eventually("a stream has gone") { server.proxies.count == 2 }
                    try await channel.withCall(Method.delta) { try await subscribe($0) }
                }
            }
        }

        @Test func streamsInAll() async throws {
            try await serve {
                $0.streams = 2
            } _: { server, channel in
                try await channel.withCall(Method.sotw) { second in
                    try await second.send(DiscoveryRequest(node: .test, type: .cluster))
                    _ = try await second.sotw()
                    await expectExhausted("2 streams are open") {
                        try await server.withChannel {
                            try await $0.withCall(Method.delta) { try await subscribe($0) }
                        }
                    }
                }
                try await eventually("a stream has gone") { server.proxies.count == 1 }
                try await channel.withCall(Method.delta) { try await subscribe($0) }
            }
        }

        @Test func subscriptions() async throws {
            try await serve {
                $0.subscriptionsPerStream = 10
            } _: { _, channel in
                let names = (0..<12).map { "name-\($0)" }
                await expectExhausted("10 is the limit") {
                    try await channel.withCall(Method.delta) { call in
                        try await subscribe(call, Array(names.prefix(9)))
                        try await subscribe(call, names)
                    }
                }
                await expectExhausted("10 is the limit") {
                    try await channel.withCall(Method.sotw) { call in
                        try await call.send(
                            DiscoveryRequest(node: .test, resourceNames: names, type: .cluster))
                        _ = try await call.sotw()
                        _ = try await call.sotw()
                    }
                }
            }
        }

        @Test func requestsASecond() async throws {
            try await serve {
                $0.requestsPerSecond = 10
                $0.requestBurst = 20
            } _: { _, channel in
                await expectExhausted("10 requests a second") {
                    try await channel.withCall(Method.delta) { call in
                        try await subscribe(call)
                        do {
                            for _ in 0..<1000 {
                                try await call.send(
                                    DeltaDiscoveryRequest(type: .cluster, responseNonce: "old"))
                            }
                        } catch is GRPCStatus {
                            // The stream has ended; what follows tells how.
                        }
                        while true { _ = try await call.delta() }
                    }
                }
            }
        }

        @Test func sizeOfARequest() async throws {
            try await serve {
                $0.messageBytes = 5000
            } _: { _, channel in
                let names = [String(repeating: "n", count: 5000)]
                // As the first request, and later.
                for isLater in [false, true] {
                    await expectExhausted("5000") {
                        try await channel.withCall(Method.delta) { call in
                            if isLater { try await subscribe(call) }
                            try await subscribe(call, names)
                        }
                    }
                }
            }
        }
    }
}
