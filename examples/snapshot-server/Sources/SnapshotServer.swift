import Discovery
import HeddleXDS
import Logging
import XDS

/// A control plane of one's own: one snapshot, served to every proxy of `demo/edge`.
@main
struct SnapshotServer {
    static func main() async throws {
        let cache = SnapshotCache()
        cache.setSnapshot(Snapshot(resources), for: ProxyGroup("demo/edge"))
        let server = DiscoveryServer(
            cache: cache, configuration: .init(addresses: ["127.0.0.1:15010"]),
            logger: Logger(label: "snapshot-server"))
        try await server.run()
    }

    /// What comes to port 10000 goes to port 9080, if anything answers there.
    private static var resources: [EncodedResource] {
        let backend = LbEndpoint(address: SocketAddress(address: "127.0.0.1", port: 9080))
        let all = Route(match: RouteMatch(), action: .route(RouteAction(cluster: .cluster("web"))))
        let http = HTTPConnectionManager(statPrefix: "edge", routeSpecifier: .rds("edge"))
        let chain = FilterChain(filters: [.init(name: "http", config: .httpConnectionManager(http))]
        )
        return [
            .init(Cluster(name: "web", discovery: .eds(serviceName: ""))),
            .init(
                ClusterLoadAssignment(
                    clusterName: "web", endpoints: [.init(lbEndpoints: [backend])])),
            .init(
                RouteConfiguration(
                    name: "edge", virtualHosts: [.init(name: "all", domains: ["*"], routes: [all])])
            ),
            .init(
                Listener(
                    name: "edge", address: .init(address: "127.0.0.1", port: 10000),
                    filterChains: [chain])),
        ]
    }
}
