import Testing
import XDS

@Suite struct JSONTests {
    @Test func aRouteReadsLikeTheSpecification() throws {
        let route = Route(
            name: "r", match: RouteMatch(path: .pathSeparatedPrefix("/shop")),
            action: .route(
                RouteAction(
                    cluster: .weightedClusters([ClusterWeight(name: "a\"\n", weight: 0)]),
                    timeout: .milliseconds(1500))),
            metadata: Metadata(filterMetadata: [
                "heddle.origin": ["line": .number(7), "kind": .string("HTTPRoute"), "none": .null]
            ]))
        let host = VirtualHost(name: "h", domains: ["*"], routes: [route])
        #expect(
            try host.json() == """
                {"name":"h","domains":["*"],"routes":[{"match":{"pathSeparatedPrefix":"/shop"},\
                "route":{"weightedClusters":{"clusters":[{"name":"a\\"\\n","weight":0}]},\
                "timeout":"1.500s"},"metadata":{"filterMetadata":{"heddle.origin":\
                {"kind":"HTTPRoute","line":7,"none":null}}},"name":"r"}]}
                """)
    }

    @Test func prettyPrintingIndents() throws {
        let cluster = Cluster(
            name: "c", discovery: .staticEndpoints(ClusterLoadAssignment(clusterName: "c")))
        #expect(
            try cluster.json(pretty: true) == """
                {
                  "name": "c",
                  "type": "STATIC",
                  "loadAssignment": {
                    "clusterName": "c"
                  }
                }
                """)
        #expect(try EncodedResource(cluster).json() == cluster.json())
    }

    @Test func anAnyKeepsWhatItCannotRead() throws {
        let filter = NetworkFilter(
            name: "f", config: .other(AnyMessage(typeURL: "example.com/a.B", value: [1, 2, 3, 4])))
        let listener = Listener(name: "l", filterChains: [FilterChain(filters: [filter])])
        #expect(
            try listener.json() == """
                {"name":"l","filterChains":[{"filters":[{"name":"f","typedConfig":\
                {"@type":"example.com/a.B","value":"AQIDBA=="}}]}]}
                """)
    }

    @Test func theTypeMustBeOfTheSubset() {
        let error = failure { try protobufJSON(typeURL: "type.googleapis.com/no.Such", bytes: []) }
        #expect(error?.code == .unknownType)
        let broken = failure { try protobufJSON(typeURL: Cluster.typeURL, bytes: [0xFF]) }
        #expect(broken?.code == .malformed)
    }
}
