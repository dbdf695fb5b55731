/// `envoy.service.status.v3.ClientStatusRequest`: whose configuration is asked for (CSDS).
public struct ClientStatusRequest: Hashable, Sendable {
    /// Which clients, any of these; empty: all.
    public var nodeMatchers: [NodeMatcher]
    /// Who asks.
    public var node: Node?
    /// Leave the resources themselves out of the answer.
    public var excludeResourceContents: Bool

    /// A request.
    public init(
        nodeMatchers: [NodeMatcher] = [], node: Node? = nil, excludeResourceContents: Bool = false
    ) {
        self.nodeMatchers = nodeMatchers
        self.node = node
        self.excludeResourceContents = excludeResourceContents
    }
}

/// `envoy.type.matcher.v3.NodeMatcher`, without conditions on the node's metadata.
public struct NodeMatcher: Hashable, Sendable {
    /// What the node's id must be; nil: any.
    public var nodeID: StringMatcher?

    /// A matcher.
    public init(nodeID: StringMatcher? = nil) {
        self.nodeID = nodeID
    }
}

/// `envoy.service.status.v3.ClientStatusResponse`.
public struct ClientStatusResponse: Hashable, Sendable {
    /// One for each client.
    public var config: [ClientConfig]

    /// A response.
    public init(config: [ClientConfig] = []) {
        self.config = config
    }
}

/// `envoy.service.status.v3.ClientConfig`: what one client has.
public struct ClientConfig: Hashable, Sendable {
    /// The client.
    public var node: Node?
    /// Its resources.
    public var genericXDSConfigs: [GenericXDSConfig]
    /// Which of a process's clients it is; empty for a process with one.
    public var clientScope: String

    /// What one client has.
    public init(
        node: Node?, genericXDSConfigs: [GenericXDSConfig] = [], clientScope: String = ""
    ) {
        self.node = node
        self.genericXDSConfigs = genericXDSConfigs
        self.clientScope = clientScope
    }
}

/// `envoy.service.status.v3.ClientConfig.GenericXdsConfig`: one resource of one client.
public struct GenericXDSConfig: Hashable, Sendable {
    /// The resource's type.
    public var type: ResourceType
    /// The resource's name.
    public var name: String
    /// The version that the client has accepted last.
    public var versionInfo: String
    /// The resource; nil when it is unknown or was not asked for.
    public var xdsConfig: AnyMessage?
    /// When the client accepted it.
    public var lastUpdated: Timestamp?
    /// How the server sees it.
    public var configStatus: ConfigStatus
    /// How the client sees it.
    public var clientStatus: ClientResourceStatus
    /// Why the client refused the newest version; nil when it did not.
    public var errorState: UpdateFailureState?
    /// The resource is part of the client's own configuration.
    public var isStaticResource: Bool

    /// One resource of one client.
    public init(
        type: ResourceType, name: String, versionInfo: String = "", xdsConfig: AnyMessage? = nil,
        lastUpdated: Timestamp? = nil, configStatus: ConfigStatus = .unknown,
        clientStatus: ClientResourceStatus = .unknown, errorState: UpdateFailureState? = nil,
        isStaticResource: Bool = false
    ) {
        self.type = type
        self.name = name
        self.versionInfo = versionInfo
        self.xdsConfig = xdsConfig
        self.lastUpdated = lastUpdated
        self.configStatus = configStatus
        self.clientStatus = clientStatus
        self.errorState = errorState
        self.isStaticResource = isStaticResource
    }
}

/// `envoy.service.status.v3.ConfigStatus`: a resource as the server sees it.
public enum ConfigStatus: UInt32, Hashable, Sendable {
    /// Not known.
    case unknown = 0
    /// The client has accepted the newest version.
    case synced = 1
    /// Nothing was sent.
    case notSent = 2
    /// The newest version was sent and not answered.
    case stale = 3
    /// The client has refused the newest version.
    case error = 4
}

/// `envoy.admin.v3.ClientResourceStatus`: a resource as the client sees it.
public enum ClientResourceStatus: UInt32, Hashable, Sendable {
    /// Not known.
    case unknown = 0
    /// Asked for, and not answered.
    case requested = 1
    /// The server says that it does not exist.
    case doesNotExist = 2
    /// Accepted.
    case acked = 3
    /// Refused.
    case nacked = 4
    /// The server answered with an error.
    case receivedError = 5
    /// Asked for, and not answered in time.
    case timeout = 6
}

/// `envoy.admin.v3.UpdateFailureState`: the update that was refused last.
public struct UpdateFailureState: Hashable, Sendable {
    /// What was refused, where it is known.
    public var failedConfiguration: AnyMessage?
    /// When it was refused.
    public var lastUpdateAttempt: Timestamp?
    /// Why, in the client's words.
    public var details: String
    /// The version that was refused.
    public var versionInfo: String

    /// A refused update.
    public init(
        failedConfiguration: AnyMessage? = nil, lastUpdateAttempt: Timestamp? = nil,
        details: String, versionInfo: String
    ) {
        self.failedConfiguration = failedConfiguration
        self.lastUpdateAttempt = lastUpdateAttempt
        self.details = details
        self.versionInfo = versionInfo
    }
}
