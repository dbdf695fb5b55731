import GatewayAPI
import HeddlePlugin
import XDS

/// The listeners, route configurations and secrets of a Gateway.
struct ListenerTranslation {
    private let gateway: GatewayModel
    private let connections: [ConnectionKey: TranslatedConnection]
    /// The server names that routes give to each listener.
    private let serverNames: [ListenerID: [String]]
    private let filters: [HTTPFilter]
    private let clients: [(namespace: String, addresses: [String])]
    private let options: TranslationOptions
    /// What the proxies get.
    private(set) var resources: [EncodedResource] = []
    /// The clusters that the listeners name.
    private(set) var clusters: Set<String> = []

    /// Translates a Gateway's listeners.
    ///
    /// - Parameters:
    ///   - connections: Where the connections and datagrams go that are not HTTP.
    ///   - filters: The HTTP filters that routes switch on.
    ///   - clients: The namespaces that have routes of their own, with their clients' addresses.
    init(
        of gateway: GatewayModel, connections: [ConnectionKey: TranslatedConnection],
        filters: [HTTPFilter], clients: [(namespace: String, addresses: [String])] = [],
        options: TranslationOptions
    ) {
        self.gateway = gateway
        self.clients = clients
        self.connections = connections
        serverNames = Dictionary(grouping: connections.keys, by: \.listener)
            .mapValues { $0.map(\.serverName) }
        self.filters = HTTPFilters.inOrder(filters)
        self.options = options
        switch gateway.role {
        case .gateway: addPorts()
        case .waypoint: addWaypoint()
        }
        for secret in gateway.secrets.values { resources.append(EncodedResource(secret)) }
        clusters.remove(ClusterName.invalidBackend)
    }

    /// The listeners of a Service's port for proxyless clients, which ask by the name they dial.
    static func apiListeners(
        of service: ObjectReference, _ port: BackendModel.Port
    ) -> [EncodedResource] {
        let routes = "\(service.namespace)/\(service.name)/\(port.number)"
        let manager = HTTPConnectionManager(statPrefix: routes, routeSpecifier: .rds(routes))
        return port.domains.map { name in
            EncodedResource(Listener(name: name, apiListener: manager))
        }
    }

    // MARK: Ports

    /// One listener for each port, family and address.
    private mutating func addPorts() {
        var firsts: [GatewayModel.Place: ListenerModel] = [:]
        for listener in gateway.served {
            guard let family = listener.family else { continue }
            let place = GatewayModel.Place(port: listener.spec.port, family: family)
            if firsts[place] == nil { firsts[place] = listener }
        }
        let ordered = firsts.sorted { left, right in
            (left.key.port, left.key.family) < (right.key.port, right.key.family)
        }
        for (place, first) in ordered {
            switch place.family {
            case .http: addHTTP(place)
            case .tls: addTLS(place)
            case .tcp: addTCP(place, connections[.init(listener: first.id)])
            case .udp: addUDP(place, connections[.init(listener: first.id)])
            }
        }
    }

    private mutating func addHTTP(_ place: GatewayModel.Place) {
        let routes = HostModel.gatewayRoutes(port: place.port)
        let filter = manager(routes: routes)
        bind(Listener(name: routes, filterChains: [FilterChain(filters: [filter])]), place.port)
        add(RouteConfiguration(name: routes, usesVHDS: true, ignorePortInHostMatching: true))
    }

    private mutating func addTCP(
        _ place: GatewayModel.Place, _ connection: TranslatedConnection?
    ) {
        let name = "tcp-\(place.port)"
        let filter = proxy(connection, name: name)
        bind(Listener(name: name, filterChains: [FilterChain(filters: [filter])]), place.port)
    }

    private mutating func addUDP(
        _ place: GatewayModel.Place, _ connection: TranslatedConnection?
    ) {
        let name = "udp-\(place.port)"
        let cluster = connection?.clusters.first?.name ?? ClusterName.invalidBackend
        clusters.insert(cluster)
        let proxy = UDPProxy(statPrefix: name, cluster: cluster, idleTimeout: .seconds(60))
        bind(
            Listener(name: name, listenerFilters: [.udpProxy(proxy)]), place.port, transport: .udp)
    }

