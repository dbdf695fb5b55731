internal import CEnvoyAPI

extension ClusterLoadAssignment: CRepresentable {
    typealias CMessage = Envoy__Config__Endpoint__V3__ClusterLoadAssignment

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__endpoint__v3__cluster_load_assignment__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            clusterName: String(message.cluster_name),
            endpoints: try arena.read(message.endpoints, count: message.n_endpoints, "endpoints"))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.cluster_name = arena.text(clusterName)
        message.n_endpoints = endpoints.count
        message.endpoints = arena.messages(endpoints)
    }
}

extension ClusterLoadAssignment: ResourceMessage {
    /// EDS.
    public static let resourceType = ResourceType.endpoints
    /// The name it is asked for by.
    public var resourceName: String { clusterName }

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: true)
    }
}

extension LocalityLbEndpoints: CRepresentable {
    typealias CMessage = Envoy__Config__Endpoint__V3__LocalityLbEndpoints

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__endpoint__v3__locality_lb_endpoints__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [7: "load_balancer_endpoints", 8: "leds_cluster_locality_config"])
        self.init(
            locality: try arena.read(message.locality, "locality") ?? Locality(),
            loadBalancingWeight: try weight(message.load_balancing_weight),
            priority: message.priority,
            lbEndpoints: try arena.read(
                message.lb_endpoints, count: message.n_lb_endpoints, "lb_endpoints"))
    }

    /// The locality is always sent: proxyless gRPC refuses an entry without one.
    func fill(_ message: inout CMessage, in arena: Arena) {
        message.locality = locality.make(in: arena)
        message.load_balancing_weight = arena.wrapped(loadBalancingWeight)
        message.priority = priority
        message.n_lb_endpoints = lbEndpoints.count
        message.lb_endpoints = arena.messages(lbEndpoints)
    }
}

extension LbEndpoint: CRepresentable {
    typealias CMessage = Envoy__Config__Endpoint__V3__LbEndpoint

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__endpoint__v3__lb_endpoint__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard
            message.host_identifier_case
                == ENVOY__CONFIG__ENDPOINT__V3__LB_ENDPOINT__HOST_IDENTIFIER_ENDPOINT,
            let endpoint = message.endpoint?.pointee
        else { throw .unknownCase(of: "host_identifier") }
        self.init(
            address: try arena.readRequired(endpoint.address, "endpoint.address"),
            healthStatus: try HealthStatus(message.health_status),
            loadBalancingWeight: try weight(message.load_balancing_weight))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.host_identifier_case =
            ENVOY__CONFIG__ENDPOINT__V3__LB_ENDPOINT__HOST_IDENTIFIER_ENDPOINT
        message.endpoint = arena.cMessage(envoy__config__endpoint__v3__endpoint__init) {
            $0.address = address.make(in: arena)
        }
        message.health_status = healthStatus.cValue
        message.load_balancing_weight = arena.wrapped(loadBalancingWeight)
    }
}

extension LbEndpoint.HealthStatus {
    /// A time-out is unhealthy; a degraded endpoint serves.
    fileprivate init(_ value: Envoy__Config__Core__V3__HealthStatus) throws(XDSError) {
        switch value {
        case ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__UNKNOWN: self = .unknown
        case ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__HEALTHY,
            ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__DEGRADED:
            self = .healthy
        case ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__UNHEALTHY,
            ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__TIMEOUT:
            self = .unhealthy
        case ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__DRAINING: self = .draining
        default: throw .unknownValue(value.rawValue, of: "health_status")
        }
    }

    fileprivate var cValue: Envoy__Config__Core__V3__HealthStatus {
        switch self {
        case .unknown: ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__UNKNOWN
        case .healthy: ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__HEALTHY
        case .unhealthy: ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__UNHEALTHY
        case .draining: ENVOY__CONFIG__CORE__V3__HEALTH_STATUS__DRAINING
        }
    }
}

/// A `load_balancing_weight`: 1 when left out, never 0.
private func weight(
    _ value: UnsafeMutablePointer<Google__Protobuf__UInt32Value>?
) throws(XDSError) -> UInt32 {
    guard let value = value?.pointee.value else { return 1 }
    guard value > 0 else {
        throw XDSError(.invalid, "a weight is at least 1", at: "load_balancing_weight")
    }
    return value
}
