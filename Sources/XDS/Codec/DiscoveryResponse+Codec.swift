internal import CEnvoyAPI

extension DiscoveryResponse: CRepresentable {
    typealias CMessage = Envoy__Service__Discovery__V3__DiscoveryResponse

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__discovery__v3__discovery_response__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            versionInfo: String(message.version_info),
            resources: try arena.read(message.resources, count: message.n_resources, "resources"),
            type: ResourceType(rawValue: String(message.type_url)), nonce: String(message.nonce))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.version_info = arena.text(versionInfo)
        message.n_resources = resources.count
        message.resources = arena.messages(resources)
        message.type_url = arena.text(type.rawValue)
        message.nonce = arena.text(nonce)
    }
}

extension DiscoveryResponse: WireMessage {
    /// `envoy.service.discovery.v3.DiscoveryResponse`.
    public static let messageName = "envoy.service.discovery.v3.DiscoveryResponse"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format. The resources stay packed and unread: one that is
    /// broken costs itself when it is unpacked.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension DeltaResource: CRepresentable {
    typealias CMessage = Envoy__Service__Discovery__V3__Resource

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__discovery__v3__resource__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            name: String(message.name), version: String(message.version),
            resource: try arena.read(message.resource, "resource"),
            ttl: try arena.read(message.ttl, "ttl"),
            aliases: [String](message.aliases, count: message.n_aliases))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.version = arena.text(version)
        message.resource = resource?.make(in: arena)
        message.ttl = ttl?.make(in: arena)
        message.n_aliases = aliases.count
        message.aliases = arena.texts(aliases)
    }
}

extension DeltaResource: WireMessage {
    /// `envoy.service.discovery.v3.Resource`.
    public static let messageName = "envoy.service.discovery.v3.Resource"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format. The resource stays packed and unread.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension DeltaDiscoveryResponse: CRepresentable {
    typealias CMessage = Envoy__Service__Discovery__V3__DeltaDiscoveryResponse

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__discovery__v3__delta_discovery_response__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            systemVersionInfo: String(message.system_version_info),
            resources: try arena.read(message.resources, count: message.n_resources, "resources"),
            type: ResourceType(rawValue: String(message.type_url)),
            removedResources: [String](
                message.removed_resources, count: message.n_removed_resources),
            nonce: String(message.nonce))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.system_version_info = arena.text(systemVersionInfo)
        message.n_resources = resources.count
        message.resources = arena.messages(resources)
        message.type_url = arena.text(type.rawValue)
        message.n_removed_resources = removedResources.count
        message.removed_resources = arena.texts(removedResources)
        message.nonce = arena.text(nonce)
    }
}

extension DeltaDiscoveryResponse: WireMessage {
    /// `envoy.service.discovery.v3.DeltaDiscoveryResponse`.
    public static let messageName = "envoy.service.discovery.v3.DeltaDiscoveryResponse"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format. The resources stay packed and unread: one that is
    /// broken costs itself when it is unpacked.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}
