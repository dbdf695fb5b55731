import GatewayAPI
package import XDS

/// What changes in the snapshot of one group of proxies.
package struct GroupChange {
    /// New or different resources, by type and name.
    package fileprivate(set) var upserts: [ResourceKey: EncodedResource] = [:]
    /// What is gone.
    package fileprivate(set) var removals: Set<ResourceKey> = []

    /// Whether nothing changes.
    package var isEmpty: Bool { upserts.isEmpty && removals.isEmpty }
}

/// A resource's type and name.
package struct ResourceKey: Hashable, Sendable {
    package var type: ResourceType
    package var name: String

    package init(type: ResourceType, name: String) {
        self.type = type
        self.name = name
    }
}

/// The resources of one group: kept as counts, so that a change costs its own size.
struct GroupModel {
    /// How many hosts of the group name each cluster.
    private var clusterUses: [String: Int] = [:]
    private var hosts: [HostKey: HostModel] = [:]
    /// The host that a resource is of. A name may move between the ports of a Service, and what
    /// the one gains is not lost with the other, whichever is looked at first.
    private var owners: [ResourceKey: HostKey] = [:]
    /// The HTTP filters that its hosts switch on, with the number of hosts.
    private var filterUses: [HTTPFilter: Int] = [:]
    /// The clusters that its listeners name.
    private var fixedClusters: Set<String> = []
    /// The Gateway; nil for proxyless clients.
    let gateway: ObjectReference?
    /// The set of ``filters`` has changed since this was set to false.
    var filtersChanged = false
    /// Listeners, route configurations and secrets.
    private var fixed: [ResourceKey: EncodedResource] = [:]
    private var change = GroupChange()

    init(gateway: ObjectReference? = nil) {
        self.gateway = gateway
    }

    /// The HTTP filters that its listeners must have, in one order.
    var filters: [HTTPFilter] {
        filterUses.keys.sorted { $0.name < $1.name }
    }

    func uses(cluster: String) -> Bool {
        clusterUses[cluster] != nil
    }

    func contains(_ host: HostKey) -> Bool {
        hosts[host] != nil
    }

    /// The hosts it has.
    var hostKeys: [HostKey] { Array(hosts.keys) }

    /// Takes what has changed since the last time.
    mutating func takeChange() -> GroupChange {
        defer { change = GroupChange() }
        return change
    }

    /// Notes a resource as new, without a count.
    mutating func upsert(_ resource: EncodedResource) {
        let key = ResourceKey(type: resource.type, name: resource.name)
        change.upserts[key] = resource
        change.removals.remove(key)
    }

    /// Notes a resource as gone, without a count.
    mutating func remove(_ type: ResourceType, _ name: String) {
        let key = ResourceKey(type: type, name: name)
        change.upserts[key] = nil
        change.removals.insert(key)
    }

    /// Puts the listeners, route configurations and secrets in the place of the former ones.
    ///
    /// - Parameters:
    ///   - names: The clusters that the listeners name.
    ///   - clusters: The resources of a cluster, for those that come into use.
    mutating func setFixed(
        _ resources: [EncodedResource], using names: Set<String>,
        clusters: (String) -> [EncodedResource]
    ) {
        count(old: fixedClusters, new: names, clusters)
        fixedClusters = names
        var new: [ResourceKey: EncodedResource] = [:]
        for resource in resources {
            let key = ResourceKey(type: resource.type, name: resource.name)
            new[key] = resource
            if fixed[key]?.version != resource.version { upsert(resource) }
        }
        for key in fixed.keys where new[key] == nil { remove(key.type, key.name) }
        fixed = new
    }

    /// Puts a host in the place of the former one; nil removes it.
    ///
    /// - Parameters:
    ///   - resources: What of the host this group takes.
    ///   - clusters: The resources of a cluster, for those that come into use.
    mutating func setHost(
        _ key: HostKey, _ host: HostModel?, resources: (HostModel) -> [EncodedResource],
        clusters: (String) -> [EncodedResource]
    ) {
        let old = hosts.removeValue(forKey: key)
        hosts[key] = host
        let new = host.map(resources) ?? []
        let former = old.map(resources) ?? []
        for resource in new {
            let place = ResourceKey(type: resource.type, name: resource.name)
            let same = former.first { $0.type == resource.type && $0.name == resource.name }
            if same?.version != resource.version || owners[place] != key { upsert(resource) }
            owners[place] = key
        }
        for resource in former {
            let place = ResourceKey(type: resource.type, name: resource.name)
            let stays = new.contains { $0.type == resource.type && $0.name == resource.name }
            guard !stays, owners[place] == key else { continue }
            owners[place] = nil
            remove(resource.type, resource.name)
        }
        count(old: old?.clusters ?? [], new: host?.clusters ?? [], clusters)
        countFilters(old: old?.filters ?? [], new: host?.filters ?? [])
    }

    private mutating func countFilters(old: Set<HTTPFilter>, new: Set<HTTPFilter>) {
        for filter in new.subtracting(old) {
            filterUses[filter, default: 0] += 1
            if filterUses[filter] == 1 { filtersChanged = true }
        }
        for filter in old.subtracting(new) {
            filterUses[filter, default: 1] -= 1
            if filterUses[filter] == 0 {
                filterUses[filter] = nil
                filtersChanged = true
            }
        }
    }

    private mutating func count(
        old: Set<String>, new: Set<String>, _ clusters: (String) -> [EncodedResource]
    ) {
        for name in new.subtracting(old) {
            clusterUses[name, default: 0] += 1
            if clusterUses[name] == 1 { clusters(name).forEach { upsert($0) } }
        }
        for name in old.subtracting(new) {
            clusterUses[name, default: 1] -= 1
            if clusterUses[name] == 0 {
                clusterUses[name] = nil
                remove(.cluster, name)
                remove(.endpoints, name)
            }
        }
    }
}
