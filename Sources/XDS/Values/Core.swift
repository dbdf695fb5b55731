/// `envoy.config.core.v3.SocketAddress`.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// `Protocol`.
    public enum Transport: UInt32, Hashable, Sendable {
        /// Connections.
        case tcp = 0
        /// Datagrams.
        case udp = 1
    }
    /// An IP address, or a host name where the message's place allows one.
    public var address: String
    /// The port, 0 to 65535.
    public var port: UInt32
    /// What is carried there (`protocol`).
    public var transport: Transport

    /// An address, of connections by default.
    public init(address: String, port: UInt32, transport: Transport = .tcp) {
        self.address = address
        self.port = port
        self.transport = transport
    }

    /// `127.0.0.1:80`, `[::1]:80`.
    public var description: String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}

/// `envoy.config.core.v3.Locality`.
public struct Locality: Hashable, Sendable {
    /// The region.
    public var region: String
    /// The zone in the region.
    public var zone: String
    /// The part of the zone.
    public var subZone: String

    /// A locality, empty by default.
    public init(region: String = "", zone: String = "", subZone: String = "") {
        self.region = region
        self.zone = zone
        self.subZone = subZone
    }
}

/// `envoy.config.core.v3.Node`: who a discovery client is.
public struct Node: Hashable, Sendable {
    /// The instance, `gateway~NAMESPACE~GATEWAY~INSTANCE` for Heddle's own proxies.
    public var id: String
    /// The group it belongs to, `NAMESPACE/GATEWAY` for Heddle's own proxies.
    public var cluster: String
    /// Facts the client tells of itself.
    public var metadata: [String: Value]
    /// Where it runs.
    public var locality: Locality?
    /// The program, such as `envoy` or `heddle-agent`.
    public var userAgentName: String
    /// The program's version.
    public var userAgentVersion: String
    /// What the client says it can do, by well-known names.
    public var clientFeatures: [String]

    /// A node.
    public init(
        id: String = "", cluster: String = "", metadata: [String: Value] = [:],
        locality: Locality? = nil, userAgentName: String = "", userAgentVersion: String = "",
        clientFeatures: [String] = []
    ) {
        self.id = id
        self.cluster = cluster
        self.metadata = metadata
        self.locality = locality
        self.userAgentName = userAgentName
        self.userAgentVersion = userAgentVersion
        self.clientFeatures = clientFeatures
    }
}

/// `envoy.config.core.v3.HeaderValueOption`: a header to add, or to set.
public struct HeaderValueOption: Hashable, Sendable {
    /// `HeaderAppendAction`.
    public enum Action: Hashable, Sendable {
        /// Append to what is there (`APPEND_IF_EXISTS_OR_ADD`, 0).
        case append
        /// Replace what is there (`OVERWRITE_IF_EXISTS_OR_ADD`, 2).
        case overwrite
        /// Add where there is none (`ADD_IF_ABSENT`, 1).
        case addIfAbsent
        /// Replace what is there, and add nothing (`OVERWRITE_IF_EXISTS`, 3).
        case overwriteIfExists
    }
    /// The header's name.
    public var key: String
    /// The header's value.
    public var value: String
    /// What becomes of a value that is there already.
    public var action: Action

    /// A header to add.
    public init(key: String, value: String, action: Action) {
        self.key = key
        self.value = value
        self.action = action
    }
}

/// `envoy.type.matcher.v3.StringMatcher`.
public struct StringMatcher: Hashable, Sendable {
    /// What is compared.
    public enum Pattern: Hashable, Sendable {
        /// The whole string.
        case exact(String)
        /// Its beginning.
        case prefix(String)
        /// Its end.
        case suffix(String)
        /// A part of it.
        case contains(String)
        /// An RE2 expression that the whole string must match.
        case safeRegex(String)
    }
    /// What is compared.
    public var pattern: Pattern
    /// Letters match in either case; not for `safeRegex`.
    public var ignoreCase: Bool

    /// A matcher.
    public init(_ pattern: Pattern, ignoreCase: Bool = false) {
        self.pattern = pattern
        self.ignoreCase = ignoreCase
    }
}
