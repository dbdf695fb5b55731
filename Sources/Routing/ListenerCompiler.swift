import XDS

/// Compiles one listener, out of what has been compiled already.
struct ListenerCompiler {
    /// The route configurations, by their key, see ``key(ofListener:chain:)``.
    let routeConfigurations: [String: CompiledRouteConfiguration]
    let secrets: SecretTable
    /// The secrets are those of the table before.
    let secretsAreKnown: Bool

    /// The listener; nil for one without a socket, and for a wrong one, whose errors are told.
    ///
    /// - Parameter old: The listener of that name before, whose unchanged parts are reused.
    func compile(
        _ listener: Versioned<Listener>, reusing old: CompiledListener?, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) -> CompiledListener? {
        let source = listener.resource
        guard let address = source.address else { return nil }
        guard let parsed = InternetAddress(address) else {
            errors.invalid("address", "`\(address)` is no IP address with a port")
            return nil
        }
        let same = old.flatMap { Self.isSame($0, listener) ? $0 : nil }
        if let same, secretsAreKnown, hasSameRoutes(same, in: source) { return same }
        let before = errors.errors.count
        let content =
            switch address.transport {
            case .tcp: connections(source, reusing: old, same: same, &slots, &errors)
            case .udp: datagrams(source, &slots, &errors)
            }
        guard let content, errors.errors.count == before else { return nil }
        if let same, case .connections(let chains) = content,
            chains.all.elementsEqual(same.filterChains, by: ===)
        {
            return same
        }
        return CompiledListener(
            source, version: listener.version, address: address, socketAddress: parsed,
            content: content)
    }

    /// Whether all that the listener is made of is what it was, so that a change of something else
    /// costs little with thousands of chains.
    private func hasSameRoutes(_ old: CompiledListener, in listener: Listener) -> Bool {
        for (index, chain) in old.filterChains.enumerated() {
            guard case .http(let manager) = chain.filter else { continue }
            let key: String
            switch manager.source.routeSpecifier {
            case .rds(let name): key = name
            case .routeConfig: key = Self.key(ofListener: listener.name, chain: index)
            }
            if routeConfigurations[key] !== manager.routes { return false }
        }
        return true
    }

    /// A chain's own route configuration must not clash with one that came by RDS.
    static func key(ofListener name: String, chain: Int) -> String { "listener\0\(name)\0\(chain)" }

    /// The chains in order; the default chain is the last.
    static func chains(of listener: Listener) -> [FilterChain] {
        listener.filterChains + (listener.defaultFilterChain.map { [$0] } ?? [])
    }

    private static func isSame(_ old: CompiledListener, _ new: Versioned<Listener>) -> Bool {
        new.version.isEmpty ? old.source == new.resource : old.version == new.version
    }

    // MARK: Connections

    private func connections(
        _ listener: Listener, reusing old: CompiledListener?, same: CompiledListener?,
        _ slots: inout SlotRegistry, _ errors: inout ErrorCollector
    ) -> CompiledListener.Content? {
        for (index, filter) in listener.listenerFilters.enumerated() {
            switch filter.config {
            case .tlsInspector: break
            case .udpProxy, .other:
                errors.unsupported(
                    "listener_filters[\(index)]", "the filter `\(filter.name)` is unknown")
            }
        }
        let sources = Self.chains(of: listener)
        if sources.isEmpty { errors.invalid("filter_chains", "a listener needs a filter chain") }
        var known: [String: CompiledFilterChain] = [:]
        for chain in old?.filterChains ?? [] { known[chain.name] = chain }
        var names: Set<String> = []
        var chains: [CompiledFilterChain] = []
        for (index, chain) in sources.enumerated() {
            let isDefault = index == listener.filterChains.count
            let place = isDefault ? "default_filter_chain" : "filter_chains[\(index)]"
            var name = chain.name.isEmpty ? place : chain.name
            if !names.insert(name).inserted {
                name = "\(name) \(place)"
                names.insert(name)
            }
            let key = Self.key(ofListener: listener.name, chain: index)
            if let compiled = self.chain(
                chain, of: listener.name, name: name, key: key, at: place, reusing: known[name],
                isSame: same != nil, &slots, &errors)
            {
                chains.append(compiled)
            }
        }
        guard chains.count == sources.count else { return nil }
        let defaultChain = listener.defaultFilterChain.map { _ in sources.count - 1 }
        if case .connections(let former) = same?.content {
            return .connections(
                CompiledFilterChains(chains, index: former.index, defaultChain: defaultChain))
        }
        let index = index(listener.filterChains, &errors)
        return .connections(
            CompiledFilterChains(chains, index: index, defaultChain: defaultChain))
    }

