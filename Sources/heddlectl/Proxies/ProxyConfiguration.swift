import XDS

/// What one proxy, or one snapshot, has: the answer to `GET /proxies/NODE/config`.
struct ProxyConfiguration {
    /// One resource.
    struct Resource {
        /// `CDS`, `EDS`, and so on.
        var type: String
        var name: String
        /// `SYNCED`, `STALE`, `NACKED` or `NOT_SENT`; nil of a snapshot.
        var status: String?
        /// The resource with its `@type`; null where nothing has been sent.
        var content: JSON
        /// The whole entry, as the admin port tells it.
        var entry: JSON
        /// Of a virtual host: the route configuration that it belongs to.
        var routeConfiguration: String?
    }

    /// The node id, or the group of a snapshot.
    var name: String
    var resources: [Resource]

    private let header: [JSON.Member]

    /// The configuration of a proxy.
    init(_ json: JSON) {
        name = json["node"]?.text ?? ""
        header = json.members.filter { $0.name != "resources" }
        resources = (json["resources"]?.elements ?? []).map { entry in
            Resource(
                type: entry["type"]?.text ?? "", name: entry["name"]?.text ?? "",
                status: entry["status"]?.text, content: entry["resource"] ?? .null, entry: entry)
        }
        assignVirtualHosts()
    }

    /// A snapshot in the form in which it is pushed.
    init(snapshot json: JSON, of group: String) {
        name = group
        header = []
        resources = (json["resources"]?.elements ?? []).map { element in
            // A wrapper carries the name and the time to live of the resource inside.
            let isWrapped = element["@type"]?.text == ResourceKind.wrapper
            let content = isWrapped ? element["resource"] ?? .null : element
            let type = content["@type"]?.text ?? ""
            let kind = ResourceKind(typeURL: type)
            return Resource(
                type: kind?.rawValue ?? String(type.split(separator: "/").last ?? ""),
                name: content[kind == .endpoints ? "clusterName" : "name"]?.text ?? "",
                status: nil, content: content, entry: element)
        }
        assignVirtualHosts()
    }

    /// The resources of some kinds, and of a name where one is given: of that name, or having it
    /// as a part where none is of that name.
    func filtered(_ kinds: [ResourceKind], name: String?) -> ProxyConfiguration {
        var filtered = self
        filtered.resources = resources.filter {
            ResourceKind(rawValue: $0.type).map(kinds.contains) ?? false
        }
        guard let name else { return filtered }
        let exact = filtered.resources.filter { $0.name == name || $0.routeConfiguration == name }
        filtered.resources =
            exact.isEmpty ? filtered.resources.filter { $0.name.contains(name) } : exact
        return filtered
    }

    /// A virtual host's name is that of its route configuration, a slash, and more; either may have
    /// slashes of its own.
    private mutating func assignVirtualHosts() {
        let routes = resources.filter { $0.type == ResourceKind.routes.rawValue }
        let known = Set(routes.map(\.name))
        for index in resources.indices
        where resources[index].type == ResourceKind.virtualHosts.rawValue {
            let name = resources[index].name
            let prefixes = name.indices.filter { name[$0] == "/" }.map { String(name[..<$0]) }
            resources[index].routeConfiguration =
                prefixes.last { known.contains($0) } ?? prefixes.first ?? name
        }
    }

    /// All of it as the admin port tells it.
    var json: JSON {
        .object(header + [JSON.Member(name: "resources", value: .array(resources.map(\.entry)))])
    }

    /// The resources in the form in which they can be pushed.
    var snapshot: JSON {
        let contents = resources.map { $0.status == nil ? $0.entry : $0.content }
        let list = JSON.array(contents.filter { $0 != .null })
        return .object([JSON.Member(name: "resources", value: list)])
    }
}

/// The types of resources that have a table.
enum ResourceKind: String {
    case clusters = "CDS"
    case endpoints = "EDS"
    case secrets = "SDS"
    case listeners = "LDS"
    case routes = "RDS"
    case virtualHosts = "VHDS"

    private static let prefix = "type.googleapis.com/"

    /// The message that carries a resource with a time to live.
    static let wrapper = prefix + "envoy.service.discovery.v3.Resource"

    /// Nil for a type without a table.
    init?(typeURL: String) {
        switch typeURL.dropFirst(typeURL.hasPrefix(Self.prefix) ? Self.prefix.count : 0) {
        case "envoy.config.cluster.v3.Cluster": self = .clusters
        case "envoy.config.endpoint.v3.ClusterLoadAssignment": self = .endpoints
        case "envoy.extensions.transport_sockets.tls.v3.Secret": self = .secrets
        case "envoy.config.listener.v3.Listener": self = .listeners
        case "envoy.config.route.v3.RouteConfiguration": self = .routes
        case "envoy.config.route.v3.VirtualHost": self = .virtualHosts
        default: return nil
        }
    }
}
