/// How traffic to backends is handled: a budget for retries, and sessions.
///
/// Fields and defaults are those of `gateway.networking.x-k8s.io/v1alpha1` XBackendTrafficPolicy's
/// `spec`.
public struct XBackendTrafficPolicy: TypedContent {
    /// The backends, 1 to 16, distinct, never a part of one.
    public var targetRefs: [PolicyTargetReference]
    /// How many retries a backend takes; nil sets no bound.
    public var retryConstraint: RetryConstraint?
    /// How a session keeps its endpoint.
    public var sessionPersistence: HTTPRoute.SessionPersistence?

    /// Makes one with the API's defaults for the rest.
    public init(targetRefs: [PolicyTargetReference]) {
        self.targetRefs = targetRefs
    }

    /// `XBackendTrafficPolicy`.
    public static var groupKind: GroupKind { .xBackendTrafficPolicy }
}

extension XBackendTrafficPolicy {
    /// A budget for retries; a retry over it answers 503.
    public struct RetryConstraint: Sendable, Hashable {
        /// The share of the requests that may be retries.
        public var budget = Budget()
        /// The rate of retries that is always allowed.
        public var minRetryRate = RequestRate()

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// The share of the requests that may be retries.
    public struct Budget: Sendable, Hashable {
        /// How many of a hundred active requests, 0 to 100.
        public var percent = 20
        /// The time over which requests are counted, one second to one hour.
        public var interval: Duration = .seconds(10)

        /// Makes one with the API's defaults.
        public init() {}
    }

    /// A rate of requests.
    public struct RequestRate: Sendable, Hashable {
        /// How many requests, 1 to 1,000,000.
        public var count = 10
        /// In which time, more than zero, at most one hour.
        public var interval: Duration = .seconds(1)

        /// Makes one with the API's defaults.
        public init() {}
    }
}
