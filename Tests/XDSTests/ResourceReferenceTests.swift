import Testing
import XDS

@Suite struct ResourceReferenceTests {
    @Test(
        arguments: [
            (#""type":"EDS","eds_cluster_config":{"eds_config":{"ads":{}}}"#, ["EDS c"]),
            (
                #""type":"EDS","eds_cluster_config":{"eds_config":{"self":{}},"service_name":"s"}"#,
                ["EDS s"]
            ),
            (
                #""type":"EDS","eds_cluster_config":{"eds_config":{"api_config_source":{}}}"#,
                ["EDS c"]
            ),
            (#""type":"EDS","eds_cluster_config":{"eds_config":{"path":"/e"}}"#, []),
            (
                #""type":"EDS","eds_cluster_config":{"eds_config":"#
                    + #"{"path_config_source":{"path":"/e"}}}"#, []
            ),
            (#""type":"STATIC","eds_cluster_config":{"service_name":"s"}"#, []),
            (#""type":"STRICT_DNS""#, []),
            (#""eds_cluster_config":{"service_name":"s"}"#, []),
        ])
    func aClusterRefersToItsEndpoints(fields: String, expected: [String]) throws {
        let text = #"{"@type":"\#(Cluster.typeURL)","name":"c",\#(fields)}"#
        #expect(try references(text) == expected)
    }

    @Test func bothEndsReferToSecrets() throws {
        let upstream = socket(
            "tls.v3.UpstreamTlsContext",
            #"""
            "common_tls_context":{"tls_certificate_sds_secret_configs":[
              {"name":"own","sds_config":{"ads":{}}},{"name":"static"},
              {"name":"file","sds_config":{"path":"/s"}},{"name":"own","sds_config":{"ads":{}}}],
              "validation_context_sds_secret_config":{"name":"ca","sds_config":{"ads":{}}}}
            """#)
        #expect(
            try references(
                """
                {"@type":"\(Cluster.typeURL)","name":"c","type":"STATIC",\(upstream),
                 "transport_socket_matches":[{"name":"m",\(upstream)}]}
                """) == ["SDS own", "SDS ca"])
        let downstream = socket(
            "tls.v3.DownstreamTlsContext",
            #"""
            "session_ticket_keys_sds_secret_config":{"name":"keys","sds_config":{"ads":{}}},
            "common_tls_context":{"combined_validation_context":
              {"validation_context_sds_secret_config":{"name":"ca","sds_config":{"ads":{}}}}}
            """#)
        #expect(
            try references(
                """
                {"@type":"\(Listener.typeURL)","name":"l","filter_chains":[{"name":"f",\(downstream)}],
                 "default_filter_chain":{\(socket("tls.v3.DownstreamTlsContext",
                    #""common_tls_context":{"tls_certificate_sds_secret_configs":"#
                        + #"[{"name":"d","sds_config":{"self":{}}}]}"#))}}
                """) == ["SDS ca", "SDS keys", "SDS d"])
    }

    private func socket(_ type: String, _ fields: String) -> String {
        """
        "transport_socket":{"name":"t","typed_config":
          {"@type":"type.googleapis.com/envoy.extensions.transport_sockets.\(type)",\(fields)}}
        """
    }

    @Test func aListenerRefersToRoutes() throws {
        let rds = HTTPConnectionManager(statPrefix: "", routeSpecifier: .rds("r"))
        let inPlace = HTTPConnectionManager(
            statPrefix: "", routeSpecifier: .routeConfig(routes(to: .cluster("c"))))
        let listener = Listener(
            name: "l",
            filterChains: [
                FilterChain(filters: [
                    NetworkFilter(name: "a", config: .httpConnectionManager(inPlace)),
                    NetworkFilter(name: "b", config: .httpConnectionManager(rds)),
                    NetworkFilter(
                        name: "c", config: .other(AnyMessage(typeURL: "a/b.C", value: [255]))),
                ])
            ],
            apiListener: HTTPConnectionManager(statPrefix: "", routeSpecifier: .rds("api")))
        #expect(shown(EncodedResource(listener)) == ["CDS c", "RDS r", "RDS api"])
        #expect(
            try references(
                """
                {"@type":"\(Listener.typeURL)","name":"l","default_filter_chain":{"filters":[
                  {"name":"m","typed_config":{"@type":"\(HTTPConnectionManager.typeURL)",
                   "rds":{"route_config_name":"d","config_source":{"ads":{}}}}},
                  {"name":"m","typed_config":{"@type":"\(HTTPConnectionManager.typeURL)",
                   "rds":{"route_config_name":"f","config_source":{"path":"/f"}}}},
                  {"name":"t","typed_config":
                   {"@type":"a/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                    "weighted_clusters":{"clusters":[{"name":"x"},{"name":"y"}]}}}]}}
                """) == ["RDS d", "CDS x", "CDS y"])
    }

    @Test func theValuesOfTLSAndOfConnectionsRefer() {
        let common = CommonTLSContext(
            tlsCertificateSDSSecrets: ["shop/cert"],
            validationContext: .combined(
                CertificateValidationContext(trustedCA: nil), sds: "ca/frontend"))
        let weighted = TCPProxy.ClusterSpecifier.weightedClusters([
            TCPProxy.WeightedCluster(name: "a", weight: 1),
            TCPProxy.WeightedCluster(name: "b", weight: 2),
        ])
        let terminates = FilterChain(
            match: FilterChainMatch(serverNames: ["shop.example"], transportProtocol: "tls"),
            filters: [.tcpProxy(TCPProxy(statPrefix: "", cluster: weighted))],
            transportSocket: .downstreamTLS(DownstreamTLSContext(common: common)))
        let passes = FilterChain(filters: [
            .tcpProxy(TCPProxy(statPrefix: "", cluster: .cluster("c")))
        ])
        let listener = Listener(
            name: "tls-443", filterChains: [terminates], defaultFilterChain: passes,
            listenerFilters: [.tlsInspector])
        #expect(
            Set(shown(EncodedResource(listener)))
                == ["SDS shop/cert", "SDS ca/frontend", "CDS a", "CDS b", "CDS c"])

        let datagrams = Listener(
            name: "udp-53", listenerFilters: [.udpProxy(UDPProxy(statPrefix: "", cluster: "dns"))])
        #expect(shown(EncodedResource(datagrams)) == ["CDS dns"])

        let upstream = UpstreamTLSContext(
            common: CommonTLSContext(
                tlsCertificateSDSSecrets: ["edge/client"], validationContext: .sds("ca/backend")),
            sni: "backend.example")
        let cluster = Cluster(name: "c", transportSocket: .upstreamTLS(upstream))
        #expect(shown(EncodedResource(cluster)) == ["EDS c", "SDS edge/client", "SDS ca/backend"])
    }

    /// Any other matcher than ours, and the deprecated field.
    @Test func everyClusterOfAUDPProxyIsFound() throws {
        func action(_ cluster: String) -> String {
            """
            {"action":{"name":"r","typed_config":{"@type":
              "a/envoy.extensions.filters.udp.udp_proxy.v3.Route","cluster":"\(cluster)"}}}
            """
        }
        let matcher = """
            {"matcher_tree":{"exact_match_map":{"map":{"k":\(action("tree"))}}},
             "on_no_match":{"matcher":{"matcher_list":{"matchers":[{"on_match":\(action("list"))}]},
             "on_no_match":\(action("none"))}}}
            """
        func listener(_ specifier: String) -> String {
            """
            {"@type":"\(Listener.typeURL)","name":"u","listener_filters":[{"name":"f","typed_config":
              {"@type":"a/envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig",\(specifier)}}]}
            """
        }
        #expect(
            Set(try references(listener("\"matcher\":\(matcher)")))
                == ["CDS tree", "CDS list", "CDS none"])
        #expect(try references(listener(#""cluster":"old""#)) == ["CDS old"])
    }

    @Test func authorizationRefersToClusters() {
        func settings(_ service: ExtAuthz.Service) -> [String: HTTPFilterConfig] {
            ["f": .extAuthzPerRoute(.checkSettings(.init(service: service)))]
        }
        let grpc = ExtAuthz.Service.grpc(GRPCService(clusterName: "grpc"))
        let http = ExtAuthz.Service.http(
            ExtAuthzHTTPService(uri: "http://auth", cluster: "http", timeout: .seconds(1)))
        let manager = HTTPConnectionManager(
            statPrefix: "", routeSpecifier: .rds("r"),
            httpFilters: [.cors, .extAuthz(ExtAuthz(service: grpc), isDisabled: true), .router])
        let listener = Listener(
            name: "l", filterChains: [FilterChain(filters: [.httpConnectionManager(manager)])])
        #expect(Set(shown(EncodedResource(listener))) == ["RDS r", "CDS grpc"])

        let weighted = ClusterWeight(name: "a", weight: 1, typedPerFilterConfig: settings(http))
        var action = RouteAction(cluster: .weightedClusters([weighted]))
        action.requestMirrorPolicies = [RequestMirrorPolicy(cluster: "mirror")]
        let route = Route(
            match: RouteMatch(), action: .route(action), typedPerFilterConfig: settings(grpc))
        let host = VirtualHost(name: "h", domains: ["*"], routes: [route])
        let expected: Set = ["CDS grpc", "CDS http", "CDS a", "CDS mirror"]
        #expect(Set(shown(EncodedResource(host))) == expected)
        let configuration = RouteConfiguration(name: "r", virtualHosts: [host])
        #expect(Set(shown(EncodedResource(configuration))) == expected)
    }

    @Test func routesReferToClusters() throws {
        let weighted = RouteAction.ClusterSpecifier.weightedClusters([
            ClusterWeight(name: "a", weight: 1), ClusterWeight(name: "b", weight: 0),
        ])
        #expect(shown(EncodedResource(routes(to: weighted))) == ["CDS a", "CDS b"])
        let host = #"""
            {"name":"h","domains":["*"],"request_mirror_policies":[{"cluster":"host"}],"routes":[
              {"match":{"prefix":"/"},"route":{"cluster":"a",
               "request_mirror_policies":[{"cluster":"m"},{"cluster":"a"}]}},
              {"match":{"prefix":"/"},"redirect":{}},
              {"match":{"prefix":"/"},"route":{"cluster_header":"x"}}]}
            """#
        let fields = host.dropFirst()
        #expect(
            Set(try references("{\"@type\":\"\(VirtualHost.typeURL)\",\(fields)"))
                == ["CDS host", "CDS a", "CDS m"])
        #expect(
            Set(
                try references(
                    """
                    {"@type":"\(RouteConfiguration.typeURL)","name":"r","virtual_hosts":[\(host)],
                     "request_mirror_policies":[{"cluster":"all"}]}
                    """)) == ["CDS host", "CDS a", "CDS m", "CDS all"])
    }

    @Test func whatIsUnknownOrBrokenIsSteppedOver() {
        let cluster = Cluster(name: "c", discovery: .eds(serviceName: "s")).encoded()
        func found(_ bytes: [UInt8]) -> [String] {
            shown(EncodedResource(type: .cluster, name: "c", message: bytes))
        }
        let unknown = field(1000, [255]) + [0xC0, 0x3E, 0x07]
        #expect(found(unknown + cluster + unknown) == ["EDS s"])
        #expect(found(cluster + [0xFF]) == ["EDS s"])
        #expect(found(cluster + field(38, [])) == [], "a type of its own comes last and counts")
        #expect(found([]) == [])
        var nested: [UInt8] = field(3, [])
        for _ in 0..<1000 { nested = field(2, nested) }
        #expect(found(field(24, nested)) == [])
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func noBytesAreTooStrange(seed: UInt64) {
        var values = RandomValues(seed: seed)
        for _ in 0..<40 {
            var bytes = values.pick([
                values.listener().encoded(), values.cluster().encoded(),
                values.routeConfiguration().encoded(), values.bytes(),
            ])
            if !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &values.random)
                bytes[place] = UInt8.random(in: 0...255, using: &values.random)
            }
            for type in ResourceType.inOrderOfAddition {
                let resource = EncodedResource(type: type, name: "x", message: bytes)
                #expect(Set(resource.references).count == resource.references.count)
                _ = EncodedResource.resourceName(in: bytes, of: type)
            }
        }
    }

    private func routes(to cluster: RouteAction.ClusterSpecifier) -> RouteConfiguration {
        let route = Route(match: RouteMatch(), action: .route(RouteAction(cluster: cluster)))
        return RouteConfiguration(
            name: "r", virtualHosts: [VirtualHost(name: "h", domains: ["*"], routes: [route])])
    }

    private func references(_ text: String) throws -> [String] {
        let resources = try snapshotResources(json: Array("{\"resources\":[\(text)]}".utf8))
        return resources.flatMap(shown)
    }

    private func shown(_ resource: EncodedResource) -> [String] {
        resource.references.map { "\($0.type) \($0.name)" }
    }
}
