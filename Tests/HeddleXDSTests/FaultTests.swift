import Discovery
import GRPC
import HeddleXDS
import Testing
import XDS

extension HeddleXDSSuite {
    /// What goes wrong with many clients, and with bad ones.
    @Suite(.serialized) struct Faults {
        private let cache = SnapshotCache()
        private let remembered = Remembered()

        private func update(
            _ resources: [EncodedResource], removing names: [ResourceType: Set<String>] = [:],
            of group: ProxyGroup = .test
        ) {
            cache.updateResources(remembered(resources), removing: names, of: group)
        }

        /// When nobody is connected and the cache is empty, nothing may be left of what was sent.
        private func expectNothingIsLeft() async throws {
            for group in cache.groups { cache.removeSnapshot(of: group) }
            try await eventually("no resource is left of \(remembered.liveCount)") {
                remembered.liveCount == 0
            }
        }

        @Test func aThousandStreamsComeBackAtOnce() async throws {
            let names = (0..<30).map { "cluster-\($0)" }
            update(names.flatMap { [.cluster($0), .endpoints($0)] } + [.named("l", .listener)])
            let proxies = (0..<1000).map {
                ModelProxy("proxy-\($0)", isDelta: $0.isMultiple(of: 2))
            }
            let port = try freePorts(1)[0]
            try await withProxies(proxies, port: port) {
                try await withServer(cache, port: port) { server in
                    try await untilAll(proxies, have: cache.snapshot(of: .test))
                    #expect(server.proxies.count == 1000)
                }
                update([.cluster("cluster-1", 2), .endpoints("cluster-2", port: 2)])
                try await withServer(cache, port: port) { server in
                    try await untilAll(proxies, have: cache.snapshot(of: .test))
                    try await eventually("all are back") { server.proxies.count == 1000 }
                }
            }
            try await expectNothingIsLeft()
        }

        /// The steps of a stream, any of which may be its last.
        private func step(
            _ number: Int, _ call: GRPCClientCall, isDelta: Bool, _ nonce: inout String
        ) async throws {
            switch number {
            case 0: try await request(call, isDelta: isDelta, .cluster)
            case 1, 4, 7, 9:
                nonce = isDelta ? try await call.delta().nonce : try await call.sotw().nonce
            case 2: try await request(call, isDelta: isDelta, .cluster, nonce: nonce)
            case 3: try await request(call, isDelta: isDelta, .endpoints, ["a"])
            case 5: try await request(call, isDelta: isDelta, .endpoints, ["a"], nonce: nonce)
            case 6: update([.cluster("a", Int.random(in: 10...99_999))])
            case 8:
                let error = RPCStatus(code: 3, message: "no")
                try await request(call, isDelta: isDelta, .cluster, nonce: nonce, error: error)
            case 10: try await call.finishSending()
            default: _ = try await call.receive()
            }
        }

        private func request(
            _ call: GRPCClientCall, isDelta: Bool, _ type: ResourceType, _ names: [String] = [],
            nonce: String = "", error: RPCStatus? = nil
        ) async throws {
            if isDelta {
                try await call.send(
                    DeltaDiscoveryRequest(
                        node: .test, type: type,
                        resourceNamesSubscribe: nonce.isEmpty ? names : [], responseNonce: nonce,
                        errorDetail: error))
            } else {
                try await call.send(
                    DiscoveryRequest(
                        node: .test, resourceNames: names, type: type, responseNonce: nonce,
                        errorDetail: error))
            }
        }

        @Test(arguments: [true, false])
        func aStreamMayBeKilledAtEveryMessage(isDelta: Bool) async throws {
            update([.cluster("a"), .endpoints("a")])
            try await withServer(cache) { server in
                for (count, killsConnection) in (0...12).flatMap({ [($0, true), ($0, false)] }) {
                    let channel = GRPCChannel(target: "127.0.0.1:\(server.port)")
                    try await channel.withCall(isDelta ? Method.delta : Method.sotw) { call in
                        var nonce = ""
                        for number in 0..<count {
                            try await step(number, call, isDelta: isDelta, &nonce)
                        }
                        if killsConnection { channel.close() } else { call.cancel() }
                    }
                    channel.close()
                    try await server.untilNobodyIsConnected()
                }
                let proxy = ModelProxy("after", isDelta: isDelta)
                try await withProxies([proxy], port: server.port) {
                    try await untilAll([proxy], have: cache.snapshot(of: .test))
                }
                try await server.untilNobodyIsConnected()
                try await expectResourcesOfTheSnapshotOnly(server)
            }
            try await expectNothingIsLeft()
        }

        /// Of what has been replaced the server keeps no more than its few latest contents.
        private func expectResourcesOfTheSnapshotOnly(_ server: RunningServer) async throws {
            let now = cache.snapshot(of: .test).map { $0[.cluster].count + $0[.endpoints].count }
            let limit = (now ?? 0) + 40
            try await eventually("\(remembered.liveCount) are no more than \(limit)") {
                remembered.liveCount <= limit
            }
        }

