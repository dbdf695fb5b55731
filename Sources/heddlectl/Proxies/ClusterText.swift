import XDS

/// One cluster as a row of a table.
struct ClusterText {
    private let cluster: JSON
    private let assignments: [String: JSON]

    /// - Parameter assignments: The endpoints that the proxy has by EDS, by name.
    init(_ cluster: JSON, assignments: [String: JSON]) {
        self.cluster = cluster
        self.assignments = assignments
    }

    var row: [String] {
        [cluster["name"]?.text ?? "-", type, loadBalancing, endpoints]
    }

    private var type: String {
        if let custom = cluster[path: "clusterType", "name"]?.text { return custom }
        return cluster["type"]?.text ?? "STATIC"
    }

    private var loadBalancing: String {
        let policies = cluster[path: "loadBalancingPolicy", "policies"]?.elements ?? []
        let policy = policies.first?["typedExtensionConfig"]
        if let type = policy?[path: "typedConfig", "@type"]?.text {
            return type.split(separator: ".").last.map { String($0) } ?? type
        }
        return policy?["name"]?.text ?? cluster["lbPolicy"]?.text ?? "ROUND_ROBIN"
    }

    /// How many endpoints there are; `missing` where the proxy has none by EDS.
    private var endpoints: String {
        let own = EndpointText.endpoints(of: cluster["loadAssignment"] ?? .null).count
        guard type == "EDS" else { return type == "ORIGINAL_DST" ? "-" : String(own) }
        let service = cluster[path: "edsClusterConfig", "serviceName"]?.text
        let name = service ?? cluster["name"]?.text
        let assignment = name.flatMap { assignments[$0] }
        return assignment.map { String(EndpointText.endpoints(of: $0).count) } ?? "missing"
    }
}

/// Endpoints as rows of a table.
enum EndpointText {
    /// An endpoint and the locality that it is in.
    typealias Placed = (endpoint: JSON, locality: JSON)

    /// The endpoints of assignments, and those that stand in clusters.
    static func rows(
        _ assignments: [ProxyConfiguration.Resource], of whole: ProxyConfiguration, name: String?
    ) -> [[String]] {
        let inline = whole.filtered([.clusters], name: name).resources.flatMap { cluster in
            rows(cluster.content["loadAssignment"] ?? .null, of: cluster.name)
        }
        return assignments.flatMap { rows($0.content, of: $0.name) } + inline
    }

    /// All endpoints of an assignment.
    static func endpoints(of assignment: JSON) -> [Placed] {
        (assignment["endpoints"]?.elements ?? []).flatMap { locality in
            (locality["lbEndpoints"]?.elements ?? []).map { ($0, locality) }
        }
    }

    private static func rows(_ assignment: JSON, of cluster: String) -> [[String]] {
        let hasOthers = (assignment["endpoints"]?.elements.count ?? 0) > 1
        return endpoints(of: assignment).map { endpoint, locality in
            let address = AddressText(endpoint[path: "endpoint", "address"])
            return [
                cluster, endpoint["endpointName"]?.text ?? address.text,
                endpoint["healthStatus"]?.text ?? "UNKNOWN",
                endpoint["loadBalancingWeight"]?.text ?? "1",
                text(locality: locality, hasOthers: hasOthers),
            ]
        }
    }

    /// `region/zone/subzone`, and the weight and priority that set the locality apart from others.
    private static func text(locality: JSON, hasOthers: Bool) -> String {
        let place = ["region", "zone", "subZone"].map { locality[path: "locality", $0]?.text ?? "" }
        var name = place.joined(separator: "/")
        while name.hasSuffix("/") { name.removeLast() }
        let notes = [
            locality["loadBalancingWeight"]?.text.map { "weight \($0)" },
            locality["priority"]?.text.map { "priority \($0)" },
        ].compactMap { $0 }
        let suffix = notes.isEmpty || !hasOthers ? "" : " (\(notes.joined(separator: ", ")))"
        return (name.isEmpty ? "-" : name) + suffix
    }
}
