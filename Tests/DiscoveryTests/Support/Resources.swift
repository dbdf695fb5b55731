import XDS

@testable import Discovery

extension ResourceType {
    /// A type that the library does not know.
    static let unknown = ResourceType(rawValue: "type.googleapis.com/example.Unknown")
}

extension EncodedResource {
    /// A cluster with endpoints of its own name; another one for each revision.
    static func cluster(
        _ name: String, _ revision: Int = 1, ttl: Duration? = nil
    ) -> EncodedResource {
        EncodedResource(Cluster(name: name, connectTimeout: .seconds(revision)), ttl: ttl)
    }

    /// One endpoint; another one for each revision.
    static func endpoints(
        _ name: String, _ revision: Int = 1, ttl: Duration? = nil
    ) -> EncodedResource {
        let endpoint = LbEndpoint(address: SocketAddress(address: "127.0.0.1", port: 1))
        let locality = LocalityLbEndpoints(
            loadBalancingWeight: UInt32(revision), lbEndpoints: [endpoint])
        return EncodedResource(
            ClusterLoadAssignment(clusterName: name, endpoints: [locality]), ttl: ttl)
    }

    /// A route configuration whose virtual hosts come by VHDS, or with a route to a cluster.
    static func routes(_ name: String, to cluster: String? = nil) -> EncodedResource {
        guard let cluster else {
            return EncodedResource(RouteConfiguration(name: name, usesVHDS: true))
        }
        return EncodedResource(
            RouteConfiguration(name: name, virtualHosts: [virtualHost(name, to: cluster)]))
    }

    /// A virtual host with a route to a cluster.
    static func host(_ name: String, to cluster: String) -> EncodedResource {
        EncodedResource(virtualHost(name, to: cluster))
    }

    /// A listener without filters; another one for each revision.
    static func listener(_ name: String, _ revision: Int = 1) -> EncodedResource {
        let address = SocketAddress(address: "127.0.0.1", port: UInt32(revision))
        return EncodedResource(Listener(name: name, address: address))
    }

    /// A resource of any type that nobody decodes; another one for each revision.
    static func opaque(
        _ type: ResourceType, _ name: String, _ revision: Int = 1
    ) -> EncodedResource {
        EncodedResource(type: type, name: name, message: Array("\(name) \(revision)".utf8))
    }

    private static func virtualHost(_ name: String, to cluster: String) -> VirtualHost {
        VirtualHost(
            name: name, domains: ["\(name).example"],
            routes: [
                Route(
                    match: RouteMatch(), action: .route(RouteAction(cluster: .cluster(cluster))))
            ])
    }
}
