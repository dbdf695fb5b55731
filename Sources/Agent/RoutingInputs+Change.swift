import DataPath
import Discovery
import Routing
import XDS

/// Why a response cannot be used: every resource of it that is wrong, with the reason.
struct UnusableResources: Error, CustomStringConvertible {
    var reasons: [String]

    /// Fit for a NACK's detail.
    var description: String { reasons.joined(separator: "; ") }
}

extension RoutingInputs {
    /// The inputs that stored resources make.
    ///
    /// - Throws: ``UnusableResources`` where any of them is wrong.
    init(_ resources: [ResourceType: [String: DeltaClientStream.Entry]]) throws(UnusableResources) {
        self.init()
        for (type, entries) in resources {
            try apply(DeltaClientStream.Change(type: type, upserts: entries, removals: []))
        }
    }

    /// Decodes and checks a change, and takes it whole or not at all.
    ///
    /// - Throws: ``UnusableResources`` where any resource of it is wrong.
    mutating func apply(_ change: DeltaClientStream.Change) throws(UnusableResources) {
        switch change.type {
        case .listener:
            changes.others = true
            try apply(change, to: \.listeners) { RoutingTable.validate($0) }
        case .routeConfiguration:
            changes.others = true
            try apply(change, to: \.routeConfigurations) { RoutingTable.validate($0) }
        case .virtualHost:
            changes.virtualHosts.formUnion(change.upserts.keys)
            changes.virtualHosts.formUnion(change.removals)
            try applyVirtualHosts(change)
        case .cluster:
            changes.clusters = true
            try apply(change, to: \.clusters) { RoutingTable.validate($0) }
        case .endpoints:
            changes.clusters = true
            try apply(change, to: \.endpoints) { RoutingTable.validate($0) }
        case .secret:
            changes.secrets = true
            try apply(change, to: \.secrets) { secret in
                Proxy.problem(of: secret).map { problem in
                    [
                        RoutingError(
                            code: .invalid, type: .secret, name: secret.name, message: problem)
                    ]
                } ?? []
            }
        default:
            throw UnusableResources(reasons: ["resources of type \(change.type) were not asked for"]
            )
        }
    }

    /// Leaves out what is no longer asked for.
    mutating func keep(
        endpoints names: Set<String>, routeConfigurations routes: Set<String>,
        secrets secretNames: Set<String>
    ) {
        if secrets.keys.contains(where: { !secretNames.contains($0) }) {
            secrets = secrets.filter { secretNames.contains($0.key) }
            changes.secrets = true
        }
        if endpoints.keys.contains(where: { !names.contains($0) }) {
            endpoints = endpoints.filter { names.contains($0.key) }
            changes.clusters = true
        }
        if routeConfigurations.keys.contains(where: { !routes.contains($0) }) {
            routeConfigurations = routeConfigurations.filter { routes.contains($0.key) }
            changes.others = true
        }
    }

    /// The endpoints that the clusters ask for.
    var endpointNames: Set<String> {
        var names: Set<String> = []
        for (name, cluster) in clusters {
            guard case .eds(let service) = cluster.resource.discovery else { continue }
            names.insert(service.isEmpty ? name : service)
        }
        return names
    }

    /// The route configurations that the listeners ask for.
    var routeConfigurationNames: Set<String> {
        var names: Set<String> = []
        for listener in listeners.values {
            for chain in listener.resource.allChains {
                for filter in chain.filters {
                    guard case .httpConnectionManager(let manager) = filter.config,
                        case .rds(let name) = manager.routeSpecifier
                    else { continue }
                    names.insert(name)
                }
            }
        }
        return names
    }

    /// The secrets that the listeners and the clusters ask for.
    var secretNames: Set<String> {
        var names: Set<String> = []
        for listener in listeners.values {
            for chain in listener.resource.allChains {
                if case .downstreamTLS(let tls) = chain.transportSocket {
                    names.formUnion(tls.common.secretNames)
                }
            }
        }
        for cluster in clusters.values {
            if case .upstreamTLS(let tls) = cluster.resource.transportSocket {
                names.formUnion(tls.common.secretNames)
            }
        }
        return names
    }

    /// As the others, but a virtual host shares the routes of the one before that are the same.
    private mutating func applyVirtualHosts(
        _ change: DeltaClientStream.Change
    ) throws(UnusableResources) {
        var decoded: [String: Versioned<ReceivedVirtualHost>] = [:]
        var reasons: [String] = []
        for (name, entry) in change.upserts.sorted(by: { $0.key < $1.key }) {
            do throws(XDSError) {
                let former = virtualHosts[name]?.resource
                let host = try ReceivedVirtualHost(unpacking: entry.message, reusing: former)
                reasons += RoutingTable.validate(host, knowing: former).map(\.description)
                if host.name != name {
                    reasons.append(
                        "\(change.type) \(name): the resource calls itself \(host.name)")
                }
                decoded[name] = Versioned(host, version: entry.version)
            } catch {
                reasons.append("\(change.type) \(name): \(error)")
            }
        }
        guard reasons.isEmpty else { throw UnusableResources(reasons: reasons) }
        for name in change.removals { virtualHosts[name] = nil }
        virtualHosts.merge(decoded) { _, new in new }
    }

    private mutating func apply<Resource: ResourceMessage>(
        _ change: DeltaClientStream.Change,
        to table: WritableKeyPath<RoutingInputs, [String: Versioned<Resource>]>,
        _ validate: (Resource) -> [RoutingError]
    ) throws(UnusableResources) {
        var decoded: [String: Versioned<Resource>] = [:]
        var reasons: [String] = []
        for (name, entry) in change.upserts.sorted(by: { $0.key < $1.key }) {
            do throws(XDSError) {
                let resource = try entry.message.unpacked(as: Resource.self)
                reasons += validate(resource).map(\.description)
                if resource.resourceName != name {
                    reasons.append(
                        "\(change.type) \(name): the resource calls itself \(resource.resourceName)"
                    )
                }
                decoded[name] = Versioned(resource, version: entry.version)
            } catch {
                reasons.append("\(change.type) \(name): \(error)")
            }
        }
        guard reasons.isEmpty else { throw UnusableResources(reasons: reasons) }
        for name in change.removals { self[keyPath: table][name] = nil }
        self[keyPath: table].merge(decoded) { _, new in new }
    }
}

extension Listener {
    /// The filter chains and the default one.
    fileprivate var allChains: [FilterChain] {
        filterChains + (defaultFilterChain.map { [$0] } ?? [])
    }
}

extension CommonTLSContext {
    /// The secrets it names.
    fileprivate var secretNames: [String] {
        switch validationContext {
        case .sds(let name), .combined(_, let name): tlsCertificateSDSSecrets + [name]
        case .inline, nil: tlsCertificateSDSSecrets
        }
    }
}
