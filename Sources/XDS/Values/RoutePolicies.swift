/// `envoy.type.v3.FractionalPercent`, as `RuntimeFractionalPercent` holds it; a key of the client's
/// runtime is not read.
public struct FractionalPercent: Hashable, Sendable {
    /// `DenominatorType`.
    public enum Denominator: UInt32, Hashable, Sendable {
        /// 100.
        case hundred = 0
        /// 10,000.
        case tenThousand = 1
        /// 1,000,000.
        case million = 2

        /// The number.
        public var value: UInt32 {
            switch self {
            case .hundred: 100
            case .tenThousand: 10_000
            case .million: 1_000_000
            }
        }
    }
    /// How many of `denominator`; more than all is all.
    public var numerator: UInt32
    /// Out of how many.
    public var denominator: Denominator

    /// A fraction.
    public init(numerator: UInt32, denominator: Denominator = .hundred) {
        self.numerator = numerator
        self.denominator = denominator
    }
}

/// `envoy.type.matcher.v3.RegexMatchAndSubstitute`.
public struct RegexMatchAndSubstitute: Hashable, Sendable {
    /// An RE2 expression; every part that matches is replaced.
    public var pattern: String
    /// What replaces it; `\1` to `\9` are groups of the match.
    public var substitution: String

    /// A rewrite.
    public init(pattern: String, substitution: String) {
        self.pattern = pattern
        self.substitution = substitution
    }
}

/// `envoy.config.route.v3.RetryPolicy`.
public struct RetryPolicy: Hashable, Sendable {
    /// `RetryBackOff`: the pause before a retry, doubled each time and picked by chance below.
    public struct BackOff: Hashable, Sendable {
        /// The first pause.
        public var baseInterval: Duration
        /// The longest pause; nil is ten times the first.
        public var maxInterval: Duration?

        /// A pause.
        public init(baseInterval: Duration, maxInterval: Duration? = nil) {
            self.baseInterval = baseInterval
            self.maxInterval = maxInterval
        }
    }
    /// When to try again, by Envoy's names, separated by commas: `5xx`, `gateway-error`, `reset`,
    /// `connect-failure`, `refused-stream`, `retriable-status-codes`, `unavailable` and others.
    public var retryOn: String
    /// How many retries; nil is 1.
    public var numRetries: UInt32?
    /// The bound of one try; nil is the route's timeout.
    public var perTryTimeout: Duration?
    /// How long one try may be silent; nil is no bound.
    public var perTryIdleTimeout: Duration?
    /// The statuses that `retriable-status-codes` means.
    public var retriableStatusCodes: [UInt32]
    /// The pause before a retry; nil is the client's default (Envoy: 25 ms, at most 250 ms).
    public var retryBackOff: BackOff?

    /// A policy.
    public init(
        retryOn: String, numRetries: UInt32? = nil, perTryTimeout: Duration? = nil,
        perTryIdleTimeout: Duration? = nil, retriableStatusCodes: [UInt32] = [],
        retryBackOff: BackOff? = nil
    ) {
        self.retryOn = retryOn
        self.numRetries = numRetries
        self.perTryTimeout = perTryTimeout
        self.perTryIdleTimeout = perTryIdleTimeout
        self.retriableStatusCodes = retriableStatusCodes
        self.retryBackOff = retryBackOff
    }
}

/// `envoy.config.route.v3.RouteAction.RequestMirrorPolicy`.
public struct RequestMirrorPolicy: Hashable, Sendable {
    /// Where the copies go; what is answered there is dropped.
    public var cluster: String
    /// The share of the requests that is copied; nil is all.
    public var runtimeFraction: FractionalPercent?
    /// `Host` stays; else `-shadow` is put behind it.
    public var keepsHost: Bool

    /// A policy.
    public init(
        cluster: String, runtimeFraction: FractionalPercent? = nil, keepsHost: Bool = false
    ) {
        self.cluster = cluster
        self.runtimeFraction = runtimeFraction
        self.keepsHost = keepsHost
    }
}

/// `envoy.config.route.v3.RouteAction.HashPolicy`.
public struct HashPolicy: Hashable, Sendable {
    /// What is hashed.
    public enum Specifier: Hashable, Sendable {
        /// A header's value.
        case header(String)
        /// A cookie's value; with a time to live, a cookie is set where there is none.
        case cookie(name: String, ttl: Duration?, path: String)
        /// The peer's address.
        case sourceIP
        /// A query parameter's value.
        case queryParameter(String)
    }
    /// What is hashed.
    public var specifier: Specifier
    /// Where there is something to hash, the policies after this one are not looked at.
    public var isTerminal: Bool

    /// A policy.
    public init(_ specifier: Specifier, isTerminal: Bool = false) {
        self.specifier = specifier
        self.isTerminal = isTerminal
    }
}
