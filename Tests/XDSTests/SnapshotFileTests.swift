import Testing
import XDS

@Suite struct SnapshotFileTests {
    @Test func aResponseIsASnapshot() throws {
        let resources = try read(
            """
            {"version_info": "7", "type_url": "", "nonce": "n", "resources": [
              {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "reviews",
               "type": "STRICT_DNS", "connect_timeout": "0.25s", "dns_lookup_family": "V4_ONLY"},
              {"@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
               "cluster_name": "ratings"},
              {"@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
               "name": "edge/shop", "version": "3", "ttl": "30s", "resource":
                {"@type": "type.googleapis.com/envoy.config.route.v3.VirtualHost", "name": "shop",
                 "domains": ["*"]}},
              {"@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
               "name": "mine", "resource":
                {"@type": "type.googleapis.com/example.Mine", "value": "AQID"}}
            ]}
            """)
        #expect(resources.map(\.name) == ["reviews", "ratings", "edge/shop", "mine"])
        #expect(
            resources.map(\.type) == [
                .cluster, .endpoints, .virtualHost,
                ResourceType(rawValue: "type.googleapis.com/example.Mine"),
            ])
        #expect(resources.map(\.ttl) == [nil, nil, .seconds(30), nil])
        #expect(resources[3].message == [1, 2, 3])
        #expect(
            try resources[0].json() == """
                {"name":"reviews","type":"STRICT_DNS","connectTimeout":"0.250s",\
                "dnsLookupFamily":"V4_ONLY"}
                """)
        #expect(try resources[2].decoded(as: VirtualHost.self).name == "shop")
    }

    @Test func allProblemsAreToldAtOnce() {
        let errors = problems(
            """
            {"nonse": "", "resources": [
              {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "nam": "a", "type": 9,
               "load_assignment": {"endpoints": [{"lb_endpoints": [{"endpoint": {"addres": {}}}]}]}},
              {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster"},
              {"name": "b"}, 7,
              {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "b"},
              {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "b"},
              {"@type": "type.googleapis.com/envoy.service.discovery.v3.Resource", "name": "c"}
            ]}
            """)
        #expect(
            errors.map(\.source) == [
                "nonse", "resources[0].nam",
                "resources[0].load_assignment.endpoints[0].lb_endpoints[0].endpoint.addres",
                "resources[1]", "resources[2]", "resources[3]", "resources[5]",
                "resources[6].resource",
            ])
        #expect(errors[6].message.contains("resources[4]"))
    }

    @Test func whatCannotBeServedIsRefused() {
        let errors = problems(
            """
            {"resources": [{"@type": "type.googleapis.com/envoy.service.discovery.v3.Resource",
              "name": "a", "aliases": ["b"], "ttl": "0s", "resource":
              {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster"}}]}
            """)
        #expect(errors.map(\.source) == ["resources[0].aliases", "resources[0].ttl"])
    }

    @Test func aFileOfProblemsIsNotReadToItsEnd() {
        let elements = Array(repeating: "0", count: 100_000).joined(separator: ",")
        #expect(problems("{\"resources\":[\(elements)]}").count == 100)
    }

    @Test func aFileMustHaveResources() {
        #expect(problems("[]").count == 1)
        #expect(problems("{}").count == 1)
        #expect(problems("{\"resources\":{}}").first?.source == "resources")
        #expect(problems("{").first?.code == .malformed)
    }

    /// What the admin port prints is what is pushed, but for secrets.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func whatIsPrintedCanBePushed(seed: UInt64) throws {
        var values = RandomValues(seed: seed)
        let resources = (0..<10).map { index in
            var resource = values.cluster()
            resource.name = "c\(index)"
            resource.transportSocket = nil
            return EncodedResource(resource)
        }
        let lines = try resources.map { resource in
            "{\"@type\":\"\(resource.type.rawValue)\"," + (try resource.json().dropFirst())
        }
        #expect(try read("{\"resources\":[\(lines.joined(separator: ","))]}") == resources)
    }

    private func read(_ text: String) throws -> [EncodedResource] {
        try snapshotResources(json: Array(text.utf8))
    }

    private func problems(_ text: String) -> [XDSError] {
        do throws(SnapshotFileError) {
            _ = try snapshotResources(json: Array(text.utf8))
            return []
        } catch {
            return error.errors
        }
    }
}
