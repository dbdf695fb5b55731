internal import CEnvoyAPI

extension Cluster: CRepresentable {
    typealias CMessage = Envoy__Config__Cluster__V3__Cluster

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__cluster__v3__cluster__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(
            message,
            [
                38: "cluster_type", 41: "load_balancing_policy", 43: "transport_socket_matches",
                59: "transport_socket_matcher",
            ])
        guard let family = DNSLookupFamily(rawValue: message.dns_lookup_family.rawValue) else {
            throw .unknownValue(message.dns_lookup_family.rawValue, of: "dns_lookup_family")
        }
        self.init(
            name: String(message.name), discovery: try Discovery(message, in: arena),
            loadBalancing: try LoadBalancing(message),
            connectTimeout: try arena.read(message.connect_timeout, "connect_timeout"),
            httpVersion: try Self.httpVersion(message, in: arena),
            transportSocket: try arena.read(message.transport_socket, "transport_socket"),
            usesLocalityWeights: message.common_lb_config?.pointee.locality_config_specifier_case
                == Self.localityWeighted,
            circuitBreakers: try Self.circuitBreakers(message, in: arena),
            outlierDetection: try arena.read(message.outlier_detection, "outlier_detection"),
            dnsLookupFamily: family)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        discovery.fill(&message, in: arena)
        message.lb_policy = loadBalancing.cValue
        message.connect_timeout = connectTimeout?.make(in: arena)
        message.transport_socket = transportSocket?.make(in: arena)
        if usesLocalityWeights { message.common_lb_config = Self.localityWeights(in: arena) }
        if !circuitBreakers.isEmpty {
            message.circuit_breakers = arena.cMessage(
                envoy__config__cluster__v3__circuit_breakers__init
            ) {
                $0.n_thresholds = circuitBreakers.count
                $0.thresholds = arena.messages(circuitBreakers)
            }
        }
        message.outlier_detection = outlierDetection?.make(in: arena)
        message.dns_lookup_family = .init(rawValue: dnsLookupFamily.rawValue)
        guard httpVersion != .http1 else { return }
        let options = [HTTPProtocolOptions.messageName: HTTPProtocolOptions(httpVersion)]
        message.n_typed_extension_protocol_options = options.count
        message.typed_extension_protocol_options = arena.entries(
            options,
            envoy__config__cluster__v3__cluster__typed_extension_protocol_options_entry__init
        ) {
            $0.key = $1
            $0.value = AnyMessage(config: $2).make(in: arena)
        }
    }

    private static let localityWeighted =
        ENVOY__CONFIG__CLUSTER__V3__CLUSTER__COMMON_LB_CONFIG__LOCALITY_CONFIG_SPECIFIER_LOCALITY_WEIGHTED_LB_CONFIG

    private static func localityWeights(
        in arena: Arena
    ) -> UnsafeMutablePointer<Envoy__Config__Cluster__V3__Cluster__CommonLbConfig> {
        arena.cMessage(envoy__config__cluster__v3__cluster__common_lb_config__init) {
            $0.locality_config_specifier_case = localityWeighted
            $0.locality_weighted_lb_config = arena.cMessage(
                envoy__config__cluster__v3__cluster__common_lb_config__locality_weighted_lb_config__init
            ) { _ in }
        }
    }

    private static func circuitBreakers(
        _ message: CMessage, in arena: Arena
    ) throws(XDSError) -> [CircuitBreakerThresholds] {
        guard let breakers = message.circuit_breakers?.pointee else { return [] }
        return try arena.read(
            breakers.thresholds, count: breakers.n_thresholds, "circuit_breakers.thresholds")
    }

    /// Envoy's extension, or the field it replaced.
    private static func httpVersion(
        _ message: CMessage, in arena: Arena
    ) throws(XDSError) -> HTTPVersion {
        for index in 0..<message.n_typed_extension_protocol_options {
            guard let entry = message.typed_extension_protocol_options[index]?.pointee,
                String(entry.key) == HTTPProtocolOptions.messageName, let any = entry.value?.pointee
            else { continue }
            do throws(XDSError) {
                guard any.holds(HTTPProtocolOptions.self) else {
                    throw .unknownType(String(any.type_url))
                }
                return try arena.read(any, as: HTTPProtocolOptions.self).version
            } catch {
                throw error.inside("typed_extension_protocol_options[\"\(String(entry.key))\"]")
            }
        }
        return message.http2_protocol_options != nil ? .http2 : .http1
    }
}

