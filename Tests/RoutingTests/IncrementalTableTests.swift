import Testing
import XDS

@testable import Routing

@Suite("A table made of the one before")
struct IncrementalTableTests {
    private struct World {
        var random: SystemRandomNumberGenerator = SystemRandomNumberGenerator()
        var hosts: [String: VirtualHost] = [:]

        mutating func route(_ name: String) -> Route {
            let path: RouteMatch.Path =
                Bool.random()
                ? .pathSeparatedPrefix("/\(Int.random(in: 0..<4))") : .path("/\(name)")
            var route = Route.to(name, path)
            if Bool.random() {
                route.action = .route(
                    RouteAction(
                        cluster: .weightedClusters([
                            ClusterWeight(name: "one", weight: 1),
                            ClusterWeight(name: "two", weight: UInt32.random(in: 1...2)),
                        ])))
            }
            return route
        }

        /// Changes one virtual host in some way, and names it.
        mutating func change() -> String {
            let number = Int.random(in: 0..<6)
            let name = "routes/\(number)"
            guard var host = hosts[name] else {
                hosts[name] = VirtualHost(
                    name: name, domains: ["h\(number)"],
                    routes: (0..<Int.random(in: 0...6)).map { route("r\($0)") })
                return name
            }
            switch Int.random(in: 0..<6) {
            case 0:
                hosts[name] = nil
                return name
            case 1: host.domains = ["h\(number)", "alias\(number)-\(Int.random(in: 0..<3))"]
            case 2 where !host.routes.isEmpty: host.routes.removeFirst()
            case 3: host.routes.insert(route("n\(Int.random(in: 0..<9))"), at: 0)
            case 4 where !host.routes.isEmpty: host.routes[host.routes.count / 2] = route("x")
            default: host.routes.reverse()
            }
            hosts[name] = host
            return name
        }
    }

    private var paths: [String] { (0..<4).map { "/\($0)" } + ["/r1", "/x", "/n3", "/0/deep"] }

    private func finds(_ table: RoutingTable) -> [String] {
        (0..<6).flatMap { host in
            ["h\(host)", "alias\(host)-1"].flatMap { authority in
                paths.map { table.find(SampleRequest(authority: authority, target: $0)) }
            }
        }
    }

    @Test("is the table made from nothing, whatever changes", arguments: 0..<20)
    func agrees(round: Int) throws {
        var world = World()
        var inputs = inputs([])
        inputs.routeConfigurations["routes"]?.resource.usesVHDS = true
        var table = try RoutingTable.compile(inputs)
        for step in 0..<60 {
            for _ in 0..<Int.random(in: 1...3) {
                let name = world.change()
                inputs.changes.virtualHosts.insert(name)
                let former = inputs.virtualHosts[name]?.resource
                inputs.virtualHosts[name] = try world.hosts[name].map { host in
                    let bytes = host.encoded()
                    let received = try bytes.withUnsafeBytes {
                        try ReceivedVirtualHost(decoding: $0, reusing: former)
                    }
                    #expect(RoutingTable.validate(received, knowing: former).isEmpty)
                    return Versioned(received, version: "\(round)/\(step)/\(bytes.count)")
                }
            }
            table = try RoutingTable.compile(inputs, reusing: table, changes: inputs.changes)
            inputs.changes = RoutingChanges()
            #expect(finds(table) == finds(try RoutingTable.compile(inputs)))
        }
        let splits = table.routeConfigurations.values.flatMap {
            $0.virtualHosts.flatMap(\.splitSlots)
        }
        #expect(Set(splits).count == splits.count)
        #expect(table.splitSlotCount <= 6 * 80)
    }

    @Test("shares the routes that are the same")
    func shares() throws {
        var host = VirtualHost(
            name: "routes/a", domains: ["a"],
            routes: (0..<100).map { .to("r\($0)", .path("/\($0)")) })
        var inputs = inputs([])
        inputs.routeConfigurations["routes"]?.resource.usesVHDS = true
        inputs.virtualHosts["routes/a"] = Versioned(ReceivedVirtualHost(host), version: "1")
        let before = try RoutingTable.compile(inputs)
        host.routes[50] = .to("changed", .path("/50"))
        let former = inputs.virtualHosts["routes/a"]?.resource
        let received = try host.encoded().withUnsafeBytes {
            try ReceivedVirtualHost(decoding: $0, reusing: former)
        }
        inputs.virtualHosts["routes/a"] = Versioned(received, version: "2")
        inputs.changes.virtualHosts = ["routes/a"]
        let after = try RoutingTable.compile(inputs, reusing: before, changes: inputs.changes)
        let old = before.listeners[0].routes.virtualHosts[0].routes
        let new = after.listeners[0].routes.virtualHosts[0].routes
        #expect(new.indices.filter { old[$0] !== new[$0] } == [50])
        #expect(after.find(SampleRequest(authority: "a", target: "/50")) == "routes/a/changed")
    }

    @Test("refuses a route that is broken, and names it")
    func broken() {
        let host = VirtualHost(name: "routes/a", domains: ["a"], routes: [])
        let bytes = host.encoded() + [0x1A, 2, 0x0A, 9]
        #expect(throws: XDSError.self) {
            try bytes.withUnsafeBytes { try ReceivedVirtualHost(decoding: $0, reusing: nil) }
        }
    }
}
