internal import CEnvoyAPI

extension RouteAction: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__RouteAction

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__route_action__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(
            message,
            [
                2: "cluster_header", 4: "metadata_match", 7: "auto_host_rewrite",
                29: "host_rewrite_header", 35: "host_rewrite_path_regex",
                37: "cluster_specifier_plugin", 39: "inline_cluster_specifier_plugin",
                41: "path_rewrite_policy", 44: "host_rewrite", 45: "path_rewrite",
            ])
        let rewritesHost =
            message.host_rewrite_specifier_case
            == ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HOST_REWRITE_SPECIFIER_HOST_REWRITE_LITERAL
        self.init(
            cluster: try ClusterSpecifier(message, in: arena),
            clusterNotFoundResponseCode: try ClusterNotFoundResponseCode(message),
            timeout: try arena.read(message.timeout, "timeout"),
            idleTimeout: try arena.read(message.idle_timeout, "idle_timeout"),
            prefixRewrite: String(message.prefix_rewrite),
            regexRewrite: try arena.read(message.regex_rewrite, "regex_rewrite"),
            hostRewriteLiteral: rewritesHost ? String(message.host_rewrite_literal) : "",
            retryPolicy: try arena.read(message.retry_policy, "retry_policy"),
            requestMirrorPolicies: try arena.read(
                message.request_mirror_policies, count: message.n_request_mirror_policies,
                "request_mirror_policies"),
            hashPolicies: try arena.read(
                message.hash_policy, count: message.n_hash_policy, "hash_policy"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        cluster.fill(&message, in: arena)
        message.cluster_not_found_response_code = clusterNotFoundResponseCode.cValue
        message.timeout = timeout?.make(in: arena)
        message.idle_timeout = idleTimeout?.make(in: arena)
        message.prefix_rewrite = arena.text(prefixRewrite)
        message.regex_rewrite = regexRewrite?.make(in: arena)
        message.retry_policy = retryPolicy?.make(in: arena)
        message.n_request_mirror_policies = requestMirrorPolicies.count
        message.request_mirror_policies = arena.messages(requestMirrorPolicies)
        message.n_hash_policy = hashPolicies.count
        message.hash_policy = arena.messages(hashPolicies)
        if !hostRewriteLiteral.isEmpty {
            message.host_rewrite_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HOST_REWRITE_SPECIFIER_HOST_REWRITE_LITERAL
            message.host_rewrite_literal = arena.text(hostRewriteLiteral)
        }
    }
}

extension RouteAction.ClusterSpecifier {
    fileprivate init(_ message: RouteAction.CMessage, in arena: Arena) throws(XDSError) {
        switch message.cluster_specifier_case {
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__CLUSTER_SPECIFIER_CLUSTER:
            self = .cluster(String(message.cluster))
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__CLUSTER_SPECIFIER_WEIGHTED_CLUSTERS:
            guard let weighted = message.weighted_clusters?.pointee else {
                throw .unknownCase(of: "cluster_specifier")
            }
            do throws(XDSError) {
                self = .weightedClusters(
                    try arena.read(weighted.clusters, count: weighted.n_clusters, "clusters"))
            } catch {
                throw error.inside("weighted_clusters")
            }
        default: throw .unknownCase(of: "cluster_specifier")
        }
    }

    fileprivate func fill(_ message: inout RouteAction.CMessage, in arena: Arena) {
        switch self {
        case .cluster(let name):
            message.cluster_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__CLUSTER_SPECIFIER_CLUSTER
            message.cluster = arena.text(name)
        case .weightedClusters(let clusters):
            message.cluster_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__CLUSTER_SPECIFIER_WEIGHTED_CLUSTERS
            message.weighted_clusters = arena.cMessage(
                envoy__config__route__v3__weighted_cluster__init
            ) {
                $0.n_clusters = clusters.count
                $0.clusters = arena.messages(clusters)
            }
        }
    }
}

extension RouteAction.ClusterNotFoundResponseCode {
    typealias CValue = Envoy__Config__Route__V3__RouteAction__ClusterNotFoundResponseCode

    fileprivate init(_ message: RouteAction.CMessage) throws(XDSError) {
        let value = message.cluster_not_found_response_code
        switch value {
        case Self.serviceUnavailable.cValue: self = .serviceUnavailable
        case Self.notFound.cValue: self = .notFound
        case Self.internalServerError.cValue: self = .internalServerError
        default: throw .unknownValue(value.rawValue, of: "cluster_not_found_response_code")
        }
    }

    fileprivate var cValue: CValue {
        switch self {
        case .serviceUnavailable:
            ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__CLUSTER_NOT_FOUND_RESPONSE_CODE__SERVICE_UNAVAILABLE
        case .notFound:
            ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__CLUSTER_NOT_FOUND_RESPONSE_CODE__NOT_FOUND
        case .internalServerError:
            ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__CLUSTER_NOT_FOUND_RESPONSE_CODE__INTERNAL_SERVER_ERROR
        }
    }
}

