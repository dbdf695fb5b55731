import XDS

@testable import Routing

/// A request that lives in an array, for asking a table.
struct SampleRequest {
    var method = "GET"
    var authority = "a"
    var target = "/"
    var headers: [(String, String)] = []
    var chance: UInt64 = 0

    func ask<Answer>(_ body: (RequestView) -> Answer) -> Answer {
        var bytes: [UInt8] = []
        func add(_ text: String) -> Range<Int> {
            bytes += text.utf8
            return bytes.count - text.utf8.count..<bytes.count
        }
        let method = add(method)
        let authority = add(authority.lowercased())
        let target = add(target)
        let fields = headers.map { name, value in
            let name = add(name)
            let value = add(value)
            return HeaderField(
                nameOffset: UInt32(name.lowerBound), nameLength: UInt16(name.count),
                valueOffset: UInt32(value.lowerBound), valueLength: UInt32(value.count))
        }
        return bytes.withUnsafeBytes { buffer in
            fields.withUnsafeBufferPointer { fields in
                guard let start = buffer.baseAddress else { preconditionFailure("no bytes") }
                let target = buffer.slice(target.lowerBound, target.count)
                return body(
                    RequestView(
                        head: start, headers: fields,
                        method: buffer.slice(method.lowerBound, method.count),
                        authority: buffer.slice(authority.lowerBound, authority.count),
                        target: target,
                        pathLength: target.firstIndex(of: UInt8(ascii: "?")) ?? target.count,
                        chance: chance))
            }
        }
    }
}

/// A configuration of one listener whose routes are the given virtual hosts'.
func inputs(
    _ hosts: [VirtualHost], ignoringPort: Bool = false, clusters: [String] = ["one", "two"],
    version: String = "1"
) -> RoutingInputs {
    let manager = HTTPConnectionManager(statPrefix: "in", routeSpecifier: .rds("routes"))
    let listener = Listener(
        name: "in", address: SocketAddress(address: "127.0.0.1", port: 0),
        filterChains: [
            FilterChain(filters: [
                NetworkFilter(
                    name: "envoy.filters.network.http_connection_manager",
                    config: .httpConnectionManager(manager))
            ])
        ])
    return RoutingInputs(
        listeners: ["in": Versioned(listener)],
        routeConfigurations: [
            "routes": Versioned(
                RouteConfiguration(
                    name: "routes", virtualHosts: hosts, ignorePortInHostMatching: ignoringPort),
                version: version)
        ],
        clusters: Dictionary(
            uniqueKeysWithValues: clusters.map { ($0, Versioned(Cluster(name: $0))) }),
        endpoints: Dictionary(
            uniqueKeysWithValues: clusters.map { name in
                (
                    name,
                    Versioned(
                        ClusterLoadAssignment(
                            clusterName: name,
                            endpoints: [
                                LocalityLbEndpoints(lbEndpoints: [
                                    LbEndpoint(
                                        address: SocketAddress(address: "127.0.0.1", port: 1))
                                ])
                            ]))
                )
            }))
}

extension Route {
    /// A route to the cluster `one`.
    static func to(
        _ name: String, _ path: RouteMatch.Path, headers: [HeaderMatcher] = [],
        query: [QueryParameterMatcher] = []
    ) -> Route {
        Route(
            name: name, match: RouteMatch(path: path, headers: headers, queryParameters: query),
            action: .route(RouteAction(cluster: .cluster("one"))))
    }
}

extension RoutingTable {
    /// `HOST/ROUTE`, `HOST/-` or `-`: what a request finds on the first listener.
    func find(_ request: SampleRequest) -> String {
        request.ask { view in
            switch listeners[0].routes.match(view) {
            case .noVirtualHost: "-"
            case .noRoute(let host): "\(host.name)/-"
            case .route(let route):
                "\(String(decoding: route.virtualHost, as: UTF8.self))/\(String(decoding: route.name, as: UTF8.self))"
            }
        }
    }
}

extension CompiledListener {
    /// The routes of its first filter chain, which is HTTP.
    var routes: CompiledRouteConfiguration {
        guard case .http(let manager) = filterChains.first?.filter else {
            preconditionFailure("no HTTP on the first filter chain")
        }
        return manager.routes
    }
}