extension Cluster: ResourceMessage {
    /// CDS.
    public static let resourceType = ResourceType.cluster
    /// The name it is asked for by.
    public var resourceName: String { name }

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: true)
    }
}

extension Cluster.Discovery {
    fileprivate init(_ message: Cluster.CMessage, in arena: Arena) throws(XDSError) {
        switch message.type {
        case ENVOY__CONFIG__CLUSTER__V3__CLUSTER__DISCOVERY_TYPE__STATIC:
            self = .staticEndpoints(try Self.assignment(message, in: arena))
        case ENVOY__CONFIG__CLUSTER__V3__CLUSTER__DISCOVERY_TYPE__STRICT_DNS:
            self = .strictDNS(try Self.assignment(message, in: arena))
        case ENVOY__CONFIG__CLUSTER__V3__CLUSTER__DISCOVERY_TYPE__LOGICAL_DNS:
            self = .logicalDNS(try Self.assignment(message, in: arena))
        case ENVOY__CONFIG__CLUSTER__V3__CLUSTER__DISCOVERY_TYPE__EDS:
            guard let eds = message.eds_cluster_config?.pointee else {
                throw XDSError(.invalid, "an EDS cluster needs it", at: "eds_cluster_config")
            }
            _ = try arena.readRequired(
                eds.eds_config, "eds_cluster_config.eds_config", as: ADSConfigSource.self)
            self = .eds(serviceName: String(eds.service_name))
        default: throw .unknownValue(message.type.rawValue, of: "type")
        }
    }

    private static func assignment(
        _ message: Cluster.CMessage, in arena: Arena
    ) throws(XDSError) -> ClusterLoadAssignment {
        try arena.read(message.load_assignment, "load_assignment")
            ?? ClusterLoadAssignment(clusterName: String(message.name))
    }

    fileprivate func fill(_ message: inout Cluster.CMessage, in arena: Arena) {
        message.cluster_discovery_type_case =
            ENVOY__CONFIG__CLUSTER__V3__CLUSTER__CLUSTER_DISCOVERY_TYPE_TYPE
        switch self {
        case .eds(let serviceName):
            message.type = ENVOY__CONFIG__CLUSTER__V3__CLUSTER__DISCOVERY_TYPE__EDS
            message.eds_cluster_config = arena.cMessage(
                envoy__config__cluster__v3__cluster__eds_cluster_config__init
            ) {
                $0.eds_config = ADSConfigSource().make(in: arena)
                $0.service_name = arena.text(serviceName)
            }
        case .staticEndpoints(let assignment):
            message.type = ENVOY__CONFIG__CLUSTER__V3__CLUSTER__DISCOVERY_TYPE__STATIC
            message.load_assignment = assignment.make(in: arena)
        case .strictDNS(let assignment):
            message.type = ENVOY__CONFIG__CLUSTER__V3__CLUSTER__DISCOVERY_TYPE__STRICT_DNS
            message.load_assignment = assignment.make(in: arena)
        case .logicalDNS(let assignment):
            message.type = ENVOY__CONFIG__CLUSTER__V3__CLUSTER__DISCOVERY_TYPE__LOGICAL_DNS
            message.load_assignment = assignment.make(in: arena)
        }
    }
}

extension Cluster.LoadBalancing {
    fileprivate init(_ message: Cluster.CMessage) throws(XDSError) {
        switch message.lb_policy {
        case Self.roundRobin.cValue: self = .roundRobin
        case Self.leastRequest.cValue: self = .leastRequest
        case Self.random.cValue: self = .random
        case Self.ringHash.cValue: self = .ringHash
        case Self.maglev.cValue: self = .maglev
        default: throw .unknownValue(message.lb_policy.rawValue, of: "lb_policy")
        }
    }

    fileprivate var cValue: Envoy__Config__Cluster__V3__Cluster__LbPolicy {
        switch self {
        case .roundRobin: ENVOY__CONFIG__CLUSTER__V3__CLUSTER__LB_POLICY__ROUND_ROBIN
        case .leastRequest: ENVOY__CONFIG__CLUSTER__V3__CLUSTER__LB_POLICY__LEAST_REQUEST
        case .random: ENVOY__CONFIG__CLUSTER__V3__CLUSTER__LB_POLICY__RANDOM
        case .ringHash: ENVOY__CONFIG__CLUSTER__V3__CLUSTER__LB_POLICY__RING_HASH
        case .maglev: ENVOY__CONFIG__CLUSTER__V3__CLUSTER__LB_POLICY__MAGLEV
        }
    }
}