    /// One filter chain for each server name, so that a connection meets one listener only.
    private mutating func addTLS(_ place: GatewayModel.Place) {
        let owners = (gateway.owners[place] ?? [:]).sorted { $0.key < $1.key }
        let listeners = owners.compactMap { gateway.listener($0.value) }
        var chains: [FilterChain] = []
        for listener in listeners {
            if !listener.isServed {
                // What is broken costs itself: no wider listener takes its connections.
                chains.append(chain(listener.hostname, place, [proxy(nil, name: "none")], nil))
            } else if let routes = listener.routeConfiguration {
                chains.append(
                    chain(
                        listener.hostname, place, [manager(routes: routes)],
                        tls(of: listener, alpn: ["h2", "http/1.1"])))
                addRoutes(routes, of: listener, among: listeners)
            } else {
                chains += passages(of: listener, place)
            }
        }
        bind(
            Listener(
                name: "tls-\(place.port)", filterChains: chains, listenerFilters: [.tlsInspector]),
            place.port)
    }

    /// The chains of a TLS listener: one for each name of its routes, and its own.
    private mutating func passages(
        of listener: ListenerModel, _ place: GatewayModel.Place
    ) -> [FilterChain] {
        var names = serverNames[listener.id] ?? []
        if !names.contains(listener.hostname) { names.append(listener.hostname) }
        let own = names.filter {
            gateway.owner(of: $0, port: place.port, family: .tls) == listener.id
        }
        let tls = listener.terminatesTLS ? tls(of: listener, alpn: []) : nil
        return own.sorted().map { name in
            let connection = connections[.init(listener: listener.id, serverName: name)]
            return chain(
                name, place, [proxy(connection, name: "tls-\(place.port)@\(name)")], tls)
        }
    }

    private func chain(
        _ serverName: String, _ place: GatewayModel.Place, _ filters: [NetworkFilter],
        _ tls: DownstreamTLSContext?
    ) -> FilterChain {
        FilterChain(
            name: "tls-\(place.port)@\(serverName)",
            match: FilterChainMatch(
                serverNames: serverName == Hostname.any ? [] : [serverName],
                transportProtocol: "tls"), filters: filters,
            transportSocket: tls.map(TransportSocket.downstreamTLS))
    }

    private func tls(of listener: ListenerModel, alpn: [String]) -> DownstreamTLSContext {
        let validation = listener.validation
        return DownstreamTLSContext(
            common: CommonTLSContext(
                tlsCertificateSDSSecrets: listener.certificates,
                validationContext: validation.map { .sds($0.secret) }, alpnProtocols: alpn),
            requiresClientCertificate: validation.map { !$0.isOptional } ?? false)
    }

    // MARK: Misdirected requests

    /// The most names that a route configuration says to be others'.
    private static let mostForeignNames = 256

    /// The route configuration of an HTTPS listener. A request for a host that belongs to another
    /// listener has come over a connection that was opened for this one's, and is sent back
    /// (421, RFC 9110 §15.5.20); one for a host that belongs to none is a 404.
    ///
    /// With very many listeners at a port, each would have to name all others: every host that is
    /// not the listener's own is then sent back.
    private mutating func addRoutes(
        _ routes: String, of listener: ListenerModel, among listeners: [ListenerModel]
    ) {
        var foreign = listeners.map(\.hostname).filter { $0 != listener.hostname }
        if foreign.count > Self.mostForeignNames, listener.hostname != Hostname.any {
            foreign = foreign.filter { Hostname.covers(listener.hostname, $0) } + [Hostname.any]
        }
        add(RouteConfiguration(name: routes, usesVHDS: true, ignorePortInHostMatching: true))
        if foreign.isEmpty { return }
        let answer = XDS.Route(
            name: "misdirected", match: RouteMatch(),
            action: .directResponse(
                DirectResponseAction(
                    status: 421, body: "another listener serves this host; connect anew\n")))
        // No host has this name.
        let name = "\(routes)/~misdirected"
        resources.append(
            EncodedResource(VirtualHost(name: name, domains: foreign, routes: [answer])))
    }