    private func chain(
        _ chain: FilterChain, of listener: String, name: String, key: String, at place: String,
        reusing old: CompiledFilterChain?, isSame: Bool, _ slots: inout SlotRegistry,
        _ errors: inout ErrorCollector
    ) -> CompiledFilterChain? {
        let before = errors.errors.count
        let tls =
            isSame && secretsAreKnown
            ? old?.tls : tls(chain, at: place, reusing: old?.tls, &errors)
        guard chain.filters.count == 1, let config = chain.filters.first?.config else {
            let names = chain.filters.map(\.name).joined(separator: ", ")
            errors.unsupported(
                "\(place).filters", "the proxy takes one filter a chain, not: \(names)")
            return nil
        }
        let filter: CompiledFilterChain.Filter
        switch config {
        case .httpConnectionManager(let manager):
            guard
                let compiled = http(
                    manager, of: listener, key: key, at: "\(place).filters[0]", reusing: old,
                    &slots, &errors)
            else { return nil }
            filter = .http(compiled)
        case .tcpProxy(let proxy):
            filter = .tcp(tcp(proxy, at: "\(place).filters[0]", reusing: old, &slots, &errors))
        case .other:
            errors.unsupported(
                "\(place).filters[0]", "the filter `\(chain.filters[0].name)` is unknown")
            return nil
        }
        if errors.errors.count > before { return nil }
        if let old, old.tls === tls, Self.isSame(old.filter, filter) { return old }
        return CompiledFilterChain(name: name, filter: filter, tls: tls)
    }

    private static func isSame(
        _ one: CompiledFilterChain.Filter, _ other: CompiledFilterChain.Filter
    ) -> Bool {
        switch (one, other) {
        case (.http(let one), .http(let other)): one === other
        case (.tcp(let one), .tcp(let other)): one === other
        case (.http, .tcp), (.tcp, .http): false
        }
    }

    private func http(
        _ manager: HTTPConnectionManager, of listener: String, key: String, at place: String,
        reusing old: CompiledFilterChain?, _ slots: inout SlotRegistry,
        _ errors: inout ErrorCollector
    ) -> CompiledConnectionManager? {
        var former: CompiledConnectionManager?
        if case .http(let manager) = old?.filter { former = manager }
        if former?.source != manager { former = nil }
        let filters =
            former?.filters
            ?? HTTPFilterChain(
                manager.httpFilters, at: "\(place).http_filters", slots: &slots, errors: &errors)
        let key =
            switch manager.routeSpecifier {
            case .rds(let name): name
            case .routeConfig: key
            }
        guard let routes = routeConfigurations[key] else {
            errors.unresolved("\(place).rds", .routeConfiguration, key)
            return nil
        }
        if let former, former.routes === routes { return former }
        return CompiledConnectionManager(
            manager, of: listener, routes: routes, filters: filters)
    }

    private func tcp(
        _ proxy: TCPProxy, at place: String, reusing old: CompiledFilterChain?,
        _ slots: inout SlotRegistry, _ errors: inout ErrorCollector
    ) -> CompiledTCPProxy {
        if case .tcp(let former) = old?.filter, former.source == proxy { return former }
        return CompiledTCPProxy(proxy, at: place, slots: &slots, errors: &errors)
    }

