import XDS

/// One compilation of a ``RoutingTable``.
struct TableCompiler {
    private let inputs: RoutingInputs
    private let previous: RoutingTable
    private let changes: RoutingChanges?
    /// The virtual hosts that were compiled, each with the one that stood in its place.
    private var renewed: [(old: CompiledVirtualHost?, new: CompiledVirtualHost?)] = []
    private var slots: SlotRegistry
    private let secrets: SecretTable
    private var errors: [RoutingError] = []
    private var routeConfigurations: [String: CompiledRouteConfiguration] = [:]
    private var clusters: [CompiledCluster?] = []

    init(_ inputs: RoutingInputs, _ previous: RoutingTable, changes: RoutingChanges?) {
        self.inputs = inputs
        self.previous = previous
        self.changes = changes
        slots = previous.slots
        secrets = SecretTable(secrets: inputs.secrets)
    }

    mutating func compile() throws(RoutingFailure) -> RoutingTable {
        if let changes, !changes.clusters, !changes.secrets {
            clusters = previous.clusters
        } else {
            compileClusters()
        }
        if let changes, !changes.others {
            updateVirtualHosts(changes.virtualHosts)
        } else {
            compileRouteConfigurations()
        }
        let listeners = compileListeners()
        checkReferences(listeners)
        guard errors.isEmpty else { throw RoutingFailure(errors: errors) }
        releaseSlots(listeners)
        return RoutingTable(
            listeners: listeners, clusters: clusters, slots: slots,
            routeConfigurations: routeConfigurations)
    }

    private mutating func compileClusters() {
        for (name, input) in inputs.clusters {
            let cluster = input.resource
            let endpointsName = CompiledCluster.endpointsName(of: cluster)
            let endpoints =
                endpointsName.flatMap { inputs.endpoints[$0] }
                ?? CompiledCluster.resolved(cluster, addresses: inputs.hostAddresses).map {
                    Versioned($0)
                }
            if let endpointsName, endpoints == nil {
                var collector = ErrorCollector(.cluster, name)
                collector.unresolved("eds_cluster_config", .endpoints, endpointsName)
                errors += collector.errors
                continue
            }
            let slot = slots.cluster(name)
            while clusters.count <= slot { clusters.append(nil) }
            let old = slot < previous.clusters.count ? previous.clusters[slot] : nil
            let tls = compileTLS(of: cluster, reusing: old?.tls)
            if let old, old.name == name, old.tls === tls, isSame(old, input, endpoints) {
                clusters[slot] = old
                continue
            }
            var collector = ErrorCollector(
                endpointsName == nil ? .cluster : .endpoints, endpointsName ?? name)
            clusters[slot] = CompiledCluster(
                cluster, version: input.version, assignment: endpoints?.resource,
                endpointsVersion: endpoints?.version ?? "", tls: tls, slot: slot,
                errors: &collector)
            errors += collector.errors
        }
    }

    private mutating func compileTLS(
        of cluster: Cluster, reusing old: CompiledUpstreamTLS?
    ) -> CompiledUpstreamTLS? {
        var collector = ErrorCollector(.cluster, cluster.name)
        let tls = CompiledUpstreamTLS(of: cluster, secrets: secrets, errors: &collector)
        errors += collector.errors
        if let old, let tls, old.isMade(of: tls) { return old }
        return tls
    }

    private func isSame(
        _ old: CompiledCluster, _ cluster: Versioned<Cluster>,
        _ endpoints: Versioned<ClusterLoadAssignment>?
    ) -> Bool {
        let sameCluster =
            cluster.version.isEmpty
            ? old.source == cluster.resource : old.version == cluster.version
        guard sameCluster else { return false }
        guard let endpoints else { return old.assignment == nil }
        return endpoints.version.isEmpty
            ? old.assignment == endpoints.resource
            : old.assignment != nil && old.endpointsVersion == endpoints.version
    }

    private mutating func compileRouteConfigurations() {
        let discovered = groupedVirtualHosts()
        for (name, input) in inputs.routeConfigurations {
            compile(
                input.resource, version: input.version, discovered: discovered[name] ?? [],
                key: name)
        }
        for (name, input) in inputs.listeners {
            let chains = ListenerCompiler.chains(of: input.resource)
            for (index, chain) in chains.enumerated() {
                guard let inPlace = Self.routeConfigurationInPlace(of: chain) else { continue }
                compile(
                    inPlace, version: input.version, discovered: [],
                    key: ListenerCompiler.key(ofListener: name, chain: index))
            }
        }
    }

