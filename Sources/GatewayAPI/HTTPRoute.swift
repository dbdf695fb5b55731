/// Routing of HTTP requests: from parents, by hostname and match, through filters, to backends.
///
/// Fields and defaults are those of `gateway.networking.k8s.io/v1` HTTPRoute's `spec`.
public struct HTTPRoute: TypedContent {
    /// The Gateways, ListenerSets or Services that the route attaches to; at most 32.
    public var parentRefs: [ParentReference] = []
    /// The hostnames the route answers for, `*.` allowed in front; empty means all; at most 16.
    public var hostnames: [String] = []
    /// The rules, 1 to 16; by default one that matches every path and has no backend.
    public var rules: [Rule] = [Rule()]
    /// Whether default Gateways take the route; experimental.
    public var useDefaultGateways: DefaultGateways?

    /// Makes a route with the API's defaults.
    public init() {}

    /// `HTTPRoute`.
    public static var groupKind: GroupKind { .httpRoute }
}

extension HTTPRoute {
    /// Which default Gateways take a route.
    public enum DefaultGateways: OpenEnum {
        /// All of them.
        case all
        /// None of them.
        case none
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, DefaultGateways> = [
            "All": .all,
            "None": .none,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// What happens to the requests that match.
    public struct Rule: Sendable, Hashable {
        /// The rule's name, unique in the route.
        public var name: String?
        /// Any of these must match, 1 to 64; by default every path.
        public var matches: [Match] = [Match()]
        /// Filters, in order; at most 16.
        public var filters: [Filter] = []
        /// Where requests go, in proportion to the weights; at most 16.
        public var backendRefs: [BackendRef] = []
        /// How long a request may take.
        public var timeouts: Timeouts?
        /// When a failed try is repeated; experimental.
        public var retry: Retry?
        /// How a session keeps its backend; experimental.
        public var sessionPersistence: SessionPersistence?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// Conditions on a request, all of which must hold.
    public struct Match: Sendable, Hashable {
        /// The path; by default the prefix `/`.
        public var path: PathMatch = PathMatch()
        /// Headers; at most 16. Of two with the same name, the first counts.
        public var headers: [HeaderMatch] = []
        /// Query parameters; at most 16. Of two with the same name, the first counts.
        public var queryParams: [QueryParamMatch] = []
        /// The method; nil means any.
        public var method: Method?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// A condition on the path.
    public struct PathMatch: Sendable, Hashable {
        /// How to compare.
        public var type: PathMatchType = .pathPrefix
        /// What to compare with; at most 1024 bytes.
        public var value: String = "/"

        /// Makes one with the API's defaults.
        public init() {}

        /// Makes a condition.
        public init(_ type: PathMatchType, _ value: String) {
            self.type = type
            self.value = value
        }
    }

    /// How a path is compared.
    public enum PathMatchType: OpenEnum {
        /// The whole path, case-sensitive.
        case exact
        /// Path elements from the left, case-sensitive; a trailing slash of the prefix is ignored.
        case pathPrefix
        /// A regular expression, RE2.
        case regularExpression
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, PathMatchType> = [
            "Exact": .exact,
            "PathPrefix": .pathPrefix,
            "RegularExpression": .regularExpression,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// A condition on a header.
    public struct HeaderMatch: Sendable, Hashable {
        /// The header's name, case-insensitive.
        public var name: String
        /// What to compare with.
        public var value: String
        /// How to compare.
        public var type: MatchType = .exact

        /// Makes one with the API's defaults for the rest.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A condition on a query parameter.
    public struct QueryParamMatch: Sendable, Hashable {
        /// The parameter's name, case-sensitive.
        public var name: String
        /// What to compare with.
        public var value: String
        /// How to compare.
        public var type: MatchType = .exact

        /// Makes one with the API's defaults for the rest.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// How a header or a query parameter is compared.
    public enum MatchType: OpenEnum {
        /// The whole value.
        case exact
        /// A regular expression, RE2.
        case regularExpression
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, MatchType> = [
            "Exact": .exact,
            "RegularExpression": .regularExpression,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// A request method.
    public enum Method: OpenEnum {
        /// `GET`.
        case get
        /// `HEAD`.
        case head
        /// `POST`.
        case post
        /// `PUT`.
        case put
        /// `DELETE`.
        case delete
        /// `CONNECT`.
        case connect
        /// `OPTIONS`.
        case options
        /// `TRACE`.
        case trace
        /// `PATCH`.
        case patch
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, Method> = [
            "GET": .get,
            "HEAD": .head,
            "POST": .post,
            "PUT": .put,
            "DELETE": .delete,
            "CONNECT": .connect,
            "OPTIONS": .options,
            "TRACE": .trace,
            "PATCH": .patch,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// A backend and its share of the requests.
    public struct BackendRef: Sendable, Hashable {
        /// The backend: group, kind, name, namespace and port, which the API spells inline.
        public var backendRef: BackendObjectReference
        /// The share, in proportion to the rule's other weights; 0 to 1,000,000; 0 means none.
        public var weight: Int = 1
        /// Filters for requests that go to this backend; at most 16.
        public var filters: [Filter] = []

        /// Makes one with the API's defaults for the rest.
        public init(backendRef: BackendObjectReference) {
            self.backendRef = backendRef
        }

        /// Refers to a Service in the route's namespace.
        public init(name: String, port: Int, weight: Int = 1) {
            self.init(backendRef: BackendObjectReference(name: name, port: port))
            self.weight = weight
        }

        /// The group; empty for the core group.
        public var group: String { backendRef.group }
        /// The kind, `Service` by default.
        public var kind: String { backendRef.kind }
        /// The backend's name.
        public var name: String { backendRef.name }
        /// The namespace; nil means the route's own.
        public var namespace: String? { backendRef.namespace }
        /// The Service's port.
        public var port: Int? { backendRef.port }
    }

    /// How long a request may take; zero means without limit.
    public struct Timeouts: Sendable, Hashable {
        /// From the first byte of the request to the last of the response, retries included.
        public var request: Duration?
        /// One try to a backend; not longer than `request`.
        public var backendRequest: Duration?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// When a failed try is repeated.
    public struct Retry: Sendable, Hashable {
        /// Response statuses that are repeated, 400 to 599.
        public var codes: [Int] = []
        /// How many tries follow the first, at least 1.
        public var attempts: Int?
        /// The shortest wait between two tries.
        public var backoff: Duration?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// How a session keeps its backend.
    public struct SessionPersistence: Sendable, Hashable {
        /// What carries the session.
        public var type: SessionPersistenceType = .cookie
        /// The age at which a session ends; required for a permanent cookie.
        public var absoluteTimeout: Duration?
        /// The cookie, when `type` is `Cookie`.
        public var cookie: Cookie?
        /// The header, when `type` is `Header`.
        public var header: Header?

        /// Makes one with the API's defaults.
        public init() {}

        /// A cookie that carries a session.
        public struct Cookie: Sendable, Hashable {
            /// The cookie's name; nil leaves it to the implementation.
            public var name: String?
            /// The cookie's path.
            public var path = "/"
            /// How long the client keeps the cookie.
            public var lifetimeType: CookieLifetimeType = .session

            /// Makes one with the API's defaults.
            public init() {}
        }

        /// A header that carries a session.
        public struct Header: Sendable, Hashable {
            /// The header's name.
            public var name: String

            /// Names the header.
            public init(name: String) { self.name = name }
        }
    }

    /// What carries a session.
    public enum SessionPersistenceType: OpenEnum {
        /// A cookie.
        case cookie
        /// A header.
        case header
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, SessionPersistenceType> = [
            "Cookie": .cookie,
            "Header": .header,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// How long a client keeps a session cookie.
    public enum CookieLifetimeType: OpenEnum {
        /// Until the absolute time-out.
        case permanent
        /// Until the client ends its session.
        case session
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, CookieLifetimeType> = [
            "Permanent": .permanent,
            "Session": .session,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }
}
