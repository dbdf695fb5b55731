/// `envoy.extensions.filters.http.ext_authz.v3.ExtAuthz`: a service is asked about each request.
public struct ExtAuthz: Hashable, Sendable {
    /// Who is asked.
    public enum Service: Hashable, Sendable {
        /// `envoy.service.auth.v3.Authorization`.
        case grpc(GRPCService)
        /// A server that is sent the request's head.
        case http(ExtAuthzHTTPService)
    }
    /// Who is asked; nil where every route says its own.
    public var service: Service?
    /// A request is let through when the service cannot be asked.
    public var failureModeAllow: Bool
    /// How much of a request's body is sent along; nil sends none.
    public var withRequestBody: BufferSettings?
    /// The status when the service cannot be asked; nil is 403.
    public var statusOnError: UInt32?
    /// The headers that the service is told (gRPC: nil is all; HTTP: those, and a few that always
    /// are).
    public var allowedHeaders: [StringMatcher]?
    /// Headers that the service is not told, even where `allowedHeaders` has them.
    public var disallowedHeaders: [StringMatcher]
    /// The client's certificate is sent along.
    public var includesPeerCertificate: Bool
    /// The route is picked again when the service changes the request's headers.
    public var clearsRouteCache: Bool

    /// A filter.
    public init(
        service: Service?, failureModeAllow: Bool = false, withRequestBody: BufferSettings? = nil,
        statusOnError: UInt32? = nil, allowedHeaders: [StringMatcher]? = nil,
        disallowedHeaders: [StringMatcher] = [], includesPeerCertificate: Bool = false,
        clearsRouteCache: Bool = false
    ) {
        self.service = service
        self.failureModeAllow = failureModeAllow
        self.withRequestBody = withRequestBody
        self.statusOnError = statusOnError
        self.allowedHeaders = allowedHeaders
        self.disallowedHeaders = disallowedHeaders
        self.includesPeerCertificate = includesPeerCertificate
        self.clearsRouteCache = clearsRouteCache
    }
}

/// `envoy.extensions.filters.http.ext_authz.v3.BufferSettings`.
public struct BufferSettings: Hashable, Sendable {
    /// The most bytes, at least 1.
    public var maxRequestBytes: UInt32
    /// A longer body is sent as far as it goes; else the request is answered 413.
    public var allowsPartialMessage: Bool
    /// It is sent as bytes (`raw_body`), and not as text (`body`).
    public var packsAsBytes: Bool

    /// Settings.
    public init(
        maxRequestBytes: UInt32, allowsPartialMessage: Bool = false, packsAsBytes: Bool = false
    ) {
        self.maxRequestBytes = maxRequestBytes
        self.allowsPartialMessage = allowsPartialMessage
        self.packsAsBytes = packsAsBytes
    }
}

/// `envoy.config.core.v3.GrpcService`, by a cluster (`envoy_grpc`).
public struct GRPCService: Hashable, Sendable {
    /// The cluster, which speaks HTTP/2.
    public var clusterName: String
    /// The `:authority`; empty is the cluster's name.
    public var authority: String
    /// How long an answer may take; nil is the client's default.
    public var timeout: Duration?
    /// Headers of the call.
    public var initialMetadata: [HeaderValue]

    /// A service.
    public init(
        clusterName: String, authority: String = "", timeout: Duration? = nil,
        initialMetadata: [HeaderValue] = []
    ) {
        self.clusterName = clusterName
        self.authority = authority
        self.timeout = timeout
        self.initialMetadata = initialMetadata
    }
}

/// `envoy.config.core.v3.HeaderValue`.
public struct HeaderValue: Hashable, Sendable {
    /// The header's name.
    public var key: String
    /// The header's value.
    public var value: String

    /// A header.
    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// `envoy.extensions.filters.http.ext_authz.v3.HttpService`.
public struct ExtAuthzHTTPService: Hashable, Sendable {
    /// The server, `http://HOST:PORT`; its host is the `Host` that it is sent.
    public var uri: String
    /// The server's cluster.
    public var cluster: String
    /// How long an answer may take.
    public var timeout: Duration
    /// What is put before the request's path.
    public var pathPrefix: String
    /// Headers that are sent along, over those of the request.
    public var headersToAdd: [HeaderValue]
    /// The request's headers that are sent, besides a few that always are
    /// (`authorization_request.allowed_headers`); the older place of `ExtAuthz.allowedHeaders`.
    public var allowedHeaders: [StringMatcher]
    /// The answer's headers that replace the request's when it is let through.
    public var allowedUpstreamHeaders: [StringMatcher]
    /// The answer's headers that are appended to the request's when it is let through.
    public var allowedUpstreamHeadersToAppend: [StringMatcher]
    /// The answer's headers that the client gets when it is refused; empty is all.
    public var allowedClientHeaders: [StringMatcher]
    /// The answer's headers that the client gets when it is let through.
    public var allowedClientHeadersOnSuccess: [StringMatcher]

    /// A service.
    public init(
        uri: String, cluster: String, timeout: Duration, pathPrefix: String = "",
        headersToAdd: [HeaderValue] = [], allowedHeaders: [StringMatcher] = [],
        allowedUpstreamHeaders: [StringMatcher] = [],
        allowedUpstreamHeadersToAppend: [StringMatcher] = [],
        allowedClientHeaders: [StringMatcher] = [],
        allowedClientHeadersOnSuccess: [StringMatcher] = []
    ) {
        self.uri = uri
        self.cluster = cluster
        self.timeout = timeout
        self.pathPrefix = pathPrefix
        self.headersToAdd = headersToAdd
        self.allowedHeaders = allowedHeaders
        self.allowedUpstreamHeaders = allowedUpstreamHeaders
        self.allowedUpstreamHeadersToAppend = allowedUpstreamHeadersToAppend
        self.allowedClientHeaders = allowedClientHeaders
        self.allowedClientHeadersOnSuccess = allowedClientHeadersOnSuccess
    }
}

/// `envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute`.
public enum ExtAuthzPerRoute: Hashable, Sendable {
    /// Nobody is asked.
    case disabled
    /// How the route differs from the filter.
    case checkSettings(CheckSettings)

    /// `CheckSettings`.
    public struct CheckSettings: Hashable, Sendable {
        /// What the service is told of the route.
        public var contextExtensions: [String: String]
        /// No body is sent along.
        public var disablesRequestBodyBuffering: Bool
        /// How much of a request's body is sent along, in place of the filter's.
        public var withRequestBody: BufferSettings?
        /// Who is asked, in place of the filter's.
        public var service: ExtAuthz.Service?

        /// Settings.
        public init(
            contextExtensions: [String: String] = [:], disablesRequestBodyBuffering: Bool = false,
            withRequestBody: BufferSettings? = nil, service: ExtAuthz.Service? = nil
        ) {
            self.contextExtensions = contextExtensions
            self.disablesRequestBodyBuffering = disablesRequestBodyBuffering
            self.withRequestBody = withRequestBody
            self.service = service
        }
    }
}
