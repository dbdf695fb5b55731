internal import CEnvoyAPI

extension Timestamp: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Google__Protobuf__Timestamp>) {
        google__protobuf__timestamp__init(message)
    }

    init(_ message: Google__Protobuf__Timestamp, in arena: Arena) throws(XDSError) {
        guard Self.seconds.contains(message.seconds), (0..<1_000_000_000).contains(message.nanos)
        else {
            throw XDSError(
                .invalid, "\(message.seconds) s and \(message.nanos) ns are no point in time")
        }
        self.init(seconds: message.seconds, nanoseconds: message.nanos)
    }

    func fill(_ message: inout Google__Protobuf__Timestamp, in arena: Arena) {
        message.seconds = seconds
        message.nanos = nanoseconds
    }
}

extension ClientStatusRequest: CRepresentable {
    typealias CMessage = Envoy__Service__Status__V3__ClientStatusRequest

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__status__v3__client_status_request__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            nodeMatchers: try arena.read(
                message.node_matchers, count: message.n_node_matchers, "node_matchers"),
            node: try arena.read(message.node, "node"),
            excludeResourceContents: message.exclude_resource_contents != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.n_node_matchers = nodeMatchers.count
        message.node_matchers = arena.messages(nodeMatchers)
        message.node = node?.make(in: arena)
        message.exclude_resource_contents = excludeResourceContents ? 1 : 0
    }
}

extension ClientStatusRequest: WireMessage {
    /// `envoy.service.status.v3.ClientStatusRequest`.
    public static let messageName = "envoy.service.status.v3.ClientStatusRequest"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension NodeMatcher: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Envoy__Type__Matcher__V3__NodeMatcher>) {
        envoy__type__matcher__v3__node_matcher__init(message)
    }

    init(_ message: Envoy__Type__Matcher__V3__NodeMatcher, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [1])
        self.init(nodeID: try arena.read(message.node_id, "node_id"))
    }

    func fill(_ message: inout Envoy__Type__Matcher__V3__NodeMatcher, in arena: Arena) {
        message.node_id = nodeID?.make(in: arena)
    }
}

extension ClientStatusResponse: CRepresentable {
    typealias CMessage = Envoy__Service__Status__V3__ClientStatusResponse

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__status__v3__client_status_response__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(config: try arena.read(message.config, count: message.n_config, "config"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.n_config = config.count
        message.config = arena.messages(config)
    }
}

extension ClientStatusResponse: WireMessage {
    /// `envoy.service.status.v3.ClientStatusResponse`.
    public static let messageName = "envoy.service.status.v3.ClientStatusResponse"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format. The resources stay packed and unread.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension ClientConfig: CRepresentable {
    typealias CMessage = Envoy__Service__Status__V3__ClientConfig

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__status__v3__client_config__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            node: try arena.read(message.node, "node"),
            genericXDSConfigs: try arena.read(
                message.generic_xds_configs, count: message.n_generic_xds_configs,
                "generic_xds_configs"),
            clientScope: String(message.client_scope))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.node = node?.make(in: arena)
        message.n_generic_xds_configs = genericXDSConfigs.count
        message.generic_xds_configs = arena.messages(genericXDSConfigs)
        message.client_scope = arena.text(clientScope)
    }
}

extension GenericXDSConfig: CRepresentable {
    typealias CMessage = Envoy__Service__Status__V3__ClientConfig__GenericXdsConfig

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__status__v3__client_config__generic_xds_config__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard let configStatus = ConfigStatus(rawValue: message.config_status.rawValue) else {
            throw .unknownValue(message.config_status.rawValue, of: "config_status")
        }
        guard let clientStatus = ClientResourceStatus(rawValue: message.client_status.rawValue)
        else { throw .unknownValue(message.client_status.rawValue, of: "client_status") }
        self.init(
            type: ResourceType(rawValue: String(message.type_url)), name: String(message.name),
            versionInfo: String(message.version_info),
            xdsConfig: try arena.read(message.xds_config, "xds_config"),
            lastUpdated: try arena.read(message.last_updated, "last_updated"),
            configStatus: configStatus, clientStatus: clientStatus,
            errorState: try arena.read(message.error_state, "error_state"),
            isStaticResource: message.is_static_resource != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.type_url = arena.text(type.rawValue)
        message.name = arena.text(name)
        message.version_info = arena.text(versionInfo)
        message.xds_config = xdsConfig?.make(in: arena)
        message.last_updated = lastUpdated?.make(in: arena)
        message.config_status = .init(rawValue: configStatus.rawValue)
        message.client_status = .init(rawValue: clientStatus.rawValue)
        message.error_state = errorState?.make(in: arena)
        message.is_static_resource = isStaticResource ? 1 : 0
    }
}

extension UpdateFailureState: CRepresentable {
    typealias CMessage = Envoy__Admin__V3__UpdateFailureState

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__admin__v3__update_failure_state__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            failedConfiguration: try arena.read(
                message.failed_configuration, "failed_configuration"),
            lastUpdateAttempt: try arena.read(message.last_update_attempt, "last_update_attempt"),
            details: String(message.details), versionInfo: String(message.version_info))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.failed_configuration = failedConfiguration?.make(in: arena)
        message.last_update_attempt = lastUpdateAttempt?.make(in: arena)
        message.details = arena.text(details)
        message.version_info = arena.text(versionInfo)
    }
}
