internal import CEnvoyAPI

extension ExtAuthz: ConfigMessage {
    typealias CMessage = Envoy__Extensions__Filters__Http__ExtAuthz__V3__ExtAuthz

    static let messageName = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__http__ext_authz__v3__ext_authz__init(message)
    }

    /// Whatever says which requests are asked about must be understood; what the service is told
    /// besides (metadata, raw headers), and what is only measured, is left out.
    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(
            message,
            [
                9: "filter_enabled", 11: "deny_at_disable", 14: "filter_enabled_metadata",
                24: "validate_mutations", 26: "decoder_header_mutation_rules",
            ])
        self.init(
            service: try Self.service(message, in: arena),
            failureModeAllow: message.failure_mode_allow != 0,
            withRequestBody: try arena.read(message.with_request_body, "with_request_body"),
            statusOnError: try message.status_on_error.status(at: "status_on_error"),
            allowedHeaders: try arena.read(
                message.allowed_headers, "allowed_headers", as: StringMatchers.self)?.patterns,
            disallowedHeaders: try arena.patterns(
                message.disallowed_headers, "disallowed_headers"),
            includesPeerCertificate: message.include_peer_certificate != 0,
            clearsRouteCache: message.clear_route_cache != 0)
    }

    private static func service(
        _ message: CMessage, in arena: Arena
    ) throws(XDSError) -> Service? {
        switch message.services_case {
        case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__EXT_AUTHZ__SERVICES_GRPC_SERVICE:
            return .grpc(try arena.readRequired(message.grpc_service, "grpc_service"))
        case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__EXT_AUTHZ__SERVICES_HTTP_SERVICE:
            return .http(try arena.readRequired(message.http_service, "http_service"))
        default: return nil
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        switch service {
        case nil: break
        case .grpc(let service):
            message.services_case =
                ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__EXT_AUTHZ__SERVICES_GRPC_SERVICE
            message.grpc_service = service.make(in: arena)
        case .http(let service):
            message.services_case =
                ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__EXT_AUTHZ__SERVICES_HTTP_SERVICE
            message.http_service = service.make(in: arena)
        }
        message.transport_api_version = ENVOY__CONFIG__CORE__V3__API_VERSION__V3
        message.failure_mode_allow = failureModeAllow ? 1 : 0
        message.with_request_body = withRequestBody?.make(in: arena)
        message.status_on_error = statusOnError.map(arena.httpStatus)
        message.allowed_headers = allowedHeaders.map { StringMatchers($0).make(in: arena) }
        message.disallowed_headers = arena.patterns(disallowedHeaders)
        message.include_peer_certificate = includesPeerCertificate ? 1 : 0
        message.clear_route_cache = clearsRouteCache ? 1 : 0
    }
}

extension BufferSettings: CRepresentable {
    typealias CMessage = Envoy__Extensions__Filters__Http__ExtAuthz__V3__BufferSettings

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__http__ext_authz__v3__buffer_settings__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard message.max_request_bytes > 0 else {
            throw .invalid("at least 1 byte is needed", at: "max_request_bytes")
        }
        self.init(
            maxRequestBytes: message.max_request_bytes,
            allowsPartialMessage: message.allow_partial_message != 0,
            packsAsBytes: message.pack_as_bytes != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.max_request_bytes = maxRequestBytes
        message.allow_partial_message = allowsPartialMessage ? 1 : 0
        message.pack_as_bytes = packsAsBytes ? 1 : 0
    }
}

extension GRPCService: CRepresentable {
    typealias CMessage = Envoy__Config__Core__V3__GrpcService

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__core__v3__grpc_service__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard
            message.target_specifier_case
                == ENVOY__CONFIG__CORE__V3__GRPC_SERVICE__TARGET_SPECIFIER_ENVOY_GRPC,
            let target = message.envoy_grpc?.pointee
        else { throw .unknownCase(of: "target_specifier") }
        self.init(
            clusterName: String(target.cluster_name), authority: String(target.authority),
            timeout: try arena.read(message.timeout, "timeout"),
            initialMetadata: try arena.read(
                message.initial_metadata, count: message.n_initial_metadata, "initial_metadata"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.target_specifier_case =
            ENVOY__CONFIG__CORE__V3__GRPC_SERVICE__TARGET_SPECIFIER_ENVOY_GRPC
        message.envoy_grpc = arena.cMessage(
            envoy__config__core__v3__grpc_service__envoy_grpc__init
        ) {
            $0.cluster_name = arena.text(clusterName)
            $0.authority = arena.text(authority)
        }
        message.timeout = timeout?.make(in: arena)
        message.n_initial_metadata = initialMetadata.count
        message.initial_metadata = arena.messages(initialMetadata)
    }
}

extension HeaderValue: CRepresentable {
    typealias CMessage = Envoy__Config__Core__V3__HeaderValue

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__core__v3__header_value__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [3: "raw_value"])
        self.init(key: String(message.key), value: String(message.value))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.key = arena.text(key)
        message.value = arena.text(value)
    }
}