        @Test(arguments: [true, false])
        func whoNeverReadsHoldsUpNobody(isDelta: Bool) async throws {
            try await withServer(cache) { server in
                update([large(0)])
                try await server.withChannel { slow in
                    try await slow.withCall(isDelta ? Method.delta : Method.sotw) { sleeper in
                        try await request(sleeper, isDelta: isDelta, .cluster)
                        try await eventually("the sleeper is there") { server.proxies.count == 1 }
                        try await server.withChannel { fast in
                            try await fast.withCall(Method.delta) { reader in
                                try await request(reader, isDelta: true, .cluster)
                                _ = try await reader.acknowledgedDelta()
                                for edition in 1...100 {
                                    update([large(edition)])
                                    let update = try await reader.acknowledgedDelta()
                                    #expect(update.resources.map(\.version) == [version])
                                }
                            }
                        }
                        // The transport has room for a few, and the rest was left out.
                        #expect(remembered.liveCount <= 40)
                        let read = try await readToNewest(sleeper, isDelta: isDelta)
                        #expect(read <= 3)
                    }
                }
                try await server.untilNobodyIsConnected()
            }
            try await expectNothingIsLeft()
        }

        /// Too large for the window of a stream.
        private func large(_ edition: Int) -> EncodedResource {
            let padding = [UInt8](repeating: UInt8(edition), count: 256 << 10)
            return EncodedResource(type: .cluster, name: "large", message: padding)
        }

        private var version: String {
            cache.snapshot(of: .test)?[.cluster]["large"]?.version ?? ""
        }

        /// How many responses it takes until the newest one comes.
        private func readToNewest(_ call: GRPCClientCall, isDelta: Bool) async throws -> Int {
            let newest = large(100).message
            for count in 1...100 {
                let message: [UInt8]?
                if isDelta {
                    message = try await call.acknowledgedDelta().resources.first?.resource?.value
                } else {
                    let response = try await call.sotw()
                    message = response.resources.first?.value
                    try await call.send(
                        DiscoveryRequest(
                            versionInfo: response.versionInfo, type: .cluster,
                            responseNonce: response.nonce))
                }
                if message == newest { return count }
            }
            return .max
        }

        @Test(arguments: [true, false])
        func whoRefusesEverythingIsToldOfEachChangeOnce(isDelta: Bool) async throws {
            update([.cluster("a")])
            try await withServer(cache) { server in
                try await server.withChannel { channel in
                    try await channel.withCall(isDelta ? Method.delta : Method.sotw) { call in
                        try await request(call, isDelta: isDelta, .cluster)
                        for edition in 2...151 {
                            try await refuse(call, isDelta: isDelta, "no \(edition)")
                            try await eventually("it is refused") {
                                server.status(.cluster)?.rejection == "no \(edition)"
                            }
                            update([.cluster("a", edition)])
                        }
                        // One response for each of the changes: nothing is sent again.
                        #expect(server.status(.cluster)?.sent ?? 0 <= 151)
                        #expect(server.proxies.refusals.count == 100)
                        #expect(server.status(.cluster)?.acknowledged == 0)
                    }
                }
                try await server.untilNobodyIsConnected()
            }
            try await expectNothingIsLeft()
        }

        private func refuse(
            _ call: GRPCClientCall, isDelta: Bool, _ reason: String
        ) async throws {
            let nonce = isDelta ? try await call.delta().nonce : try await call.sotw().nonce
            let error = RPCStatus(code: 3, message: reason)
            try await request(call, isDelta: isDelta, .cluster, nonce: nonce, error: error)
        }

        @Test(arguments: [UInt64.random(in: 0...UInt64.max)])
        func afterAnHourOfChangesAllHaveTheSnapshot(seed: UInt64) async throws {
            let groups = (0..<3).map { ProxyGroup("test/group-\($0)") }
            let proxies = (0..<21).map { index in
                let isSlow = index.isMultiple(of: 5)
                return ModelProxy(
                    "proxy-\(index)", group: groups[index % 3], isDelta: index % 2 == 0
                ) {
                    if isSlow { try await Task.sleep(for: .milliseconds(20)) }
                }
            }
            try await withServer(cache) { server in
                try await withProxies(proxies, port: server.port, perConnection: 4) {
                    var random = SeededNumbers(seed: seed)
                    for number in 0..<3600 {
                        change(groups[number % 3], &random)
                        // An hour in a few seconds: the proxies run meanwhile.
                        if number % 8 == 0 { try await Task.sleep(for: .milliseconds(5)) }
                    }
                    for (index, group) in groups.enumerated() {
                        let own = proxies.enumerated().filter { $0.offset % 3 == index }
                        try await untilAll(own.map(\.element), have: cache.snapshot(of: group))
                    }
                    #expect(server.proxies.refusals.isEmpty)
                    #expect(server.proxies.count == proxies.count)
                }
                try await server.untilNobodyIsConnected()
            }
            try await expectNothingIsLeft()
        }

        private func change(_ group: ProxyGroup, _ random: inout SeededNumbers) {
            let name = "cluster-\(Int.random(in: 0..<20, using: &random))"
            let edition = Int.random(in: 1...1000, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: update([], removing: [.cluster: [name], .endpoints: [name]], of: group)
            case 1: update([.listener("l-\(edition % 5)", edition)], of: group)
            case 2: update([], removing: [.listener: ["l-\(edition % 5)"]], of: group)
            case 3, 4:
                update([.cluster(name, edition), .endpoints(name, port: edition)], of: group)
            default:
                if cache.snapshot(of: group)?[.cluster][name] == nil {
                    update([.cluster(name, edition), .endpoints(name, port: edition)], of: group)
                } else {
                    update([.endpoints(name, port: edition)], of: group)
                }
            }
        }
    }
}

extension EncodedResource {
    /// A listener that only its port tells from others.
    fileprivate static func listener(_ name: String, _ port: Int) -> EncodedResource {
        EncodedResource(
            Listener(
                name: name, address: SocketAddress(address: "127.0.0.1", port: UInt32(port))))
    }
}