    // MARK: Parts

    private mutating func addWaypoint() {
        if gateway.served.isEmpty { return }
        let routes = HostModel.waypointRoutes
        var chains: [FilterChain] = []
        for client in clients {
            let own = HostModel.waypointRoutes(ofClientsIn: client.namespace)
            add(RouteConfiguration(name: own, usesVHDS: true))
            let ranges = client.addresses.compactMap(ConsumerRoutes.range)
            // A chain without a match would take everybody.
            if ranges.isEmpty { continue }
            chains.append(
                FilterChain(
                    name: own, match: FilterChainMatch(sourcePrefixRanges: ranges),
                    filters: [manager(routes: own)]))
        }
        chains.append(FilterChain(filters: [manager(routes: routes)]))
        bind(Listener(name: routes, filterChains: chains), options.waypointPort)
        add(RouteConfiguration(name: routes, usesVHDS: true))
    }

    /// Puts a listener at each of the Gateway's addresses.
    private mutating func bind(
        _ listener: Listener, _ port: Int, transport: SocketAddress.Transport = .tcp
    ) {
        for (index, address) in gateway.addresses.enumerated() {
            var bound = listener
            if index > 0 { bound.name += "@\(address)" }
            bound.address = SocketAddress(
                address: address, port: UInt32(clamping: port), transport: transport)
            resources.append(EncodedResource(bound))
        }
    }

    private mutating func add(_ configuration: RouteConfiguration) {
        resources.append(EncodedResource(configuration))
    }

    /// HTTP. A silent stream is nobody's to cut but its route's: the limit is written as none,
    /// because a proxy's own default is minutes.
    private func manager(routes: String) -> NetworkFilter {
        let manager = HTTPConnectionManager(
            statPrefix: routes, routeSpecifier: .rds(routes), httpFilters: filters,
            upgradeTypes: ["websocket"], useRemoteAddress: true, normalizePath: true,
            streamIdleTimeout: .zero)
        return .httpConnectionManager(manager)
    }

    /// Bytes by weight; without a route, or for the share of an invalid backend, the connection is
    /// closed, because the cluster does not exist.
    private mutating func proxy(
        _ connection: TranslatedConnection?, name: String
    ) -> NetworkFilter {
        let weighted = (connection?.clusters ?? []).filter { $0.weight > 0 }.map {
            TCPProxy.WeightedCluster(name: $0.name, weight: $0.weight)
        }
        clusters.formUnion(weighted.map(\.name))
        let cluster: TCPProxy.ClusterSpecifier =
            weighted.count > 1
            ? .weightedClusters(weighted)
            : .cluster(weighted.first?.name ?? ClusterName.invalidBackend)
        return .tcpProxy(TCPProxy(statPrefix: name, cluster: cluster, idleTimeout: .zero))
    }
}

/// The HTTP filters of a connection manager.
private enum HTTPFilters {
    /// In the order in which they look at a request.
    private static let order = [
        HTTPFilter.cors.name, "envoy.filters.http.ext_authz", "envoy.filters.http.stateful_session",
    ]

    /// Always there, so that a listener stays as it is when its first route wants it: it does
    /// nothing for other routes, and a proxy without it serves those all the same.
    private static var cors: HTTPFilter {
        var filter = HTTPFilter.cors
        filter.isOptional = true
        return filter
    }

    /// All filters of a listener, of whose routes some switch filters on.
    ///
    /// Each is off for all other routes: they may be somebody else's.
    static func inOrder(_ used: [HTTPFilter]) -> [HTTPFilter] {
        let others = used.filter { $0.name != cors.name && $0.name != HTTPFilter.router.name }
        let ranked = others.map { filter in
            var filter = filter
            filter.isDisabled = true
            let known = order.firstIndex { filter.name == $0 || filter.name.hasPrefix($0 + "/") }
            return (rank: known ?? order.count, filter: filter)
        }
        let sorted = ranked.sorted { ($0.rank, $0.filter.name) < ($1.rank, $1.filter.name) }
        return [cors] + sorted.map(\.filter) + [.router]
    }
}
