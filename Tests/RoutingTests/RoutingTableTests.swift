import Testing
import XDS

@testable import Routing

@Suite("Compiling a table")
struct RoutingTableTests {
    private let split = Route(
        name: "split", match: RouteMatch(),
        action: .route(
            RouteAction(
                cluster: .weightedClusters([
                    ClusterWeight(name: "one", weight: 1), ClusterWeight(name: "two", weight: 1),
                ]))))

    private func host(_ name: String, _ routes: [Route]) -> VirtualHost {
        VirtualHost(name: name, domains: [name], routes: routes)
    }

    private func codes(_ inputs: RoutingInputs) -> [RoutingError.Code] {
        do throws(RoutingFailure) {
            _ = try RoutingTable.compile(inputs)
            return []
        } catch {
            return error.errors.map(\.code)
        }
    }

    @Test("what did not change keeps its identity and its slots")
    func reuse() throws {
        let before = try RoutingTable.compile(
            inputs([host("a", [split]), host("b", [.to("r", .prefix("/")), split])]))
        let changed = inputs(
            [host("a", [split]), host("b", [.to("other", .prefix("/")), split])],
            clusters: ["zero", "one", "two"], version: "2")
        let after = try RoutingTable.compile(changed, reusing: before)
        let old = before.listeners[0].routes.virtualHosts
        let new = after.listeners[0].routes.virtualHosts
        #expect(old[0] === new[0])
        #expect(old[1] !== new[1])
        #expect(old[1].routes[0] !== new[1].routes[0])
        #expect(old[1].routes[1] === new[1].routes[1])
        for cluster in before.clusters.compactMap({ $0 }) {
            #expect(after.clusters[cluster.slot] === cluster)
        }
        let again = try RoutingTable.compile(changed, reusing: after)
        #expect(again.listeners[0].routes === after.listeners[0].routes)
    }

    @Test("changed endpoints change their cluster only, in its slot")
    func endpoints() throws {
        var inputs = inputs([host("a", [split])])
        let before = try RoutingTable.compile(inputs)
        inputs.endpoints["one"]?.resource.endpoints = []
        let after = try RoutingTable.compile(inputs, reusing: before)
        let changed = zip(before.clusters, after.clusters).filter { $0 !== $1 }
        #expect(changed.map { $0.0?.name } == ["one"])
        #expect(changed.map { $0.0?.slot } == changed.map { $0.1?.slot })
        #expect(before.listeners[0].routes === after.listeners[0].routes)
    }

    @Test("slots of removed clusters and splits are given out again")
    func slots() throws {
        var table = try RoutingTable.compile(
            inputs([host("a", [split])], clusters: ["one", "two"]))
        for round in 0..<10 {
            let names = ["one", "two", "extra\(round)"]
            var route = split
            route.name = "split\(round)"
            table = try RoutingTable.compile(
                inputs([host("a", [route])], clusters: names, version: "\(round)"), reusing: table)
            #expect(Set(table.clusters.compactMap { $0?.name }) == Set(names))
        }
        #expect(table.clusterSlotCount <= 4)
        #expect(table.splitSlotCount <= 2)
    }

    @Test("virtual hosts that come by VHDS belong to their route configuration")
    func discoveredHosts() throws {
        var inputs = inputs([host("a", [])])
        inputs.routeConfigurations["routes"]?.resource.usesVHDS = true
        let late = host("routes/b", [.to("r", .prefix("/"))])
        inputs.virtualHosts["routes/b"] = Versioned(
            ReceivedVirtualHost(
                VirtualHost(name: "routes/b", domains: ["b"], routes: late.routes)), version: "1")
        let table = try RoutingTable.compile(inputs)
        #expect(table.find(SampleRequest(authority: "b")) == "routes/b/r")
        #expect(table.find(SampleRequest(authority: "a")) == "a/-")
    }

    @Test("two listeners cannot have one address")
    func sameAddress() {
        var inputs = inputs([host("a", [split])])
        inputs.listeners["in"]?.resource.address?.port = 80
        inputs.listeners["other"] = inputs.listeners["in"]
        inputs.listeners["other"]?.resource.name = "other"
        #expect(codes(inputs) == [.invalid])
    }

