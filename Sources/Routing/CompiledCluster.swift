import Glibc
package import XDS

/// A cluster with its endpoints, ready to be connected to.
///
/// It keeps its identity as long as its resources stay the same.
package final class CompiledCluster: Sendable {
    /// The cluster's name.
    package let name: String
    /// The place of a worker's state for it, below ``RoutingTable/clusterSlotCount``; it belongs
    /// to the name for as long as a table has the cluster.
    package let slot: Int
    /// The cluster as it was received.
    package let source: Cluster
    /// How long a connection may take to open, in nanoseconds; nil is the data path's default.
    package let connectTimeout: UInt64?
    /// The endpoints speak HTTP/2.
    package let usesHTTP2: Bool
    /// The endpoints that may be picked: those of the first priority that has any, without the
    /// unhealthy and the draining ones.
    package let endpoints: [CompiledEndpoint]
    /// The localities of these endpoints with their weights, in order; a single one when their
    /// weights do not count.
    package let localities: [CompiledLocality]
    /// TLS with the endpoints; nil for plain text.
    package let tls: CompiledUpstreamTLS?
    /// How many endpoints there are in all, for messages.
    package let endpointCount: Int

    let version: String
    let endpointsVersion: String
    let assignment: ClusterLoadAssignment?

    init(
        _ cluster: Cluster, version: String, assignment: ClusterLoadAssignment?,
        endpointsVersion: String, tls: CompiledUpstreamTLS? = nil, slot: Int,
        errors: inout ErrorCollector
    ) {
        name = cluster.name
        self.tls = tls
        self.slot = slot
        source = cluster
        connectTimeout = cluster.connectTimeout.map(\.wholeNanoseconds)
        usesHTTP2 = cluster.usesHTTP2
        self.version = version
        self.endpointsVersion = endpointsVersion
        self.assignment = assignment
        let assigned: ClusterLoadAssignment?
        switch cluster.discovery {
        case .staticEndpoints(let inPlace): assigned = inPlace
        case .eds, .strictDNS, .logicalDNS: assigned = assignment
        }
        let localities = assigned?.endpoints ?? []
        let compiled = Self.compile(localities, errors: &errors)
        endpoints = compiled.flatMap(\.endpoints)
        self.localities = Self.weigh(
            compiled, byLocality: cluster.usesLocalityWeights, errors: &errors)
        endpointCount = localities.reduce(0) { $0 + $1.lbEndpoints.count }
    }

    private static func compile(
        _ localities: [LocalityLbEndpoints], errors: inout ErrorCollector
    ) -> [(weight: UInt32, endpoints: [CompiledEndpoint])] {
        var usable: [UInt32: [(weight: UInt32, endpoints: [CompiledEndpoint])]] = [:]
        var weights: [UInt32: UInt64] = [:]
        for (outer, locality) in localities.enumerated() {
            var endpoints: [CompiledEndpoint] = []
            for (inner, endpoint) in locality.lbEndpoints.enumerated() {
                let place = "endpoints[\(outer)].lb_endpoints[\(inner)]"
                guard let compiled = CompiledEndpoint(endpoint, at: place, errors: &errors) else {
                    continue
                }
                if endpoint.healthStatus == .unhealthy || endpoint.healthStatus == .draining {
                    continue
                }
                endpoints.append(compiled)
                weights[locality.priority, default: 0] += UInt64(compiled.weight)
            }
            if endpoints.isEmpty { continue }
            usable[locality.priority, default: []].append(
                (max(locality.loadBalancingWeight, 1), endpoints))
        }
        for (priority, weight) in weights where weight > UInt64(UInt32.max) {
            errors.invalid(
                "endpoints",
                "the weights of priority \(priority) sum to \(weight), more than \(UInt32.max)")
            return []
        }
        return usable.keys.min().flatMap { usable[$0] } ?? []
    }

    private static func weigh(
        _ localities: [(weight: UInt32, endpoints: [CompiledEndpoint])], byLocality: Bool,
        errors: inout ErrorCollector
    ) -> [CompiledLocality] {
        guard byLocality, localities.count > 1 else {
            let count = localities.reduce(0) { $0 + $1.endpoints.count }
            return count == 0 ? [] : [CompiledLocality(endpoints: 0..<count, weight: 1)]
        }
        let sum = localities.reduce(UInt64(0)) { $0 + UInt64($1.weight) }
        if sum > UInt64(UInt32.max) {
            errors.invalid(
                "endpoints", "the weights of the localities sum to \(sum), more than \(UInt32.max)")
            return []
        }
        var start = 0
        return localities.map { locality in
            defer { start += locality.endpoints.count }
            return CompiledLocality(
                endpoints: start..<(start + locality.endpoints.count), weight: locality.weight)
        }
    }

    /// The endpoints of a cluster that names hosts, with the hosts' addresses in their place; a
    /// host whose addresses nobody knows has no endpoint. nil for clusters that name none.
    static func resolved(
        _ cluster: Cluster, addresses: [String: [String]]
    ) -> ClusterLoadAssignment? {
        guard var assignment = hosts(of: cluster) else { return nil }
        for index in assignment.endpoints.indices {
            assignment.endpoints[index].lbEndpoints = assignment.endpoints[index].lbEndpoints
                .flatMap { endpoint in
                    let literal = InternetAddress(endpoint.address) != nil
                    let found = addresses[endpoint.address.address] ?? []
                    return (literal ? [endpoint.address.address] : found).map { address in
                        var copy = endpoint
                        copy.address.address = address
                        return copy
                    }
                }
        }
        return assignment
    }

    /// The endpoints in place that may be named by hosts; nil for other clusters.
    package static func hosts(of cluster: Cluster) -> ClusterLoadAssignment? {
        switch cluster.discovery {
        case .strictDNS(let inPlace), .logicalDNS(let inPlace): inPlace
        case .staticEndpoints, .eds: nil
        }
    }

    /// The name of the EDS resource it needs; nil when its endpoints are in place.
    static func endpointsName(of cluster: Cluster) -> String? {
        switch cluster.discovery {
        case .eds(let serviceName): serviceName.isEmpty ? cluster.name : serviceName
        case .staticEndpoints, .strictDNS, .logicalDNS: nil
        }
    }
}

