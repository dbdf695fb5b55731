import GatewayAPI
import HeddlePlugin
import XDS

/// The routes that a namespace has for the traffic of its own clients to Services elsewhere
/// (GEP-1426, consumer routes), and the addresses by which a waypoint knows these clients.
///
/// A waypoint serves each such namespace by a filter chain of its own, chosen by the client's
/// address, with routes in which the namespace's take the place of the Services' own.
struct ConsumerRoutes {
    /// The Services' ports, by the namespace of the clients.
    private var hosts: [String: Set<HostKey>] = [:]
    /// The namespaces whose clients a waypoint tells apart.
    private(set) var clientsByWaypoint: [ObjectReference: Set<String>] = [:]
    /// The addresses of a namespace's workloads, in one order.
    private(set) var addresses: [String: [String]] = [:]

    /// Notes whether a namespace has routes for a Service's port.
    mutating func set(_ key: HostKey, isThere: Bool) {
        guard case .consumer(_, _, let client) = key else { return }
        if isThere {
            hosts[client, default: []].insert(key)
        } else {
            hosts[client]?.remove(key)
            if hosts[client]?.isEmpty == true { hosts[client] = nil }
        }
    }

    /// Finds out anew whose clients each waypoint tells apart.
    ///
    /// - Returns: The waypoints for which that has changed.
    mutating func bind(
        _ waypoint: (ObjectReference) -> ObjectReference?
    ) -> [ObjectReference] {
        var new: [ObjectReference: Set<String>] = [:]
        for (client, keys) in hosts {
            for case .consumer(let service, _, _) in keys {
                if let waypoint = waypoint(service) { new[waypoint, default: []].insert(client) }
            }
        }
        let old = clientsByWaypoint
        clientsByWaypoint = new
        return Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
    }

    /// Takes a namespace's addresses.
    ///
    /// - Returns: Whether they differ.
    mutating func setAddresses(_ new: [String], of client: String) -> Bool {
        guard addresses[client] != new else { return false }
        addresses[client] = new
        return true
    }

    /// The clients that a waypoint tells apart, each with its addresses.
    func clients(of waypoint: ObjectReference) -> [(namespace: String, addresses: [String])] {
        (clientsByWaypoint[waypoint] ?? []).sorted().map { ($0, addresses[$0] ?? []) }
    }

    /// Whether no namespace has such routes.
    var isEmpty: Bool { hosts.isEmpty && clientsByWaypoint.isEmpty }

    /// The addresses of a namespace's Pods and WorkloadEntries.
    static func addresses(of namespace: String, _ context: TranslationContext) -> [String] {
        let pods = context.objects(.pod, namespace: namespace).flatMap {
            ($0.content as? Pod)?.podIPs ?? []
        }
        let workloads = context.objects(.workloadEntry, namespace: namespace).compactMap {
            ($0.content as? WorkloadEntry)?.address
        }
        return Set(pods + workloads).filter { range($0) != nil }.sorted()
    }

    /// An address alone as a range; nil for what is no IP address.
    static func range(_ address: String) -> CIDRRange? {
        guard IPLiteral.isAddress(address) else { return nil }
        return CIDRRange(
            addressPrefix: address, prefixLength: address.contains(":") ? 128 : 32)
    }
}

/// IP addresses as text.
private enum IPLiteral {
    static func isAddress(_ text: String) -> Bool {
        if text.contains(":") {
            return text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
                    || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            }
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
