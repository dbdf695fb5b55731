import Discovery
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    /// How streams of any kind begin and end, with a client that is not ours.
    @Suite struct StreamCorners {
        private let cache = SnapshotCache()
        private let services: [(name: String, type: ResourceType, isDelta: Bool)] = [
            ("lds", .listener, true), ("lds", .listener, false),
            ("rds", .routeConfiguration, true), ("rds", .routeConfiguration, false),
            ("cds", .cluster, true), ("cds", .cluster, false),
            ("eds", .endpoints, true), ("eds", .endpoints, false),
            ("sds", .secret, true), ("sds", .secret, false),
            ("vhds", .virtualHost, true),
        ]

        @Test func eachTypeHasAServiceOfItsOwn() async throws {
            let types = Set(services.map(\.type))
            cache.updateResources(types.map { .named("a", $0) }, of: .test)
            try await withPython(cache) { server, client in
                for service in services {
                    let stream = try await client.open(service.name, isDelta: service.isDelta)
                    // The service says the type already.
                    try await stream.subscribe(.init(rawValue: ""), ["a"], node: "proxy-1")
                    let reply = try await stream.received(["a"])
                    #expect(reply.type == service.type.rawValue)
                    #expect(reply.names == ["a"], "\(service)")
                    try await stream.subscribe(.init(rawValue: "type.googleapis.com/a.B"), ["a"])
                    let end = try await stream.receive()
                    #expect(end.status == "INVALID_ARGUMENT")
                    #expect(end.message.contains(service.type.rawValue), "\(end.message)")
                }
                let stream = try await client.open("vhds", isDelta: false)
                try await stream.subscribe(.virtualHost, ["a"], node: "proxy-1")
                #expect(try await stream.receive().status == "UNIMPLEMENTED")
                try await server.untilNobodyIsConnected()
            }
        }

        @Test(arguments: [true, false])
        func refusesWhatIsNoRequest(isDelta: Bool) async throws {
            try await withPython(cache) { server, client in
                let anonymous = try await client.open(isDelta: isDelta)
                try await anonymous.subscribe(.cluster)
                let nameless = try await anonymous.receive()
                #expect(nameless.status == "INVALID_ARGUMENT")
                #expect(nameless.message.contains("node"))
                let untyped = try await client.open(isDelta: isDelta)
                try await untyped.subscribe(.init(rawValue: ""), node: "proxy-1")
                let typeless = try await untyped.receive()
                #expect(typeless.status == "INVALID_ARGUMENT")
                #expect(typeless.message.contains("type_url"))
                // At first, and later.
                for isLater in [false, true] {
                    let stream = try await client.open(isDelta: isDelta)
                    if isLater { try await stream.subscribe(.cluster, node: "proxy-1") }
                    if isLater { _ = try await stream.received() }
                    try await stream.send(hex: "ffffffffff")
                    #expect(try await stream.receive().status == "INVALID_ARGUMENT")
                }
                try await server.untilNobodyIsConnected()
            }
        }

        @Test(arguments: [true, false])
        func forgetsAStreamHoweverItEnds(isDelta: Bool) async throws {
            cache.updateResources([.cluster("a")], of: .test)
            try await withPython(cache) { server, client in
                let finished = try await client.open(isDelta: isDelta)
                try await finished.finish()
                #expect(try await finished.receive().status == "OK", "not even a first request")
                let halfClosed = try await client.open(isDelta: isDelta)
                try await halfClosed.subscribe(.cluster, node: "proxy-1")
                _ = try await halfClosed.received()
                #expect(server.proxies.count == 1)
                try await halfClosed.finish()
                #expect(try await halfClosed.receive().status == "OK")
                try await server.untilNobodyIsConnected()
                let cancelled = try await client.open(isDelta: isDelta)
                try await cancelled.subscribe(.cluster, node: "proxy-1")
                _ = try await cancelled.received()
                #expect(server.proxies.count == 1)
                try await cancelled.cancel()
                try await server.untilNobodyIsConnected()
            }
        }
    }
}
