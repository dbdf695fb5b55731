import Discovery
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    /// The corners of the state-of-the-world variant, with a client that is not ours.
    @Suite struct SotWCorners {
        private let cache = SnapshotCache()

        private func update(
            _ resources: [EncodedResource], removing names: [ResourceType: Set<String>] = [:]
        ) {
            cache.updateResources(resources, removing: names, of: .test)
        }

        private func serve(
            _ body: (RunningServer, PythonClient.Stream) async throws -> Void
        ) async throws {
            try await withPython(cache) { server, client in
                try await body(server, client.open(isDelta: false))
            }
        }

        @Test(arguments: [[], ["*"]])
        func takesNoNameAtFirstAndTheStarForEverything(names: [String]) async throws {
            update([.cluster("a"), .cluster("b")])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, names, node: "proxy-1")
                #expect(try await stream.received(names).names == ["a", "b"])
                update([.cluster("c")])
                #expect(try await stream.received(names).names == ["a", "b", "c"])
            }
        }

        @Test func addsTheStarToNamesAndTakesItOffAgain() async throws {
            update([.cluster("a"), .cluster("b")])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, ["a"], node: "proxy-1")
                #expect(try await stream.received(["a"]).names == ["a"])
                update([.cluster("b", 2)])
                try await stream.expectSilence(cache, "b was never asked for")
                try await stream.subscribe(.cluster, ["a", "*"])
                #expect(try await stream.received(["a", "*"]).names == ["a", "b"])
                try await stream.subscribe(.cluster, ["a"])
                #expect(try await stream.received(["a"]).names == ["a"])
                update([.cluster("b", 3)])
                try await stream.expectSilence(cache, "the wildcard is left")
            }
        }

        @Test func anEmptyListAfterANamedOneAsksForNothing() async throws {
            update([.endpoints("a")])
            try await serve { _, stream in
                try await stream.subscribe(.endpoints, ["a"], node: "proxy-1")
                let first = try await stream.received(["a"])
                try await stream.acknowledge(first, [])
                try await stream.expectSilence(cache)
                update([.endpoints("a", port: 2)])
                try await stream.expectSilence(cache)
            }
        }

        @Test func ignoresAStaleNonce() async throws {
            update([.endpoints("a"), .endpoints("b")])
            try await serve { server, stream in
                try await stream.subscribe(.endpoints, ["a"], node: "proxy-1")
                let first = try await stream.received(["a"])
                update([.endpoints("a", port: 2)])
                let second = try await stream.receive()
                try await stream.acknowledge(first, ["b"])
                try await stream.acknowledge(second, ["a"])
                try await stream.expectSilence(cache, "a was asked for all the time")
                #expect(server.status(.endpoints)?.state == .synced)
                update([.endpoints("b", port: 2)])
                try await stream.expectSilence(cache, "b was asked for with a stale nonce")
            }
        }

        @Test func keepsTheReasonOfARefusalUntilTheMendedResourceIsTaken() async throws {
            update([.cluster("a")])
            try await serve { server, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                let first = try await stream.received()
                update([.cluster("a", 2)])
                try await stream.refuse(
                    try await stream.receive(), "a is no cluster", version: first.version)
                try await stream.expectSilence(cache, "what was refused is not sent again")
                let refused = try #require(server.status(.cluster))
                #expect(refused.state == .rejected)
                #expect(refused.rejection == "a is no cluster")
                #expect(refused.acknowledgedVersion == first.version)
                update([.cluster("a", 3)])
                _ = try await stream.received()
                try await stream.expectSilence(cache)
                #expect(server.status(.cluster)?.state == .synced)
            }
        }

        @Test func answersSeveralTypesOnOneStreamEachWithItsOwnNonce() async throws {
            update([.cluster("a"), .endpoints("a"), .named("l", .listener)])
            try await serve { server, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                let clusters = try await stream.receive()
                try await stream.subscribe(.endpoints, ["a"])
                let endpoints = try await stream.receive()
                #expect(endpoints.type == ResourceType.endpoints.rawValue)
                try await stream.refuse(endpoints, "no endpoints", ["a"])
                try await stream.acknowledge(clusters)
                try await stream.subscribe(.listener)
                #expect(try await stream.received().names == ["l"])
                #expect(server.status(.cluster)?.state == .synced)
                #expect(server.status(.endpoints)?.state == .rejected)
            }
        }

        @Test func isSilentAboutWhatDoesNotExistUntilItComes() async throws {
            try await serve { _, stream in
                try await stream.subscribe(.endpoints, ["a"], node: "proxy-1")
                try await stream.expectSilence(cache)
                update([.endpoints("a")])
                #expect(try await stream.received(["a"]).names == ["a"])
            }
        }

        @Test func removesByAbsenceWhenNothingUsesItAnyMore() async throws {
            update([.cluster("a"), .cluster("b"), .named("l", .listener)])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                _ = try await stream.received()
                try await stream.subscribe(.listener)
                _ = try await stream.received()
                update([.named("m", .listener)], removing: [.cluster: ["a"], .listener: ["l"]])
                let listeners = try await stream.receive()
                #expect(listeners.names == ["m"])
                try await stream.expectSilence(cache, "the listener may still be in use")
                try await stream.acknowledge(listeners)
                #expect(try await stream.received().names == ["b"])
            }
        }

        @Test func answersEndpointsAgainAfterTheirClusterHasChanged() async throws {
            update([.cluster("a"), .cluster("b"), .endpoints("a"), .endpoints("b")])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                _ = try await stream.received()
                try await stream.subscribe(.endpoints, ["a", "b"])
                #expect(try await stream.received(["a", "b"]).names == ["a", "b"])
                update([.cluster("a", 2)])
                #expect(try await stream.received().names == ["a", "b"])
                #expect(try await stream.received(["a", "b"]).names == ["a"])
            }
        }

        @Test func sendsAReturningClientNothingThatItHas() async throws {
            update([.cluster("a")])
            try await withPython(cache) { server, client in
                let before = try await client.open(isDelta: false)
                try await before.subscribe(.cluster, node: "proxy-1")
                let version = try await before.received().version
                try await before.cancel()
                let stream = try await client.open(isDelta: false)
                try await stream.send(
                    .init(
                        node: .init(id: "proxy-1"), typeUrl: ResourceType.cluster.rawValue,
                        versionInfo: version, resourceNames: []))
                try await stream.expectSilence(cache)
                update([.cluster("a", 2)])
                #expect(try await stream.received().names == ["a"])
            }
        }
    }
}
