import Testing
import XDS

@testable import Routing

@Suite("HTTP filters and what routes say of them")
struct HTTPFilterTests {
    private func errors(_ filters: [HTTPFilter]) -> [String] {
        let manager = HTTPConnectionManager(
            statPrefix: "in", routeSpecifier: .rds("routes"), httpFilters: filters)
        let listener = Listener(
            name: "in", address: SocketAddress(address: "127.0.0.1", port: 0),
            filterChains: [
                FilterChain(filters: [
                    NetworkFilter(name: "hcm", config: .httpConnectionManager(manager))
                ])
            ])
        return RoutingTable.validate(listener).map(\.description)
    }

    private func errors(route configure: (inout Route, inout RouteAction) -> Void) -> [String] {
        var action = RouteAction(cluster: .cluster("one"))
        var route = Route(name: "r", match: RouteMatch(), action: .route(action))
        configure(&route, &action)
        route.action = .route(action)
        let host = VirtualHost(name: "h", domains: ["*"], routes: [route])
        return RoutingTable.validate(RouteConfiguration(name: "c", virtualHosts: [host]))
            .map(\.description)
    }

    private let unknown = AnyMessage(typeURL: "type.googleapis.com/a.B")

    @Test("filters that are unknown, or out of place, are refused by name")
    func filters() throws {
        #expect(
            errors([.cors, .extAuthz(ExtAuthz(service: nil), isDisabled: true), .router]) == [])
        let refused = errors([HTTPFilter(name: "waf", config: unknown), .router])
        let why = try #require(refused.first)
        #expect(why.contains("http_filters[0]") && why.contains("`waf`"))
        #expect(why.contains("a.B) is unknown") && refused.count == 1)
        #expect(
            errors([HTTPFilter(name: "waf", config: unknown, isOptional: true), .router]) == [])
        #expect(errors([.router, .cors]).first?.contains("the last filter must be") == true)
        let setting = HTTPFilter(name: "x", config: .extAuthzPerRoute(.disabled))
        #expect(errors([setting, .router]).first?.contains("the settings of a route") == true)
        var authz = ExtAuthz(service: nil, clearsRouteCache: true)
        #expect(errors([.extAuthz(authz), .router]).first?.contains("clear_route_cache") == true)
        authz = ExtAuthz(service: nil, withRequestBody: BufferSettings(maxRequestBytes: 0))
        #expect(errors([.extAuthz(authz), .router]).first?.contains("max_request_bytes") == true)
    }

    @Test("settings of a route that are unknown or wrong are refused by their place")
    func settings() {
        #expect(
            errors { route, _ in route.typedPerFilterConfig["waf"] = .other(unknown) }.first?
                .contains("routes[0].typed_per_filter_config[`waf`]") == true)
        #expect(
            errors { route, _ in
                route.typedPerFilterConfig["c"] = .corsPolicy(
                    CORSPolicy(allowOriginStringMatch: [StringMatcher(.safeRegex("("))]))
            }.first?.contains("allow_origin_string_match[0]") == true)
        #expect(
            errors { route, _ in
                route.typedPerFilterConfig["s"] = .statefulSessionPerRoute(
                    .statefulSession(
                        StatefulSession(sessionState: .cookie(.init(name: "a b", path: "/;x")))))
            }.count == 2)
        #expect(
            errors { _, action in
                action.retryPolicy = RetryPolicy(
                    retryOn: "5xx",
                    retryBackOff: .init(
                        baseInterval: .seconds(2), maxInterval: .seconds(1)))
            }.first?.contains("retry_policy.retry_back_off.max_interval") == true)
        #expect(
            errors { _, action in
                action.cluster = .weightedClusters([
                    ClusterWeight(
                        name: "one", weight: 1,
                        typedPerFilterConfig: ["waf": .other(unknown)])
                ])
            }.first?.contains("weighted_clusters.clusters[`one`]") == true)
    }

    @Test("a table needs the clusters of mirrors and of authorization")
    func references() throws {
        func compile(_ configure: (inout RoutingInputs, inout Route) -> Void) -> [String] {
            var route = Route.to("r", .prefix("/"))
            var inputs = inputs([])
            configure(&inputs, &route)
            inputs.routeConfigurations["routes"]?.resource.virtualHosts = [
                VirtualHost(name: "h", domains: ["*"], routes: [route])
            ]
            do throws(RoutingFailure) {
                _ = try RoutingTable.compile(inputs)
                return []
            } catch {
                return error.unresolved.map { "\($0.type) \($0.name)" }
            }
        }
        func mirror(_ cluster: String) -> [String] {
            compile { _, route in
                route.action = .route(
                    RouteAction(
                        cluster: .cluster("one"),
                        requestMirrorPolicies: [RequestMirrorPolicy(cluster: cluster)]))
            }
        }
        #expect(mirror("two") == [])
        #expect(mirror("none") == ["CDS none"])
        #expect(mirror(ClusterName.invalidBackend) == [])
        let service = ExtAuthz.Service.grpc(GRPCService(clusterName: "auth"))
        let ofRoute = compile { _, route in
            route.typedPerFilterConfig["a"] = .extAuthzPerRoute(
                .checkSettings(.init(service: service)))
        }
        #expect(ofRoute == ["CDS auth"])
        let ofListener = compile { inputs, _ in
            let manager = HTTPConnectionManager(
                statPrefix: "in", routeSpecifier: .rds("routes"),
                httpFilters: [.extAuthz(ExtAuthz(service: service)), .router])
            inputs.listeners["in"]?.resource.filterChains[0].filters[0].config =
                .httpConnectionManager(manager)
        }
        #expect(ofListener == ["CDS auth"])
    }

    @Test("pauses are never shorter than the base, double, and end at the longest")
    func pauses() {
        var errors = ErrorCollector(.virtualHost, "h")
        let retry = CompiledRetry(
            RetryPolicy(
                retryOn: "5xx",
                retryBackOff: .init(
                    baseInterval: .milliseconds(10), maxInterval: .milliseconds(50))),
            at: "", errors: &errors)
        var random = RandomSource(seed: 1)
        let most: [UInt64] = [20, 40, 50, 50]
        for number in 1...1000 {
            for (retryNumber, ceiling) in most.enumerated() {
                let pause = retry.pause(before: UInt32(retryNumber + 1), using: &random)
                #expect((10_000_000...(ceiling * 1_000_000)).contains(pause), "\(number)")
            }
        }
        let usual = CompiledRetry(RetryPolicy(retryOn: "5xx"), at: "", errors: &errors)
        #expect(usual.count == 1 && usual.pause(before: 9, using: &random) <= 250_000_000)
        let huge = CompiledRetry(
            RetryPolicy(retryOn: "5xx", retryBackOff: .init(baseInterval: .seconds(1_000_000_000))),
            at: "", errors: &errors)
        #expect(huge.pause(before: .max, using: &random) >= 1_000_000_000_000_000_000)
        #expect(errors.errors == [])
    }
}
