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

    @Test func aPrivateKeyIsNotShown() throws {
        let secret = Secret(
            name: "s",
            kind: .tlsCertificate(
                TLSCertificate(
                    certificateChain: .inlineString("chain"), privateKey: .inlineBytes([1]),
                    password: .filename("/p"))))
        #expect(
            try secret.json() == """
                {"name":"s","tlsCertificate":{"certificateChain":{"inlineString":"chain"},\
                "privateKey":{"inlineBytes":"[redacted]"},"password":{"filename":"/p"}}}
                """)
        #expect(try secret.json(redactsSecrets: false).contains(#"{"inlineBytes":"AQ=="}"#))
        let generic = EncodedResource(Secret(name: "g", kind: .generic(.inlineString("key"))))
        #expect(
            try generic.json()
                == #"{"name":"g","genericSecret":{"secret":{"inlineString":"[redacted]"}}}"#)
        let response = DiscoveryResponse(
            versionInfo: "", resources: [AnyMessage(packing: secret)], type: .secret, nonce: "")
        #expect(try !response.json().contains("AQ=="), "nor inside of an Any")
        #expect(!"\(secret)".contains("[1]"))
    }

    @Test(
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"), (-1, 0, "1969-12-31T23:59:59Z"),
            (951_782_400, 500_000_000, "2000-02-29T00:00:00.500Z"),
            (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
            (253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
        ] as [(Int64, Int32, String)])
    func aTimeIsRFC3339(seconds: Int64, nanoseconds: Int32, text: String) {
        let time = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(time.description == text)
        #expect(Timestamp(text) == time)
    }

    @Test func aTimeMayHaveAnOffset() {
        #expect(Timestamp("1970-01-01T01:00:00+01:00") == Timestamp(seconds: 0))
        #expect(Timestamp("1969-12-31t23:30:00.25-00:30")?.nanoseconds == 250_000_000)
        for text in [
            "", "1970-01-01", "1970-02-29T00:00:00Z", "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:00", "0000-01-01T00:00:00Z", "1970-01-01T00:00:00.Z",
            "0001-01-01T00:00:00+00:01",
        ] {
            #expect(Timestamp(text) == nil, "\(text)")
        }
    }

    @Test func theTypeMustBeOfTheSubset() {
        let error = failure { try protobufJSON(typeURL: "type.googleapis.com/no.Such", bytes: []) }
        #expect(error?.code == .unknownType)
        let broken = failure { try protobufJSON(typeURL: Cluster.typeURL, bytes: [0xFF]) }
        #expect(broken?.code == .malformed)
    }
}