/// Endpoints that together have a share.
package struct CompiledLocality: Sendable, Hashable {
    /// Their places in ``CompiledCluster/endpoints``.
    package let endpoints: Range<Int>
    /// The weight among the localities, at least 1.
    package let weight: UInt32
}

/// An endpoint's address, ready to be connected to.
package struct CompiledEndpoint: Sendable, Hashable {
    /// The address as it was received.
    package let address: SocketAddress
    /// The address as text, `127.0.0.1:80` or `[::1]:80`.
    package let text: [UInt8]
    /// The address as the system takes it.
    package let socketAddress: InternetAddress
    /// The weight among the endpoints, at least 1.
    package let weight: UInt32

    init?(_ endpoint: LbEndpoint, at place: String, errors: inout ErrorCollector) {
        guard let parsed = InternetAddress(endpoint.address) else {
            errors.invalid(
                "\(place).endpoint.address",
                "`\(endpoint.address)` is no IP address with a port")
            return nil
        }
        address = endpoint.address
        text = Array(endpoint.address.description.utf8)
        socketAddress = parsed
        weight = max(endpoint.loadBalancingWeight, 1)
    }
}

/// An IPv4 or IPv6 address with a port, in network byte order.
package struct InternetAddress: Sendable, Hashable {
    /// The sixteen bytes of IPv6; of IPv4, the first four.
    package let bytes: SIMD16<UInt8>
    /// Whether it is IPv6.
    package let isIPv6: Bool
    /// The port in the host's byte order.
    package let port: UInt16

    /// An address from its parts.
    package init(bytes: SIMD16<UInt8>, isIPv6: Bool, port: UInt16) {
        self.bytes = bytes
        self.isIPv6 = isIPv6
        self.port = port
    }

    /// Reads a literal address; nil for a host name or a port above 65535.
    package init?(_ address: SocketAddress) {
        guard let port = UInt16(exactly: address.port) else { return nil }
        self.init(literal: address.address, port: port)
    }

    /// Reads a literal address; nil for a host name.
    package init?(literal: String, port: UInt16) {
        self.port = port
        isIPv6 = literal.contains(":")
        var bytes = SIMD16<UInt8>()
        let family = isIPv6 ? AF_INET6 : AF_INET
        let status = withUnsafeMutableBytes(of: &bytes) { buffer in
            buffer.baseAddress.map { inet_pton(family, literal, $0) } ?? 0
        }
        guard status == 1 else { return nil }
        self.bytes = bytes
    }
}