    @Test("references that do not resolve are named")
    func unresolved() {
        var missingCluster = inputs([host("a", [split])], clusters: ["one"])
        #expect(codes(missingCluster) == [.unresolved(.cluster, name: "two")])
        missingCluster.clusters["two"] = Versioned(Cluster(name: "two"))
        #expect(codes(missingCluster) == [.unresolved(.endpoints, name: "two")])
        missingCluster.routeConfigurations = [:]
        #expect(
            codes(missingCluster) == [
                .unresolved(.endpoints, name: "two"),
                .unresolved(.routeConfiguration, name: "routes"),
            ])
    }

    @Test("an invalid backend needs no cluster")
    func invalidBackend() throws {
        let route = Route(
            name: "r", match: RouteMatch(),
            action: .route(
                RouteAction(
                    cluster: .cluster(ClusterName.invalidBackend),
                    clusterNotFoundResponseCode: .internalServerError)))
        let table = try RoutingTable.compile(inputs([host("a", [route])]))
        guard
            case .forward(let forwarding) = table.listeners[0].routes.virtualHosts[0].routes[0]
                .action
        else { return }
        #expect(forwarding.backends.map(\.clusterSlot) == [nil])
        #expect(forwarding.clusterNotFoundStatus == 500)
    }

    @Test("wrong resources are refused with the place and the reason")
    func errors() {
        var heavy = split
        heavy.action = .route(
            RouteAction(
                cluster: .weightedClusters([
                    ClusterWeight(name: "one", weight: 0), ClusterWeight(name: "two", weight: 0),
                ])))
        let configuration = RouteConfiguration(
            name: "c",
            virtualHosts: [
                host("a", [.to("r", .safeRegex("("))]), host("A", [heavy]),
                VirtualHost(name: "b", domains: ["a*b"]),
            ])
        #expect(
            RoutingTable.validate(configuration).map(\.path) == [
                "virtual_hosts[0].routes[0].match.safe_regex",
                "virtual_hosts[1].routes[0].route.weighted_clusters",
                "virtual_hosts[2].domains[0]", "virtual_hosts",
            ])
        let filter = NetworkFilter(
            name: "tcp", config: .other(AnyMessage(typeURL: "type.googleapis.com/x.Tcp")))
        let listener = Listener(
            name: "l", address: SocketAddress(address: "127.0.0.1", port: 80),
            filterChains: [FilterChain(filters: [filter])])
        #expect(RoutingTable.validate(listener).map(\.code) == [.unsupported])
        let manager = HTTPConnectionManager(
            statPrefix: "x", routeSpecifier: .rds("r"),
            httpFilters: [HTTPFilter(name: "lua", config: AnyMessage(typeURL: "lua")), .router])
        let http = Listener(
            name: "l", address: SocketAddress(address: "localhost", port: 80),
            filterChains: [
                FilterChain(filters: [
                    NetworkFilter(name: "hcm", config: .httpConnectionManager(manager))
                ])
            ])
        #expect(RoutingTable.validate(http).map(\.path) == ["address"])
        let assignment = ClusterLoadAssignment(
            clusterName: "e",
            endpoints: [
                LocalityLbEndpoints(lbEndpoints: [
                    LbEndpoint(address: SocketAddress(address: "nowhere.test", port: 1))
                ])
            ])
        #expect(RoutingTable.validate(assignment).map(\.code) == [.invalid])
        #expect(RoutingTable.validate(Cluster(name: "fine")).isEmpty)
    }

    @Test("unhealthy and draining endpoints are left out, priority 0 comes first")
    func health() throws {
        func endpoint(_ port: UInt32, _ status: LbEndpoint.HealthStatus) -> LbEndpoint {
            LbEndpoint(
                address: SocketAddress(address: "::1", port: port), healthStatus: status)
        }
        var inputs = inputs([host("a", [split])])
        inputs.endpoints["one"]?.resource.endpoints = [
            LocalityLbEndpoints(priority: 1, lbEndpoints: [endpoint(4, .healthy)]),
            LocalityLbEndpoints(
                lbEndpoints: [
                    endpoint(1, .unhealthy), endpoint(2, .unknown), endpoint(3, .draining),
                ]),
        ]
        let first = try RoutingTable.compile(inputs)
        let cluster = first.clusters.compactMap { $0 }.first { $0.name == "one" }
        #expect(cluster?.endpoints.map(\.address.port) == [2])
        inputs.endpoints["one"]?.resource.endpoints[1].lbEndpoints.remove(at: 1)
        let second = try RoutingTable.compile(inputs, reusing: first)
        let failedOver = second.clusters.compactMap { $0 }.first { $0.name == "one" }
        #expect(failedOver?.endpoints.map(\.address.port) == [4])
    }
}
