package import XDS

/// A resource and the version it came with; equal versions of one name mean equal resources. An
/// empty version says nothing, then the resources themselves are compared.
package struct Versioned<Resource: Sendable & Hashable>: Sendable, Hashable {
    /// The version.
    package var version: String
    /// The resource.
    package var resource: Resource

    /// A resource with its version.
    package init(_ resource: Resource, version: String = "") {
        self.version = version
        self.resource = resource
    }
}

/// Everything a table is compiled from, by resource name.
package struct RoutingInputs: Sendable {
    /// LDS.
    package var listeners: [String: Versioned<Listener>]
    /// RDS.
    package var routeConfigurations: [String: Versioned<RouteConfiguration>]
    /// VHDS, by `ROUTE-CONFIGURATION/NAME`.
    package var virtualHosts: [String: Versioned<ReceivedVirtualHost>]
    /// CDS.
    package var clusters: [String: Versioned<Cluster>]
    /// EDS.
    package var endpoints: [String: Versioned<ClusterLoadAssignment>]
    /// SDS.
    package var secrets: [String: Versioned<Secret>]
    /// The addresses of hosts that clusters name; of hosts that are not here nobody knows any.
    package var hostAddresses: [String: [String]] = [:]
    /// What has changed since a table was compiled; kept by whoever changes the inputs.
    package var changes = RoutingChanges()

    /// Inputs, none by default.
    package init(
        listeners: [String: Versioned<Listener>] = [:],
        routeConfigurations: [String: Versioned<RouteConfiguration>] = [:],
        virtualHosts: [String: Versioned<ReceivedVirtualHost>] = [:],
        clusters: [String: Versioned<Cluster>] = [:],
        endpoints: [String: Versioned<ClusterLoadAssignment>] = [:],
        secrets: [String: Versioned<Secret>] = [:]
    ) {
        self.listeners = listeners
        self.routeConfigurations = routeConfigurations
        self.virtualHosts = virtualHosts
        self.clusters = clusters
        self.endpoints = endpoints
        self.secrets = secrets
    }
}

