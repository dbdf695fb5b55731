internal import CEnvoyAPI

extension RouteMatch: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__RouteMatch

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__route_match__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [1, 2, 4, 6, 7, 8, 9, 10, 14])
        if message.case_sensitive?.pointee.value == 0 { throw .unsupported("case_sensitive") }
        self.init(
            path: try Path(message),
            headers: try arena.read(message.headers, count: message.n_headers, "headers"),
            queryParameters: try arena.read(
                message.query_parameters, count: message.n_query_parameters, "query_parameters"),
            runtimeFraction: try arena.read(message.runtime_fraction, "runtime_fraction"),
            isGRPC: message.grpc != nil)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        path.fill(&message, in: arena)
        message.n_headers = headers.count
        message.headers = arena.messages(headers)
        message.n_query_parameters = queryParameters.count
        message.query_parameters = arena.messages(queryParameters)
        message.runtime_fraction = runtimeFraction?.make(in: arena)
        if isGRPC {
            message.grpc = arena.cMessage(
                envoy__config__route__v3__route_match__grpc_route_match_options__init
            ) { _ in }
        }
    }
}

extension RouteMatch.Path {
    fileprivate init(_ message: RouteMatch.CMessage) throws(XDSError) {
        switch message.path_specifier_case {
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_MATCH__PATH_SPECIFIER_PREFIX:
            self = .prefix(String(message.prefix))
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_MATCH__PATH_SPECIFIER_PATH:
            self = .path(String(message.path))
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_MATCH__PATH_SPECIFIER_PATH_SEPARATED_PREFIX:
            self = .pathSeparatedPrefix(String(message.path_separated_prefix))
        case ENVOY__CONFIG__ROUTE__V3__ROUTE_MATCH__PATH_SPECIFIER_SAFE_REGEX:
            self = .safeRegex(message.safe_regex.expression)
        default: throw .unknownCase(of: "path_specifier")
        }
    }

    fileprivate func fill(_ message: inout RouteMatch.CMessage, in arena: Arena) {
        switch self {
        case .prefix(let path):
            message.path_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_MATCH__PATH_SPECIFIER_PREFIX
            message.prefix = arena.text(path)
        case .path(let path):
            message.path_specifier_case = ENVOY__CONFIG__ROUTE__V3__ROUTE_MATCH__PATH_SPECIFIER_PATH
            message.path = arena.text(path)
        case .pathSeparatedPrefix(let path):
            message.path_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_MATCH__PATH_SPECIFIER_PATH_SEPARATED_PREFIX
            message.path_separated_prefix = arena.text(path)
        case .safeRegex(let expression):
            message.path_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__ROUTE_MATCH__PATH_SPECIFIER_SAFE_REGEX
            message.safe_regex = arena.regex(expression)
        }
    }
}

extension HeaderMatcher: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__HeaderMatcher

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__header_matcher__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [1, 4, 7, 8, 9, 10, 11, 12, 13])
        self.init(
            name: String(message.name), condition: try Condition(message, in: arena),
            invertMatch: message.invert_match != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.invert_match = invertMatch ? 1 : 0
        switch condition {
        case .present(let isPresent):
            message.header_match_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_PRESENT_MATCH
            message.present_match = isPresent ? 1 : 0
        case .string(let matcher):
            message.header_match_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_STRING_MATCH
            message.string_match = matcher.make(in: arena)
        }
    }
}

extension HeaderMatcher.Condition {
    /// Control planes older than `string_match` use a field for each kind of pattern.
    fileprivate init(_ message: HeaderMatcher.CMessage, in arena: Arena) throws(XDSError) {
        switch message.header_match_specifier_case {
        case ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_STRING_MATCH:
            self = .string(try arena.readRequired(message.string_match, "string_match"))
        case ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_PRESENT_MATCH:
            self = .present(message.present_match != 0)
        case ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_EXACT_MATCH:
            self = .string(StringMatcher(.exact(String(message.exact_match))))
        case ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_PREFIX_MATCH:
            self = .string(StringMatcher(.prefix(String(message.prefix_match))))
        case ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_SUFFIX_MATCH:
            self = .string(StringMatcher(.suffix(String(message.suffix_match))))
        case ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_CONTAINS_MATCH:
            self = .string(StringMatcher(.contains(String(message.contains_match))))
        case ENVOY__CONFIG__ROUTE__V3__HEADER_MATCHER__HEADER_MATCH_SPECIFIER_SAFE_REGEX_MATCH:
            self = .string(StringMatcher(.safeRegex(message.safe_regex_match.expression)))
        default: throw .unknownCase(of: "header_match_specifier")
        }
    }
}

extension QueryParameterMatcher: CRepresentable {
    typealias CMessage = Envoy__Config__Route__V3__QueryParameterMatcher

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__route__v3__query_parameter_matcher__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [1, 5, 6])
        let condition: Condition
        switch message.query_parameter_match_specifier_case {
        case ENVOY__CONFIG__ROUTE__V3__QUERY_PARAMETER_MATCHER__QUERY_PARAMETER_MATCH_SPECIFIER_STRING_MATCH:
            condition = .string(try arena.readRequired(message.string_match, "string_match"))
        case ENVOY__CONFIG__ROUTE__V3__QUERY_PARAMETER_MATCHER__QUERY_PARAMETER_MATCH_SPECIFIER_PRESENT_MATCH:
            condition = .present(message.present_match != 0)
        default: throw .unknownCase(of: "query_parameter_match_specifier")
        }
        self.init(name: String(message.name), condition: condition)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        switch condition {
        case .present(let isPresent):
            message.query_parameter_match_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__QUERY_PARAMETER_MATCHER__QUERY_PARAMETER_MATCH_SPECIFIER_PRESENT_MATCH
            message.present_match = isPresent ? 1 : 0
        case .string(let matcher):
            message.query_parameter_match_specifier_case =
                ENVOY__CONFIG__ROUTE__V3__QUERY_PARAMETER_MATCHER__QUERY_PARAMETER_MATCH_SPECIFIER_STRING_MATCH
            message.string_match = matcher.make(in: arena)
        }
    }
}
