internal import CEnvoyAPI

extension FilterChain: CRepresentable {
    typealias CMessage = Envoy__Config__Listener__V3__FilterChain

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__listener__v3__filter_chain__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            name: String(message.name),
            match: try arena.read(message.filter_chain_match, "filter_chain_match")
                ?? FilterChainMatch(),
            filters: try arena.read(message.filters, count: message.n_filters, "filters"),
            transportSocket: try arena.read(message.transport_socket, "transport_socket"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        if match != FilterChainMatch() { message.filter_chain_match = match.make(in: arena) }
        message.n_filters = filters.count
        message.filters = arena.messages(filters)
        message.transport_socket = transportSocket?.make(in: arena)
    }
}

extension FilterChainMatch: CRepresentable {
    typealias CMessage = Envoy__Config__Listener__V3__FilterChainMatch

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__listener__v3__filter_chain_match__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [3, 6, 8, 9, 10, 11])
        self.init(
            destinationPort: message.destination_port?.pointee.value,
            prefixRanges: try arena.read(
                message.prefix_ranges, count: message.n_prefix_ranges, "prefix_ranges"),
            sourcePrefixRanges: try arena.read(
                message.source_prefix_ranges, count: message.n_source_prefix_ranges,
                "source_prefix_ranges"),
            serverNames: [String](message.server_names, count: message.n_server_names),
            transportProtocol: String(message.transport_protocol),
            applicationProtocols: [String](
                message.application_protocols, count: message.n_application_protocols))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.destination_port = destinationPort.map(arena.wrapped)
        message.n_prefix_ranges = prefixRanges.count
        message.prefix_ranges = arena.messages(prefixRanges)
        message.n_source_prefix_ranges = sourcePrefixRanges.count
        message.source_prefix_ranges = arena.messages(sourcePrefixRanges)
        message.n_server_names = serverNames.count
        message.server_names = arena.texts(serverNames)
        message.transport_protocol = arena.text(transportProtocol)
        message.n_application_protocols = applicationProtocols.count
        message.application_protocols = arena.texts(applicationProtocols)
    }
}

extension CIDRRange: CRepresentable {
    typealias CMessage = Envoy__Config__Core__V3__CidrRange

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__core__v3__cidr_range__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        let length = message.prefix_len?.pointee.value ?? 0
        guard length <= 128 else {
            throw .invalid("\(length) is no prefix length; use 0 to 128", at: "prefix_len")
        }
        self.init(addressPrefix: String(message.address_prefix), prefixLength: length)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.address_prefix = arena.text(addressPrefix)
        message.prefix_len = arena.wrapped(prefixLength)
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
            } else if any.holds(TCPProxy.self) {
                config = .tcpProxy(try arena.read(any, as: TCPProxy.self))
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
        let any =
            switch config {
            case .httpConnectionManager(let manager): AnyMessage(packing: manager)
            case .tcpProxy(let proxy): AnyMessage(config: proxy)
            case .other(let any): any
            }
        message.typed_config = any.make(in: arena)
    }
}
