internal import CEnvoyAPI

// swift-format-ignore: the C names are longer than a line.
private enum C {
    typealias Manager =
        Envoy__Extensions__Filters__Network__HttpConnectionManager__V3__HttpConnectionManager
    typealias Filter = Envoy__Extensions__Filters__Network__HttpConnectionManager__V3__HttpFilter
    static let rds =
        ENVOY__EXTENSIONS__FILTERS__NETWORK__HTTP_CONNECTION_MANAGER__V3__HTTP_CONNECTION_MANAGER__ROUTE_SPECIFIER_RDS
    static let routeConfig =
        ENVOY__EXTENSIONS__FILTERS__NETWORK__HTTP_CONNECTION_MANAGER__V3__HTTP_CONNECTION_MANAGER__ROUTE_SPECIFIER_ROUTE_CONFIG
    static let typedConfig =
        ENVOY__EXTENSIONS__FILTERS__NETWORK__HTTP_CONNECTION_MANAGER__V3__HTTP_FILTER__CONFIG_TYPE_TYPED_CONFIG
    static let initializeManager =
        envoy__extensions__filters__network__http_connection_manager__v3__http_connection_manager__init
    static let initializeUpgrade =
        envoy__extensions__filters__network__http_connection_manager__v3__http_connection_manager__upgrade_config__init
    static let initializeRds =
        envoy__extensions__filters__network__http_connection_manager__v3__rds__init
    static let initializeFilter =
        envoy__extensions__filters__network__http_connection_manager__v3__http_filter__init
}

extension HTTPConnectionManager: CRepresentable {
    typealias CMessage =
        Envoy__Extensions__Filters__Network__HttpConnectionManager__V3__HttpConnectionManager

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        C.initializeManager(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            statPrefix: String(message.stat_prefix),
            routeSpecifier: try RouteSpecifier(message, in: arena),
            httpFilters: try arena.read(
                message.http_filters, count: message.n_http_filters, "http_filters"),
            upgradeTypes: Self.upgradeTypes(message),
            useRemoteAddress: message.use_remote_address.map { $0.pointee.value != 0 },
            normalizePath: message.normalize_path.map { $0.pointee.value != 0 },
            mergeSlashes: message.merge_slashes != 0)
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

extension HTTPFilter: CRepresentable {
    typealias CMessage =
        Envoy__Extensions__Filters__Network__HttpConnectionManager__V3__HttpFilter

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        C.initializeFilter(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        if message.disabled != 0 { throw .unsupported("disabled") }
        let isOptional = message.is_optional != 0
        let config: AnyMessage
        if message.config_type_case == C.typedConfig {
            config = try arena.readRequired(message.typed_config, "typed_config")
        } else if isOptional {
            config = AnyMessage(typeURL: "")
        } else {
            throw .unknownCase(of: "config_type")
        }
        self.init(name: String(message.name), config: config, isOptional: isOptional)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.is_optional = isOptional ? 1 : 0
        if !config.typeURL.isEmpty || !config.value.isEmpty || !isOptional {
            message.config_type_case = C.typedConfig
            message.typed_config = config.make(in: arena)
        }
    }
}
