package import XDS

/// When a route's requests are tried again.
///
/// Source: Envoy's `RetryPolicy`, and its router's reading of it.
package struct CompiledRetry: Sendable {
    /// A reason to try again.
    package struct Reasons: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Any status of 500 and above, and no answer.
        package static let serverErrors = Reasons(rawValue: 1 << 0)
        /// 502, 503 and 504, and no answer.
        package static let gatewayErrors = Reasons(rawValue: 1 << 1)
        /// No answer.
        package static let reset = Reasons(rawValue: 1 << 2)
        /// The endpoint could not be reached.
        package static let connectFailure = Reasons(rawValue: 1 << 3)
        /// The endpoint refused the stream before it looked at it.
        package static let refusedStream = Reasons(rawValue: 1 << 4)
        /// 409.
        package static let conflict = Reasons(rawValue: 1 << 5)
        /// One of ``CompiledRetry/statuses``.
        package static let statuses = Reasons(rawValue: 1 << 6)
    }

    /// What leads to another try.
    package let reasons: Reasons
    /// How often it is tried again.
    package let count: UInt32
    /// How long one try may take, in nanoseconds; 0 is no bound of its own.
    package let tryTimeout: UInt64
    /// The first pause, in nanoseconds, which no pause is shorter than.
    package let baseInterval: UInt64
    /// The longest pause, in nanoseconds.
    package let longestInterval: UInt64

    private let statuses: Set<Int>
    private let grpcStatuses: Set<Int>

    /// How much of a request's body is kept to be sent again; a longer one is sent once.
    package static let keptBody = 1024 * 1024

    init(_ policy: RetryPolicy, at place: String, errors: inout ErrorCollector) {
        var reasons: Reasons = []
        var grpcStatuses: Set<Int> = []
        for word in policy.retryOn.split(whereSeparator: { $0 == "," || $0 == " " }) {
            switch word {
            case "5xx": reasons.insert(.serverErrors)
            case "gateway-error": reasons.insert(.gatewayErrors)
            case "reset": reasons.insert(.reset)
            case "connect-failure", "reset-before-request": reasons.insert(.connectFailure)
            case "refused-stream": reasons.insert(.refusedStream)
            case "retriable-4xx": reasons.insert(.conflict)
            case "retriable-status-codes": reasons.insert(.statuses)
            case "cancelled": grpcStatuses.insert(1)
            case "deadline-exceeded": grpcStatuses.insert(4)
            case "resource-exhausted": grpcStatuses.insert(8)
            case "internal": grpcStatuses.insert(13)
            case "unavailable": grpcStatuses.insert(14)
            // Envoy leaves out what it does not know as well.
            default: continue
            }
        }
        self.reasons = reasons
        self.grpcStatuses = grpcStatuses
        statuses = Set(policy.retriableStatusCodes.map(Int.init))
        count = policy.numRetries ?? 1
        tryTimeout = policy.perTryTimeout?.wholeNanoseconds ?? 0
        if policy.perTryIdleTimeout != nil {
            errors.unsupported(
                "\(place).per_try_idle_timeout", "use per_try_timeout or the route's idle_timeout")
        }
        let base = policy.retryBackOff.map { max($0.baseInterval.wholeNanoseconds, 1_000_000) }
        baseInterval = base ?? 25_000_000
        let longest = policy.retryBackOff?.maxInterval?.wholeNanoseconds
        let (tenfold, overflows) = baseInterval.multipliedReportingOverflow(by: 10)
        longestInterval = longest.map { max($0, 1_000_000) } ?? (overflows ? .max : tenfold)
        if longestInterval < baseInterval {
            errors.invalid(
                "\(place).retry_back_off.max_interval", "it is shorter than base_interval")
        }
    }

    /// Whether a response with a status is to be tried again.
    ///
    /// - Parameter grpcStatus: Of a response that ends with its head.
    package func takes(status: Int, grpcStatus: Int?) -> Bool {
        if reasons.contains(.serverErrors) && (500...599).contains(status) { return true }
        if reasons.contains(.gatewayErrors) && (502...504).contains(status) { return true }
        if reasons.contains(.conflict) && status == 409 { return true }
        if reasons.contains(.statuses) && statuses.contains(status) { return true }
        return grpcStatus.map(grpcStatuses.contains) ?? false
    }

    /// The pause before a retry, in nanoseconds: never less than the base, doubling at most to
    /// the longest, by chance in between.
    ///
    /// Envoy picks from zero on. The Gateway API calls the interval a minimum (GEP-1731).
    ///
    /// - Parameter retry: Which one, from 1 on.
    package func pause(before retry: UInt32, using random: inout RandomSource) -> UInt64 {
        let doublings = UInt64(min(retry, 20))
        let (doubled, overflows) = baseInterval.multipliedReportingOverflow(by: 1 << doublings)
        let ceiling = overflows ? longestInterval : min(doubled, longestInterval)
        return baseInterval + random.next(below: max(ceiling, baseInterval) - baseInterval &+ 1)
    }
}

/// Where copies of a route's requests go.
package struct CompiledMirror: Sendable {
    /// The cluster's slot, see ``CompiledCluster/slot``.
    package let clusterSlot: Int
    /// The share of the requests that is copied; nil is all.
    package let fraction: FractionalPercent?
    /// `Host` stays; else `-shadow` is put behind its name.
    package let keepsHost: Bool
}
