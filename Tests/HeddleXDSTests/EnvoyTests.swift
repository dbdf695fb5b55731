import Discovery
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    /// Envoy as a client of the server.
    @Suite(.serialized) struct EnvoyPeer {
        /// A server, an Envoy and what makes resources for it.
        private struct Stage {
            let cache: SnapshotCache
            let envoy: Envoy
            let encoder: ResourceEncoder

            func update(
                _ resources: [String], removing names: [ResourceType: Set<String>] = [:]
            ) async throws {
                cache.updateResources(
                    try await encoder.encode(resources), removing: names, of: .test)
            }

            /// Nothing was refused, and no stream was lost.
            func expectNoRefusal() async throws {
                for name in ["update_rejected", "update_failure"] {
                    let refused = try await envoy.stats(name).filter { $0.value > 0 }
                    #expect(refused.isEmpty)
                }
            }

            /// Everything that the snapshot has Envoy has, and nothing else.
            func expectSnapshot() async throws {
                let dump = try await EnvoyDump(envoy)
                let snapshot = try #require(cache.snapshot(of: .test))
                #expect(dump.warming.isEmpty)
                #expect(try await !envoy.admin("init_dump").contains("unready"))
                let held = try await encoder.encode(dump.resources)
                for type in [ResourceType.cluster, .listener, .routeConfiguration] {
                    let resources = Set(held.filter { $0.type == type })
                    // Two resources are equal when their content is.
                    #expect(resources == Set(snapshot[type]), "\(type)")
                }
                let endpoints = try snapshot[.endpoints].map {
                    let assignment = try $0.decoded(as: ClusterLoadAssignment.self)
                    return (
                        $0.name,
                        assignment.endpoints.flatMap(\.lbEndpoints).map { Int($0.address.port) }
                    )
                }
                #expect(dump.endpointPorts == Dictionary(uniqueKeysWithValues: endpoints))
                #expect(
                    Set(dump.versions[.secret, default: [:]].keys) == Set(snapshot[.secret].names))
                guard envoy.discovery.isDelta else { return }
                for (type, versions) in dump.versions {
                    for (name, version) in versions {
                        #expect(snapshot[type][name]?.version == version, "\(type) \(name)")
                    }
                }
            }
        }

        /// Starts an Envoy while `body` runs; where the server is, it need not know.
        private func withEnvoy(
            _ discovery: Envoy.Discovery, _ cache: SnapshotCache, server port: Int,
            features: [String] = [], _ body: (Stage) async throws -> Void
        ) async throws {
            let encoder = try ResourceEncoder()
            let envoy = try Envoy(discovery, server: port, features: features)
            let result: Result<Void, any Error>
            do {
                let stage = Stage(cache: cache, envoy: envoy, encoder: encoder)
                result = .success(try await body(stage))
            } catch {
                result = .failure(error)
            }
            await envoy.stop()
            await encoder.stop()
            try result.get()
        }

        /// Starts a server, then an Envoy.
        private func withStage(
            _ discovery: Envoy.Discovery, _ body: (Stage, RunningServer) async throws -> Void
        ) async throws {
            try await withServer { server in
                try await withEnvoy(discovery, server.cache, server: server.port) { stage in
                    try await body(stage, server)
                }
            }
        }

        @Test(arguments: Envoy.Discovery.all)
        func followsTheSnapshot(discovery: Envoy.Discovery) async throws {
            let first = try await certificate("first.example")
            let second = try await certificate("second.example")
            try await withStage(discovery) { stage, server in
                let envoy = stage.envoy
                try await stage.update([
                    envoy.cluster("a"), envoy.endpoints("a", at: "one"),
                    envoy.routes("r", to: "a"), envoy.listener("main", routes: "r"),
                    envoy.secret("certificate", first),
                    envoy.listener("secure", routes: "r", secret: "certificate"),
                ])
                try await envoy.until("one")
                try await eventually("the first certificate") {
                    try await envoy.secureAnswer() == ("one", "first.example")
                }
                try await stage.expectSnapshot()

                // Each type changes.
                try await stage.update([envoy.endpoints("a", at: "two")])
                try await envoy.until("two")
                try await stage.update([envoy.cluster("a", timeout: 2)])
                try await server.untilSynced(.cluster, .endpoints)
                try await eventually("a is warm") {
                    let warming = try await envoy.stats("warming_clusters").values.max()
                    return try await envoy.stats("cluster_modified$").values.first == 1
                        && warming == 0
                }
                try await stage.update([envoy.secret("certificate", second)])
                try await eventually("the second certificate") {
                    try await envoy.secureAnswer().certificate == "second.example"
                }
                try await stage.expectSnapshot()

                // One comes, the other goes.
                try await stage.update([envoy.cluster("b"), envoy.endpoints("b", at: "one")])
                try await stage.update([envoy.routes("r", to: "b")])
                try await envoy.until("one")
                try await stage.update(
                    [],
                    removing: [
                        .cluster: ["a"], .endpoints: ["a"], .listener: ["secure"],
                        .secret: ["certificate"],
                    ])
                try await eventually("a is gone") {
                    try await envoy.stats("cluster_removed$").values.first == 1
                }
                try await server.untilSynced(.cluster, .listener)
                try await eventually("nobody holds the certificate") {
                    try await EnvoyDump(envoy).versions[.secret] == nil
                }
                try await stage.expectSnapshot()
                try await stage.expectNoRefusal()
            }
        }

        @Test(arguments: Envoy.Discovery.all)
        func goesOnServingWhenItRefusesAListener(discovery: Envoy.Discovery) async throws {
            try await withStage(discovery) { stage, server in
                let envoy = stage.envoy
                try await stage.update(basics(envoy))
                try await envoy.until("one")
                try await stage.update([envoy.badListener("main")])
                try await eventually("the refusal") {
                    server.status(.listener)?.state == .rejected
                }
                let reason = try #require(server.status(.listener)?.rejection)
                #expect(reason.contains("no-such-filter"), "\(reason)")
                #expect(server.proxies.refusals.map(\.reason) == [reason])
                #expect(try await envoy.answer() == "one")

                // What has nothing to do with it still comes.
                try await stage.update([envoy.endpoints("a", at: "two")])
                try await envoy.until("two")
                try await stage.update([envoy.endpoints("a")])
                try await envoy.until("503")
                try await stage.update([
                    envoy.endpoints("a", at: "one"),
                    envoy.listener("main", routes: "r", buffer: 65536),
                ])
                try await server.untilSynced(.listener)
                try await envoy.until("one")
                try await stage.expectSnapshot()
                let refused = try await envoy.stats("update_rejected").filter { $0.value > 0 }
                #expect(refused == ["listener_manager.lds.update_rejected": 1])
            }
        }

        @Test(arguments: Envoy.Discovery.all)
        func goesOnServingWhileTheServerIsRestarted(discovery: Envoy.Discovery) async throws {
            let port = try freePorts(1)[0]
            let cache = SnapshotCache()
            try await withEnvoy(discovery, cache, server: port) { stage in
                let envoy = stage.envoy
                try await stage.update(basics(envoy))
                try await withServer(cache, port: port) { server in
                    try await envoy.until("one")
                    try await server.untilSynced(.cluster, .listener, .routeConfiguration)
                }
                #expect(try await envoy.answer() == "one")
                try await stage.update([envoy.endpoints("a", at: "two")])
                try await withServer(cache, port: port) { server in
                    try await envoy.until("two")
                    try await server.untilSynced(.cluster, .listener, .routeConfiguration)
                    try await stage.expectSnapshot()
                    #expect(server.proxies.refusals.isEmpty)
                    guard discovery.isDelta else { return }
                    // The first answer to a wildcard may be empty; to names there is none.
                    #expect(server.status(.routeConfiguration)?.sent == 0)
                    #expect(server.status(.endpoints)?.sent == 1)
                }
                let stats = try await envoy.stats("modified$|config_reload$")
                #expect(stats["listener_manager.listener_modified"] == 0)
                #expect(stats["cluster_manager.cluster_modified"] == 0)
                #expect(stats["http.test.rds.r.config_reload"] == 1)
            }
        }

        @Test(arguments: Envoy.Discovery.all.filter(\.isDelta))
        func takesVirtualHostsOfTheirOwn(discovery: Envoy.Discovery) async throws {
            try await withStage(discovery) { stage, server in
                let envoy = stage.envoy
                try await stage.update([
                    envoy.cluster("a"), envoy.endpoints("a", at: "one"),
                    envoy.cluster("b"), envoy.endpoints("b", at: "two"),
                    envoy.routes("r", virtualHostsFrom: discovery.source),
                    envoy.listener("main", routes: "r"),
                    envoy.virtualHost("r/one", domain: "one.example", to: "a"),
                ])
                try await envoy.until("one", host: "one.example")
                #expect(try await envoy.answer(host: "two.example") == "404")
                try await stage.update([
                    envoy.virtualHost("r/two", domain: "two.example", to: "b")
                ])
                try await envoy.until("two", host: "two.example")
                try await stage.update([
                    envoy.virtualHost("r/one", domain: "one.example", to: "b")
                ])
                try await envoy.until("two", host: "one.example")
                try await stage.update([], removing: [.virtualHost: ["r/one"]])
                try await envoy.until("404", host: "one.example")
                #expect(try await envoy.answer(host: "two.example") == "two")
                try await server.untilSynced(.virtualHost, .routeConfiguration)
                try await stage.expectNoRefusal()
            }
        }

        @Test(arguments: Envoy.Discovery.all, [UInt64.random(in: 0...UInt64.max)])
        func losesNoRequestOverManyChanges(
            discovery: Envoy.Discovery, seed: UInt64
        ) async throws {
            var random = SeededNumbers(seed: seed)
            try await withStage(discovery) { stage, server in
                let envoy = stage.envoy
                try await stage.update(basics(envoy))
                try await envoy.until("one")
                var used = "a"
                for number in 0..<50 {
                    // Its cluster comes, and the one before goes, in one and the same snapshot.
                    let next = "cluster-\(Int.random(in: 0..<4, using: &random))"
                    let gone = used == next || used == "a" ? [] : Set([used])
                    try await stage.update(
                        [
                            envoy.cluster(next, timeout: 1 + number % 7),
                            envoy.endpoints(next, at: "one"), envoy.routes("r", to: next),
                        ], removing: [.cluster: gone, .endpoints: gone])
                    used = next
                    // Streams of their own have no order between them.
                    let answer = try await envoy.answer()
                    if discovery.isAggregated { try #require(answer == "one") }
                }
                try await envoy.until("one")
                try await server.untilSynced(
                    .cluster, .endpoints, .listener, .routeConfiguration)
                try await eventually("nothing is warming") {
                    try await EnvoyDump(envoy).warming.isEmpty
                }
                try await stage.expectSnapshot()
                try await stage.expectNoRefusal()
            }
        }

        /// What a node says that takes heartbeats. Envoy takes them whatever it says.
        private static let heartbeats = [
            "xds.config.supports-resource-ttl", "xds.config.resource-in-sotw",
        ]

        @Test(arguments: Envoy.Discovery.all.filter(\.isAggregated))
        func keepsWhatExpiresAsLongAsTheServerBeats(discovery: Envoy.Discovery) async throws {
            let port = try freePorts(1)[0]
            let cache = SnapshotCache()
            try await withEnvoy(
                discovery, cache, server: port, features: Self.heartbeats
            ) { stage in
                let envoy = stage.envoy
                try await stage.update(basics(envoy))
                try expire(cache)
                try await withServer(cache, port: port) { server in
                    try await envoy.until("one")
                    // A beat each half second: without them the cluster would be gone by then.
                    let before = server.status(.cluster)?.acknowledged ?? 0
                    try await eventually("three beats") {
                        server.status(.cluster)?.acknowledged ?? 0 >= before + 3
                    }
                    #expect(try await envoy.answer() == "one")
                    #expect(try await envoy.stats("cluster_removed$").values.max() == 0)
                    #expect(try await envoy.stats("cluster_modified$").values.max() == 0)
                    #expect(server.proxies.refusals.isEmpty)
                }
                try await eventually("the cluster expires") {
                    try await envoy.stats("cluster_removed$").values.max() == 1
                }
                try await envoy.until("503")
            }
        }

        @Test(arguments: Envoy.Discovery.all.filter(\.isAggregated))
        func isToldOfNoExpiryWithoutHeartbeats(discovery: Envoy.Discovery) async throws {
            try await withStage(discovery) { stage, server in
                let envoy = stage.envoy
                try await stage.update(basics(envoy))
                try expire(stage.cache)
                try await envoy.until("one")
                let held = try #require(server.proxies.resources(of: "proxy-1").first)
                #expect(held.resources[.cluster]?.count == 1)
                // Longer than its life.
                let end = ContinuousClock.now + .milliseconds(1500)
                while ContinuousClock.now < end { try #require(try await envoy.answer() == "one") }
                #expect(try await envoy.stats("cluster_removed$").values.max() == 0)
            }
        }

        /// Gives the cluster a second to live.
        private func expire(_ cache: SnapshotCache) throws {
            let lasting = try #require(cache.snapshot(of: .test)?[.cluster]["a"])
            let expiring = EncodedResource(
                type: .cluster, name: "a", message: lasting.message, ttl: .seconds(1))
            cache.updateResources([expiring], of: .test)
        }

        private func basics(_ envoy: Envoy) -> [String] {
            [
                envoy.cluster("a"), envoy.endpoints("a", at: "one"), envoy.routes("r", to: "a"),
                envoy.listener("main", routes: "r"),
            ]
        }

        private func certificate(_ name: String) async throws -> (chain: String, key: String) {
            let pem = try await Program.run(
                "/usr/bin/env",
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "-", "-out", "-", "-days",
                    "2", "-subj", "/CN=\(name)",
                ])
            let parts = pem.split(separator: "-----BEGIN ").map { "-----BEGIN \($0)" }
            let chain = try #require(parts.first { $0.contains("BEGIN CERTIFICATE") })
            let key = try #require(parts.first { $0.contains("PRIVATE KEY-----") })
            return (chain, key)
        }
    }
}
