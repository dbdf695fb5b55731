import Foundation
import Testing
import XDS

/// The real Envoy takes what the values write: required fields, bounds and types of extensions are
/// its own to judge.
@Suite struct EnvoyValidationTests {
    @Test func envoyTakesOneOfEachKind() throws {
        let configuration = Configuration(
            listeners: [https, datagrams], clusters: [secured, named, hashing])
        #expect(try configuration.validate() == 0)
    }

    @Test func envoyRefusesWhatIsWrong() throws {
        var listener = datagrams
        listener.address?.transport = .tcp
        #expect(try Configuration(listeners: [listener], clusters: []).validate() != 0)
    }

    private var https: Listener {
        let common = CommonTLSContext(
            tlsParameters: TLSParameters(minimumVersion: .tls1_2, maximumVersion: .tls1_3),
            tlsCertificateSDSSecrets: ["shop/cert"],
            validationContext: .combined(
                CertificateValidationContext(
                    trustedCA: nil, trustChainVerification: .acceptUntrusted), sds: "ca/frontend"),
            alpnProtocols: ["h2", "http/1.1"])
        let terminates = FilterChain(
            name: "shop",
            match: FilterChainMatch(
                serverNames: ["shop.example", "*.shop.example"], transportProtocol: "tls"),
            filters: [.httpConnectionManager(manager)],
            transportSocket: .downstreamTLS(
                DownstreamTLSContext(common: common, requiresClientCertificate: true)))
        let weighted = TCPProxy.ClusterSpecifier.weightedClusters([
            TCPProxy.WeightedCluster(name: "secured", weight: 1),
            TCPProxy.WeightedCluster(name: "missing", weight: 2),
        ])
        let passes = FilterChain(
            name: "pass",
            match: FilterChainMatch(
                destinationPort: 443,
                prefixRanges: [CIDRRange(addressPrefix: "10.0.0.0", prefixLength: 8)],
                sourcePrefixRanges: [CIDRRange(addressPrefix: "::1", prefixLength: 128)],
                serverNames: ["db.example"], transportProtocol: "tls",
                applicationProtocols: ["postgresql"]),
            filters: [
                .tcpProxy(
                    TCPProxy(
                        statPrefix: "pass", cluster: weighted, idleTimeout: .seconds(60),
                        maxConnectAttempts: 2))
            ])
        let rest = FilterChain(
            name: "rest",
            filters: [.tcpProxy(TCPProxy(statPrefix: "rest", cluster: .cluster("named")))])
        return Listener(
            name: "tls-443", address: SocketAddress(address: "127.0.0.1", port: 0),
            filterChains: [terminates, passes], defaultFilterChain: rest,
            listenerFilters: [.tlsInspector])
    }

    private var datagrams: Listener {
        let proxy = UDPProxy(
            statPrefix: "dns", cluster: "named", idleTimeout: .seconds(5),
            usesPerPacketLoadBalancing: true)
        return Listener(
            name: "udp-53",
            address: SocketAddress(address: "127.0.0.1", port: 0, transport: .udp),
            listenerFilters: [.udpProxy(proxy)])
    }

    private var manager: HTTPConnectionManager {
        let host = VirtualHost(name: "h", domains: ["*"], routes: routes)
        return HTTPConnectionManager(
            statPrefix: "shop",
            routeSpecifier: .routeConfig(RouteConfiguration(name: "r", virtualHosts: [host])),
            httpFilters: [
                .cors, .extAuthz(ExtAuthz(service: grpc, statusOnError: 503), isDisabled: true),
                .statefulSession(), .router,
            ], upgradeTypes: ["websocket"], useRemoteAddress: true, normalizePath: true,
            mergeSlashes: true, codecType: .auto, serverName: "heddle",
            http2Options: HTTP2ProtocolOptions(
                maxConcurrentStreams: 100, initialStreamWindowSize: 65535,
                initialConnectionWindowSize: 1 << 20, allowsConnect: true),
            idleTimeout: .seconds(600), streamIdleTimeout: .zero, requestTimeout: .zero,
            requestHeadersTimeout: .seconds(10), pathWithEscapedSlashesAction: .keepUnchanged,
            stripsAnyHostPort: true)
    }

    private var grpc: ExtAuthz.Service {
        .grpc(
            GRPCService(
                clusterName: "secured", authority: "auth", timeout: .seconds(1),
                initialMetadata: [HeaderValue(key: "x-a", value: "b")]))
    }

