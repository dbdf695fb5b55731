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
        if message.transport_socket != nil { throw .unsupported("transport_socket") }
        self.init(
            name: String(message.name), discovery: try Discovery(message, in: arena),
            loadBalancing: try LoadBalancing(message),
            connectTimeout: try arena.read(message.connect_timeout, "connect_timeout"),
            usesHTTP2: try Self.usesHTTP2(message, in: arena))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        discovery.fill(&message, in: arena)
        message.lb_policy = loadBalancing.cValue
        message.connect_timeout = connectTimeout?.make(in: arena)
        guard usesHTTP2 else { return }
        let options = [HTTPProtocolOptions.messageName: HTTPProtocolOptions(usesHTTP2: true)]
        message.n_typed_extension_protocol_options = options.count
        message.typed_extension_protocol_options = arena.entries(
            options,
            envoy__config__cluster__v3__cluster__typed_extension_protocol_options_entry__init
        ) {
            $0.key = $1
            $0.value = $2.packed.make(in: arena)
        }
    }

    /// Envoy's extension, or the field it replaced.
    private static func usesHTTP2(_ message: CMessage, in arena: Arena) throws(XDSError) -> Bool {
        for index in 0..<message.n_typed_extension_protocol_options {
            guard let entry = message.typed_extension_protocol_options[index]?.pointee,
                String(entry.key) == HTTPProtocolOptions.messageName, let any = entry.value?.pointee
            else { continue }
            do throws(XDSError) {
                let url = String(any.type_url)
                guard
                    DescriptorTable.messageName(ofTypeURL: url[...])
                        == HTTPProtocolOptions.messageName
                else { throw .unknownType(url) }
                return try arena.read(any, as: HTTPProtocolOptions.self).usesHTTP2
            } catch {
                throw error.inside("typed_extension_protocol_options[\"\(String(entry.key))\"]")
            }
        }
        return message.http2_protocol_options != nil
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
            self = .staticEndpoints(
                try arena.read(message.load_assignment, "load_assignment")
                    ?? ClusterLoadAssignment(clusterName: String(message.name)))
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
        }
    }
}

extension Cluster.LoadBalancing {
    fileprivate init(_ message: Cluster.CMessage) throws(XDSError) {
        switch message.lb_policy {
        case Self.roundRobin.cValue: self = .roundRobin
        case Self.leastRequest.cValue: self = .leastRequest
        case Self.random.cValue: self = .random
        default: throw .unknownValue(message.lb_policy.rawValue, of: "lb_policy")
        }
    }

    fileprivate var cValue: Envoy__Config__Cluster__V3__Cluster__LbPolicy {
        switch self {
        case .roundRobin: ENVOY__CONFIG__CLUSTER__V3__CLUSTER__LB_POLICY__ROUND_ROBIN
        case .leastRequest: ENVOY__CONFIG__CLUSTER__V3__CLUSTER__LB_POLICY__LEAST_REQUEST
        case .random: ENVOY__CONFIG__CLUSTER__V3__CLUSTER__LB_POLICY__RANDOM
        }
    }
}

/// `envoy.extensions.upstreams.http.v3.HttpProtocolOptions`: which HTTP a cluster speaks.
private struct HTTPProtocolOptions: CRepresentable {
    typealias CMessage = Envoy__Extensions__Upstreams__Http__V3__HttpProtocolOptions

    static let messageName = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

    var usesHTTP2: Bool

    init(usesHTTP2: Bool) { self.usesHTTP2 = usesHTTP2 }

    var packed: AnyMessage {
        AnyMessage(
            typeURL: ResourceType.prefix + Self.messageName, value: PackableMessage(self).bytes())
    }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__upstreams__http__v3__http_protocol_options__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [4: "use_downstream_protocol_config", 5: "auto_config"])
        guard
            message.upstream_protocol_options_case
                == ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__UPSTREAM_PROTOCOL_OPTIONS_EXPLICIT_HTTP_CONFIG,
            let explicit = message.explicit_http_config?.pointee
        else { throw .unknownCase(of: "upstream_protocol_options") }
        switch explicit.protocol_config_case {
        case ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__EXPLICIT_HTTP_CONFIG__PROTOCOL_CONFIG_HTTP_PROTOCOL_OPTIONS:
            usesHTTP2 = false
        case ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__EXPLICIT_HTTP_CONFIG__PROTOCOL_CONFIG_HTTP2_PROTOCOL_OPTIONS:
            usesHTTP2 = true
        default: throw .unknownCase(of: "explicit_http_config.protocol_config")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.upstream_protocol_options_case =
            ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__UPSTREAM_PROTOCOL_OPTIONS_EXPLICIT_HTTP_CONFIG
        message.explicit_http_config = arena.cMessage(
            envoy__extensions__upstreams__http__v3__http_protocol_options__explicit_http_config__init
        ) {
            $0.protocol_config_case =
                ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__EXPLICIT_HTTP_CONFIG__PROTOCOL_CONFIG_HTTP2_PROTOCOL_OPTIONS
            $0.http2_protocol_options = arena.cMessage(
                envoy__config__core__v3__http2_protocol_options__init
            ) { _ in }
        }
    }
}
