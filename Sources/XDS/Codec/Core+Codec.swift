internal import CEnvoyAPI

extension SocketAddress: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Envoy__Config__Core__V3__Address>) {
        envoy__config__core__v3__address__init(message)
    }

    init(_ message: Envoy__Config__Core__V3__Address, in arena: Arena) throws(XDSError) {
        guard message.address_case == ENVOY__CONFIG__CORE__V3__ADDRESS__ADDRESS_SOCKET_ADDRESS,
            let socket = message.socket_address?.pointee
        else { throw .unknownCase(of: "address") }
        guard let transport = Transport(rawValue: socket.protocol.rawValue) else {
            throw .unknownValue(socket.protocol.rawValue, of: "socket_address.protocol")
        }
        guard
            socket.port_specifier_case
                == ENVOY__CONFIG__CORE__V3__SOCKET_ADDRESS__PORT_SPECIFIER_PORT_VALUE
        else { throw .unknownCase(of: "socket_address.port_specifier") }
        guard socket.port_value <= 65535 else {
            throw XDSError(
                .invalid, "\(socket.port_value) is no port; use 0 to 65535",
                at: "socket_address.port_value")
        }
        self.init(
            address: String(socket.address), port: socket.port_value, transport: transport)
    }

    func fill(_ message: inout Envoy__Config__Core__V3__Address, in arena: Arena) {
        message.address_case = ENVOY__CONFIG__CORE__V3__ADDRESS__ADDRESS_SOCKET_ADDRESS
        message.socket_address = arena.cMessage(envoy__config__core__v3__socket_address__init) {
            $0.protocol = .init(rawValue: transport.rawValue)
            $0.address = arena.text(address)
            $0.port_specifier_case =
                ENVOY__CONFIG__CORE__V3__SOCKET_ADDRESS__PORT_SPECIFIER_PORT_VALUE
            $0.port_value = port
        }
    }
}

extension Locality: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Envoy__Config__Core__V3__Locality>) {
        envoy__config__core__v3__locality__init(message)
    }

    init(_ message: Envoy__Config__Core__V3__Locality, in arena: Arena) throws(XDSError) {
        self.init(
            region: String(message.region), zone: String(message.zone),
            subZone: String(message.sub_zone))
    }

    func fill(_ message: inout Envoy__Config__Core__V3__Locality, in arena: Arena) {
        message.region = arena.text(region)
        message.zone = arena.text(zone)
        message.sub_zone = arena.text(subZone)
    }
}

extension Node: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Envoy__Config__Core__V3__Node>) {
        envoy__config__core__v3__node__init(message)
    }

    init(_ message: Envoy__Config__Core__V3__Node, in arena: Arena) throws(XDSError) {
        self.init(
            id: String(message.id), cluster: String(message.cluster),
            metadata: try arena.read(message.metadata, "metadata") ?? [:],
            locality: try arena.read(message.locality, "locality"),
            userAgentName: String(message.user_agent_name),
            userAgentVersion: Self.userAgentVersion(message),
            clientFeatures: [String](message.client_features, count: message.n_client_features))
    }

    /// The version as text; Envoy gives its own in three numbers.
    private static func userAgentVersion(_ message: Envoy__Config__Core__V3__Node) -> String {
        switch message.user_agent_version_type_case {
        case ENVOY__CONFIG__CORE__V3__NODE__USER_AGENT_VERSION_TYPE_USER_AGENT_VERSION:
            return String(message.user_agent_version)
        case ENVOY__CONFIG__CORE__V3__NODE__USER_AGENT_VERSION_TYPE_USER_AGENT_BUILD_VERSION:
            guard let build = message.user_agent_build_version?.pointee,
                let version = build.version?.pointee
            else { return "" }
            return "\(version.major_number).\(version.minor_number).\(version.patch)"
        default: return ""
        }
    }

    func fill(_ message: inout Envoy__Config__Core__V3__Node, in arena: Arena) {
        message.id = arena.text(id)
        message.cluster = arena.text(cluster)
        if !metadata.isEmpty { message.metadata = metadata.make(in: arena) }
        message.locality = locality?.make(in: arena)
        message.user_agent_name = arena.text(userAgentName)
        if !userAgentVersion.isEmpty {
            message.user_agent_version_type_case =
                ENVOY__CONFIG__CORE__V3__NODE__USER_AGENT_VERSION_TYPE_USER_AGENT_VERSION
            message.user_agent_version = arena.text(userAgentVersion)
        }
        message.n_client_features = clientFeatures.count
        message.client_features = arena.texts(clientFeatures)
    }
}

extension Node: WireMessage {
    /// `envoy.config.core.v3.Node`.
    public static let messageName = "envoy.config.core.v3.Node"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: true)
    }
}

