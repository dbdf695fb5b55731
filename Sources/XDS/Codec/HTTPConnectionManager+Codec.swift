internal import CEnvoyAPI

// swift-format-ignore: the C names are longer than a line.
private enum C {
    typealias Manager =
        Envoy__Extensions__Filters__Network__HttpConnectionManager__V3__HttpConnectionManager
    static let rds =
        ENVOY__EXTENSIONS__FILTERS__NETWORK__HTTP_CONNECTION_MANAGER__V3__HTTP_CONNECTION_MANAGER__ROUTE_SPECIFIER_RDS
    static let routeConfig =
        ENVOY__EXTENSIONS__FILTERS__NETWORK__HTTP_CONNECTION_MANAGER__V3__HTTP_CONNECTION_MANAGER__ROUTE_SPECIFIER_ROUTE_CONFIG
    static let stripsAnyHostPort =
        ENVOY__EXTENSIONS__FILTERS__NETWORK__HTTP_CONNECTION_MANAGER__V3__HTTP_CONNECTION_MANAGER__STRIP_PORT_MODE_STRIP_ANY_HOST_PORT
    static let initializeManager =
        envoy__extensions__filters__network__http_connection_manager__v3__http_connection_manager__init
    static let initializeUpgrade =
        envoy__extensions__filters__network__http_connection_manager__v3__http_connection_manager__upgrade_config__init
    static let initializeRds =
        envoy__extensions__filters__network__http_connection_manager__v3__rds__init
}

extension HTTPConnectionManager: CRepresentable {
    typealias CMessage =
        Envoy__Extensions__Filters__Network__HttpConnectionManager__V3__HttpConnectionManager

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        C.initializeManager(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard let codecType = CodecType(rawValue: message.codec_type.rawValue) else {
            throw .unknownValue(message.codec_type.rawValue, of: "codec_type")
        }
        let slashes = message.path_with_escaped_slashes_action.rawValue
        guard let slashes = PathWithEscapedSlashesAction(rawValue: slashes) else {
            throw .unknownValue(slashes, of: "path_with_escaped_slashes_action")
        }
        self.init(
            statPrefix: String(message.stat_prefix),
            routeSpecifier: try RouteSpecifier(message, in: arena),
            httpFilters: try arena.read(
                message.http_filters, count: message.n_http_filters, "http_filters"),
            upgradeTypes: Self.upgradeTypes(message),
            useRemoteAddress: message.use_remote_address.map { $0.pointee.value != 0 },
            normalizePath: message.normalize_path.map { $0.pointee.value != 0 },
            mergeSlashes: message.merge_slashes != 0, codecType: codecType,
            serverName: String(message.server_name),
            http2Options: try arena.read(
                message.http2_protocol_options, "http2_protocol_options"),
            idleTimeout: try arena.read(
                message.common_http_protocol_options?.pointee.idle_timeout,
                "common_http_protocol_options.idle_timeout"),
            streamIdleTimeout: try arena.read(message.stream_idle_timeout, "stream_idle_timeout"),
            requestTimeout: try arena.read(message.request_timeout, "request_timeout"),
            requestHeadersTimeout: try arena.read(
                message.request_headers_timeout, "request_headers_timeout"),
            pathWithEscapedSlashesAction: slashes,
            stripsAnyHostPort: message.strip_port_mode_case == C.stripsAnyHostPort
                && message.strip_any_host_port != 0)
    }

    /// The upgrades that are not switched off.
    private static func upgradeTypes(_ message: CMessage) -> [String] {
        (0..<message.n_upgrade_configs).compactMap { index in
            guard let upgrade = message.upgrade_configs[index]?.pointee,
                upgrade.enabled?.pointee.value != 0
            else { return nil }
            return String(upgrade.upgrade_type)
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.stat_prefix = arena.text(statPrefix)
        routeSpecifier.fill(&message, in: arena)
        message.n_http_filters = httpFilters.count
        message.http_filters = arena.messages(httpFilters)
        message.use_remote_address = arena.wrapped(useRemoteAddress)
        message.normalize_path = arena.wrapped(normalizePath)
        message.merge_slashes = mergeSlashes ? 1 : 0
        message.codec_type = .init(rawValue: codecType.rawValue)
        message.server_name = arena.text(serverName)
        message.http2_protocol_options = http2Options?.make(in: arena)
        if let idleTimeout {
            message.common_http_protocol_options = arena.cMessage(
                envoy__config__core__v3__http_protocol_options__init
            ) { $0.idle_timeout = idleTimeout.make(in: arena) }
        }
        message.stream_idle_timeout = streamIdleTimeout?.make(in: arena)
        message.request_timeout = requestTimeout?.make(in: arena)
        message.request_headers_timeout = requestHeadersTimeout?.make(in: arena)
        message.path_with_escaped_slashes_action = .init(
            rawValue: pathWithEscapedSlashesAction.rawValue)
        if stripsAnyHostPort {
            message.strip_port_mode_case = C.stripsAnyHostPort
            message.strip_any_host_port = 1
        }
        message.n_upgrade_configs = upgradeTypes.count
        message.upgrade_configs = arena.list(upgradeTypes) { upgradeType in
            arena.cMessage(C.initializeUpgrade) { $0.upgrade_type = arena.text(upgradeType) }
        }
    }
}

extension HTTPConnectionManager: WireMessage {
    /// The message's full name.
    public static let messageName =
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: true)
    }
}

extension HTTPConnectionManager.RouteSpecifier {
    fileprivate init(_ message: C.Manager, in arena: Arena) throws(XDSError) {
        switch message.route_specifier_case {
        case C.rds:
            guard let rds = message.rds?.pointee else { throw .unknownCase(of: "route_specifier") }
            _ = try arena.readRequired(
                rds.config_source, "rds.config_source", as: ADSConfigSource.self)
            self = .rds(String(rds.route_config_name))
        case C.routeConfig:
            self = .routeConfig(try arena.readRequired(message.route_config, "route_config"))
        default: throw .unknownCase(of: "route_specifier")
        }
    }

    fileprivate func fill(_ message: inout C.Manager, in arena: Arena) {
        switch self {
        case .rds(let name):
            message.route_specifier_case = C.rds
            message.rds = arena.cMessage(C.initializeRds) {
                $0.config_source = ADSConfigSource().make(in: arena)
                $0.route_config_name = arena.text(name)
            }
        case .routeConfig(let configuration):
            message.route_specifier_case = C.routeConfig
            message.route_config = configuration.make(in: arena)
        }
    }
}

extension HTTP2ProtocolOptions: CRepresentable {
    typealias CMessage = Envoy__Config__Core__V3__Http2ProtocolOptions

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__core__v3__http2_protocol_options__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            maxConcurrentStreams: message.max_concurrent_streams?.pointee.value,
            initialStreamWindowSize: message.initial_stream_window_size?.pointee.value,
            initialConnectionWindowSize: message.initial_connection_window_size?.pointee.value,
            allowsConnect: message.allow_connect != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.max_concurrent_streams = maxConcurrentStreams.map(arena.wrapped)
        message.initial_stream_window_size = initialStreamWindowSize.map(arena.wrapped)
        message.initial_connection_window_size = initialConnectionWindowSize.map(arena.wrapped)
        message.allow_connect = allowsConnect ? 1 : 0
    }
}
