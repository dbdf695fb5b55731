package import GatewayAPI
import HeddlePlugin
import XDS

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
    /// The group of proxyless clients.
    package static let meshGroup = "mesh"

    private let plugins: PluginRegistry
    private let options: TranslationOptions

    private let inputs: InputStore
    private var dirty = DirtyUnits()

    private var backends: [ObjectReference: BackendModel] = [:]
    private var bindings: [ObjectReference: WaypointBinding] = [:]
    private var gateways: [ObjectReference: GatewayModel] = [:]
    private var routes: [ObjectReference: RouteModel] = [:]
    private var policies: [ObjectReference: PolicyModel] = [:]
    private var classes: [ObjectReference: ClassModel] = [:]
    private var clusters = ClusterTable()
    private var assignments: [ObjectReference: [String: EncodedResource]] = [:]
    private var assignmentsByCluster: [String: EncodedResource] = [:]

    private var hosts = HostContributions()
    private var claims = RouteClaims()
    private var parents: [ObjectReference: ParentModel] = [:]
    private var connections:
        [ObjectReference: [ConnectionKey: [ObjectReference: RankedConnection]]] =
            [:]
    private var attachedRoutes: [ObjectReference: [String: Set<ObjectReference>]] = [:]
    private var groups: [String: GroupModel] = [meshGroup: GroupModel()]
    private var consumers = ConsumerRoutes()
    /// Where the hosts of consumers are, by the Service's port.
    private var placedConsumers: [HostKey: [HostKey: String]] = [:]
    private var dirtyHosts: Set<HostKey> = []
    /// The Gateways whose listeners are to be put together again.
    private var dirtyListeners: Set<ObjectReference> = []
    private var removedGroups: Set<String> = []
    /// The policies and backends whose statuses name the Gateways that have a cluster.
    private var clusterObservers: [String: Set<ObjectReference>] = [:]
    /// Those that carry others' news: how many routes a listener has, what a Gateway says of a set.
    private var rejudged: Set<ObjectReference> = []

    /// A translator without inputs.
    package init(plugins: PluginRegistry, options: TranslationOptions = TranslationOptions()) {
        self.plugins = plugins
        self.options = options
        inputs = InputStore { resource in
            if let plugin = plugins.policy(resource.reference.groupKind) {
                return plugin.targets(of: resource).map(\.reference)
            }
            if let plugin = plugins.route(resource.reference.groupKind) {
                let namespace = resource.reference.namespace
                return plugin.attachment(of: resource).parentRefs
                    .filter { $0.groupKind == .service }.map { $0.reference(from: namespace) }
            }
            return GatewayModel.targets(of: resource)
        }
    }

    /// Takes a change of the inputs and translates what depends on it.
    package func apply(
        upserted: [Resource], removed: [ObjectReference] = []
    ) -> TranslationResult {
        for resource in upserted {
            dirty.touch(inputs.upsert(resource))
            markOwnUnits(of: resource.reference)
        }
        for reference in removed {
            dirty.touch(inputs.remove(reference))
            markOwnUnits(of: reference)
        }
        var result = TranslationResult()
        runUnits(&result)
        // What a route claims does not depend on what others do, so that twice is enough.
        for route in claims.settle() { setRejections(of: route) }
        runUnits(&result)
        for key in dirtyHosts { mergeHost(key) }
        dirtyHosts = []
        for (name, group) in groups where group.filtersChanged {
            if let gateway = group.gateway { dirtyListeners.insert(gateway) }
            groups[name]?.filtersChanged = false
        }
        for gateway in dirtyListeners { setListeners(of: gateway) }
        dirtyListeners = []
        for name in groups.keys {
            guard let change = groups[name]?.takeChange(), !change.isEmpty else { continue }
            result.groups[name] = change
        }
        result.removedGroups = removedGroups
        removedGroups = []
        rejudgeObservers(of: result)
        result.rejudged = rejudged.union(result.translated)
        rejudged = []
        return result
    }

    /// What says which Gateways reach it may have to say others.
    private func rejudgeObservers(of result: TranslationResult) {
        if clusterObservers.isEmpty { return }
        if !result.removedGroups.isEmpty {
            for observers in clusterObservers.values { rejudged.formUnion(observers) }
        }
        for change in result.groups.values {
            for key in change.upserts.keys where key.type == .cluster {
                rejudged.formUnion(clusterObservers[key.name] ?? [])
            }
            for key in change.removals where key.type == .cluster {
                rejudged.formUnion(clusterObservers[key.name] ?? [])
            }
        }
    }

    private func setObserver(
        _ reference: ObjectReference, from old: [String], to new: [String]
    ) {
        for cluster in old {
            clusterObservers[cluster]?.remove(reference)
            if clusterObservers[cluster]?.isEmpty == true { clusterObservers[cluster] = nil }
        }
        for cluster in new { clusterObservers[cluster, default: []].insert(reference) }
    }

    // MARK: Units

    private func runUnits(_ result: inout TranslationResult) {
        while let unit = dirty.next() {
            run(unit)
            result.translated.insert(unit.reference)
        }
    }

    /// An object's own units are dirty when it changes, even if they have read nothing yet.
    private func markOwnUnits(of reference: ObjectReference) {
        let kind = reference.groupKind
        switch kind {
        case .service:
            dirty.mark([.backend(reference), .endpoints(reference), .binding(reference)])
        case .gateway: dirty.mark([.gateway(reference)])
        case .gatewayClass, .xMesh: dirty.mark([.classStatus(reference)])
        case _ where plugins.backend(kind) != nil: dirty.mark([.backend(reference)])
        case _ where plugins.route(kind) != nil: dirty.mark([.route(reference)])
        case _ where plugins.policy(kind) != nil: dirty.mark([.policy(reference)])
        default: break
        }
    }

    private func run(_ unit: TranslationUnit) {
        let context = TranslationContext(
            inputs: inputs, clusterDomain: options.clusterDomain,
            backendKinds: plugins.backendKinds, filterPlugins: plugins.filters,
            routePlugins: plugins.routes)
        let resource = context.object(unit.reference)
        switch unit {
        case .backend(let reference): runBackend(reference, resource, context)
        case .endpoints(let reference): runEndpoints(reference, resource, context)
        case .binding(let reference): runBinding(reference, resource, context)
        case .gateway(let reference): runGateway(reference, resource, context)
        case .route(let reference): runRoute(reference, resource, context)
        case .policy(let reference): runPolicy(reference, resource, context)
        case .classStatus(let reference):
            classes[reference] = resource.flatMap { ClassModel($0, context: context) }
        case .clients(let namespace):
            runClients(namespace, context)
            // Workloads are there whether the Namespace is or not.
            return dirty.record(unit, context.reads)
        }
        // A unit whose object is gone reads nothing until the object comes back.
        dirty.record(unit, resource == nil ? [] : context.reads)
    }

    private func runBackend(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        let old = backends[reference]
        let new = resource.flatMap {
            BackendModel($0, plugins: plugins, context: context)
        }
        guard old != new else { return }
        backends[reference] = new
        inputs.setModel(reference, new)
        dirty.touch([.model(reference)])
        let names = Set(new?.ports.map(\.cluster.name) ?? [])
        if reference.groupKind != .service {
            setObserver(
                reference, from: old?.ports.map(\.cluster.name) ?? [], to: Array(names))
        }
        for port in old?.ports ?? [] {
            if !port.isUDP { dirtyHosts.insert(.service(reference, port: port.number)) }
            if !names.contains(port.cluster.name) { clusters.remove(port.cluster.name) }
        }
        for port in new?.ports ?? [] {
            if !port.isUDP { dirtyHosts.insert(.service(reference, port: port.number)) }
            setCluster(port.cluster)
        }
    }

    private func setCluster(_ cluster: XDS.Cluster) {
        guard clusters.set(cluster) else { return }
        for name in groups.keys where groups[name]?.uses(cluster: cluster.name) == true {
            upsertCluster(cluster.name, in: name)
        }
    }

    /// Brings a cluster to a group, in the form that its proxies get.
    private func upsertCluster(_ cluster: String, in group: String) {
        let certificate = certificate(ofGroup: group)
        guard let resource = clusters.resource(cluster, certificate: certificate) else { return }
        groups[group]?.upsert(resource)
    }

    /// The secret with the certificate that a group's proxies show to backends.
    private func certificate(ofGroup name: String) -> String? {
        groups[name]?.gateway.flatMap { gateways[$0]?.clientCertificate }
    }

    private func setAssignment(_ encoded: EncodedResource) {
        guard assignmentsByCluster[encoded.name]?.version != encoded.version else { return }
        assignmentsByCluster[encoded.name] = encoded
        spread(encoded, cluster: encoded.name)
    }

    private func runEndpoints(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        var values: [String: ClusterLoadAssignment] = [:]
        if let resource, let service = resource.content as? Service {
            for value in EndpointTranslation.assignments(resource, service, context: context) {
                values[value.clusterName] = value
            }
        }
        let new = values.mapValues { EncodedResource($0) }
        let old = assignments[reference] ?? [:]
        assignments[reference] = new.isEmpty ? nil : new
        for name in old.keys where new[name] == nil {
            assignmentsByCluster[name] = nil
            inputs.setEndpoints(cluster: name, nil)
            dirty.touch([.endpoints(cluster: name)])
        }
        for (name, encoded) in new where old[name]?.version != encoded.version {
            setAssignment(encoded)
            inputs.setEndpoints(cluster: name, values[name])
            dirty.touch([.endpoints(cluster: name)])
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
        markHosts(of: reference)
        if !consumers.isEmpty { bindConsumers() }
    }

    private func runClients(_ namespace: ObjectReference, _ context: TranslationContext) {
        let addresses = ConsumerRoutes.addresses(of: namespace.name, context)
        guard consumers.setAddresses(addresses, of: namespace.name) else { return }
        for (waypoint, clients) in consumers.clientsByWaypoint
        where clients.contains(namespace.name) {
            dirtyListeners.insert(waypoint)
        }
    }

    /// A waypoint that tells other clients apart than before has other listeners, and all its
    /// hosts for each of them.
    private func bindConsumers() {
        let changed = consumers.bind { service in
            guard case .bound(let waypoint) = bindings[service] else { return nil }
            return waypoint
        }
        for waypoint in changed {
            dirtyListeners.insert(waypoint)
            for (service, binding) in bindings where binding == .bound(waypoint) {
                markHosts(of: service)
            }
            for client in consumers.clientsByWaypoint[waypoint] ?? [] {
                dirty.mark([.clients(ObjectReference(.namespace, name: client))])
            }
        }
    }

    private func markHosts(of service: ObjectReference) {
        for port in backends[service]?.ports ?? [] where !port.isUDP {
            dirtyHosts.insert(.service(service, port: port.number))
        }
    }

    private func runGateway(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        let old = gateways[reference]
        let new = resource.flatMap {
            GatewayModel($0, plugins: plugins, options: options, context: context)
        }
        guard old != new else { return }
        let name = Self.group(of: reference)
        gateways[reference] = new
        setParents(of: reference, from: old?.parents ?? [], to: new?.parents ?? [])
        guard new != nil else {
            if groups.removeValue(forKey: name) != nil { removedGroups.insert(name) }
            return
        }
        if groups[name] == nil {
            groups[name] = GroupModel(gateway: reference)
            removedGroups.remove(name)
            adopt(reference)
            dirtyHosts.formUnion(HostMoves(from: nil, to: new, hosts: hosts).keys)
        } else {
            dirtyHosts.formUnion(HostMoves(from: old, to: new, hosts: hosts).keys)
        }
        dirtyListeners.insert(reference)
        guard old?.clientCertificate != new?.clientCertificate else { return }
        for cluster in clusters.dependingOnCertificate
        where groups[name]?.uses(cluster: cluster) == true {
            upsertCluster(cluster, in: name)
        }
    }

    /// Shows routes the Gateway and its ListenerSets as they are now.
    private func setParents(
        of gateway: ObjectReference, from old: [ParentModel], to new: [ParentModel]
    ) {
        let owners = Set(new.map(\.owner))
        // A ListenerSet may have gone to another Gateway, which has shown it already.
        rejudged.formUnion(owners)
        rejudged.formUnion(old.map(\.owner))
        for owner in old.map(\.owner)
        where !owners.contains(owner) && parents[owner]?.gateway == gateway {
            setParent(owner, nil)
        }
        for parent in new { setParent(parent.owner, parent) }
    }

    private func setParent(_ owner: ObjectReference, _ new: ParentModel?) {
        guard parents[owner] != new else { return }
        parents[owner] = new
        inputs.setModel(owner, new)
        dirty.touch([.model(owner)])
    }

    /// A group that has just come takes the hosts that were there before it.
    private func adopt(_ gateway: ObjectReference) {
        for (service, binding) in bindings where binding == .bound(gateway) {
            markHosts(of: service)
        }
    }

    private func setListeners(of gateway: ObjectReference) {
        let name = Self.group(of: gateway)
        guard let model = gateways[gateway], let group = groups[name] else { return }
        let winners = (connections[gateway] ?? [:]).compactMapValues { contenders in
            contenders.values.min(by: RankedConnection.precedes)?.connection
        }
        let translation = ListenerTranslation(
            of: model, connections: winners, filters: group.filters,
            clients: consumers.clients(of: gateway), options: options)
        let clusters = clusterResources(of: name)
        groups[name]?.setFixed(
            translation.resources, using: translation.clusters, clusters: clusters)
    }

    private func runRoute(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        let old = routes[reference]
        let plugin = plugins.route(reference.groupKind)
        let new = resource.flatMap { resource in
            plugin.map { RouteModel(resource, plugin: $0, context: context) }
        }
        routes[reference] = new
        let keys = Set(old?.routes.keys.map { $0 } ?? []).union(new?.routes.keys.map { $0 } ?? [])
        for key in keys where old?.routes[key] != new?.routes[key] {
            hosts.set(new?.routes[key], of: reference, at: key)
            markHost(key)
            if case .consumer = key {
                consumers.set(key, isThere: hosts.routes(at: key) != nil)
                bindConsumers()
            }
        }
        setConnections(of: reference, from: old, to: new)
        setOwnClusters(from: old, to: new)
        setClaims(of: reference, resource, plugin, from: old, to: new)
        setAttached(reference, from: old?.attached ?? [:], to: new?.attached ?? [:])
    }

    /// Counts a route at the listeners that it attaches to.
    private func setAttached(
        _ route: ObjectReference, from old: [ObjectReference: Set<String>],
        to new: [ObjectReference: Set<String>]
    ) {
        for owner in Set(old.keys).union(new.keys) where old[owner] != new[owner] {
            rejudged.insert(owner)
            for listener in old[owner] ?? [] {
                attachedRoutes[owner]?[listener]?.remove(route)
                if attachedRoutes[owner]?[listener]?.isEmpty == true {
                    attachedRoutes[owner]?[listener] = nil
                }
            }
            if attachedRoutes[owner]?.isEmpty == true { attachedRoutes[owner] = nil }
            for listener in new[owner] ?? [] {
                attachedRoutes[owner, default: [:]][listener, default: []].insert(route)
            }
        }
    }

    /// Marks a host, and those that a wildcard's routes are served for, too.
    private func markHost(_ key: HostKey) {
        if case .consumer(let service, let port, _) = key {
            dirtyHosts.insert(.service(service, port: port))
            return
        }
        dirtyHosts.insert(key)
        guard case .listener(let listener, let name) = key, Hostname.isWildcard(name) else {
            return
        }
        for host in hosts.hosts(of: listener, under: name) {
            let key = HostKey.listener(listener, host: host)
            if hosts.routes(at: key)?.takesAll != true { dirtyHosts.insert(key) }
        }
    }

    private func setClaims(
        of route: ObjectReference, _ resource: Resource?, _ plugin: (any RoutePlugin)?,
        from old: RouteModel?, to new: RouteModel?
    ) {
        guard let plugin, plugin.traffic.isHTTP else { return }
        for listener in Set((old?.claims ?? [:]).keys).union((new?.claims ?? [:]).keys) {
            let created = resource?.metadata.creationTimestamp
            guard
                old?.claims[listener] != new?.claims[listener]
                    || !claims.has(route, created: created, at: listener)
            else { continue }
            claims.set(
                new?.claims[listener], of: route, plugin.traffic, created: created, at: listener)
        }
    }

    private func setRejections(of route: ObjectReference) {
        let claimed = routes[route]?.claims ?? [:]
        inputs.setModel(route, claims.rejections(of: route, at: claimed.keys))
        dirty.touch([.model(route)])
    }

    private func setConnections(
        of route: ObjectReference, from old: RouteModel?, to new: RouteModel?
    ) {
        let keys = Set((old?.connections ?? [:]).keys).union((new?.connections ?? [:]).keys)
        for key in keys where old?.connections[key] != new?.connections[key] {
            let gateway = key.listener.gateway
            connections[gateway, default: [:]][key, default: [:]][route] = new?.connections[key]
            if connections[gateway]?[key]?.isEmpty == true { connections[gateway]?[key] = nil }
            if connections[gateway]?.isEmpty == true { connections[gateway] = nil }
            dirtyListeners.insert(gateway)
        }
    }

    private func setOwnClusters(from old: RouteModel?, to new: RouteModel?) {
        for (name, owned) in new?.clusters ?? [:] where old?.clusters[name] != owned {
            setCluster(owned.cluster)
            if let endpoints = owned.endpoints { setAssignment(EncodedResource(endpoints)) }
        }
        for name in (old?.clusters ?? [:]).keys where new?.clusters[name] == nil {
            clusters.remove(name)
            assignmentsByCluster[name] = nil
        }
    }

    private func runPolicy(
        _ reference: ObjectReference, _ resource: Resource?, _ context: TranslationContext
    ) {
        let plugin = plugins.policy(reference.groupKind)
        let old = policies[reference]
        let new = resource.flatMap { resource in
            plugin.map { PolicyModel(resource, plugin: $0, context: context) }
        }
        policies[reference] = new
        setObserver(
            reference, from: old?.outcomes.flatMap(\.clusters) ?? [],
            to: new?.outcomes.flatMap(\.clusters) ?? [])
    }

    // MARK: Hosts

    private func mergeHost(_ key: HostKey) {
        switch key {
        case .listener(let listener, let host):
            let model = gateways[listener.gateway]?.hostModel(listener, host, hosts)
            place(key, model, in: Self.group(of: listener.gateway))
        case .service(let reference, let number):
            mergeService(key, reference, number, hosts.routes(at: key))
        case .consumer:
            preconditionFailure("the hosts of consumers are merged with their Service's")
        }
    }

    private func mergeService(
        _ key: HostKey, _ reference: ObjectReference, _ number: Int, _ routes: MergedRoutes?
    ) {
        let port = backends[reference]?.ports.first { $0.number == number && !$0.isUDP }
        var waypoint: ObjectReference?
        if case .bound(let gateway) = bindings[reference] { waypoint = gateway }
        let model = port.map {
            HostModel(
                service: reference, port: $0, routes: routes,
                usesShortName: waypoint == nil || waypoint?.namespace == reference.namespace)
        }
        let target = waypoint.map(Self.group)
        for name in groups.keys where name != Self.meshGroup && name != target {
            if groups[name]?.contains(key) == true { place(key, nil, in: name) }
        }
        if let target { place(key, model, in: target) }
        placeConsumers(reference, port, routes, number: number, waypoint: waypoint)
        let listeners = port.map { ListenerTranslation.apiListeners(of: reference, $0) } ?? []
        placeInMesh(key, model, listeners)
    }

    /// The same host for the clients of each namespace that its waypoint tells apart.
    private func placeConsumers(
        _ service: ObjectReference, _ port: BackendModel.Port?, _ routes: MergedRoutes?,
        number: Int, waypoint: ObjectReference?
    ) {
        if consumers.isEmpty && placedConsumers.isEmpty { return }
        let place = HostKey.service(service, port: number)
        var former = placedConsumers.removeValue(forKey: place) ?? [:]
        for client in (waypoint.map(consumers.clients) ?? []).map(\.namespace) {
            guard let port, let waypoint else { continue }
            let key = HostKey.consumer(service, port: number, client: client)
            let model = HostModel(
                service: service, port: port, routes: hosts.routes(at: key) ?? routes,
                usesShortName: waypoint.namespace == service.namespace,
                configuration: HostModel.waypointRoutes(ofClientsIn: client))
            let group = Self.group(of: waypoint)
            if former[key] == group { former[key] = nil }
            placedConsumers[place, default: [:]][key] = group
            self.place(key, model, in: group)
        }
        for (key, group) in former { self.place(key, nil, in: group) }
    }

    private func place(_ key: HostKey, _ model: HostModel?, in group: String) {
        let clusters = clusterResources(of: group)
        groups[group]?.setHost(
            key, model, resources: { [$0.virtualHost] }, clusters: clusters)
    }

    private func placeInMesh(
        _ key: HostKey, _ model: HostModel?, _ listeners: [EncodedResource]
    ) {
        let clusters = clusterResources(of: Self.meshGroup)
        groups[Self.meshGroup]?.setHost(
            key, model.map { $0.with(listeners: listeners) },
            resources: { $0.meshResources }, clusters: clusters)
    }

    /// The resources of a cluster, for a group; made before the group is changed, whose Gateway it
    /// reads.
    private func clusterResources(of group: String) -> (String) -> [EncodedResource] {
        let certificate = certificate(ofGroup: group)
        return { [clusters, assignmentsByCluster] name in
            [clusters.resource(name, certificate: certificate), assignmentsByCluster[name]]
                .compactMap { $0 }
        }
    }

    private static func group(of gateway: ObjectReference) -> String {
        "\(gateway.namespace)/\(gateway.name)"
    }

    // MARK: Statuses

    /// The status of an object that has one, as the model stands.
    ///
    /// - Parameter proxies: What the connected proxies of a Gateway say, by which listeners are
    ///   programmed or not. Without it, only the translation is judged.
    package func status(
        of reference: ObjectReference, proxies: ((ObjectReference) -> [ProxyDelivery])? = nil
    ) -> ObjectStatus? {
        guard let resource = inputs.object(reference) else { return nil }
        if let route = routes[reference] {
            return ObjectStatus(parents: route.parents)
        }
        let generation = resource.metadata.generation
        if let gateway = gateways[reference] {
            return StatusTranslation.status(
                of: gateway, generation: generation, attached: attachedRoutes[reference] ?? [:],
                proxies: proxies?(reference))
        }
        if let parent = parents[reference], let gateway = gateways[parent.gateway] {
            return StatusTranslation.status(
                ofListenerSet: reference, of: gateway, generation: generation,
                attached: attachedRoutes[reference] ?? [:], proxies: proxies?(parent.gateway))
        }
        if let policy = policies[reference] {
            return PolicyStatus.status(
                of: policy, generation: generation, gateways: gatewaysReaching)
        }
        if let backend = backends[reference], reference.groupKind != .service {
            return PolicyStatus.status(
                ofBackend: backend, generation: generation,
                gateways: gatewaysReaching(backend.ports.map(\.cluster.name)))
        }
        if let binding = bindings[reference] {
            return StatusTranslation.status(of: binding)
        }
        return classes[reference]?.status
    }

    /// The Gateways whose proxies have any of the clusters.
    private func gatewaysReaching(_ clusters: [String]) -> [ObjectReference] {
        groups.values.compactMap { group in
            clusters.contains(where: group.uses) ? group.gateway : nil
        }.sorted()
    }

    /// An object as it was read; nil where there is none.
    package func object(_ reference: ObjectReference) -> Resource? {
        inputs.object(reference)
    }

    /// A Gateway of ours and its ListenerSets: those of whose statuses its proxies have a say.
    package func declarers(of gateway: ObjectReference) -> [ObjectReference] {
        (gateways[gateway]?.parents ?? []).map(\.owner)
    }

    /// The objects that have a status, by namespace and name.
    package var judged: [ObjectReference] {
        let enrolled = bindings.filter { $0.value != .notEnrolled }.keys
        let others = backends.keys.filter { $0.groupKind != .service }
        let all = Set(routes.keys).union(parents.keys).union(enrolled).union(classes.keys)
            .union(policies.keys).union(others)
        return all.sorted()
    }

    /// How many objects there are of each kind that is translated.
    package var counts: (services: Int, gateways: Int, routes: Int) {
        let services = backends.keys.count { $0.groupKind == .service }
        return (services, gateways.count, routes.count)
    }
}