extension ExtAuthzHTTPService: CRepresentable {
    typealias CMessage = Envoy__Extensions__Filters__Http__ExtAuthz__V3__HttpService

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__http__ext_authz__v3__http_service__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard let server = message.server_uri?.pointee,
            server.http_upstream_type_case
                == ENVOY__CONFIG__CORE__V3__HTTP_URI__HTTP_UPSTREAM_TYPE_CLUSTER
        else { throw .unknownCase(of: "server_uri.http_upstream_type") }
        let request = message.authorization_request?.pointee
        let response = message.authorization_response?.pointee
        self.init(
            uri: String(server.uri), cluster: String(server.cluster),
            timeout: try arena.readRequired(server.timeout, "server_uri.timeout"),
            pathPrefix: String(message.path_prefix),
            headersToAdd: try arena.read(
                request?.headers_to_add, count: request?.n_headers_to_add ?? 0,
                "authorization_request.headers_to_add"),
            allowedHeaders: try arena.patterns(
                request?.allowed_headers, "authorization_request.allowed_headers"),
            allowedUpstreamHeaders: try arena.patterns(
                response?.allowed_upstream_headers,
                "authorization_response.allowed_upstream_headers"),
            allowedUpstreamHeadersToAppend: try arena.patterns(
                response?.allowed_upstream_headers_to_append,
                "authorization_response.allowed_upstream_headers_to_append"),
            allowedClientHeaders: try arena.patterns(
                response?.allowed_client_headers,
                "authorization_response.allowed_client_headers"),
            allowedClientHeadersOnSuccess: try arena.patterns(
                response?.allowed_client_headers_on_success,
                "authorization_response.allowed_client_headers_on_success"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.server_uri = arena.cMessage(envoy__config__core__v3__http_uri__init) {
            $0.uri = arena.text(uri)
            $0.http_upstream_type_case =
                ENVOY__CONFIG__CORE__V3__HTTP_URI__HTTP_UPSTREAM_TYPE_CLUSTER
            $0.cluster = arena.text(cluster)
            $0.timeout = timeout.make(in: arena)
        }
        message.path_prefix = arena.text(pathPrefix)
        message.authorization_request = arena.cMessage(
            envoy__extensions__filters__http__ext_authz__v3__authorization_request__init
        ) {
            $0.allowed_headers = arena.patterns(allowedHeaders)
            $0.n_headers_to_add = headersToAdd.count
            $0.headers_to_add = arena.messages(headersToAdd)
        }
        message.authorization_response = arena.cMessage(
            envoy__extensions__filters__http__ext_authz__v3__authorization_response__init
        ) {
            $0.allowed_upstream_headers = arena.patterns(allowedUpstreamHeaders)
            $0.allowed_upstream_headers_to_append = arena.patterns(allowedUpstreamHeadersToAppend)
            $0.allowed_client_headers = arena.patterns(allowedClientHeaders)
            $0.allowed_client_headers_on_success = arena.patterns(allowedClientHeadersOnSuccess)
        }
    }
}

extension ExtAuthzPerRoute: ConfigMessage {
    typealias CMessage = Envoy__Extensions__Filters__Http__ExtAuthz__V3__ExtAuthzPerRoute

