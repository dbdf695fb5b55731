/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`.
public struct HTTPConnectionManager: Hashable, Sendable {
    /// Where the routes come from.
    public enum RouteSpecifier: Hashable, Sendable {
        /// RDS over ADS, by the route configuration's name.
        case rds(String)
        /// In place.
        case routeConfig(RouteConfiguration)
    }
    /// `CodecType`.
    public enum CodecType: UInt32, Hashable, Sendable {
        /// By ALPN, or by the first bytes.
        case auto = 0
        /// HTTP/1.1.
        case http1 = 1
        /// HTTP/2.
        case http2 = 2
    }
    /// `PathWithEscapedSlashesAction`: what becomes of `%2F` and `%5C` in a path.
    public enum PathWithEscapedSlashesAction: UInt32, Hashable, Sendable {
        /// The client's default.
        case implementationSpecificDefault = 0
        /// They stay.
        case keepUnchanged = 1
        /// 400, and for gRPC `INTERNAL`.
        case rejectRequest = 2
        /// 307 to the path with slashes, and for gRPC `INTERNAL`.
        case unescapeAndRedirect = 3
        /// They become slashes before matching.
        case unescapeAndForward = 4
    }
    /// The prefix of the listener's metrics.
    public var statPrefix: String
    /// Where the routes come from.
    public var routeSpecifier: RouteSpecifier
    /// The HTTP filters, in order; the last is the router.
    public var httpFilters: [HTTPFilter]
    /// Upgrades that are let through, such as `websocket`.
    public var upgradeTypes: [String]
    /// The peer's address is the client's (`X-Forwarded-For` is appended to).
    public var useRemoteAddress: Bool?
    /// RFC 3986 normalisation of the path before matching.
    public var normalizePath: Bool?
    /// Adjacent slashes become one before matching.
    public var mergeSlashes: Bool
    /// Which HTTP the peer speaks.
    public var codecType: CodecType
    /// The `server` header; empty is the client's default.
    public var serverName: String
    /// How HTTP/2 is spoken; nil is the client's default.
    public var http2Options: HTTP2ProtocolOptions?
    /// How long a connection without streams lives (`common_http_protocol_options.idle_timeout`);
    /// nil is the client's default (Envoy: 1 hour), zero is no bound.
    public var idleTimeout: Duration?
    /// How long a stream may be silent, where its route says nothing; nil is the client's default
    /// (Envoy: 5 minutes), zero is no bound.
    public var streamIdleTimeout: Duration?
    /// How long a request may take to arrive whole; nil and zero are no bound.
    public var requestTimeout: Duration?
    /// How long a request's head may take to arrive; nil and zero are no bound.
    public var requestHeadersTimeout: Duration?
    /// What becomes of escaped slashes in a path.
    public var pathWithEscapedSlashesAction: PathWithEscapedSlashesAction
    /// The port is taken off `Host` before matching and forwarding.
    public var stripsAnyHostPort: Bool

    /// A connection manager.
    public init(
        statPrefix: String, routeSpecifier: RouteSpecifier, httpFilters: [HTTPFilter] = [.router],
        upgradeTypes: [String] = [], useRemoteAddress: Bool? = nil, normalizePath: Bool? = nil,
        mergeSlashes: Bool = false, codecType: CodecType = .auto, serverName: String = "",
        http2Options: HTTP2ProtocolOptions? = nil, idleTimeout: Duration? = nil,
        streamIdleTimeout: Duration? = nil, requestTimeout: Duration? = nil,
        requestHeadersTimeout: Duration? = nil,
        pathWithEscapedSlashesAction: PathWithEscapedSlashesAction = .implementationSpecificDefault,
        stripsAnyHostPort: Bool = false
    ) {
        self.statPrefix = statPrefix
        self.routeSpecifier = routeSpecifier
        self.httpFilters = httpFilters
        self.upgradeTypes = upgradeTypes
        self.useRemoteAddress = useRemoteAddress
        self.normalizePath = normalizePath
        self.mergeSlashes = mergeSlashes
        self.codecType = codecType
        self.serverName = serverName
        self.http2Options = http2Options
        self.idleTimeout = idleTimeout
        self.streamIdleTimeout = streamIdleTimeout
        self.requestTimeout = requestTimeout
        self.requestHeadersTimeout = requestHeadersTimeout
        self.pathWithEscapedSlashesAction = pathWithEscapedSlashesAction
        self.stripsAnyHostPort = stripsAnyHostPort
    }
}

/// `envoy.config.core.v3.Http2ProtocolOptions`; nil is the client's default.
public struct HTTP2ProtocolOptions: Hashable, Sendable {
    /// The most streams of a peer at a time.
    public var maxConcurrentStreams: UInt32?
    /// The flow-control window of a stream, in bytes, 65535 to 2147483647.
    public var initialStreamWindowSize: UInt32?
    /// The flow-control window of a connection, in bytes, 65535 to 2147483647.
    public var initialConnectionWindowSize: UInt32?
    /// Extended CONNECT (RFC 8441) is allowed.
    public var allowsConnect: Bool

    /// Options.
    public init(
        maxConcurrentStreams: UInt32? = nil, initialStreamWindowSize: UInt32? = nil,
        initialConnectionWindowSize: UInt32? = nil, allowsConnect: Bool = false
    ) {
        self.maxConcurrentStreams = maxConcurrentStreams
        self.initialStreamWindowSize = initialStreamWindowSize
        self.initialConnectionWindowSize = initialConnectionWindowSize
        self.allowsConnect = allowsConnect
    }
}
