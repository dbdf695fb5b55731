package import GatewayAPI
import HeddlePlugin
import XDS

/// What a change of the inputs did.
package struct TranslationResult {
    /// The changed snapshots, by group.
    package var groups: [String: GroupChange] = [:]
    /// The groups that are gone.
    package var removedGroups: Set<String> = []
    /// The objects that were translated again.
    package var translated: Set<ObjectReference> = []
}

/// Translates Gateway API objects into the resources of each group of proxies, incrementally.
///
/// Each object is translated by a unit of work that reads others through a `TranslationContext`.
/// A change of an object makes the units dirty that have asked for it, and no others: the cost of
/// a change is the size of the change. What the units give is merged by host, and only hosts
/// whose routes changed are merged and encoded again. The result is the same as that of a
/// translation from nothing, which a property test checks.
///
/// One writer: a translator belongs to one task.
package final class Translator {
    private enum Unit: Hashable {
        case service(ObjectReference)
        case endpoints(ObjectReference)
        case binding(ObjectReference)
        case gateway(ObjectReference)
        case route(ObjectReference)

        var reference: ObjectReference {
            switch self {
            case .service(let reference), .endpoints(let reference), .binding(let reference),
                .gateway(let reference), .route(let reference):
                reference
            }
        }
    }

    /// The group of proxyless clients.
    package static let meshGroup = "mesh"

    private let plugins: PluginRegistry
    private let options: TranslationOptions

    private var inputs = InputStore()
    private var reads: [Unit: Set<Read>] = [:]
    private var readers: [Read: Set<Unit>] = [:]

    private var services: [ObjectReference: ServiceModel] = [:]
    private var bindings: [ObjectReference: WaypointBinding] = [:]
    private var gateways: [ObjectReference: GatewayModel] = [:]
    private var routes: [ObjectReference: RouteModel] = [:]
    private var clusters: [String: EncodedResource] = [:]
    private var assignments: [ObjectReference: [String: EncodedResource]] = [:]
    private var assignmentsByCluster: [String: EncodedResource] = [:]

    private var routesByHost: [HostKey: [ObjectReference: [RankedRoute]]] = [:]
    private var attachedRoutes: [ObjectReference: [String: Set<ObjectReference>]] = [:]
    private var groups: [String: GroupModel] = [meshGroup: GroupModel()]
    private var dirtyHosts: Set<HostKey> = []
    private var removedGroups: Set<String> = []

    /// A translator without inputs.
    package init(plugins: PluginRegistry, options: TranslationOptions = TranslationOptions()) {
        self.plugins = plugins
        self.options = options
    }

    /// Takes a change of the inputs and translates what depends on it.
    package func apply(
        upserted: [Resource], removed: [ObjectReference] = []
    ) -> TranslationResult {
        var touched: Set<Read> = []
        for resource in upserted { touched.formUnion(inputs.upsert(resource)) }
        for reference in removed { touched.formUnion(inputs.remove(reference)) }
        let dirty = dirtyUnits(touched, upserted.map(\.reference) + removed)
        var result = TranslationResult()
        for unit in dirty {
            run(unit)
            result.translated.insert(unit.reference)
        }
        for key in dirtyHosts { mergeHost(key) }
        dirtyHosts = []
        for name in groups.keys {
            guard let change = groups[name]?.takeChange(), !change.isEmpty else { continue }
            result.groups[name] = change
        }
        result.removedGroups = removedGroups
        removedGroups = []
        return result
    }

    // MARK: Units

    /// In the order in which they build on each other.
    private func dirtyUnits(_ touched: Set<Read>, _ changed: [ObjectReference]) -> [Unit] {
        var dirty: Set<Unit> = []
        for read in touched { dirty.formUnion(readers[read] ?? []) }
        for reference in changed {
            switch reference.groupKind {
            case .service:
                dirty.formUnion([.service(reference), .endpoints(reference), .binding(reference)])
            case .gateway:
                dirty.insert(.gateway(reference))
            case let kind where plugins[kind] != nil:
                dirty.insert(.route(reference))
            default:
                continue
            }
        }
        func rank(_ unit: Unit) -> Int {
            switch unit {
            case .service: 0
            case .endpoints: 1
            case .gateway: 2
            case .binding: 3
            case .route: 4
            }
        }
        return dirty.sorted { (rank($0), $0.reference) < (rank($1), $1.reference) }
    }

    private func run(_ unit: Unit) {
        let context = TranslationContext(inputs: inputs, clusterDomain: options.clusterDomain)
        let resource = context.object(unit.reference)
        switch unit {
        case .service(let reference): runService(reference, resource)
        case .endpoints(let reference): runEndpoints(reference, resource, context)
        case .binding(let reference): runBinding(reference, resource, context)
        case .gateway(let reference): runGateway(reference, resource, context)
        case .route(let reference): runRoute(reference, resource, context)
        }
        // A unit whose object is gone reads nothing until the object comes back.
        record(unit, resource == nil ? [] : context.reads)
    }

    private func record(_ unit: Unit, _ new: Set<Read>) {
        let old = reads[unit] ?? []
        for read in old.subtracting(new) {
            readers[read]?.remove(unit)
            if readers[read]?.isEmpty == true { readers[read] = nil }
        }
        for read in new.subtracting(old) { readers[read, default: []].insert(unit) }
        reads[unit] = new.isEmpty ? nil : new
    }

    private func runService(_ reference: ObjectReference, _ resource: Resource?) {
        let old = services[reference]
        let new = resource.flatMap { resource in
            (resource.content as? Service).map {
                ServiceModel(resource, $0, clusterDomain: options.clusterDomain)
            }
        }
        guard old != new else { return }
        services[reference] = new
        for port in old?.ports ?? [] {
            dirtyHosts.insert(.service(reference, port: port.port))
            if new?.ports.contains(where: { $0.cluster.name == port.cluster.name }) != true {
                clusters[port.cluster.name] = nil
            }
        }
        for port in new?.ports ?? [] {
            dirtyHosts.insert(.service(reference, port: port.port))
            let name = port.cluster.name
            let encoded = EncodedResource(port.cluster)
            guard clusters[name]?.version != encoded.version else { continue }
            clusters[name] = encoded
            spread(encoded, cluster: name)
        }
    }

    private func runEndpoints(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        var new: [String: EncodedResource] = [:]
        if let resource, let service = resource.content as? Service {
            for value in EndpointTranslation.assignments(resource, service, context: context) {
                new[value.clusterName] = EncodedResource(value)
            }
        }
        let old = assignments[reference] ?? [:]
        assignments[reference] = new.isEmpty ? nil : new
        for name in old.keys where new[name] == nil { assignmentsByCluster[name] = nil }
        for (name, encoded) in new where old[name]?.version != encoded.version {
            assignmentsByCluster[name] = encoded
            spread(encoded, cluster: name)
        }
    }

    /// Brings a new version of a cluster's resource to the groups that use the cluster.
    private func spread(_ resource: EncodedResource, cluster: String) {
        for name in groups.keys where groups[name]?.uses(cluster: cluster) == true {
            groups[name]?.upsert(resource)
        }
    }

    private func runBinding(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        let new = resource.map { WaypointBinding.resolve($0, context: context) }
        guard bindings[reference] != new else { return }
        bindings[reference] = new
        for port in services[reference]?.ports ?? [] {
            dirtyHosts.insert(.service(reference, port: port.port))
        }
    }

    private func runGateway(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        let new = resource.flatMap { GatewayModel($0, context: context) }
        let name = Self.group(of: reference)
        gateways[reference] = new
        guard let new else {
            if groups.removeValue(forKey: name) != nil { removedGroups.insert(name) }
            return
        }
        if groups[name] == nil {
            groups[name] = GroupModel()
            removedGroups.remove(name)
            adopt(reference)
        }
        groups[name]?.setFixed(ListenerTranslation.resources(of: new, options: options))
    }

    /// A group that has just come takes the hosts that were there before it.
    private func adopt(_ gateway: ObjectReference) {
        for (service, binding) in bindings where binding == .bound(gateway) {
            for port in services[service]?.ports ?? [] {
                dirtyHosts.insert(.service(service, port: port.port))
            }
        }
        for key in routesByHost.keys {
            if case .listener(gateway, _, _) = key { dirtyHosts.insert(key) }
        }
    }

    private func runRoute(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        let old = routes[reference]
        let plugin = plugins[reference.groupKind]
        let new = resource.flatMap { resource in
            plugin.map { RouteModel(resource, plugin: $0, context: context) }
        }
        routes[reference] = new
        let keys = Set(old?.routes.keys.map { $0 } ?? []).union(new?.routes.keys.map { $0 } ?? [])
        for key in keys where old?.routes[key] != new?.routes[key] {
            routesByHost[key, default: [:]][reference] = new?.routes[key]
            if routesByHost[key]?.isEmpty == true { routesByHost[key] = nil }
            dirtyHosts.insert(key)
        }
        for (gateway, listeners) in old?.attached ?? [:] {
            for listener in listeners { attachedRoutes[gateway]?[listener]?.remove(reference) }
        }
        for (gateway, listeners) in new?.attached ?? [:] {
            for listener in listeners {
                attachedRoutes[gateway, default: [:]][listener, default: []].insert(reference)
            }
        }
    }

    // MARK: Hosts

    private func mergeHost(_ key: HostKey) {
        let ranked = routesByHost[key].map { $0.values.flatMap { $0 } }
        switch key {
        case .listener(let gateway, let port, let host):
            let model = ranked.map { HostModel(port: port, host: host, routes: $0) }
            place(key, model, in: Self.group(of: gateway))
        case .service(let reference, let number):
            mergeService(key, reference, number, ranked)
        }
    }

    private func mergeService(
        _ key: HostKey, _ reference: ObjectReference, _ number: Int, _ ranked: [RankedRoute]?
    ) {
        let port = services[reference]?.ports.first { $0.port == number }
        var waypoint: ObjectReference?
        if case .bound(let gateway) = bindings[reference] { waypoint = gateway }
        let model = port.map {
            HostModel(
                service: reference, port: $0, routes: ranked,
                usesShortName: waypoint == nil || waypoint?.namespace == reference.namespace)
        }
        let target = waypoint.map(Self.group)
        for name in groups.keys where name != Self.meshGroup && name != target {
            if groups[name]?.contains(key) == true { place(key, nil, in: name) }
        }
        if let target { place(key, model, in: target) }
        let listeners = port.map { ListenerTranslation.apiListeners(of: reference, $0) } ?? []
        placeInMesh(key, model, listeners)
    }

    private func place(_ key: HostKey, _ model: HostModel?, in group: String) {
        groups[group]?.setHost(
            key, model, resources: { [$0.virtualHost] }, clusters: clusterResources)
    }

    private func placeInMesh(
        _ key: HostKey, _ model: HostModel?, _ listeners: [EncodedResource]
    ) {
        groups[Self.meshGroup]?.setHost(
            key, model.map { $0.with(listeners: listeners) },
            resources: { $0.meshResources }, clusters: clusterResources)
    }

    private func clusterResources(_ name: String) -> [EncodedResource] {
        [clusters[name], assignmentsByCluster[name]].compactMap { $0 }
    }

    private static func group(of gateway: ObjectReference) -> String {
        "\(gateway.namespace)/\(gateway.name)"
    }

    // MARK: Statuses

    /// The status of every object that has one, as the model stands.
    package func status(of reference: ObjectReference) -> ObjectStatus? {
        guard let resource = inputs.object(reference) else { return nil }
        if let route = routes[reference] {
            return ObjectStatus(parents: route.parents)
        }
        if let gateway = gateways[reference] {
            return StatusTranslation.status(
                of: gateway, generation: resource.metadata.generation, kinds: plugins.kinds,
                attached: attachedRoutes[reference] ?? [:], options: options)
        }
        if let binding = bindings[reference] {
            return StatusTranslation.status(of: binding)
        }
        return StatusTranslation.status(ofClass: resource)
    }

    /// The objects that have a status, by namespace and name.
    package var judged: [ObjectReference] {
        let enrolled = bindings.filter { $0.value != .notEnrolled }.keys
        let all = Set(routes.keys).union(gateways.keys).union(enrolled)
        return all.sorted()
    }

    /// How many objects there are of each kind that is translated.
    package var counts: (services: Int, gateways: Int, routes: Int) {
        (services.count, gateways.count, routes.count)
    }
}
