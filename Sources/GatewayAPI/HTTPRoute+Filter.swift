extension HTTPRoute {
    /// One step between match and backend; `type` names the one field that is set.
    public struct Filter: Sendable, Hashable {
        /// Which filter it is.
        public var type: FilterType
        /// Changes request headers.
        public var requestHeaderModifier: HeaderModifier?
        /// Changes response headers.
        public var responseHeaderModifier: HeaderModifier?
        /// Sends a copy of requests elsewhere.
        public var requestMirror: RequestMirror?
        /// Answers with a redirect.
        public var requestRedirect: RequestRedirect?
        /// Changes host or path on the way to the backend.
        public var urlRewrite: URLRewrite?
        /// Answers cross-origin requests.
        public var cors: CORS?
        /// Asks another service for permission; experimental.
        public var externalAuth: ExternalAuth?
        /// A filter of a kind of its own.
        public var extensionRef: LocalObjectReference?

        /// Makes one with the API's defaults for the rest.
        public init(type: FilterType) {
            self.type = type
        }
    }

    /// The filters of the API.
    public enum FilterType: OpenEnum {
        /// Changes request headers.
        case requestHeaderModifier
        /// Changes response headers.
        case responseHeaderModifier
        /// Sends a copy of requests elsewhere.
        case requestMirror
        /// Answers with a redirect.
        case requestRedirect
        /// Changes host or path on the way to the backend.
        case urlRewrite
        /// A filter of a kind of its own.
        case extensionRef
        /// Answers cross-origin requests.
        case cors
        /// Asks another service for permission.
        case externalAuth
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, FilterType> = [
            "RequestHeaderModifier": .requestHeaderModifier,
            "ResponseHeaderModifier": .responseHeaderModifier,
            "RequestMirror": .requestMirror,
            "RequestRedirect": .requestRedirect,
            "URLRewrite": .urlRewrite,
            "ExtensionRef": .extensionRef,
            "CORS": .cors,
            "ExternalAuth": .externalAuth,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// A header with its value.
    public struct Header: Sendable, Hashable {
        /// The name, case-insensitive.
        public var name: String
        /// The value.
        public var value: String

        /// Makes one with the API's defaults for the rest.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Changes to headers.
    public struct HeaderModifier: Sendable, Hashable {
        /// Headers that replace those of the same name; at most 16.
        public var set: [Header] = []
        /// Headers that are added to those of the same name; at most 16.
        public var add: [Header] = []
        /// Headers that are taken away; at most 16.
        public var remove: [String] = []

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// Sends a copy of requests to a backend and ignores the answer.
    public struct RequestMirror: Sendable, Hashable {
        /// Where the copies go.
        public var backendRef: BackendObjectReference
        /// How many of a hundred requests, 0 to 100; not together with `fraction`.
        public var percent: Int?
        /// Which share of the requests; without both, all of them.
        public var fraction: Fraction?

        /// Makes one with the API's defaults for the rest.
        public init(backendRef: BackendObjectReference) {
            self.backendRef = backendRef
        }
    }

    /// A share of requests.
    public struct Fraction: Sendable, Hashable {
        /// The part, at least 0, at most the denominator.
        public var numerator: Int
        /// The whole, at least 1.
        public var denominator: Int = 100

        /// Makes one with the API's defaults for the rest.
        public init(numerator: Int) {
            self.numerator = numerator
        }
    }

    /// Answers with a redirect.
    public struct RequestRedirect: Sendable, Hashable {
        /// `http` or `https`; nil keeps the request's.
        public var scheme: String?
        /// The host; nil keeps the request's.
        public var hostname: String?
        /// The path; nil keeps the request's.
        public var path: PathModifier?
        /// The port, 1 to 65535; nil means the scheme's, or the listener's.
        public var port: Int?
        /// 301, 302, 303, 307 or 308.
        public var statusCode: Int = 302

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// Changes host or path on the way to the backend.
    public struct URLRewrite: Sendable, Hashable {
        /// The `Host` the backend sees; nil keeps the request's.
        public var hostname: String?
        /// The path the backend sees; nil keeps the request's.
        public var path: PathModifier?

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// A change of the path; `type` names the one field that is set.
    public struct PathModifier: Sendable, Hashable {
        /// What is replaced.
        public var type: PathModifierType
        /// The new path.
        public var replaceFullPath: String?
        /// What stands for the matched prefix.
        public var replacePrefixMatch: String?

        /// Makes one with the API's defaults for the rest.
        public init(type: PathModifierType) {
            self.type = type
        }
    }

    /// What a path modifier replaces.
    public enum PathModifierType: OpenEnum {
        /// The whole path.
        case replaceFullPath
        /// The prefix that the rule matched.
        case replacePrefixMatch
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, PathModifierType> = [
            "ReplaceFullPath": .replaceFullPath,
            "ReplacePrefixMatch": .replacePrefixMatch,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }

    /// Answers cross-origin requests.
    public struct CORS: Sendable, Hashable {
        /// Origins, `scheme://host[:port]` with `*` to the left in the host, or `*` alone; at most 64.
        public var allowOrigins: [String] = []
        /// Whether credentials may be sent.
        public var allowCredentials: Bool = false
        /// Methods, or `*` alone.
        public var allowMethods: [String] = []
        /// Request headers, or `*` alone; at most 64.
        public var allowHeaders: [String] = []
        /// Response headers a script may read; at most 64.
        public var exposeHeaders: [String] = []
        /// How long a client keeps a preflight's answer, in whole seconds, at least 1.
        public var maxAge: Duration = .seconds(5)

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// Asks another service for permission.
    public struct ExternalAuth: Sendable, Hashable {
        /// How it is asked.
        public var `protocol`: AuthProtocol
        /// Whom it asks.
        public var backendRef: BackendObjectReference
        /// Settings of `GRPC`.
        public var grpc: GRPC?
        /// Settings of `HTTP`.
        public var http: HTTP?
        /// Whether and how much of the body goes along; nil means none.
        public var forwardBody: ForwardBody?

        /// Makes one with the API's defaults for the rest.
        public init(protocol: AuthProtocol, backendRef: BackendObjectReference) {
            self.protocol = `protocol`
            self.backendRef = backendRef
        }

        /// Settings of Envoy's authorization service.
        public struct GRPC: Sendable, Hashable {
            /// Request headers that go along.
            public var allowedHeaders: [String] = []

            /// Makes one with the API's defaults.
            public init() {}
        }

        /// Settings of authorization by HTTP, where status 200 permits.
        public struct HTTP: Sendable, Hashable {
            /// A path put before the request's own.
            public var path: String?
            /// Request headers that go along, in addition to the usual ones.
            public var allowedHeaders: [String] = []
            /// Response headers that are copied to the request.
            public var allowedResponseHeaders: [String] = []

            /// Makes one with the API's defaults.
            public init() {}
        }

        /// How much of the body goes along.
        public struct ForwardBody: Sendable, Hashable {
            /// The most bytes; a larger body is refused. 0 or nil means none.
            public var maxSize: Int?

            /// Makes one with the API's defaults.
            public init() {}
        }
    }

    /// How an authorization service is asked.
    public enum AuthProtocol: OpenEnum {
        /// By an HTTP request.
        case http
        /// By Envoy's `ext_authz` over gRPC.
        case grpc
        /// A value this version does not know.
        case unknown(String)

        /// The spellings of the API.
        public static let spellings: KeyValuePairs<String, AuthProtocol> = [
            "HTTP": .http,
            "GRPC": .grpc,
        ]
        /// The spelling of an unknown value.
        public var unknownSpelling: String? {
            if case .unknown(let spelling) = self { spelling } else { nil }
        }
    }
}
