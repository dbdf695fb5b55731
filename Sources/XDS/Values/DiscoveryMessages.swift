/// `google.rpc.Status`.
public struct RPCStatus: Hashable, Sendable {
    /// A gRPC status code.
    public var code: Int32
    /// What is wrong, for a person.
    public var message: String

    /// A status.
    public init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }
}

/// `envoy.service.discovery.v3.DiscoveryRequest`, the state-of-the-world request.
public struct DiscoveryRequest: Hashable, Sendable {
    /// The last accepted version.
    public var versionInfo: String
    /// Who asks; only the first request of a stream needs it.
    public var node: Node?
    /// What is asked for; empty: everything, for the types that know a wildcard.
    public var resourceNames: [String]
    /// The type asked for.
    public var type: ResourceType
    /// The nonce of the response that this one answers; empty in the first of a type.
    public var responseNonce: String
    /// Why the response was refused; nil is an acknowledgement.
    public var errorDetail: RPCStatus?

    /// A request.
    public init(
        versionInfo: String = "", node: Node? = nil, resourceNames: [String] = [],
        type: ResourceType, responseNonce: String = "", errorDetail: RPCStatus? = nil
    ) {
        self.versionInfo = versionInfo
        self.node = node
        self.resourceNames = resourceNames
        self.type = type
        self.responseNonce = responseNonce
        self.errorDetail = errorDetail
    }
}

/// `envoy.service.discovery.v3.DiscoveryResponse`, the state-of-the-world response.
public struct DiscoveryResponse: Hashable, Sendable {
    /// The version of the whole.
    public var versionInfo: String
    /// The resources.
    public var resources: [AnyMessage]
    /// Their type.
    public var type: ResourceType
    /// What the answer to this response names.
    public var nonce: String

    /// A response.
    public init(
        versionInfo: String, resources: [AnyMessage], type: ResourceType, nonce: String
    ) {
        self.versionInfo = versionInfo
        self.resources = resources
        self.type = type
        self.nonce = nonce
    }
}

/// `envoy.service.discovery.v3.DeltaDiscoveryRequest`.
public struct DeltaDiscoveryRequest: Hashable, Sendable {
    /// Who asks; only the first request of a stream needs it.
    public var node: Node?
    /// The type asked for.
    public var type: ResourceType
    /// Names to add to the subscription; `*` is everything.
    public var resourceNamesSubscribe: [String]
    /// Names to take off the subscription.
    public var resourceNamesUnsubscribe: [String]
    /// What the client has from an earlier stream, name to version; only in the first of a type.
    public var initialResourceVersions: [String: String]
    /// The nonce of the response that this one answers; empty when it answers none.
    public var responseNonce: String
    /// Why the response was refused; nil is an acknowledgement.
    public var errorDetail: RPCStatus?

    /// A request.
    public init(
        node: Node? = nil, type: ResourceType, resourceNamesSubscribe: [String] = [],
        resourceNamesUnsubscribe: [String] = [], initialResourceVersions: [String: String] = [:],
        responseNonce: String = "", errorDetail: RPCStatus? = nil
    ) {
        self.node = node
        self.type = type
        self.resourceNamesSubscribe = resourceNamesSubscribe
        self.resourceNamesUnsubscribe = resourceNamesUnsubscribe
        self.initialResourceVersions = initialResourceVersions
        self.responseNonce = responseNonce
        self.errorDetail = errorDetail
    }
}

/// `envoy.service.discovery.v3.Resource`: a named, versioned resource of a delta response, or the
/// wrapper of one that expires in a state-of-the-world response.
public struct DeltaResource: Hashable, Sendable {
    /// The resource's name.
    public var name: String
    /// The resource's version.
    public var version: String
    /// The resource; nil says that the name does not exist, or, with a time to live, that what the
    /// client has lives on.
    public var resource: AnyMessage?
    /// How long the client keeps it without hearing of it again; nil: until it is removed.
    public var ttl: Duration?
    /// Other names that the resource answers to.
    public var aliases: [String]

    /// A resource.
    public init(
        name: String, version: String, resource: AnyMessage?, ttl: Duration? = nil,
        aliases: [String] = []
    ) {
        self.name = name
        self.version = version
        self.resource = resource
        self.ttl = ttl
        self.aliases = aliases
    }
}

/// `envoy.service.discovery.v3.DeltaDiscoveryResponse`.
public struct DeltaDiscoveryResponse: Hashable, Sendable {
    /// The version of the whole, for a person's eyes.
    public var systemVersionInfo: String
    /// What was added or changed.
    public var resources: [DeltaResource]
    /// Their type.
    public var type: ResourceType
    /// What is gone.
    public var removedResources: [String]
    /// What the answer to this response names.
    public var nonce: String

    /// A response.
    public init(
        systemVersionInfo: String = "", resources: [DeltaResource] = [], type: ResourceType,
        removedResources: [String] = [], nonce: String
    ) {
        self.systemVersionInfo = systemVersionInfo
        self.resources = resources
        self.type = type
        self.removedResources = removedResources
        self.nonce = nonce
    }
}
