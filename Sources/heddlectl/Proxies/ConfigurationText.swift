import XDS

/// A configuration as tables. They are made from JSON, so what they do not know does no harm.
struct ConfigurationText {
    /// One of the tables.
    enum Section: String, CaseIterable {
        case listeners, routes, clusters, endpoints, secrets

        /// The types of resources that it shows.
        var kinds: [ResourceKind] {
            switch self {
            case .listeners: [.listeners]
            case .routes: [.routes, .virtualHosts]
            case .clusters: [.clusters]
            case .endpoints: [.endpoints]
            case .secrets: [.secrets]
            }
        }
    }

    /// All that the proxy has.
    private let whole: ProxyConfiguration
    private let name: String?

    /// - Parameter name: The name, or a part of it, of what is shown; nil for all.
    init(_ configuration: ProxyConfiguration, name: String? = nil) {
        whole = configuration
        self.name = name
    }

    /// Every table that has a row, each with its heading.
    var all: String {
        let parts = Section.allCases.compactMap { section -> String? in
            let rows = self.rows(section)
            if rows.isEmpty { return nil }
            return "\(section.rawValue.uppercased())\n" + text(section)
        }
        return parts.isEmpty ? "  no resources\n" : parts.joined(separator: "\n")
    }

    /// One table, and below it what the proxy has not acknowledged.
    func text(_ section: Section) -> String {
        let rows = self.rows(section)
        if rows.isEmpty { return "  no \(section.rawValue)\n" }
        var table = Table(Self.header(section))
        for row in rows { table.add(row) }
        return table.text + notes(section)
    }

    private static func header(_ section: Section) -> [String] {
        switch section {
        case .listeners: ["NAME", "ADDRESS", "PORT", "ROUTES"]
        case .routes: ["ROUTE CONFIG", "VIRTUAL HOST", "DOMAINS", "MATCH", "TO"]
        case .clusters: ["NAME", "TYPE", "LB", "ENDPOINTS"]
        case .endpoints: ["CLUSTER", "ADDRESS", "HEALTH", "WEIGHT", "LOCALITY"]
        case .secrets: ["NAME", "TYPE"]
        }
    }

    private func rows(_ section: Section) -> [[String]] {
        let shown = whole.filtered(section.kinds, name: name).resources
        switch section {
        case .listeners: return shown.map { ListenerText($0).row }
        case .routes: return RouteText.rows(shown, of: whole, name: name)
        case .clusters:
            let assignments = assignments
            return shown.map { ClusterText($0.content, assignments: assignments).row }
        case .endpoints: return EndpointText.rows(shown, of: whole, name: name)
        case .secrets: return shown.map { [$0.name, Self.secretType($0.content)] }
        }
    }

    /// The endpoints that have been sent, by name.
    private var assignments: [String: JSON] {
        let sent = whole.resources.filter {
            $0.type == ResourceKind.endpoints.rawValue && $0.content != .null
        }
        return Dictionary(sent.map { ($0.name, $0.content) }, uniquingKeysWith: { $1 })
    }

    private func notes(_ section: Section) -> String {
        whole.filtered(section.kinds, name: name).resources.compactMap { resource -> String? in
            switch resource.status {
            case "STALE": "  \(resource.name) is STALE: the proxy has not answered yet\n"
            case "NACKED": "  \(resource.name) is NACKED: the proxy goes on with what it had\n"
            case "NOT_SENT": "  \(resource.name) is NOT SENT: the snapshot lacks it\n"
            default: nil
            }
        }.joined()
    }

    private static func secretType(_ secret: JSON) -> String {
        let types = [
            ("tlsCertificate", "TLS certificate"), ("validationContext", "validation context"),
            ("sessionTicketKeys", "session ticket keys"), ("genericSecret", "generic secret"),
        ]
        return types.first { secret[$0.0] != nil }?.1 ?? "-"
    }
}

/// The text of an address (`envoy.config.core.v3.Address`).
struct AddressText {
    let host: String
    let port: String

    init(_ address: JSON?) {
        if let socket = address?["socketAddress"] {
            host = socket["address"]?.text ?? "-"
            port = socket["portValue"]?.text ?? socket["namedPort"]?.text ?? "0"
        } else {
            let pipe = address?[path: "pipe", "path"]?.text
            let inside = address?[path: "envoyInternalAddress", "serverListenerName"]?.text
            host = pipe ?? inside.map { "internal \($0)" } ?? "-"
            port = "-"
        }
    }

    /// `10.0.0.1:80`, `[::1]:80`, `/run/socket`.
    var text: String {
        if port == "-" { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// One listener.
private struct ListenerText {
    private let name: String
    private let listener: JSON

    init(_ resource: ProxyConfiguration.Resource) {
        name = resource.name
        listener = resource.content
    }

    var row: [String] {
        let address = AddressText(listener["address"])
        let routes = ListenerRoutes(listener).targets
        return [
            name, address.host, address.port, routes.isEmpty ? "-" : routes.joined(separator: ", "),
        ]
    }
}

/// Where a listener takes its routes from.
struct ListenerRoutes {
    private static let connectionManager =
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"

    private let filters: [JSON]

    init(_ listener: JSON) {
        let chains =
            (listener["filterChains"]?.elements ?? [])
            + (listener["defaultFilterChain"].map { [$0] } ?? [])
        let network = chains.flatMap { $0["filters"]?.elements ?? [] }.compactMap {
            $0["typedConfig"]
        }
        filters = network + (listener[path: "apiListener", "apiListener"].map { [$0] } ?? [])
    }

    /// Names of route configurations, `inline NAME`, `tcp CLUSTER`; each once.
    var targets: [String] {
        var seen: Set<String> = []
        return filters.compactMap(Self.target).filter { seen.insert($0).inserted }
    }

    /// The route configurations that stand in the listener itself.
    var inline: [JSON] {
        filters.filter { Self.isHTTP($0) }.compactMap { $0["routeConfig"] }
    }

    private static func isHTTP(_ filter: JSON) -> Bool {
        filter["@type"]?.text?.hasSuffix(connectionManager) ?? false
    }

    private static func target(_ filter: JSON) -> String? {
        if isHTTP(filter) {
            if let name = filter[path: "rds", "routeConfigName"]?.text { return name }
            if filter["scopedRoutes"] != nil { return "scoped routes" }
            return filter["routeConfig"].map { "inline \($0["name"]?.text ?? "-")" }
        }
        guard filter["@type"]?.text?.hasSuffix("tcp_proxy.v3.TcpProxy") == true else { return nil }
        return "tcp " + RouteText.destination(filter)
    }
}
