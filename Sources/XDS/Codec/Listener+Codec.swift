internal import CEnvoyAPI

extension Listener: CRepresentable {
    typealias CMessage = Envoy__Config__Listener__V3__Listener

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__listener__v3__listener__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [27: "internal_listener", 32: "filter_chain_matcher"])
        if message.default_filter_chain != nil { throw .unsupported("default_filter_chain") }
        self.init(
            name: String(message.name), address: try arena.read(message.address, "address"),
            filterChains: try arena.read(
                message.filter_chains, count: message.n_filter_chains, "filter_chains"),
            apiListener: try Self.apiListener(message, in: arena))
    }

    private static func apiListener(
        _ message: CMessage, in arena: Arena
    ) throws(XDSError) -> HTTPConnectionManager? {
        guard let any = message.api_listener?.pointee.api_listener?.pointee else { return nil }
        do throws(XDSError) {
            guard any.holds(HTTPConnectionManager.self) else {
                throw .unknownType(String(any.type_url))
            }
            return try arena.read(any, as: HTTPConnectionManager.self)
        } catch {
            throw error.inside("api_listener.api_listener")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.address = address?.make(in: arena)
        message.n_filter_chains = filterChains.count
        message.filter_chains = arena.messages(filterChains)
        if let apiListener {
            message.api_listener = arena.cMessage(envoy__config__listener__v3__api_listener__init) {
                $0.api_listener = AnyMessage(packing: apiListener).make(in: arena)
            }
        }
    }
}

extension Listener: ResourceMessage {
    /// LDS.
    public static let resourceType = ResourceType.listener
    /// The name it is asked for by.
    public var resourceName: String { name }

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: true)
    }
}

extension FilterChain: CRepresentable {
    typealias CMessage = Envoy__Config__Listener__V3__FilterChain

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__listener__v3__filter_chain__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        if message.filter_chain_match.narrows { throw .unsupported("filter_chain_match") }
        if message.transport_socket != nil { throw .unsupported("transport_socket") }
        self.init(
            name: String(message.name),
            filters: try arena.read(message.filters, count: message.n_filters, "filters"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.n_filters = filters.count
        message.filters = arena.messages(filters)
    }
}

extension UnsafeMutablePointer<Envoy__Config__Listener__V3__FilterChainMatch>? {
    /// The match leaves some connection out; an empty one does not.
    fileprivate var narrows: Bool {
        guard let match = self else { return false }
        let message = UnsafeRawPointer(match)
        return match.pointee.base.n_unknown_fields > 0
            || message.fields.contains { $0.isSet(in: message) }
    }
}

extension NetworkFilter: CRepresentable {
    typealias CMessage = Envoy__Config__Listener__V3__Filter

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__listener__v3__filter__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard
            message.config_type_case
                == ENVOY__CONFIG__LISTENER__V3__FILTER__CONFIG_TYPE_TYPED_CONFIG,
            let any = message.typed_config?.pointee
        else { throw .unknownCase(of: "config_type") }
        let config: Config
        do throws(XDSError) {
            if any.holds(HTTPConnectionManager.self) {
                config = .httpConnectionManager(try arena.read(any, as: HTTPConnectionManager.self))
            } else {
                config = .other(try AnyMessage(any, in: arena))
            }
        } catch {
            throw error.inside("typed_config")
        }
        self.init(name: String(message.name), config: config)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.config_type_case = ENVOY__CONFIG__LISTENER__V3__FILTER__CONFIG_TYPE_TYPED_CONFIG
        switch config {
        case .httpConnectionManager(let manager):
            message.typed_config = AnyMessage(packing: manager).make(in: arena)
        case .other(let any): message.typed_config = any.make(in: arena)
        }
    }
}

extension Google__Protobuf__Any {
    /// The type URL names this message.
    func holds(_ type: (some WireMessage).Type) -> Bool {
        DescriptorTable.messageName(ofTypeURL: String(type_url)[...]) == type.messageName
    }
}

extension XDSError {
    /// An `Any` of a type that its place does not take.
    static func unknownType(_ url: String) -> XDSError {
        XDSError(.unknownType, "the type \(url) is not supported here", at: "type_url")
    }
}
