internal import CEnvoyAPI

extension RPCStatus: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Google__Rpc__Status>) {
        google__rpc__status__init(message)
    }

    init(_ message: Google__Rpc__Status, in arena: Arena) throws(XDSError) {
        self.init(code: message.code, message: String(message.message))
    }

    func fill(_ message: inout Google__Rpc__Status, in arena: Arena) {
        message.code = code
        message.message = arena.text(self.message)
    }
}

extension DiscoveryRequest: CRepresentable {
    typealias CMessage = Envoy__Service__Discovery__V3__DiscoveryRequest

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__discovery__v3__discovery_request__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            versionInfo: String(message.version_info), node: try arena.read(message.node, "node"),
            resourceNames: [String](message.resource_names, count: message.n_resource_names),
            type: ResourceType(rawValue: String(message.type_url)),
            responseNonce: String(message.response_nonce),
            errorDetail: try arena.read(message.error_detail, "error_detail"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.version_info = arena.text(versionInfo)
        message.node = node?.make(in: arena)
        message.n_resource_names = resourceNames.count
        message.resource_names = arena.texts(resourceNames)
        message.type_url = arena.text(type.rawValue)
        message.response_nonce = arena.text(responseNonce)
        message.error_detail = errorDetail?.make(in: arena)
    }
}

extension DiscoveryRequest: WireMessage {
    /// `envoy.service.discovery.v3.DiscoveryRequest`.
    public static let messageName = "envoy.service.discovery.v3.DiscoveryRequest"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension DeltaDiscoveryRequest: CRepresentable {
    typealias CMessage = Envoy__Service__Discovery__V3__DeltaDiscoveryRequest

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__discovery__v3__delta_discovery_request__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            node: try arena.read(message.node, "node"),
            type: ResourceType(rawValue: String(message.type_url)),
            resourceNamesSubscribe: [String](
                message.resource_names_subscribe, count: message.n_resource_names_subscribe),
            resourceNamesUnsubscribe: [String](
                message.resource_names_unsubscribe, count: message.n_resource_names_unsubscribe),
            responseNonce: String(message.response_nonce),
            errorDetail: try arena.read(message.error_detail, "error_detail"))
        for index in 0..<message.n_initial_resource_versions {
            guard let entry = message.initial_resource_versions[index]?.pointee else { continue }
            initialResourceVersions[String(entry.key)] = String(entry.value)
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.node = node?.make(in: arena)
        message.type_url = arena.text(type.rawValue)
        message.n_resource_names_subscribe = resourceNamesSubscribe.count
        message.resource_names_subscribe = arena.texts(resourceNamesSubscribe)
        message.n_resource_names_unsubscribe = resourceNamesUnsubscribe.count
        message.resource_names_unsubscribe = arena.texts(resourceNamesUnsubscribe)
        message.n_initial_resource_versions = initialResourceVersions.count
        message.initial_resource_versions = arena.entries(
            initialResourceVersions,
            envoy__service__discovery__v3__delta_discovery_request__initial_resource_versions_entry__init
        ) {
            $0.key = $1
            $0.value = arena.text($2)
        }
        message.response_nonce = arena.text(responseNonce)
        message.error_detail = errorDetail?.make(in: arena)
    }
}

extension DeltaDiscoveryRequest: WireMessage {
    /// `envoy.service.discovery.v3.DeltaDiscoveryRequest`.
    public static let messageName = "envoy.service.discovery.v3.DeltaDiscoveryRequest"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}
