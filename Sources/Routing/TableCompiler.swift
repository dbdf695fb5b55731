import XDS

/// One compilation of a ``RoutingTable``.
struct TableCompiler {
    private let inputs: RoutingInputs
    private let previous: RoutingTable
    private var slots: SlotRegistry
    private var errors: [RoutingError] = []
    private var routeConfigurations: [String: CompiledRouteConfiguration] = [:]
    private var clusters: [CompiledCluster?] = []

    init(_ inputs: RoutingInputs, _ previous: RoutingTable) {
        self.inputs = inputs
        self.previous = previous
        slots = previous.slots
    }

    mutating func compile() throws(RoutingFailure) -> RoutingTable {
        compileClusters()
        compileRouteConfigurations()
        let listeners = compileListeners()
        checkReferences()
        guard errors.isEmpty else { throw RoutingFailure(errors: errors) }
        releaseSlots()
        return RoutingTable(
            listeners: listeners, clusters: clusters, slots: slots,
            routeConfigurations: routeConfigurations)
    }

    private mutating func compileClusters() {
        for (name, input) in inputs.clusters {
            let cluster = input.resource
            let endpointsName = CompiledCluster.endpointsName(of: cluster)
            let endpoints = endpointsName.flatMap { inputs.endpoints[$0] }
            if let endpointsName, endpoints == nil {
                var collector = ErrorCollector(.cluster, name)
                collector.unresolved("eds_cluster_config", .endpoints, endpointsName)
                errors += collector.errors
                continue
            }
            let slot = slots.cluster(name)
            while clusters.count <= slot { clusters.append(nil) }
            let old = slot < previous.clusters.count ? previous.clusters[slot] : nil
            if let old, old.name == name, isSame(old, input, endpoints) {
                clusters[slot] = old
                continue
            }
            var collector = ErrorCollector(
                endpointsName == nil ? .cluster : .endpoints, endpointsName ?? name)
            clusters[slot] = CompiledCluster(
                cluster, version: input.version, assignment: endpoints?.resource,
                endpointsVersion: endpoints?.version ?? "", slot: slot, errors: &collector)
            errors += collector.errors
        }
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
            guard let inPlace = Self.routeConfigurationInPlace(of: input.resource) else { continue }
            compile(
                inPlace, version: input.version, discovered: [],
                key: Self.key(ofListener: name))
        }
    }

    /// A listener's own route configuration must not clash with one that came by RDS.
    private static func key(ofListener name: String) -> String { "listener\0\(name)" }

    private static func routeConfigurationInPlace(of listener: Listener) -> RouteConfiguration? {
        for filter in listener.filterChains.first?.filters ?? [] {
            if case .httpConnectionManager(let manager) = filter.config,
                case .routeConfig(let inPlace) = manager.routeSpecifier
            {
                return inPlace
            }
        }
        return nil
    }

    /// The virtual hosts that came by VHDS, by route configuration, by name ascending.
    private func groupedVirtualHosts() -> [String: [(String, Versioned<VirtualHost>)]] {
        var groups: [String: [(String, Versioned<VirtualHost>)]] = [:]
        for (name, host) in inputs.virtualHosts {
            // The name's two parts may hold slashes themselves: the longest one that exists.
            var end = name.utf8.lastIndex(of: UInt8(ascii: "/"))
            while let slash = end {
                let owner = String(name[..<slash])
                if inputs.routeConfigurations[owner]?.resource.usesVHDS == true {
                    groups[owner, default: []].append((name, host))
                    break
                }
                end = name.utf8[..<slash].lastIndex(of: UInt8(ascii: "/"))
            }
        }
        return groups.mapValues { $0.sorted { $0.0 < $1.0 } }
    }

    private mutating func compile(
        _ configuration: RouteConfiguration, version: String,
        discovered: [(String, Versioned<VirtualHost>)], key: String
    ) {
        let old = previous.routeConfigurations[key]
        var known: [String: CompiledVirtualHost] = [:]
        for host in old?.virtualHosts ?? [] { known[host.source.name] = host }
        var collector = ErrorCollector(.routeConfiguration, configuration.name)
        var hosts: [CompiledVirtualHost] = []
        for (index, host) in configuration.virtualHosts.enumerated() {
            hosts.append(
                compile(
                    Versioned(host), at: "virtual_hosts[\(index)].", reusing: known[host.name],
                    errors: &collector))
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
                errors: &collector)
        }
        errors += collector.errors
    }

    private mutating func compile(
        _ host: Versioned<VirtualHost>, at place: String, reusing old: CompiledVirtualHost?,
        errors: inout ErrorCollector
    ) -> CompiledVirtualHost {
        if let old, old.version == host.version,
            !host.version.isEmpty || old.source == host.resource
        {
            return old
        }
        return CompiledVirtualHost(
            host.resource, version: host.version, at: place, reusing: old, slots: &slots,
            errors: &errors)
    }

    private mutating func compileListeners() -> [CompiledListener] {
        var result: [CompiledListener] = []
        var owners: [SocketAddress: String] = [:]
        for (name, input) in inputs.listeners.sorted(by: { $0.key < $1.key }) {
            var collector = ErrorCollector(.listener, name)
            if let checked = CompiledListener.Checked(input.resource, errors: &collector) {
                let key =
                    switch checked.manager.routeSpecifier {
                    case .rds(let configuration): configuration
                    case .routeConfig: Self.key(ofListener: name)
                    }
                let isFree = checked.address.port == 0 || owners[checked.address] == nil
                if let owner = owners.updateValue(name, forKey: checked.address), !isFree {
                    collector.invalid(
                        "address", "`\(checked.address)` is the listener `\(owner)`'s already")
                } else if let routes = routeConfigurations[key] {
                    var ignored = ErrorCollector(.listener, name)
                    let listener = CompiledListener(
                        input.resource, routes: routes, errors: &ignored)
                    if let listener { result.append(listener) }
                } else {
                    collector.unresolved("rds", .routeConfiguration, key)
                }
            }
            errors += collector.errors
        }
        return result
    }

    private mutating func checkReferences() {
        for configuration in routeConfigurations.values {
            var missing: Set<String> = []
            for host in configuration.virtualHosts {
                for cluster in host.clusterReferences
                where inputs.clusters[cluster] == nil && cluster != ClusterName.invalidBackend {
                    missing.insert(cluster)
                }
            }
            var collector = ErrorCollector(.routeConfiguration, configuration.name)
            for name in missing.sorted() { collector.unresolved("", .cluster, name) }
            errors += collector.errors
        }
    }

    private mutating func releaseSlots() {
        var splits: Set<Int> = []
        for configuration in routeConfigurations.values {
            for host in configuration.virtualHosts { splits.formUnion(host.splitSlots) }
        }
        slots.keep(clusters: Set(inputs.clusters.keys), splits: splits)
        while clusters.count < slots.clusterCount { clusters.append(nil) }
    }
}
