internal import CEnvoyAPI

extension ListenerFilter: CRepresentable {
    typealias CMessage = Envoy__Config__Listener__V3__ListenerFilter

    private static let tlsInspectorName =
        "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__listener__v3__listener_filter__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [4: "filter_disabled"])
        guard
            message.config_type_case
                == ENVOY__CONFIG__LISTENER__V3__LISTENER_FILTER__CONFIG_TYPE_TYPED_CONFIG,
            let any = message.typed_config?.pointee
        else { throw .unknownCase(of: "config_type") }
        let config: Config
        do throws(XDSError) {
            if any.messageName == Self.tlsInspectorName {
                config = .tlsInspector
            } else if any.holds(UDPProxy.self) {
                config = .udpProxy(try arena.read(any, as: UDPProxy.self))
            } else {
                config = .other(try AnyMessage(any, in: arena))
            }
        } catch {
            throw error.inside("typed_config")
        }
        self.init(name: String(message.name), config: config)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.name = arena.text(name)
        message.config_type_case =
            ENVOY__CONFIG__LISTENER__V3__LISTENER_FILTER__CONFIG_TYPE_TYPED_CONFIG
        let any =
            switch config {
            case .tlsInspector: AnyMessage(emptyConfig: Self.tlsInspectorName)
            case .udpProxy(let proxy): AnyMessage(config: proxy)
            case .other(let any): any
            }
        message.typed_config = any.make(in: arena)
    }
}

extension UDPProxy: ConfigMessage {
    typealias CMessage = Envoy__Extensions__Filters__Udp__UdpProxy__V3__UdpProxyConfig

    static let messageName = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__udp__udp_proxy__v3__udp_proxy_config__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(
            message,
            [
                4: "use_original_src_ip", 5: "hash_policies", 11: "session_filters",
                12: "tunneling_config",
            ])
        self.init(
            statPrefix: String(message.stat_prefix),
            cluster: try Self.cluster(message, in: arena),
            idleTimeout: try arena.read(message.idle_timeout, "idle_timeout"),
            usesPerPacketLoadBalancing: message.use_per_packet_load_balancing != 0)
    }

    /// The deprecated field, or a matcher that sends everything to one cluster.
    private static func cluster(
        _ message: CMessage, in arena: Arena
    ) throws(XDSError) -> String {
        switch message.route_specifier_case {
        case ENVOY__EXTENSIONS__FILTERS__UDP__UDP_PROXY__V3__UDP_PROXY_CONFIG__ROUTE_SPECIFIER_CLUSTER:
            return String(message.cluster)
        case ENVOY__EXTENSIONS__FILTERS__UDP__UDP_PROXY__V3__UDP_PROXY_CONFIG__ROUTE_SPECIFIER_MATCHER:
            return try arena.readRequired(message.matcher, "matcher", as: UDPMatcher.self).cluster
        default: throw .unknownCase(of: "route_specifier")
        }
    }

    /// Envoy is to remove `cluster`, which is deprecated.
    func fill(_ message: inout CMessage, in arena: Arena) {
        message.stat_prefix = arena.text(statPrefix)
        message.route_specifier_case =
            ENVOY__EXTENSIONS__FILTERS__UDP__UDP_PROXY__V3__UDP_PROXY_CONFIG__ROUTE_SPECIFIER_MATCHER
        message.matcher = UDPMatcher(cluster: cluster).make(in: arena)
        message.idle_timeout = idleTimeout?.make(in: arena)
        message.use_per_packet_load_balancing = usesPerPacketLoadBalancing ? 1 : 0
    }
}

/// `xds.type.matcher.v3.Matcher` without conditions: all sessions go to one cluster.
private struct UDPMatcher: CRepresentable {
    typealias CMessage = Xds__Type__Matcher__V3__Matcher

    var cluster: String

    init(cluster: String) { self.cluster = cluster }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        xds__type__matcher__v3__matcher__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuseConditions(message, except: [3])
        guard let otherwise = message.on_no_match?.pointee,
            otherwise.on_match_case == XDS__TYPE__MATCHER__V3__MATCHER__ON_MATCH__ON_MATCH_ACTION,
            let any = otherwise.action?.pointee.typed_config?.pointee
        else { throw .unknownCase(of: "on_no_match.on_match") }
        do throws(XDSError) {
            guard any.holds(UDPRouteAction.self) else { throw .unknownType(String(any.type_url)) }
            cluster = try arena.read(any, as: UDPRouteAction.self).cluster
        } catch {
            throw error.inside("on_no_match.action.typed_config")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.on_no_match = arena.cMessage(xds__type__matcher__v3__matcher__on_match__init) {
            $0.on_match_case = XDS__TYPE__MATCHER__V3__MATCHER__ON_MATCH__ON_MATCH_ACTION
            $0.action = arena.cMessage(xds__core__v3__typed_extension_config__init) {
                $0.name = arena.text("route")
                $0.typed_config = AnyMessage(config: UDPRouteAction(cluster: cluster))
                    .make(in: arena)
            }
        }
    }
}

/// `envoy.extensions.filters.udp.udp_proxy.v3.Route`.
private struct UDPRouteAction: ConfigMessage {
    typealias CMessage = Envoy__Extensions__Filters__Udp__UdpProxy__V3__Route

    static let messageName = "envoy.extensions.filters.udp.udp_proxy.v3.Route"

    var cluster: String

    init(cluster: String) { self.cluster = cluster }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__filters__udp__udp_proxy__v3__route__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        cluster = String(message.cluster)
    }

    func fill(_ message: inout CMessage, in arena: Arena) { message.cluster = arena.text(cluster) }
}