    private func tls(
        _ chain: FilterChain, at place: String, reusing old: CompiledDownstreamTLS?,
        _ errors: inout ErrorCollector
    ) -> CompiledDownstreamTLS? {
        switch chain.transportSocket {
        case nil, .rawBuffer: return nil
        case .upstreamTLS:
            errors.invalid("\(place).transport_socket", "the TLS of a cluster on a listener")
            return nil
        case .downstreamTLS(let context):
            let new = CompiledDownstreamTLS(
                context, at: "\(place).transport_socket", secrets: secrets, errors: &errors)
            if let old, let new, old.isMade(of: new) { return old }
            return new
        }
    }

    // MARK: Matches

    private func index(
        _ chains: [FilterChain], _ errors: inout ErrorCollector
    ) -> FilterChainIndex {
        var index = FilterChainIndex()
        for (position, chain) in chains.enumerated() {
            let place = "filter_chains[\(position)].filter_chain_match"
            let criteria = FilterChainIndex.Criteria(chain.match, at: place, errors: &errors)
            if let owner = index.add(position, criteria) {
                errors.invalid(
                    place, "the chains \(owner) and \(position) match the same connections")
            }
        }
        return index
    }

    // MARK: Datagrams

    private func datagrams(
        _ listener: Listener, _ slots: inout SlotRegistry, _ errors: inout ErrorCollector
    ) -> CompiledListener.Content? {
        guard listener.listenerFilters.count == 1,
            case .udpProxy(let proxy) = listener.listenerFilters.first?.config
        else {
            let names = listener.listenerFilters.map(\.name).joined(separator: ", ")
            errors.unsupported(
                "listener_filters", "the proxy takes one filter, the UDP proxy, not: \(names)")
            return nil
        }
        if !listener.filterChains.isEmpty || listener.defaultFilterChain != nil {
            errors.invalid("filter_chains", "a listener for datagrams has none")
        }
        if proxy.usesPerPacketLoadBalancing {
            errors.unsupported(
                "listener_filters[0].use_per_packet_load_balancing",
                "the proxy picks an endpoint for a session")
        }
        return .datagrams(CompiledUDPProxy(proxy, slots: &slots))
    }
}

extension FilterChainIndex.Criteria {
    fileprivate init(_ match: FilterChainMatch, at place: String, errors: inout ErrorCollector) {
        func prefixes(
            _ ranges: [CIDRRange], _ field: String, _ errors: inout ErrorCollector
        ) -> [AddressPrefix] {
            ranges.compactMap { range in
                let length = Int(range.prefixLength)
                if let prefix = AddressPrefix(literal: range.addressPrefix, length: length) {
                    return prefix
                }
                errors.invalid("\(place).\(field)", "`\(range)` is no range of addresses")
                return nil
            }
        }
        self.init()
        if let port = match.destinationPort {
            destinationPort = UInt16(truncatingIfNeeded: port)
            if port == 0 || port > 65_535 {
                errors.invalid("\(place).destination_port", "\(port) is no port")
            }
        }
        destinations = prefixes(match.prefixRanges, "prefix_ranges", &errors)
        sources = prefixes(match.sourcePrefixRanges, "source_prefix_ranges", &errors)
        protocols = match.applicationProtocols.map { Array($0.utf8) }
        for name in match.serverNames {
            let lowercase = String(decoding: lowercasedBytes(name), as: UTF8.self)
            let suffix = lowercase.hasPrefix("*.") ? String(lowercase.dropFirst()) : lowercase
            if suffix.contains("*") || suffix.isEmpty {
                errors.invalid(
                    "\(place).server_names", "`\(name)` is no name: write `name` or `*.suffix`")
            }
            serverNames.append(suffix)
        }
        switch match.transportProtocol {
        case "": transport = .any
        case "tls": transport = .tls
        case "raw_buffer": transport = .raw
        default:
            errors.unsupported(
                "\(place).transport_protocol", "`\(match.transportProtocol)` is unknown")
        }
    }
}
