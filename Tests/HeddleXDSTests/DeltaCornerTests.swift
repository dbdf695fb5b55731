import Discovery
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    /// The corners of the incremental variant, with a client that is not ours.
    @Suite struct DeltaCorners {
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
                try await body(server, client.open(isDelta: true))
            }
        }

        @Test(arguments: [[], ["*"]])
        func takesNoNameAtFirstAndTheStarForEverything(names: [String]) async throws {
            update([.cluster("a"), .cluster("b")])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, names, node: "proxy-1")
                #expect(try await stream.received().names == ["a", "b"])
                update([.cluster("c")])
                #expect(try await stream.received().names == ["c"])
            }
        }

        @Test func addsTheStarToNamesAndTakesItOffAgain() async throws {
            update([.cluster("a"), .cluster("b")])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, ["a"], node: "proxy-1")
                #expect(try await stream.received().names == ["a"])
                update([.cluster("b", 2)])
                try await stream.expectSilence(cache, "b was never asked for")
                try await stream.subscribe(.cluster, ["*"])
                #expect(try await stream.received().names == ["b"], "a is known")
                try await stream.send(
                    .init(
                        typeUrl: ResourceType.cluster.rawValue, resourceNamesUnsubscribe: ["*"]))
                try await stream.expectSilence(cache, "nothing is gone")
                update([.cluster("b", 3)])
                try await stream.expectSilence(cache, "the wildcard is left")
                update([.cluster("a", 2)])
                #expect(try await stream.received().names == ["a"], "still asked for by name")
            }
        }

        @Test func anEmptyRequestAfterANamedOneIsNoWildcard() async throws {
            update([.cluster("a"), .cluster("b")])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, ["a"], node: "proxy-1")
                #expect(try await stream.received().names == ["a"])
                try await stream.subscribe(.cluster, [])
                try await stream.expectSilence(cache)
            }
        }

        @Test func waitsForTheAnswerToTheNewestResponse() async throws {
            update([.cluster("a")])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                let first = try await stream.received()
                update([.cluster("a", 2)])
                let second = try await stream.receive()
                update([.cluster("a", 3)])
                try await stream.acknowledge(first)
                try await stream.expectSilence(cache, "the nonce was stale")
                try await stream.acknowledge(second)
                #expect(try await stream.received().names == ["a"])
            }
        }

        @Test func keepsTheReasonOfARefusalUntilTheMendedResourceIsTaken() async throws {
            update([.cluster("a")])
            try await serve { server, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                let first = try await stream.received()
                update([.cluster("a", 2)])
                try await stream.refuse(try await stream.receive(), "a is no cluster")
                try await stream.expectSilence(cache, "what was refused is not sent again")
                let refused = try #require(server.status(.cluster))
                #expect(refused.state == .rejected)
                #expect(refused.rejection == "a is no cluster")
                #expect(refused.acknowledgedVersion == first.version)
                update([.cluster("a", 3)])
                _ = try await stream.received()
                try await stream.expectSilence(cache)
                #expect(server.status(.cluster)?.state == .synced)
                #expect(server.status(.cluster)?.rejection == nil)
            }
        }

        @Test func ignoresAnotherNodeLaterOnTheStream() async throws {
            update([.cluster("a")])
            cache.updateResources([.cluster("other")], of: ProxyGroup("other/proxy"))
            try await serve { server, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                _ = try await stream.received()
                try await stream.send(
                    .init(
                        node: .init(id: "proxy-2", cluster: "other/proxy"),
                        typeUrl: ResourceType.cluster.rawValue, resourceNamesSubscribe: ["other"]))
                let reply = try await stream.received()
                #expect(reply.names == [])
                #expect(reply.removed == ["other"])
                #expect(server.proxies.statuses.map(\.node.id) == ["proxy-1"])
            }
        }

        @Test func answersATypeThatItDoesNotKnow() async throws {
            let type = ResourceType(rawValue: ResourceType.prefix + "some.other.Thing")
            try await serve { _, stream in
                try await stream.subscribe(type, node: "proxy-1")
                #expect(try await stream.received().names == [])
                try await stream.subscribe(type, ["a"])
                #expect(try await stream.received().removed == ["a"])
                update([.named("a", type)])
                #expect(try await stream.received().names == ["a"])
            }
        }

        @Test func saysThatAResourceDoesNotExistAndSendsItWhenItComes() async throws {
            try await serve { _, stream in
                try await stream.subscribe(.endpoints, ["a", "b"], node: "proxy-1")
                #expect(try await stream.received().removed == ["a", "b"])
                update([.endpoints("b")])
                #expect(try await stream.received().names == ["b"])
                update([], removing: [.endpoints: ["b"]])
                #expect(try await stream.received().removed == ["b"])
            }
        }

        @Test func sendsAReturningClientNothingThatItHas() async throws {
            update([.cluster("kept"), .cluster("changed"), .cluster("gone")])
            try await withPython(cache) { _, client in
                let before = try await client.open(isDelta: true)
                try await before.subscribe(.cluster, node: "proxy-1")
                let versions = try await before.received().versions
                try await before.cancel()
                update([.cluster("changed", 2)], removing: [.cluster: ["gone"]])
                let stream = try await client.open(isDelta: true)
                try await stream.send(
                    .init(
                        node: .init(id: "proxy-1"), typeUrl: ResourceType.cluster.rawValue,
                        resourceNamesSubscribe: ["*"], initialResourceVersions: versions))
                let reply = try await stream.received()
                #expect(reply.names == ["changed"])
                let gone = reply.removed.isEmpty ? try await stream.received() : reply
                #expect(gone.removed == ["gone"])
                try await stream.expectSilence(cache)
            }
        }

        @Test func sendsAgainWhatIsAskedForAgain() async throws {
            update([.endpoints("a"), .endpoints("b")])
            try await serve { _, stream in
                try await stream.subscribe(.endpoints, ["a", "b"], node: "proxy-1")
                #expect(try await stream.received().names == ["a", "b"])
                try await stream.subscribe(.endpoints, ["a"])
                #expect(try await stream.received().names == ["a"])
            }
        }

        @Test func answersEndpointsAgainAfterTheirClusterHasChanged() async throws {
            update([.cluster("a"), .cluster("b"), .endpoints("a"), .endpoints("b")])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                _ = try await stream.received()
                try await stream.subscribe(.endpoints, ["a", "b"])
                #expect(try await stream.received().names == ["a", "b"])
                update([.cluster("a", 2)])
                let replies = [try await stream.received(), try await stream.received()]
                #expect(replies.map(\.type) == [ResourceType.cluster, .endpoints].map(\.rawValue))
                #expect(replies.map(\.names) == [["a"], ["a"]])
                try await stream.expectSilence(cache)
            }
        }

        @Test func removesClustersOnlyWhenNothingUsesThemAnyMore() async throws {
            update([.cluster("a"), .named("l", .listener)])
            try await serve { _, stream in
                try await stream.subscribe(.cluster, node: "proxy-1")
                _ = try await stream.received()
                try await stream.subscribe(.listener)
                _ = try await stream.received()
                update([], removing: [.cluster: ["a"], .listener: ["l"]])
                let listeners = try await stream.receive()
                #expect(listeners.removed == ["l"])
                try await stream.expectSilence(cache, "the listener may still be in use")
                try await stream.acknowledge(listeners)
                #expect(try await stream.received().removed == ["a"])
            }
        }
    }
}
