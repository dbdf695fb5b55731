internal import CEnvoyAPI

// swift-format-ignore: the C names are longer than a line.
private enum C {
    static let typedConfig =
        ENVOY__EXTENSIONS__FILTERS__NETWORK__HTTP_CONNECTION_MANAGER__V3__HTTP_FILTER__CONFIG_TYPE_TYPED_CONFIG
    static let initializeFilter =
        envoy__extensions__filters__network__http_connection_manager__v3__http_filter__init
}

extension HTTPFilter: CRepresentable {
    typealias CMessage =
        Envoy__Extensions__Filters__Network__HttpConnectionManager__V3__HttpFilter

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        C.initializeFilter(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        let isOptional = message.is_optional != 0
        let config: HTTPFilterConfig
        if message.config_type_case == C.typedConfig {
            config = try arena.readRequired(message.typed_config, "typed_config")
        } else if isOptional {
            config = .other(AnyMessage(typeURL: ""))
        } else {
            throw .unknownCase(of: "config_type")
        }
        self.init(
            name: String(message.name), config: config, isOptional: isOptional,
            isDisabled: message.disabled != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.is_optional = isOptional ? 1 : 0
        message.disabled = isDisabled ? 1 : 0
        if config != .other(AnyMessage(typeURL: "")) || !isOptional {
            message.config_type_case = C.typedConfig
            message.typed_config = config.make(in: arena)
        }
    }
}

extension HTTPFilterConfig {
    private static let filters = "envoy.extensions.filters.http."
    private static let routerName = filters + "router.v3.Router"
    private static let corsName = filters + "cors.v3.Cors"

    /// The configuration as it travels.
    public var packed: AnyMessage {
        switch self {
        case .router: AnyMessage(emptyConfig: Self.routerName)
        case .cors: AnyMessage(emptyConfig: Self.corsName)
        case .extAuthz(let filter): AnyMessage(config: filter)
        case .statefulSession(let filter): AnyMessage(config: filter)
        case .corsPolicy(let policy): AnyMessage(config: policy)
        case .extAuthzPerRoute(let settings): AnyMessage(config: settings)
        case .statefulSessionPerRoute(let settings): AnyMessage(config: settings)
        case .other(let any): any
        }
    }

    /// The URL of the configuration's type.
    public var typeURL: String { packed.typeURL }
}

extension HTTPFilterConfig: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Google__Protobuf__Any>) {
        google__protobuf__any__init(message)
    }

    init(_ any: Google__Protobuf__Any, in arena: Arena) throws(XDSError) {
        switch any.messageName {
        case Self.routerName: self = .router
        case Self.corsName: self = .cors
        case ExtAuthz.messageName: self = .extAuthz(try arena.read(any, as: ExtAuthz.self))
        case StatefulSession.messageName:
            self = .statefulSession(try arena.read(any, as: StatefulSession.self))
        case CORSPolicy.messageName: self = .corsPolicy(try arena.read(any, as: CORSPolicy.self))
        case ExtAuthzPerRoute.messageName:
            self = .extAuthzPerRoute(try arena.read(any, as: ExtAuthzPerRoute.self))
        case StatefulSessionPerRoute.messageName:
            self = .statefulSessionPerRoute(try arena.read(any, as: StatefulSessionPerRoute.self))
        default: self = .other(try AnyMessage(any, in: arena))
        }
    }

    func fill(_ message: inout Google__Protobuf__Any, in arena: Arena) {
        packed.fill(&message, in: arena)
    }
}

extension [String: HTTPFilterConfig] {
    /// Reads a field `typed_per_filter_config`.
    init<Entry>(
        _ entries: CList<Entry>?, count: Int, in arena: Arena,
        entry: (Entry) -> (key: CText?, value: UnsafeMutablePointer<Google__Protobuf__Any>?)
    ) throws(XDSError) {
        self.init()
        for index in 0..<count {
            guard let message = entries?[index]?.pointee else { continue }
            let (key, value) = entry(message)
            let name = String(key)
            self[name] = try arena.readRequired(value, "typed_per_filter_config[\"\(name)\"]")
        }
    }
}

extension CORSPolicy: ConfigMessage {
    typealias CMessage = Envoy__Extensions__Filters__Http__Cors__V3__CorsPolicy

    static let messageName = "envoy.extensions.filters.http.cors.v3.CorsPolicy"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__http__cors__v3__cors_policy__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [7: "filter_enabled", 8: "shadow_enabled"])
        self.init(
            allowOriginStringMatch: try arena.read(
                message.allow_origin_string_match, count: message.n_allow_origin_string_match,
                "allow_origin_string_match"),
            allowMethods: String(message.allow_methods),
            allowHeaders: String(message.allow_headers),
            exposeHeaders: String(message.expose_headers), maxAge: String(message.max_age),
            allowCredentials: message.allow_credentials?.pointee.value == 1,
            allowPrivateNetworkAccess: message.allow_private_network_access?.pointee.value == 1,
            forwardsNotMatchingPreflights: message.forward_not_matching_preflights.map {
                $0.pointee.value != 0
            })
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.n_allow_origin_string_match = allowOriginStringMatch.count
        message.allow_origin_string_match = arena.messages(allowOriginStringMatch)
        message.allow_methods = arena.text(allowMethods)
        message.allow_headers = arena.text(allowHeaders)
        message.expose_headers = arena.text(exposeHeaders)
        message.max_age = arena.text(maxAge)
        if allowCredentials { message.allow_credentials = arena.wrapped(true) }
        if allowPrivateNetworkAccess {
            message.allow_private_network_access = arena.wrapped(true)
        }
        message.forward_not_matching_preflights = arena.wrapped(forwardsNotMatchingPreflights)
    }
}