    private static func routeConfigurationInPlace(of chain: FilterChain) -> RouteConfiguration? {
        for filter in chain.filters {
            if case .httpConnectionManager(let manager) = filter.config,
                case .routeConfig(let inPlace) = manager.routeSpecifier
            {
                return inPlace
            }
        }
        return nil
    }

    /// The virtual hosts that came by VHDS, by route configuration, by name ascending.
    private func groupedVirtualHosts() -> [String: [(String, Versioned<ReceivedVirtualHost>)]] {
        let owners = owners
        var groups: [String: [(String, Versioned<ReceivedVirtualHost>)]] = [:]
        for (name, host) in inputs.virtualHosts {
            if let owner = Self.owner(of: name, among: owners) {
                groups[owner, default: []].append((name, host))
            }
        }
        return groups.mapValues { $0.sorted { $0.0 < $1.0 } }
    }

    /// The route configurations that take virtual hosts by VHDS, the longest names first.
    private var owners: [String] {
        inputs.routeConfigurations.filter(\.value.resource.usesVHDS).keys.sorted {
            ($1.utf8.count, $0) < ($0.utf8.count, $1)
        }
    }

    /// A virtual host is named `ROUTE-CONFIGURATION/NAME`, and either part may hold slashes
    /// itself: the longest one that exists.
    private static func owner(of name: String, among owners: [String]) -> String? {
        owners.first { owner in
            let utf8 = name.utf8
            guard
                let slash = utf8.index(
                    utf8.startIndex, offsetBy: owner.utf8.count, limitedBy: utf8.endIndex),
                slash < utf8.endIndex, utf8[slash] == UInt8(ascii: "/")
            else { return false }
            return name.hasPrefix(owner)
        }
    }

    /// Takes all from the previous table but these virtual hosts.
    private mutating func updateVirtualHosts(_ names: Set<String>) {
        routeConfigurations = previous.routeConfigurations
        if names.isEmpty { return }
        let owners = owners
        var groups: [String: [String]] = [:]
        for name in names {
            if let owner = Self.owner(of: name, among: owners) {
                groups[owner, default: []].append(name)
            }
        }
        for (owner, names) in groups { update(owner, names.sorted()) }
    }

    private mutating func update(_ key: String, _ names: [String]) {
        guard let old = previous.routeConfigurations[key],
            let configuration = inputs.routeConfigurations[key]
        else { return }
        var hosts = old.virtualHosts
        for name in names {
            let place = Self.place(
                of: name, in: hosts, from: configuration.resource.virtualHosts.count)
            let former = place < hosts.count && hosts[place].name == name ? hosts[place] : nil
            guard let input = inputs.virtualHosts[name] else {
                if let former {
                    hosts.remove(at: place)
                    renewed.append((former, nil))
                }
                continue
            }
            var collector = ErrorCollector(.virtualHost, name)
            let host = compile(input, at: "", reusing: former, errors: &collector)
            errors += collector.errors
            if former == nil { hosts.insert(host, at: place) } else { hosts[place] = host }
            if former !== host { renewed.append((former, host)) }
        }
        var collector = ErrorCollector(.routeConfiguration, configuration.resource.name)
        routeConfigurations[key] = CompiledRouteConfiguration(
            name: old.name, version: old.version,
            ignoresPort: configuration.resource.ignorePortInHostMatching, virtualHosts: hosts,
            reusing: old, errors: &collector)
        errors += collector.errors
    }

