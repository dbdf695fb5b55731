internal import CEnvoyAPI

extension FractionalPercent: CRepresentable {
    static func initialize(
        _ message: UnsafeMutablePointer<Envoy__Config__Core__V3__RuntimeFractionalPercent>
    ) {
        envoy__config__core__v3__runtime_fractional_percent__init(message)
    }

    init(
        _ message: Envoy__Config__Core__V3__RuntimeFractionalPercent, in arena: Arena
    ) throws(XDSError) {
        guard let percent = message.default_value?.pointee else {
            throw .invalid("the field is required; set it", at: "default_value")
        }
        guard let denominator = Denominator(rawValue: percent.denominator.rawValue) else {
            throw .unknownValue(percent.denominator.rawValue, of: "default_value.denominator")
        }
        self.init(numerator: percent.numerator, denominator: denominator)
    }

    func fill(
        _ message: inout Envoy__Config__Core__V3__RuntimeFractionalPercent, in arena: Arena
    ) {
        message.default_value = arena.cMessage(envoy__type__v3__fractional_percent__init) {
            $0.numerator = numerator
            $0.denominator = .init(rawValue: denominator.rawValue)
        }
    }
}

extension RegexMatchAndSubstitute: CRepresentable {
    typealias CMessage = Envoy__Type__Matcher__V3__RegexMatchAndSubstitute

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__type__matcher__v3__regex_match_and_substitute__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            pattern: message.pattern.expression, substitution: String(message.substitution))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.pattern = arena.regex(pattern)
        message.substitution = arena.text(substitution)
    }
}

extension RetryPolicy: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__RetryPolicy

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__retry_policy__init(message)
    }

    /// Which endpoint a retry goes to is the client's choice (`retry_host_predicate`).
    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [10: "retriable_request_headers"])
        self.init(
            retryOn: String(message.retry_on), numRetries: message.num_retries?.pointee.value,
            perTryTimeout: try arena.read(message.per_try_timeout, "per_try_timeout"),
            perTryIdleTimeout: try arena.read(
                message.per_try_idle_timeout, "per_try_idle_timeout"),
            retriableStatusCodes: (0..<message.n_retriable_status_codes).map {
                message.retriable_status_codes[$0]
            },
            retryBackOff: try arena.read(message.retry_back_off, "retry_back_off"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.retry_on = arena.text(retryOn)
        message.num_retries = numRetries.map(arena.wrapped)
        message.per_try_timeout = perTryTimeout?.make(in: arena)
        message.per_try_idle_timeout = perTryIdleTimeout?.make(in: arena)
        message.n_retriable_status_codes = retriableStatusCodes.count
        message.retriable_status_codes = arena.values(retriableStatusCodes) { $0 }
        message.retry_back_off = retryBackOff?.make(in: arena)
    }
}

extension RetryPolicy.BackOff: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__RetryPolicy__RetryBackOff

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__retry_policy__retry_back_off__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            baseInterval: try arena.readRequired(message.base_interval, "base_interval"),
            maxInterval: try arena.read(message.max_interval, "max_interval"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.base_interval = baseInterval.make(in: arena)
        message.max_interval = maxInterval?.make(in: arena)
    }
}

extension RequestMirrorPolicy: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__RouteAction__RequestMirrorPolicy

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__route_action__request_mirror_policy__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(
            message,
            [
                5: "cluster_header", 7: "request_headers_mutations", 8: "host_rewrite_literal",
            ])
        self.init(
            cluster: String(message.cluster),
            runtimeFraction: try arena.read(message.runtime_fraction, "runtime_fraction"),
            keepsHost: message.disable_shadow_host_suffix_append != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.cluster = arena.text(cluster)
        message.runtime_fraction = runtimeFraction?.make(in: arena)
        message.disable_shadow_host_suffix_append = keepsHost ? 1 : 0
    }
}

extension HashPolicy: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__RouteAction__HashPolicy

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__route_action__hash_policy__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(try Specifier(message, in: arena), isTerminal: message.terminal != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.terminal = isTerminal ? 1 : 0
        specifier.fill(&message, in: arena)
    }
}

extension HashPolicy.Specifier {
    fileprivate init(_ message: HashPolicy.CMessage, in arena: Arena) throws(XDSError) {
        switch message.policy_specifier_case {
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HASH_POLICY__POLICY_SPECIFIER_HEADER:
            if message.header?.pointee.regex_rewrite != nil {
                throw .unsupported("header.regex_rewrite")
            }
            self = .header(String(message.header?.pointee.header_name))
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HASH_POLICY__POLICY_SPECIFIER_COOKIE:
            guard let cookie = message.cookie?.pointee, cookie.n_attributes == 0 else {
                throw .unsupported("cookie.attributes")
            }
            self = .cookie(
                name: String(cookie.name), ttl: try arena.read(cookie.ttl, "cookie.ttl"),
                path: String(cookie.path))
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HASH_POLICY__POLICY_SPECIFIER_CONNECTION_PROPERTIES:
            guard message.connection_properties?.pointee.source_ip == 1 else {
                throw .unknownCase(of: "connection_properties")
            }
            self = .sourceIP
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HASH_POLICY__POLICY_SPECIFIER_QUERY_PARAMETER:
            self = .queryParameter(String(message.query_parameter?.pointee.name))
        default: throw .unknownCase(of: "policy_specifier")
        }
    }

    fileprivate func fill(_ message: inout HashPolicy.CMessage, in arena: Arena) {
        switch self {
        case .header(let name):
            message.policy_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HASH_POLICY__POLICY_SPECIFIER_HEADER
            message.header = arena.cMessage(
                envoy__config__route__v3__route_action__hash_policy__header__init
            ) { $0.header_name = arena.text(name) }
        case .cookie(let name, let ttl, let path):
            message.policy_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HASH_POLICY__POLICY_SPECIFIER_COOKIE
            message.cookie = arena.cMessage(
                envoy__config__route__v3__route_action__hash_policy__cookie__init
            ) {
                $0.name = arena.text(name)
                $0.ttl = ttl?.make(in: arena)
                $0.path = arena.text(path)
            }
        case .sourceIP:
            message.policy_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HASH_POLICY__POLICY_SPECIFIER_CONNECTION_PROPERTIES
            message.connection_properties = arena.cMessage(
                envoy__config__route__v3__route_action__hash_policy__connection_properties__init
            ) { $0.source_ip = 1 }
        case .queryParameter(let name):
            message.policy_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_ACTION__HASH_POLICY__POLICY_SPECIFIER_QUERY_PARAMETER
            message.query_parameter = arena.cMessage(
                envoy__config__route__v3__route_action__hash_policy__query_parameter__init
            ) { $0.name = arena.text(name) }
        }
    }
}
