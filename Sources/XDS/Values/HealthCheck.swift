/// `grpc.health.v1.HealthCheckRequest`.
public struct HealthCheckRequest: Hashable, Sendable {
    /// The service that is asked about; empty: the server as a whole.
    public var service: String

    /// A request.
    public init(service: String = "") {
        self.service = service
    }
}

/// `grpc.health.v1.HealthCheckResponse`.
public struct HealthCheckResponse: Hashable, Sendable {
    /// `ServingStatus`.
    public enum ServingStatus: UInt32, Hashable, Sendable {
        /// Not known.
        case unknown = 0
        /// It takes calls.
        case serving = 1
        /// It takes none.
        case notServing = 2
        /// There is no such service; only `Watch` says so.
        case serviceUnknown = 3
    }
    /// The service's state.
    public var status: ServingStatus

    /// A response.
    public init(status: ServingStatus) {
        self.status = status
    }
}

/// `grpc.health.v1.HealthListRequest`.
public struct HealthListRequest: Hashable, Sendable {
    /// A request.
    public init() {}
}

/// `grpc.health.v1.HealthListResponse`.
public struct HealthListResponse: Hashable, Sendable {
    /// The state of each service, by name.
    public var statuses: [String: HealthCheckResponse]

    /// A response.
    public init(statuses: [String: HealthCheckResponse] = [:]) {
        self.statuses = statuses
    }
}
