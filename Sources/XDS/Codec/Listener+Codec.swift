internal import CEnvoyAPI

extension Listener: CRepresentable {
    typealias CMessage = Envoy__Config__Listener__V3__Listener

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__listener__v3__listener__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [27: "internal_listener", 32: "filter_chain_matcher"])
        self.init(
            name: String(message.name), address: try arena.read(message.address, "address"),
            filterChains: try arena.read(
                message.filter_chains, count: message.n_filter_chains, "filter_chains"),
            defaultFilterChain: try arena.read(
                message.default_filter_chain, "default_filter_chain"),
            listenerFilters: try arena.read(
                message.listener_filters, count: message.n_listener_filters, "listener_filters"),
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
        message.default_filter_chain = defaultFilterChain?.make(in: arena)
        message.n_listener_filters = listenerFilters.count
        message.listener_filters = arena.messages(listenerFilters)
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
