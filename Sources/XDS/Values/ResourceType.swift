/// The type of a discovery resource, by its type URL.
///
/// Source: xDS protocol, "Resource Types".
public struct ResourceType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The type URL, `type.googleapis.com/` and the message's full name.
    public var rawValue: String

    /// A type by its type URL.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    private init(message: String) {
        self.rawValue = Self.prefix + message
    }

    /// What every type URL starts with.
    public static let prefix = "type.googleapis.com/"

    /// LDS.
    public static let listener = ResourceType(message: "envoy.config.listener.v3.Listener")
    /// RDS.
    public static let routeConfiguration = ResourceType(
        message: "envoy.config.route.v3.RouteConfiguration")
    /// VHDS.
    public static let virtualHost = ResourceType(message: "envoy.config.route.v3.VirtualHost")
    /// CDS.
    public static let cluster = ResourceType(message: "envoy.config.cluster.v3.Cluster")
    /// EDS.
    public static let endpoints = ResourceType(
        message: "envoy.config.endpoint.v3.ClusterLoadAssignment")
    /// SDS.
    public static let secret = ResourceType(
        message: "envoy.extensions.transport_sockets.tls.v3.Secret")

    /// The types Heddle serves, in the order in which additions are sent: what is referred to
    /// comes before what refers to it (xDS protocol, "Eventual consistency considerations").
    public static let inOrderOfAddition: [ResourceType] = [
        .cluster, .endpoints, .secret, .listener, .routeConfiguration, .virtualHost,
    ]

    /// The message's full name without the type URL's prefix.
    public var messageName: String {
        rawValue.hasPrefix(Self.prefix) ? String(rawValue.dropFirst(Self.prefix.count)) : rawValue
    }

    /// The short name people use: `LDS`, `RDS`, `VHDS`, `CDS`, `EDS`, `SDS`, else the message's name.
    public var description: String {
        switch self {
        case .listener: "LDS"
        case .routeConfiguration: "RDS"
        case .virtualHost: "VHDS"
        case .cluster: "CDS"
        case .endpoints: "EDS"
        case .secret: "SDS"
        default: messageName
        }
    }
}
