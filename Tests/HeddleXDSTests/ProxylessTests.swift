import Discovery
import Foundation
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    /// gRPC's own xDS client: a target that the snapshot resolves.
    @Suite struct Proxyless {
        /// The client with its two servers.
        private struct Client {
            let program: Program
            let ports: [String: Int]

            init(server: Int) async throws {
                let bootstrap = """
                    {"xds_servers": [{"server_uri": "127.0.0.1:\(server)",
                      "channel_creds": [{"type": "insecure"}], "server_features": ["xds_v3"]}],
                     "node": {"id": "proxy-1", "cluster": "test/proxy"}}
                    """
                program = try Program(
                    try tool("HEDDLE_TEST_PYTHON"), [peer("proxyless.py")],
                    environment: ["GRPC_XDS_BOOTSTRAP_CONFIG": bootstrap])
                ports = try await Self.counts(program)
            }

            /// How often each server answered, or a call failed.
            func call(_ name: String, _ calls: Int = 1) async throws -> [String: Int] {
                try program.write(#"{"target": "xds:///\#(name)", "calls": \#(calls)}"#)
                return try await Self.counts(program)
            }

            /// Waits until a call is answered so.
            func until(_ name: String, answers answer: String) async throws {
                try await eventually("\(name) answers \(answer)") {
                    try await call(name) == [answer: 1]
                }
            }

            private static func counts(_ program: Program) async throws -> [String: Int] {
                let line = try await program.line("> ")
                return try JSONDecoder().decode([String: Int].self, from: Data(line.utf8))
            }
        }

        private let cache = SnapshotCache()

        private func update(
            _ resources: [EncodedResource], removing names: [ResourceType: Set<String>] = [:]
        ) {
            cache.updateResources(resources, removing: names, of: .test)
        }

        private func serve(
            _ body: (RunningServer, Client) async throws -> Void
        ) async throws {
            try await withServer(cache) { server in
                let client = try await Client(server: server.port)
                let result: Result<Void, any Error>
                do {
                    result = .success(try await body(server, client))
                } catch {
                    result = .failure(error)
                }
                await client.program.stop()
                try result.get()
            }
        }

        private func listener(_ name: String) -> EncodedResource {
            let manager = HTTPConnectionManager(statPrefix: "test", routeSpecifier: .rds("r"))
            return EncodedResource(Listener(name: name, apiListener: manager))
        }

        private func routes(one: UInt32, two: UInt32) -> EncodedResource {
            let clusters = [("one", one), ("two", two)].map {
                ClusterWeight(name: $0.0, weight: $0.1)
            }
            let route = Route(
                match: RouteMatch(),
                action: .route(RouteAction(cluster: .weightedClusters(clusters))))
            let host = VirtualHost(name: "all", domains: ["*"], routes: [route])
            return EncodedResource(RouteConfiguration(name: "r", virtualHosts: [host]))
        }

        private func endpoints(_ client: Client, _ name: String) -> EncodedResource {
            .endpoints(name, port: client.ports[name] ?? 0)
        }

        private func clusters(_ client: Client) -> [EncodedResource] {
            ["one", "two"].flatMap { [.cluster($0), endpoints(client, $0)] }
        }

        @Test func splitsByWeightsAndFollowsTheirChange() async throws {
            try await serve { server, client in
                update(clusters(client) + [listener("test"), routes(one: 90, two: 10)])
                try await client.until("test", answers: "one")
                let before = try await client.call("test", 300)
                // Chance picks: five standard deviations are 26.
                #expect((244...296).contains(before["one", default: 0]))
                #expect(before["one", default: 0] + before["two", default: 0] == 300)
                update([routes(one: 0, two: 100)])
                try await client.until("test", answers: "two")
                #expect(try await client.call("test", 100) == ["two": 100])
                try await server.untilSynced(.listener, .routeConfiguration, .cluster, .endpoints)
                #expect(server.proxies.refusals.isEmpty)
            }
        }

        @Test func followsEndpointsThatGoAndComeBack() async throws {
            try await serve { server, client in
                update(clusters(client) + [listener("test"), routes(one: 100, two: 0)])
                try await client.until("test", answers: "one")
                update([EncodedResource(ClusterLoadAssignment(clusterName: "one"))])
                try await client.until("test", answers: "UNAVAILABLE")
                update([endpoints(client, "one")])
                try await client.until("test", answers: "one")
                // A changed cluster is warm again when its endpoints have come once more.
                update([.cluster("one", 2)])
                try await server.untilSynced(.cluster, .endpoints)
                #expect(try await client.call("test", 20) == ["one": 20])
                #expect(server.proxies.refusals.isEmpty)
            }
        }

        @Test func servesAListenerThatComesLater() async throws {
            try await serve { server, client in
                update(clusters(client) + [listener("other"), routes(one: 100, two: 0)])
                // gRPC takes no answer for a denial in its first 15 seconds; the call waits.
                async let answer = client.call("test")
                try await server.untilSynced(.listener)
                #expect(server.status(.listener)?.resources == 0)
                update([listener("test")])
                #expect(try await answer == ["one": 1])
                update([], removing: [.listener: ["test"]])
                try await client.until("test", answers: "UNAVAILABLE")
                #expect(try await client.call("other") == ["one": 1])
                #expect(server.proxies.refusals.isEmpty)
            }
        }
    }
}
