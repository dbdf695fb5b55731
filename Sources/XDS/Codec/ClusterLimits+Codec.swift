internal import CEnvoyAPI

extension CircuitBreakerThresholds: CRepresentable {
    typealias CMessage = Envoy__Config__Cluster__V3__CircuitBreakers__Thresholds

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__cluster__v3__circuit_breakers__thresholds__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard let priority = Priority(rawValue: message.priority.rawValue) else {
            throw .unknownValue(message.priority.rawValue, of: "priority")
        }
        self.init(
            priority: priority, maxConnections: message.max_connections?.pointee.value,
            maxPendingRequests: message.max_pending_requests?.pointee.value,
            maxRequests: message.max_requests?.pointee.value,
            maxRetries: message.max_retries?.pointee.value,
            retryBudget: try arena.read(message.retry_budget, "retry_budget"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.priority = .init(rawValue: priority.rawValue)
        message.max_connections = maxConnections.map(arena.wrapped)
        message.max_pending_requests = maxPendingRequests.map(arena.wrapped)
        message.max_requests = maxRequests.map(arena.wrapped)
        message.max_retries = maxRetries.map(arena.wrapped)
        message.retry_budget = retryBudget?.make(in: arena)
    }
}

extension RetryBudget: CRepresentable {
    typealias CMessage = Envoy__Config__Cluster__V3__CircuitBreakers__Thresholds__RetryBudget

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__cluster__v3__circuit_breakers__thresholds__retry_budget__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        let percent = message.budget_percent?.pointee.value
        if let percent, !(0...100).contains(percent) {
            throw .invalid("\(percent) is no percentage; use 0 to 100", at: "budget_percent.value")
        }
        self.init(
            budgetPercent: percent,
            minRetryConcurrency: message.min_retry_concurrency?.pointee.value)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.budget_percent = budgetPercent.map { percent in
            arena.cMessage(envoy__type__v3__percent__init) { $0.value = percent }
        }
        message.min_retry_concurrency = minRetryConcurrency.map(arena.wrapped)
    }
}

extension OutlierDetection: CRepresentable {
    typealias CMessage = Envoy__Config__Cluster__V3__OutlierDetection

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__cluster__v3__outlier_detection__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            consecutive5xx: message.consecutive_5xx?.pointee.value,
            consecutiveGatewayFailure: message.consecutive_gateway_failure?.pointee.value,
            enforcingConsecutive5xx: message.enforcing_consecutive_5xx?.pointee.value,
            enforcingConsecutiveGatewayFailure: message.enforcing_consecutive_gateway_failure?
                .pointee.value,
            interval: try arena.read(message.interval, "interval"),
            baseEjectionTime: try arena.read(message.base_ejection_time, "base_ejection_time"),
            maxEjectionTime: try arena.read(message.max_ejection_time, "max_ejection_time"),
            maxEjectionPercent: message.max_ejection_percent?.pointee.value)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.consecutive_5xx = consecutive5xx.map(arena.wrapped)
        message.consecutive_gateway_failure = consecutiveGatewayFailure.map(arena.wrapped)
        message.enforcing_consecutive_5xx = enforcingConsecutive5xx.map(arena.wrapped)
        message.enforcing_consecutive_gateway_failure = enforcingConsecutiveGatewayFailure.map(
            arena.wrapped)
        message.interval = interval?.make(in: arena)
        message.base_ejection_time = baseEjectionTime?.make(in: arena)
        message.max_ejection_time = maxEjectionTime?.make(in: arena)
        message.max_ejection_percent = maxEjectionPercent.map(arena.wrapped)
    }
}