extension HeaderValueOption: CRepresentable {
    typealias CMessage = Envoy__Config__Core__V3__HeaderValueOption

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__core__v3__header_value_option__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard let header = message.header?.pointee else {
            throw XDSError(.invalid, "the field is required; set it", at: "header")
        }
        try refuse(header, [3: "header.raw_value"])
        let action: Action
        switch message.append_action {
        case ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__APPEND_IF_EXISTS_OR_ADD:
            // `append`, the older field, says overwrite by `false`.
            action = message.append?.pointee.value == 0 ? .overwrite : .append
        case ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__OVERWRITE_IF_EXISTS_OR_ADD:
            action = .overwrite
        case ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__ADD_IF_ABSENT:
            action = .addIfAbsent
        case ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__OVERWRITE_IF_EXISTS:
            action = .overwriteIfExists
        default: throw .unknownValue(message.append_action.rawValue, of: "append_action")
        }
        self.init(key: String(header.key), value: String(header.value), action: action)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.header = arena.cMessage(envoy__config__core__v3__header_value__init) {
            $0.key = arena.text(key)
            $0.value = arena.text(value)
        }
        message.append_action =
            switch action {
            case .append:
                ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__APPEND_IF_EXISTS_OR_ADD
            case .overwrite:
                ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__OVERWRITE_IF_EXISTS_OR_ADD
            case .addIfAbsent:
                ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__ADD_IF_ABSENT
            case .overwriteIfExists:
                ENVOY__CONFIG__CORE__V3__HEADER_VALUE_OPTION__HEADER_APPEND_ACTION__OVERWRITE_IF_EXISTS
            }
    }
}

/// `envoy.config.core.v3.ConfigSource` that says: over the same ADS stream.
struct ADSConfigSource: CRepresentable {
    static func initialize(_ message: UnsafeMutablePointer<Envoy__Config__Core__V3__ConfigSource>) {
        envoy__config__core__v3__config_source__init(message)
    }

    init() {}

    init(_ message: Envoy__Config__Core__V3__ConfigSource, in arena: Arena) throws(XDSError) {
        switch message.config_source_specifier_case {
        case ENVOY__CONFIG__CORE__V3__CONFIG_SOURCE__CONFIG_SOURCE_SPECIFIER_ADS,
            ENVOY__CONFIG__CORE__V3__CONFIG_SOURCE__CONFIG_SOURCE_SPECIFIER_SELF:
            return
        default: throw .unknownCase(of: "config_source_specifier")
        }
    }

    func fill(_ message: inout Envoy__Config__Core__V3__ConfigSource, in arena: Arena) {
        message.config_source_specifier_case =
            ENVOY__CONFIG__CORE__V3__CONFIG_SOURCE__CONFIG_SOURCE_SPECIFIER_ADS
        message.ads = arena.cMessage(envoy__config__core__v3__aggregated_config_source__init) { _ in
        }
        message.resource_api_version = ENVOY__CONFIG__CORE__V3__API_VERSION__V3
    }
}

extension StringMatcher: CRepresentable {
    static func initialize(
        _ message: UnsafeMutablePointer<Envoy__Type__Matcher__V3__StringMatcher>
    ) {
        envoy__type__matcher__v3__string_matcher__init(message)
    }

    init(_ message: Envoy__Type__Matcher__V3__StringMatcher, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [1, 2, 3, 5, 6, 7])
        let pattern: Pattern
        switch message.match_pattern_case {
        case ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_EXACT:
            pattern = .exact(String(message.exact))
        case ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_PREFIX:
            pattern = .prefix(String(message.prefix))
        case ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_SUFFIX:
            pattern = .suffix(String(message.suffix))
        case ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_CONTAINS:
            pattern = .contains(String(message.contains))
        case ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_SAFE_REGEX:
            pattern = .safeRegex(message.safe_regex.expression)
        default: throw .unknownCase(of: "match_pattern")
        }
        self.init(pattern, ignoreCase: message.ignore_case != 0)
    }

    func fill(_ message: inout Envoy__Type__Matcher__V3__StringMatcher, in arena: Arena) {
        switch pattern {
        case .exact(let text):
            message.match_pattern_case =
                ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_EXACT
            message.exact = arena.text(text)
        case .prefix(let text):
            message.match_pattern_case =
                ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_PREFIX
            message.prefix = arena.text(text)
        case .suffix(let text):
            message.match_pattern_case =
                ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_SUFFIX
            message.suffix = arena.text(text)
        case .contains(let text):
            message.match_pattern_case =
                ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_CONTAINS
            message.contains = arena.text(text)
        case .safeRegex(let expression):
            message.match_pattern_case =
                ENVOY__TYPE__MATCHER__V3__STRING_MATCHER__MATCH_PATTERN_SAFE_REGEX
            message.safe_regex = arena.regex(expression)
        }
        message.ignore_case = ignoreCase ? 1 : 0
    }
}

extension Arena {
    /// `RegexMatcher`; clients before Envoy 1.26 want its engine named.
    func regex(
        _ expression: String
    ) -> UnsafeMutablePointer<Envoy__Type__Matcher__V3__RegexMatcher> {
        cMessage(envoy__type__matcher__v3__regex_matcher__init) {
            $0.engine_type_case = ENVOY__TYPE__MATCHER__V3__REGEX_MATCHER__ENGINE_TYPE_GOOGLE_RE2
            $0.google_re2 = cMessage(
                envoy__type__matcher__v3__regex_matcher__google_re2__init
            ) { _ in }
            $0.regex = text(expression)
        }
    }
}

extension UnsafeMutablePointer<Envoy__Type__Matcher__V3__RegexMatcher>? {
    /// The matcher's expression.
    var expression: String { String(self?.pointee.regex) }
}