    static let messageName = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__http__ext_authz__v3__ext_authz_per_route__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        switch message.override_case {
        case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__EXT_AUTHZ_PER_ROUTE__OVERRIDE_DISABLED
        where message.disabled != 0:
            self = .disabled
        case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__EXT_AUTHZ_PER_ROUTE__OVERRIDE_CHECK_SETTINGS:
            self = .checkSettings(
                try arena.readRequired(message.check_settings, "check_settings"))
        default: throw .unknownCase(of: "override")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        switch self {
        case .disabled:
            message.override_case =
                ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__EXT_AUTHZ_PER_ROUTE__OVERRIDE_DISABLED
            message.disabled = 1
        case .checkSettings(let settings):
            message.override_case =
                ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__EXT_AUTHZ_PER_ROUTE__OVERRIDE_CHECK_SETTINGS
            message.check_settings = settings.make(in: arena)
        }
    }
}

extension ExtAuthzPerRoute.CheckSettings: CRepresentable {
    typealias CMessage = Envoy__Extensions__Filters__Http__ExtAuthz__V3__CheckSettings

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__http__ext_authz__v3__check_settings__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            contextExtensions: [String: String](
                message.context_extensions, count: message.n_context_extensions
            ) { ($0.key, $0.value) },
            disablesRequestBodyBuffering: message.disable_request_body_buffering != 0,
            withRequestBody: try arena.read(message.with_request_body, "with_request_body"),
            service: try Self.service(message, in: arena))
    }

    private static func service(
        _ message: CMessage, in arena: Arena
    ) throws(XDSError) -> ExtAuthz.Service? {
        switch message.service_override_case {
        case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__CHECK_SETTINGS__SERVICE_OVERRIDE_GRPC_SERVICE:
            return .grpc(try arena.readRequired(message.grpc_service, "grpc_service"))
        case ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__CHECK_SETTINGS__SERVICE_OVERRIDE_HTTP_SERVICE:
            return .http(try arena.readRequired(message.http_service, "http_service"))
        default: return nil
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.n_context_extensions = contextExtensions.count
        message.context_extensions = arena.entries(
            contextExtensions,
            envoy__extensions__filters__http__ext_authz__v3__check_settings__context_extensions_entry__init
        ) {
            $0.key = $1
            $0.value = arena.text($2)
        }
        message.disable_request_body_buffering = disablesRequestBodyBuffering ? 1 : 0
        message.with_request_body = withRequestBody?.make(in: arena)
        switch service {
        case nil: return
        case .grpc(let service):
            message.service_override_case =
                ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__CHECK_SETTINGS__SERVICE_OVERRIDE_GRPC_SERVICE
            message.grpc_service = service.make(in: arena)
        case .http(let service):
            message.service_override_case =
                ENVOY__EXTENSIONS__FILTERS__HTTP__EXT_AUTHZ__V3__CHECK_SETTINGS__SERVICE_OVERRIDE_HTTP_SERVICE
            message.http_service = service.make(in: arena)
        }
    }
}

/// `envoy.type.matcher.v3.ListStringMatcher`.
private struct StringMatchers: CRepresentable {
    typealias CMessage = Envoy__Type__Matcher__V3__ListStringMatcher

    var patterns: [StringMatcher]

    init(_ patterns: [StringMatcher]) { self.patterns = patterns }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__type__matcher__v3__list_string_matcher__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        patterns = try arena.read(message.patterns, count: message.n_patterns, "patterns")
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.n_patterns = patterns.count
        message.patterns = arena.messages(patterns)
    }
}

extension Arena {
    /// Reads a `ListStringMatcher`; one that is not set is empty.
    fileprivate func patterns(
        _ list: UnsafeMutablePointer<Envoy__Type__Matcher__V3__ListStringMatcher>?, _ field: String
    ) throws(XDSError) -> [StringMatcher] {
        try read(list, field, as: StringMatchers.self)?.patterns ?? []
    }

    /// A `ListStringMatcher`; an empty one is not set.
    fileprivate func patterns(
        _ patterns: [StringMatcher]
    ) -> UnsafeMutablePointer<Envoy__Type__Matcher__V3__ListStringMatcher>? {
        patterns.isEmpty ? nil : StringMatchers(patterns).make(in: self)
    }

    /// `envoy.type.v3.HttpStatus`.
    func httpStatus(_ code: UInt32) -> UnsafeMutablePointer<Envoy__Type__V3__HttpStatus> {
        cMessage(envoy__type__v3__http_status__init) { $0.code = .init(rawValue: code) }
    }
}

extension UnsafeMutablePointer<Envoy__Type__V3__HttpStatus>? {
    /// The status, 100 to 599, or 0 for none; nil when the field is not set.
    func status(at field: String) throws(XDSError) -> UInt32? {
        guard let code = self?.pointee.code.rawValue else { return nil }
        guard code == 0 || (100...599).contains(code) else {
            throw .unknownValue(code, of: "\(field).code")
        }
        return code
    }
}

extension [String: String] {
    /// Reads a map of texts.
    init<Entry>(
        _ entries: CList<Entry>?, count: Int, entry: (Entry) -> (key: CText?, value: CText?)
    ) {
        self.init()
        for index in 0..<count {
            guard let message = entries?[index]?.pointee else { continue }
            let (key, value) = entry(message)
            self[String(key)] = String(value)
        }
    }
}