extension ClusterWeight: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__WeightedCluster__ClusterWeight

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__weighted_cluster__cluster_weight__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [3: "metadata_match", 12: "cluster_header"])
        let rewritesHost =
            message.host_rewrite_specifier_case == Self.hostRewriteLiteralCase
        self.init(
            name: String(message.name), weight: message.weight?.pointee.value ?? 0,
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
            hostRewriteLiteral: rewritesHost ? String(message.host_rewrite_literal) : "",
            typedPerFilterConfig: try [String: HTTPFilterConfig](
                message.typed_per_filter_config, count: message.n_typed_per_filter_config,
                in: arena
            ) { ($0.key, $0.value) })
    }

    private static let hostRewriteLiteralCase =
        ENVOY__CONFIG__ROUTE__V3__WEIGHTED_CLUSTER__CLUSTER_WEIGHT__HOST_REWRITE_SPECIFIER_HOST_REWRITE_LITERAL

    func fill(_ message: inout CMessage, in arena: Arena) {
        if !hostRewriteLiteral.isEmpty {
            message.host_rewrite_specifier_case = Self.hostRewriteLiteralCase
            message.host_rewrite_literal = arena.text(hostRewriteLiteral)
        }
        message.n_response_headers_to_add = responseHeadersToAdd.count
        message.response_headers_to_add = arena.messages(responseHeadersToAdd)
        message.n_response_headers_to_remove = responseHeadersToRemove.count
        message.response_headers_to_remove = arena.texts(responseHeadersToRemove)
        message.n_typed_per_filter_config = typedPerFilterConfig.count
        message.typed_per_filter_config = arena.entries(
            typedPerFilterConfig,
            envoy__config__route__v3__weighted_cluster__cluster_weight__typed_per_filter_config_entry__init
        ) {
            $0.key = $1
            $0.value = $2.make(in: arena)
        }
        message.name = arena.text(name)
        message.weight = arena.wrapped(weight)
        message.n_request_headers_to_add = requestHeadersToAdd.count
        message.request_headers_to_add = arena.messages(requestHeadersToAdd)
        message.n_request_headers_to_remove = requestHeadersToRemove.count
        message.request_headers_to_remove = arena.texts(requestHeadersToRemove)
    }
}

extension RedirectAction: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__RedirectAction

    /// The HTTP statuses in the order of `RedirectResponseCode`.
    private static let statuses = [301, 302, 303, 307, 308]

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__redirect_action__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        let code = Int(message.response_code.rawValue)
        guard Self.statuses.indices.contains(code) else {
            throw .unknownValue(code, of: "response_code")
        }
        self.init(
            scheme: Self.scheme(message), host: String(message.host_redirect),
            port: message.port_redirect, path: try Path(message, in: arena),
            status: Self.statuses[code], stripsQuery: message.strip_query != 0)
    }

    private static func scheme(_ message: CMessage) -> String {
        switch message.scheme_rewrite_specifier_case {
        case ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__SCHEME_REWRITE_SPECIFIER_SCHEME_REDIRECT:
            String(message.scheme_redirect)
        case ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__SCHEME_REWRITE_SPECIFIER_HTTPS_REDIRECT:
            message.https_redirect != 0 ? "https" : ""
        default: ""
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        if !scheme.isEmpty {
            message.scheme_rewrite_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__SCHEME_REWRITE_SPECIFIER_SCHEME_REDIRECT
            message.scheme_redirect = arena.text(scheme)
        }
        message.host_redirect = arena.text(host)
        message.port_redirect = port
        path.fill(&message, in: arena)
        message.strip_query = stripsQuery ? 1 : 0
        // A status that no redirect has is sent as 301, the default.
        let code = Self.statuses.firstIndex(of: status) ?? 0
        message.response_code = .init(rawValue: UInt32(code))
    }
}

extension RedirectAction.Path {
    fileprivate init(_ message: RedirectAction.CMessage, in arena: Arena) throws(XDSError) {
        switch message.path_rewrite_specifier_case {
        case ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__PATH_REWRITE_SPECIFIER__NOT_SET:
            self = .keep
        case ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__PATH_REWRITE_SPECIFIER_PATH_REDIRECT:
            self = .replace(String(message.path_redirect))
        case ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__PATH_REWRITE_SPECIFIER_PREFIX_REWRITE:
            self = .replacePrefix(String(message.prefix_rewrite))
        case ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__PATH_REWRITE_SPECIFIER_REGEX_REWRITE:
            self = .regex(try arena.readRequired(message.regex_rewrite, "regex_rewrite"))
        default: throw .unknownCase(of: "path_rewrite_specifier")
        }
    }

    fileprivate func fill(_ message: inout RedirectAction.CMessage, in arena: Arena) {
        switch self {
        case .keep: return
        case .replace(let path):
            message.path_rewrite_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__PATH_REWRITE_SPECIFIER_PATH_REDIRECT
            message.path_redirect = arena.text(path)
        case .replacePrefix(let prefix):
            message.path_rewrite_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__PATH_REWRITE_SPECIFIER_PREFIX_REWRITE
            message.prefix_rewrite = arena.text(prefix)
        case .regex(let rewrite):
            message.path_rewrite_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__REDIRECT_ACTION__PATH_REWRITE_SPECIFIER_REGEX_REWRITE
            message.regex_rewrite = rewrite.make(in: arena)
        }
    }
}

extension DirectResponseAction: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__DirectResponseAction

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__direct_response_action__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [3: "body_format"])
        self.init(status: message.status, body: try Self.body(message.body))
    }

    private static func body(
        _ source: UnsafeMutablePointer<Envoy__Config__Core__V3__DataSource>?
    ) throws(XDSError) -> String {
        guard let source = source?.pointee else { return "" }
        switch source.specifier_case {
        case ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_INLINE_STRING:
            return String(source.inline_string)
        case ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_INLINE_BYTES:
            let bytes = UnsafeRawBufferPointer(source.inline_bytes)
            guard bytes.isTextWithoutNUL else {
                throw XDSError(
                    .unsupported, "only text is supported as a body", at: "body.inline_bytes")
            }
            return String(decoding: bytes, as: UTF8.self)
        default: throw .unknownCase(of: "body.specifier")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.status = status
        guard !body.isEmpty else { return }
        message.body = arena.cMessage(envoy__config__core__v3__data_source__init) {
            $0.specifier_case = ENVOY__CONFIG__CORE__V3__DATA_SOURCE__SPECIFIER_INLINE_STRING
            $0.inline_string = arena.text(body)
        }
    }
}
