internal import CEnvoyAPI

extension RouteConfiguration: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__RouteConfiguration

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__route_configuration__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        if let vhds = message.vhds?.pointee {
            _ = try arena.read(
                vhds.config_source, "vhds.config_source", as: ADSConfigSource.self)
        }
        self.init(
            name: String(message.name),
            virtualHosts: try arena.read(
                message.virtual_hosts, count: message.n_virtual_hosts, "virtual_hosts"),
            usesVHDS: message.vhds != nil,
            ignorePortInHostMatching: message.ignore_port_in_host_matching != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.n_virtual_hosts = virtualHosts.count
        message.virtual_hosts = arena.messages(virtualHosts)
        if usesVHDS {
            message.vhds = arena.cMessage(envoy__config__route__v3__vhds__init) {
                $0.config_source = ADSConfigSource().make(in: arena)
            }
        }
        message.ignore_port_in_host_matching = ignorePortInHostMatching ? 1 : 0
    }
}

extension RouteConfiguration: ResourceMessage {
    /// RDS.
    public static let resourceType = ResourceType.routeConfiguration
    /// The name it is asked for by.
    public var resourceName: String { name }

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: true)
    }
}

extension VirtualHost: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__VirtualHost

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__virtual_host__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [21: "matcher"])
        self.init(
            name: String(message.name),
            domains: [String](message.domains, count: message.n_domains),
            routes: try arena.read(message.routes, count: message.n_routes, "routes"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.n_domains = domains.count
        message.domains = arena.texts(domains)
        message.n_routes = routes.count
        message.routes = arena.messages(routes)
    }
}

extension VirtualHost: ResourceMessage {
    /// VHDS.
    public static let resourceType = ResourceType.virtualHost
    /// The name it is asked for by.
    public var resourceName: String { name }

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: true)
    }
}

extension Route: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__Route

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__route__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            name: String(message.name), match: try arena.readRequired(message.match, "match"),
            action: try Self.action(message, in: arena),
            metadata: try arena.read(message.metadata, "metadata") ?? Metadata(),
            requestHeadersToAdd: try arena.read(
                message.request_headers_to_add, count: message.n_request_headers_to_add,
                "request_headers_to_add"),
            requestHeadersToRemove: [String](
                message.request_headers_to_remove, count: message.n_request_headers_to_remove),
            responseHeadersToAdd: try arena.read(
                message.response_headers_to_add, count: message.n_response_headers_to_add,
                "response_headers_to_add"),
            responseHeadersToRemove: [String](
                message.response_headers_to_remove, count: message.n_response_headers_to_remove),
            typedPerFilterConfig: try [String: HTTPFilterConfig](
                message.typed_per_filter_config, count: message.n_typed_per_filter_config,
                in: arena
            ) { ($0.key, $0.value) })
    }

    private static func action(_ message: CMessage, in arena: Arena) throws(XDSError) -> Action {
        switch message.action_case {
        case ENVOY__CONFIG__ROUTE__V3__ROUTE__ACTION_ROUTE:
            return .route(try arena.readRequired(message.route, "route"))
        case ENVOY__CONFIG__ROUTE__V3__ROUTE__ACTION_REDIRECT:
            return .redirect(try arena.readRequired(message.redirect, "redirect"))
        case ENVOY__CONFIG__ROUTE__V3__ROUTE__ACTION_DIRECT_RESPONSE:
            return .directResponse(
                try arena.readRequired(message.direct_response, "direct_response"))
        default: throw .unknownCase(of: "action")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.match = match.make(in: arena)
        switch action {
        case .route(let action):
            message.action_case = ENVOY__CONFIG__ROUTE__V3__ROUTE__ACTION_ROUTE
            message.route = action.make(in: arena)
        case .redirect(let action):
            message.action_case = ENVOY__CONFIG__ROUTE__V3__ROUTE__ACTION_REDIRECT
            message.redirect = action.make(in: arena)
        case .directResponse(let action):
            message.action_case = ENVOY__CONFIG__ROUTE__V3__ROUTE__ACTION_DIRECT_RESPONSE
            message.direct_response = action.make(in: arena)
        }
        if !metadata.filterMetadata.isEmpty { message.metadata = metadata.make(in: arena) }
        message.n_request_headers_to_add = requestHeadersToAdd.count
        message.request_headers_to_add = arena.messages(requestHeadersToAdd)
        message.n_request_headers_to_remove = requestHeadersToRemove.count
        message.request_headers_to_remove = arena.texts(requestHeadersToRemove)
        message.n_response_headers_to_add = responseHeadersToAdd.count
        message.response_headers_to_add = arena.messages(responseHeadersToAdd)
        message.n_response_headers_to_remove = responseHeadersToRemove.count
        message.response_headers_to_remove = arena.texts(responseHeadersToRemove)
        message.n_typed_per_filter_config = typedPerFilterConfig.count
        message.typed_per_filter_config = arena.entries(
            typedPerFilterConfig,
            envoy__config__route__v3__route__typed_per_filter_config_entry__init
        ) {
            $0.key = $1
            $0.value = $2.make(in: arena)
        }
    }
}