/// All that a proxy needs to know to serve: immutable, compiled, every reference resolved.
///
/// Made by ``compile(_:reusing:)`` in two steps: each resource by itself, then the whole. What
/// did not change since the previous table is taken from it with its identity, so the cost of a
/// change is the size of the change plus an assembly that only copies references.
package final class RoutingTable: Sendable {
    /// The listeners with a socket, by name ascending.
    package let listeners: [CompiledListener]
    /// The clusters by ``CompiledCluster/slot``; nil where no cluster has the slot.
    package let clusters: [CompiledCluster?]
    /// One more than the highest slot of a cluster.
    package var clusterSlotCount: Int { clusters.count }
    /// One more than the highest ``CompiledRoute/Split/slot``.
    package let splitSlotCount: Int

    let slots: SlotRegistry
    let routeConfigurations: [String: CompiledRouteConfiguration]

    init(
        listeners: [CompiledListener], clusters: [CompiledCluster?], slots: SlotRegistry,
        routeConfigurations: [String: CompiledRouteConfiguration]
    ) {
        self.listeners = listeners
        self.clusters = clusters
        self.slots = slots
        self.routeConfigurations = routeConfigurations
        splitSlotCount = slots.splitCount
    }

    /// A table without listeners.
    package static let empty = RoutingTable(
        listeners: [], clusters: [], slots: SlotRegistry(), routeConfigurations: [:])

    /// Compiles a table in which every reference resolves: listener to route configuration and
    /// secrets, route and listener to cluster (``ClusterName/invalidBackend`` needs none), cluster
    /// to endpoints and secrets.
    /// Resources that no listener leads to are compiled all the same, so that a request's first
    /// use of them finds them ready, and their errors are told.
    ///
    /// A pure function, to be called away from the data path.
    ///
    /// - Parameters:
    ///   - inputs: The resources.
    ///   - previous: The table made last, whose unchanged parts are reused. Tables that go to one
    ///     data path one after the other must be made one from the other: slots stay valid only
    ///     along such a chain.
    ///   - changes: All that is different in the inputs since the previous table was made; nil
    ///     looks at everything.
    /// - Throws: ``RoutingFailure`` with all errors of all resources that were looked at.
    package static func compile(
        _ inputs: RoutingInputs, reusing previous: RoutingTable? = nil,
        changes: RoutingChanges? = nil
    ) throws(RoutingFailure) -> RoutingTable {
        var compiler = TableCompiler(
            inputs, previous ?? .empty, changes: previous == nil ? nil : changes)
        return try compiler.compile()
    }

    /// What is wrong with a listener by itself; nothing is asked of what it refers to.
    package static func validate(_ listener: Listener) -> [RoutingError] {
        var errors = ErrorCollector(.listener, listener.name)
        var slots = SlotRegistry()
        let compiler = ListenerCompiler(
            routeConfigurations: [:], secrets: SecretTable(secrets: [:]), secretsAreKnown: false)
        _ = compiler.compile(Versioned(listener), reusing: nil, slots: &slots, errors: &errors)
        var found = errors.errors.filter(\.isNotReference)
        for chain in ListenerCompiler.chains(of: listener) {
            for case .httpConnectionManager(let manager) in chain.filters.map(\.config) {
                if case .routeConfig(let inPlace) = manager.routeSpecifier {
                    found += validate(inPlace)
                }
            }
        }
        return found
    }

    /// What is wrong with a route configuration and the virtual hosts in it by themselves.
    package static func validate(_ configuration: RouteConfiguration) -> [RoutingError] {
        var errors = ErrorCollector(.routeConfiguration, configuration.name)
        var slots = SlotRegistry()
        let hosts = configuration.virtualHosts.enumerated().map { index, host in
            CompiledVirtualHost(
                ReceivedVirtualHost(host), version: "", at: "virtual_hosts[\(index)].",
                reusing: nil, slots: &slots,
                errors: &errors)
        }
        _ = CompiledRouteConfiguration(
            name: configuration.name, version: "", ignoresPort: false, virtualHosts: hosts,
            errors: &errors)
        return errors.errors
    }

    /// What is wrong with a virtual host that comes by VHDS, by itself. Whether its domains
    /// clash with another's shows when the table is compiled.
    ///
    /// - Parameter former: A virtual host that was found in order; its routes are not looked at
    ///   again.
    package static func validate(
        _ host: ReceivedVirtualHost, knowing former: ReceivedVirtualHost? = nil
    ) -> [RoutingError] {
        var errors = ErrorCollector(.virtualHost, host.name)
        var slots = SlotRegistry()
        let compiled = CompiledVirtualHost(
            former.map { host.withoutRoutes(of: $0) } ?? host, version: "", at: "", reusing: nil,
            slots: &slots, errors: &errors)
        _ = CompiledRouteConfiguration(
            name: host.name, version: "", ignoresPort: false, virtualHosts: [compiled],
            errors: &errors)
        return errors.errors
    }

    /// What is wrong with a cluster by itself.
    package static func validate(_ cluster: Cluster) -> [RoutingError] {
        var errors = ErrorCollector(.cluster, cluster.name)
        _ = CompiledCluster(
            cluster, version: "", assignment: nil, endpointsVersion: "", slot: 0, errors: &errors)
        _ = CompiledUpstreamTLS(
            of: cluster, secrets: SecretTable(secrets: [:]), errors: &errors)
        return errors.errors.filter(\.isNotReference)
    }

    /// What is wrong with an assignment of endpoints by itself.
    package static func validate(_ assignment: ClusterLoadAssignment) -> [RoutingError] {
        var errors = ErrorCollector(.endpoints, assignment.clusterName)
        _ = CompiledCluster(
            Cluster(name: assignment.clusterName), version: "", assignment: assignment,
            endpointsVersion: "", slot: 0, errors: &errors)
        return errors.errors
    }
}
