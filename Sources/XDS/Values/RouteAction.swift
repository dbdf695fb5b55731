/// `envoy.config.route.v3.RouteAction`.
public struct RouteAction: Hashable, Sendable {
    /// Where the request goes.
    public enum ClusterSpecifier: Hashable, Sendable {
        /// One cluster.
        case cluster(String)
        /// Several, by weight.
        case weightedClusters([ClusterWeight])
    }
    /// The status when the cluster does not exist (`ClusterNotFoundResponseCode`).
    public enum ClusterNotFoundResponseCode: Hashable, Sendable {
        /// 503, the default.
        case serviceUnavailable
        /// 404.
        case notFound
        /// 500.
        case internalServerError
    }
    /// Where the request goes.
    public var cluster: ClusterSpecifier
    /// The status when the cluster does not exist.
    public var clusterNotFoundResponseCode: ClusterNotFoundResponseCode
    /// The whole exchange's bound; nil is the client's default (Envoy: 15 s), zero is none.
    public var timeout: Duration?
    /// How long the stream may be silent; nil is the client's default, zero is none.
    public var idleTimeout: Duration?
    /// What replaces the matched prefix, or the matched whole path.
    public var prefixRewrite: String
    /// What replaces a part of the path; not together with `prefixRewrite`.
    public var regexRewrite: RegexMatchAndSubstitute?
    /// What replaces `Host`.
    public var hostRewriteLiteral: String
    /// When the request is tried again; nil is never.
    public var retryPolicy: RetryPolicy?
    /// Where copies of the request go.
    public var requestMirrorPolicies: [RequestMirrorPolicy]
    /// What a hashing cluster picks its endpoint by.
    public var hashPolicies: [HashPolicy]

    /// An action.
    public init(
        cluster: ClusterSpecifier,
        clusterNotFoundResponseCode: ClusterNotFoundResponseCode = .serviceUnavailable,
        timeout: Duration? = nil, idleTimeout: Duration? = nil, prefixRewrite: String = "",
        regexRewrite: RegexMatchAndSubstitute? = nil, hostRewriteLiteral: String = "",
        retryPolicy: RetryPolicy? = nil, requestMirrorPolicies: [RequestMirrorPolicy] = [],
        hashPolicies: [HashPolicy] = []
    ) {
        self.cluster = cluster
        self.clusterNotFoundResponseCode = clusterNotFoundResponseCode
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.prefixRewrite = prefixRewrite
        self.regexRewrite = regexRewrite
        self.hostRewriteLiteral = hostRewriteLiteral
        self.retryPolicy = retryPolicy
        self.requestMirrorPolicies = requestMirrorPolicies
        self.hashPolicies = hashPolicies
    }
}

/// `envoy.config.route.v3.WeightedCluster.ClusterWeight`.
public struct ClusterWeight: Hashable, Sendable {
    /// The cluster.
    public var name: String
    /// Its weight; its share is the weight over the sum of all weights.
    public var weight: UInt32
    /// Headers added to the request when this cluster is picked.
    public var requestHeadersToAdd: [HeaderValueOption]
    /// Headers removed from the request when this cluster is picked.
    public var requestHeadersToRemove: [String]
    /// Headers added to the response when this cluster is picked.
    public var responseHeadersToAdd: [HeaderValueOption]
    /// Headers removed from the response when this cluster is picked.
    public var responseHeadersToRemove: [String]
    /// What replaces `Host` when this cluster is picked.
    public var hostRewriteLiteral: String
    /// What HTTP filters do when this cluster is picked, by the filters' names.
    public var typedPerFilterConfig: [String: HTTPFilterConfig]

    /// A weighted cluster.
    public init(
        name: String, weight: UInt32, requestHeadersToAdd: [HeaderValueOption] = [],
        requestHeadersToRemove: [String] = [], responseHeadersToAdd: [HeaderValueOption] = [],
        responseHeadersToRemove: [String] = [], hostRewriteLiteral: String = "",
        typedPerFilterConfig: [String: HTTPFilterConfig] = [:]
    ) {
        self.name = name
        self.weight = weight
        self.requestHeadersToAdd = requestHeadersToAdd
        self.requestHeadersToRemove = requestHeadersToRemove
        self.responseHeadersToAdd = responseHeadersToAdd
        self.responseHeadersToRemove = responseHeadersToRemove
        self.hostRewriteLiteral = hostRewriteLiteral
        self.typedPerFilterConfig = typedPerFilterConfig
    }
}

/// `envoy.config.route.v3.RedirectAction`.
public struct RedirectAction: Hashable, Sendable {
    /// What becomes of the path.
    public enum Path: Hashable, Sendable {
        /// It stays.
        case keep
        /// It is replaced whole.
        case replace(String)
        /// Its matched prefix is replaced.
        case replacePrefix(String)
        /// A part of it is replaced.
        case regex(RegexMatchAndSubstitute)
    }
    /// The new scheme; empty keeps it.
    public var scheme: String
    /// The new host; empty keeps it.
    public var host: String
    /// The new port; 0 leaves it to the scheme.
    public var port: UInt32
    /// What becomes of the path.
    public var path: Path
    /// The status, one of 301, 302, 303, 307 and 308.
    public var status: Int
    /// The query is left out.
    public var stripsQuery: Bool

    /// A redirect.
    public init(
        scheme: String = "", host: String = "", port: UInt32 = 0, path: Path = .keep,
        status: Int = 301, stripsQuery: Bool = false
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.status = status
        self.stripsQuery = stripsQuery
    }
}

/// `envoy.config.route.v3.DirectResponseAction`.
public struct DirectResponseAction: Hashable, Sendable {
    /// The status, 200 to 599.
    public var status: UInt32
    /// The body, plain text.
    public var body: String

    /// An answer in place.
    public init(status: UInt32, body: String = "") {
        self.status = status
        self.body = body
    }
}
