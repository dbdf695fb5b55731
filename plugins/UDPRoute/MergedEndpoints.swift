import HeddlePlugin
import XDS

/// The endpoints of several clusters in one, each cluster's weight spread over its endpoints.
struct MergedEndpoints {
    let cluster: OwnedCluster

    /// Where the datagrams of a backend go that cannot be used: the discard port (RFC 863), which
    /// answers nothing.
    private static let discard = SocketAddress(address: "127.0.0.1", port: 9)
    /// The sum of all weights that a proxy takes (`load_balancing_weight`) is below 2^32; what the
    /// spreading rounds away is less than a millionth of it.
    private static let total: UInt64 = 2_000_000_000

    init(name: String, of clusters: [ClusterWeight], context: TranslationContext) {
        let sum = clusters.reduce(UInt64(0)) { $0 + UInt64($1.weight) }
        var endpoints: [LbEndpoint] = []
        for weighted in clusters {
            var members =
                context.endpoints(cluster: weighted.name)?.endpoints
                .flatMap(\.lbEndpoints) ?? []
            if members.isEmpty { members = [LbEndpoint(address: Self.discard)] }
            let own = members.reduce(UInt64(0)) { $0 + UInt64(max($1.loadBalancingWeight, 1)) }
            let share = Self.total * UInt64(weighted.weight) / max(sum, 1)
            for var member in members {
                let weight = share * UInt64(max(member.loadBalancingWeight, 1)) / own
                member.loadBalancingWeight = UInt32(clamping: max(weight, 1))
                endpoints.append(member)
            }
        }
        cluster = OwnedCluster(
            cluster: XDS.Cluster(name: name, connectTimeout: .seconds(5)),
            endpoints: ClusterLoadAssignment(
                clusterName: name,
                endpoints: [LocalityLbEndpoints(lbEndpoints: Self.distinct(endpoints))]))
    }

    /// Each address once, with the sum of its weights: two backends may share endpoints.
    private static func distinct(_ endpoints: [LbEndpoint]) -> [LbEndpoint] {
        var places: [SocketAddress: Int] = [:]
        var distinct: [LbEndpoint] = []
        for endpoint in endpoints {
            if let place = places[endpoint.address] {
                let sum =
                    UInt64(distinct[place].loadBalancingWeight)
                    + UInt64(endpoint.loadBalancingWeight)
                distinct[place].loadBalancingWeight = UInt32(clamping: sum)
            } else {
                places[endpoint.address] = distinct.count
                distinct.append(endpoint)
            }
        }
        return distinct
    }
}