    /// Where a virtual host stands, or belongs, among those that came by VHDS.
    private static func place(
        of name: String, in hosts: [CompiledVirtualHost], from start: Int
    ) -> Int {
        var low = min(start, hosts.count)
        var high = hosts.count
        while low < high {
            let middle = (low + high) / 2
            if hosts[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func compile(
        _ configuration: RouteConfiguration, version: String,
        discovered: [(String, Versioned<ReceivedVirtualHost>)], key: String
    ) {
        let old = previous.routeConfigurations[key]
        var known: [String: CompiledVirtualHost] = [:]
        for host in old?.virtualHosts ?? [] { known[host.name] = host }
        var collector = ErrorCollector(.routeConfiguration, configuration.name)
        var hosts: [CompiledVirtualHost] = []
        for (index, host) in configuration.virtualHosts.enumerated() {
            hosts.append(
                compile(
                    Versioned(ReceivedVirtualHost(host)), at: "virtual_hosts[\(index)].",
                    reusing: known[host.name], errors: &collector))
        }
        for (name, host) in discovered {
            var hostCollector = ErrorCollector(.virtualHost, name)
            hosts.append(
                compile(
                    host, at: "", reusing: known[host.resource.name], errors: &hostCollector))
            errors += hostCollector.errors
        }
        if let old,
            old.isMade(
                of: hosts, version: version, ignoresPort: configuration.ignorePortInHostMatching)
        {
            routeConfigurations[key] = old
        } else {
            routeConfigurations[key] = CompiledRouteConfiguration(
                name: configuration.name, version: version,
                ignoresPort: configuration.ignorePortInHostMatching, virtualHosts: hosts,
                reusing: old, errors: &collector)
        }
        errors += collector.errors
    }

    private mutating func compile(
        _ host: Versioned<ReceivedVirtualHost>, at place: String, reusing old: CompiledVirtualHost?,
        errors: inout ErrorCollector
    ) -> CompiledVirtualHost {
        if let old, old.version == host.version,
            !host.version.isEmpty || old.isMade(of: host.resource)
        {
            return old
        }
        return CompiledVirtualHost(
            host.resource, version: host.version, at: place, reusing: old, slots: &slots,
            errors: &errors)
    }

    private mutating func compileListeners() -> [CompiledListener] {
        let compiler = ListenerCompiler(
            routeConfigurations: routeConfigurations, secrets: secrets,
            secretsAreKnown: changes.map { !$0.others && !$0.secrets } ?? false)
        var known: [String: CompiledListener] = [:]
        for listener in previous.listeners { known[listener.name] = listener }
        var result: [CompiledListener] = []
        var owners: [SocketAddress: String] = [:]
        for (name, input) in inputs.listeners.sorted(by: { $0.key < $1.key }) {
            var collector = ErrorCollector(.listener, name)
            let listener = compiler.compile(
                input, reusing: known[name], slots: &slots, errors: &collector)
            if let listener {
                let address = listener.address
                if address.port != 0, let owner = owners[address] {
                    collector.invalid(
                        "address", "`\(address)` is the listener `\(owner)`'s already")
                }
                owners[address] = name
                result.append(listener)
            }
            errors += collector.errors
        }
        return result
    }

    private mutating func checkReferences(_ listeners: [CompiledListener]) {
        if let changes, !changes.clusters, !changes.others {
            for (_, host) in renewed {
                guard let host else { continue }
                checkReferences(of: [host], in: .virtualHost, host.name)
            }
            return
        }
        for configuration in routeConfigurations.values {
            checkReferences(
                of: configuration.virtualHosts, in: .routeConfiguration, configuration.name)
        }
        for listener in listeners {
            var collector = ErrorCollector(.listener, listener.name)
            for name in Set(listener.clusterReferences).sorted()
            where inputs.clusters[name] == nil && name != ClusterName.invalidBackend {
                collector.unresolved("", .cluster, name)
            }
            errors += collector.errors
        }
    }

    private mutating func checkReferences(
        of hosts: [CompiledVirtualHost], in type: ResourceType, _ name: String
    ) {
        var missing: Set<String> = []
        for host in hosts {
            for cluster in host.clusterReferences
            where inputs.clusters[cluster] == nil && cluster != ClusterName.invalidBackend {
                missing.insert(cluster)
            }
        }
        var collector = ErrorCollector(type, name)
        for name in missing.sorted() { collector.unresolved("", .cluster, name) }
        errors += collector.errors
    }

    private mutating func releaseSlots(_ listeners: [CompiledListener]) {
        if let changes, !changes.clusters, !changes.others {
            for (old, new) in renewed {
                let kept = Set(new?.splitSlots ?? [])
                slots.release(splits: (old?.splitSlots ?? []).filter { !kept.contains($0) })
            }
            return
        }
        var splits = Set(listeners.flatMap(\.splitSlots))
        for configuration in routeConfigurations.values {
            for host in configuration.virtualHosts { splits.formUnion(host.splitSlots) }
        }
        slots.keep(clusters: Set(inputs.clusters.keys), splits: splits)
        while clusters.count < slots.clusterCount { clusters.append(nil) }
    }
}
