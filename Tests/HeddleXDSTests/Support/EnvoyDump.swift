import Foundation
import Testing
import XDS

/// What an Envoy says that it has: its `/config_dump`.
struct EnvoyDump {
    /// The resources that came by discovery, as JSON with their `@type`; without endpoints.
    private(set) var resources: [String] = []
    /// The version of each, by type and name.
    private(set) var versions: [ResourceType: [String: String]] = [:]
    /// The ports of each endpoint resource.
    private(set) var endpointPorts: [String: [Int]] = [:]
    /// What is not in use yet, as it waits for something.
    private(set) var warming: [String] = []

    private typealias Object = [String: Any]

    init(_ envoy: Envoy) async throws {
        let text = try await envoy.admin("config_dump?include_eds")
        let dump = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
        for section in Self.list(dump, "configs") {
            for entry in Self.list(section, "dynamic_active_clusters") {
                try add(entry, "cluster", .cluster)
            }
            for entry in Self.list(section, "dynamic_listeners") {
                if entry["warming_state"] != nil { warming.append("\(entry["name"] ?? "")") }
                // One that drains has neither.
                if let active = entry["active_state"] as? Object {
                    try add(active, "listener", .listener)
                }
            }
            for entry in Self.list(section, "dynamic_route_configs") {
                try add(entry, "route_config", .routeConfiguration)
            }
            for entry in Self.list(section, "dynamic_active_secrets") {
                note(entry["name"], entry, .secret)
            }
            for entry in Self.list(section, "dynamic_endpoint_configs") { addEndpoints(entry) }
            for kind in ["clusters", "secrets"] {
                warming += Self.list(section, "dynamic_warming_\(kind)").map { "\($0)" }
            }
        }
    }

    private mutating func add(_ entry: Object, _ key: String, _ type: ResourceType) throws {
        let resource = try #require(entry[key] as? Object)
        note(resource["name"], entry, type)
        let data = try JSONSerialization.data(withJSONObject: resource)
        resources.append(String(decoding: data, as: UTF8.self))
    }

    private mutating func note(_ name: Any?, _ entry: Object, _ type: ResourceType) {
        versions[type, default: [:]]["\(name ?? "")"] = "\(entry["version_info"] ?? "")"
    }

    private mutating func addEndpoints(_ entry: Object) {
        guard let assignment = entry["endpoint_config"] as? Object,
            let name = assignment["cluster_name"] as? String
        else { return }
        let endpoints = Self.list(assignment, "endpoints").flatMap {
            Self.list($0, "lb_endpoints")
        }
        endpointPorts[name] = endpoints.compactMap { endpoint in
            let address = (endpoint["endpoint"] as? Object)?["address"] as? Object
            return (address?["socket_address"] as? Object)?["port_value"] as? Int
        }
    }

    private static func list(_ object: Object, _ key: String) -> [Object] {
        object[key] as? [Object] ?? []
    }
}