    private var routes: [Route] {
        let names = [StringMatcher(.exact("x-user")), StringMatcher(.prefix("x-auth-"))]
        let http = ExtAuthzHTTPService(
            uri: "http://auth.example:80", cluster: "named", timeout: .seconds(2),
            pathPrefix: "/check", headersToAdd: [HeaderValue(key: "x-a", value: "b")],
            allowedUpstreamHeaders: names, allowedUpstreamHeadersToAppend: names,
            allowedClientHeaders: names, allowedClientHeadersOnSuccess: names)
        let cors = CORSPolicy(
            allowOriginStringMatch: [StringMatcher(.safeRegex("https://.*"))],
            allowMethods: "GET,PUT", allowHeaders: "x-a", exposeHeaders: "x-b", maxAge: "60",
            allowCredentials: true, forwardsNotMatchingPreflights: false)
        let sessions = StatefulSession(
            sessionState: .cookie(.init(name: "s", ttl: .seconds(60), path: "/")), isStrict: true)
        let weighted = ClusterWeight(
            name: "secured", weight: 3,
            responseHeadersToAdd: [HeaderValueOption(key: "x-c", value: "d", action: .addIfAbsent)],
            responseHeadersToRemove: ["x-e"], hostRewriteLiteral: "other.example",
            typedPerFilterConfig: [HTTPFilter.cors.name: .corsPolicy(cors)])
        let rewrite = RegexMatchAndSubstitute(pattern: "^/a/(.*)$", substitution: "/b/\\1")
        let action = RouteAction(
            cluster: .weightedClusters([weighted]), timeout: .seconds(10), regexRewrite: rewrite,
            retryPolicy: RetryPolicy(
                retryOn: "5xx,retriable-status-codes", numRetries: 3, perTryTimeout: .seconds(1),
                perTryIdleTimeout: .seconds(1), retriableStatusCodes: [500, 503],
                retryBackOff: .init(
                    baseInterval: .milliseconds(50), maxInterval: .milliseconds(500))),
            requestMirrorPolicies: [
                RequestMirrorPolicy(
                    cluster: "named", runtimeFraction: FractionalPercent(numerator: 1),
                    keepsHost: true)
            ],
            hashPolicies: [
                HashPolicy(.cookie(name: "c", ttl: .zero, path: "/"), isTerminal: true),
                HashPolicy(.header("x-h")), HashPolicy(.sourceIP), HashPolicy(.queryParameter("q")),
            ])
        let settings = ExtAuthzPerRoute.CheckSettings(
            contextExtensions: ["route": "one"],
            withRequestBody: BufferSettings(maxRequestBytes: 1024), service: .http(http))
        let half = FractionalPercent(numerator: 500_000, denominator: .million)
        return [
            Route(
                match: RouteMatch(
                    path: .pathSeparatedPrefix("/a"), runtimeFraction: half, isGRPC: true),
                action: .route(action),
                typedPerFilterConfig: [
                    HTTPFilter.cors.name: .corsPolicy(cors),
                    "envoy.filters.http.ext_authz": .extAuthzPerRoute(.checkSettings(settings)),
                    "envoy.filters.http.stateful_session":
                        .statefulSessionPerRoute(.statefulSession(sessions)),
                ]),
            Route(
                match: RouteMatch(path: .prefix("/old")),
                action: .redirect(RedirectAction(path: .regex(rewrite), stripsQuery: true))),
            Route(
                match: RouteMatch(),
                action: .directResponse(DirectResponseAction(status: 421, body: "no")),
                typedPerFilterConfig: [
                    "envoy.filters.http.ext_authz": .extAuthzPerRoute(.disabled),
                    "envoy.filters.http.stateful_session": .statefulSessionPerRoute(.disabled),
                ]),
        ]
    }

    private var secured: Cluster {
        let context = CertificateValidationContext(
            trustedCA: .inlineString(authority),
            matchTypedSubjectAltNames: [
                SubjectAltNameMatcher(.dns, StringMatcher(.exact("backend.example"))),
                SubjectAltNameMatcher(.uri, StringMatcher(.exact("spiffe://example/backend"))),
            ])
        let common = CommonTLSContext(
            tlsCertificateSDSSecrets: ["edge/client"], validationContext: .inline(context),
            alpnProtocols: ["h2"])
        return Cluster(
            name: "secured", discovery: .eds(serviceName: ""), connectTimeout: .seconds(1),
            httpVersion: .http2,
            transportSocket: .upstreamTLS(
                UpstreamTLSContext(common: common, sni: "backend.example")),
            usesLocalityWeights: true,
            circuitBreakers: [
                CircuitBreakerThresholds(
                    maxConnections: 10, maxPendingRequests: 11, maxRequests: 12,
                    retryBudget: RetryBudget(budgetPercent: 20, minRetryConcurrency: 3))
            ],
            outlierDetection: OutlierDetection(
                consecutive5xx: 3, interval: .seconds(1), baseEjectionTime: .seconds(2),
                maxEjectionTime: .seconds(20), maxEjectionPercent: 50))
    }

