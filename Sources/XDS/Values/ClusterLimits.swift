/// `envoy.config.cluster.v3.CircuitBreakers.Thresholds`: what a cluster may have under way.
///
/// Nil is the client's default (Envoy: 1024 each, 3 retries).
public struct CircuitBreakerThresholds: Hashable, Sendable {
    /// `envoy.config.core.v3.RoutingPriority`.
    public enum Priority: UInt32, Hashable, Sendable {
        /// Requests of ordinary routes.
        case `default` = 0
        /// Requests of routes of high priority.
        case high = 1
    }
    /// The requests that are meant.
    public var priority: Priority
    /// The most connections.
    public var maxConnections: UInt32?
    /// The most requests that wait for a connection.
    public var maxPendingRequests: UInt32?
    /// The most requests under way.
    public var maxRequests: UInt32?
    /// The most retries under way; not read where there is a budget.
    public var maxRetries: UInt32?
    /// The share of the requests under way that may be retries.
    public var retryBudget: RetryBudget?

    /// Thresholds.
    public init(
        priority: Priority = .default, maxConnections: UInt32? = nil,
        maxPendingRequests: UInt32? = nil, maxRequests: UInt32? = nil, maxRetries: UInt32? = nil,
        retryBudget: RetryBudget? = nil
    ) {
        self.priority = priority
        self.maxConnections = maxConnections
        self.maxPendingRequests = maxPendingRequests
        self.maxRequests = maxRequests
        self.maxRetries = maxRetries
        self.retryBudget = retryBudget
    }
}

/// `envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget`.
public struct RetryBudget: Hashable, Sendable {
    /// The share of the requests under way and pending that may be retries, 0 to 100; nil is the
    /// client's default (Envoy: 20).
    public var budgetPercent: Double?
    /// How many retries may be under way whatever the share; nil is the client's default (Envoy: 3).
    public var minRetryConcurrency: UInt32?

    /// A budget.
    public init(budgetPercent: Double? = nil, minRetryConcurrency: UInt32? = nil) {
        self.budgetPercent = budgetPercent
        self.minRetryConcurrency = minRetryConcurrency
    }
}

/// `envoy.config.cluster.v3.OutlierDetection`: an endpoint that fails is left out for a while.
///
/// Nil is the client's default.
public struct OutlierDetection: Hashable, Sendable {
    /// So many answers of 500 and above in a row (Envoy: 5).
    public var consecutive5xx: UInt32?
    /// So many answers of 502, 503 and 504 in a row (Envoy: 5).
    public var consecutiveGatewayFailure: UInt32?
    /// The share of the endpoints that `consecutive5xx` leaves out when it finds them, 0 to 100.
    public var enforcingConsecutive5xx: UInt32?
    /// The share of those that `consecutiveGatewayFailure` leaves out, 0 to 100 (Envoy: 0).
    public var enforcingConsecutiveGatewayFailure: UInt32?
    /// How often it is looked at which come back (Envoy: 10 s).
    public var interval: Duration?
    /// How long an endpoint is left out, times how often it has been (Envoy: 30 s).
    public var baseEjectionTime: Duration?
    /// How long an endpoint is left out at most (Envoy: 300 s).
    public var maxEjectionTime: Duration?
    /// The most endpoints that are left out, in percent (Envoy: 10).
    public var maxEjectionPercent: UInt32?

    /// Outlier detection.
    public init(
        consecutive5xx: UInt32? = nil, consecutiveGatewayFailure: UInt32? = nil,
        enforcingConsecutive5xx: UInt32? = nil, enforcingConsecutiveGatewayFailure: UInt32? = nil,
        interval: Duration? = nil, baseEjectionTime: Duration? = nil,
        maxEjectionTime: Duration? = nil, maxEjectionPercent: UInt32? = nil
    ) {
        self.consecutive5xx = consecutive5xx
        self.consecutiveGatewayFailure = consecutiveGatewayFailure
        self.enforcingConsecutive5xx = enforcingConsecutive5xx
        self.enforcingConsecutiveGatewayFailure = enforcingConsecutiveGatewayFailure
        self.interval = interval
        self.baseEjectionTime = baseEjectionTime
        self.maxEjectionTime = maxEjectionTime
        self.maxEjectionPercent = maxEjectionPercent
    }
}