    private var named: Cluster {
        let endpoint = LbEndpoint(address: SocketAddress(address: "backend.example", port: 443))
        let assignment = ClusterLoadAssignment(
            clusterName: "named", endpoints: [LocalityLbEndpoints(lbEndpoints: [endpoint])])
        let common = CommonTLSContext(validationContext: .sds("ca/backend"))
        return Cluster(
            name: "named", discovery: .strictDNS(assignment), loadBalancing: .leastRequest,
            connectTimeout: .seconds(1), httpVersion: .auto,
            transportSocket: .upstreamTLS(
                UpstreamTLSContext(
                    common: common, sni: "backend.example", usesAutoSNISANValidation: true)),
            dnsLookupFamily: .all)
    }

    private var hashing: Cluster {
        let endpoint = LbEndpoint(address: SocketAddress(address: "backend.example", port: 80))
        let assignment = ClusterLoadAssignment(
            clusterName: "hashing", endpoints: [LocalityLbEndpoints(lbEndpoints: [endpoint])])
        return Cluster(
            name: "hashing", discovery: .logicalDNS(assignment), loadBalancing: .maglev,
            connectTimeout: .seconds(1), transportSocket: .rawBuffer)
    }

    private var authority: String {
        """
        -----BEGIN CERTIFICATE-----
        MIIBijCCAS+gAwIBAgIUYAYZ6INi51sXMNFXgY80olQnJHswCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIzMTE0OTIwWhgPMjEy
        NjEwMzAxMTQ5MjBaMBkxFzAVBgNVBAMMDnRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEIuTgpEywSI8GA0B5gFHxHZLq/GbJyjhzzFgvUsFb
        G40LkleWSGAnbzey43JXPXBAW7sfLHcgR/WX8ZjrHtkf/qNTMFEwHQYDVR0OBBYE
        FClPVwf9az47nJ0HGXdP5JFyjBDoMB8GA1UdIwQYMBaAFClPVwf9az47nJ0HGXdP
        5JFyjBDoMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANxOUQm9
        tfEmt/3KJeZO2PTeoTvceLQ79SeH4BGXyhicAiEA/0QtWX7peocUB/QTmgbZqOMI
        5OaZMej6/fTI6iu9bLo=
        -----END CERTIFICATE-----
        """
    }
}

/// Envoy's own configuration file, with resources in place.
private struct Configuration {
    struct Missing: Error, CustomStringConvertible {
        var description: String {
            "HEDDLE_TEST_ENVOY is not set; run `make test-tools` and test with `make test`"
        }
    }

    var listeners: [Listener]
    var clusters: [Cluster]

    /// The status of Envoy's own check; why it is not 0 stands on standard error.
    func validate() throws -> Int32 {
        guard let envoy = ProcessInfo.processInfo.environment["HEDDLE_TEST_ENVOY"] else {
            throw Missing()
        }
        let file = FileManager.default.temporaryDirectory.appending(
            path: "heddle-envoy-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(try text.utf8).write(to: file)
        let arguments = ["--mode", "validate", "--log-level", "error", "--config-path", file.path]
        return try Subprocess(envoy, arguments).run().status
    }

    /// The ADS cluster is there for what is asked for by name; nothing is asked while validating.
    private var text: String {
        get throws {
            let api = """
                {"api_type": "DELTA_GRPC", "transport_api_version": "V3",
                 "grpc_services": [{"envoy_grpc": {"cluster_name": "ads"}}]}
                """
            let ads = Cluster(
                name: "ads",
                discovery: .staticEndpoints(ClusterLoadAssignment(clusterName: "ads")),
                connectTimeout: .seconds(1), httpVersion: .http2)
            let all = try (clusters + [ads]).map { try $0.json(redactsSecrets: false) }
            return """
                {"node": {"id": "test", "cluster": "test"},
                 "dynamic_resources": {"ads_config": \(api)},
                 "static_resources": {
                   "listeners": [\(try listeners.map { try $0.json() }.joined(separator: ","))],
                   "clusters": [\(all.joined(separator: ","))]}}
                """
        }
    }
}
