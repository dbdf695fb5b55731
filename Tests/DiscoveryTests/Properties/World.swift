import XDS

@testable import Discovery

/// Numbers that look random, the same for the same seed.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// True once in so many times.
    mutating func once(in count: Int) -> Bool {
        Int.random(in: 0..<count, using: &self) == 0
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.randomElement(using: &self)
    }

    mutating func some(_ elements: [String]) -> [String] {
        elements.filter { _ in once(in: 2) }
    }
}

/// A configuration that changes at random and is consistent at every moment: what a route refers
/// to is there, and so are the endpoints of every cluster.
struct World {
    /// All names that may ever be asked for, by type; many exist only at times, the last ones never.
    static let names: [ResourceType: [String]] = [
        .cluster: ["c0", "c1", "c2", "c3", "c4", "cx"],
        .endpoints: ["c0", "c1", "c2", "c3", "c4", "cx"],
        .listener: ["l0", "l1", "l2", "lx"],
        .secret: ["s0", "s1", "sx"],
        .routeConfiguration: ["q0", "q1", "r0", "r1", "rx"],
        .virtualHost: ["r0", "r1", "r0/a", "r0/b", "r0/b/c", "r1/a", "r1/x", "rx", "rx/a"],
        .unknown: ["u0", "u1", "ux"],
    ]
    private static let hosts = ["r0/a", "r0/b", "r0/b/c", "r1/a"]

    private(set) var snapshot = Snapshot()
    private var resources: [ResourceType: [String: EncodedResource]] = [:]
    private var made: [String: EncodedResource] = [:]
    private var touched: Set<ResourceReference> = []
    /// The cluster of each route ever made, by name and version.
    private var targets: [String: String] = [:]

    init(using random: inout SplitMix) {
        for name in ["c0", "c1", "c2"] { addCluster(name, 1) }
        for name in ["r0", "r1"] { put(.routes(name)) }
        for _ in 0..<8 { mutate(using: &random) }
        _ = commit()
    }

    /// The cluster that a route of the client goes to; nil where it is none or has none.
    func target(of name: String, version: String) -> String? {
        targets[name + version]
    }

    /// Changes a few things at once.
    mutating func change(using random: inout SplitMix) -> ChangedNames {
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(using: &random) }
        return commit()
    }

    private mutating func commit() -> ChangedNames {
        var change = SnapshotChange()
        for reference in touched {
            if let resource = resources[reference.type]?[reference.name] {
                change.upserts.append(resource)
            } else {
                change.removals[reference.type, default: []].insert(reference.name)
            }
        }
        touched = []
        return snapshot.apply(change)
    }

    private mutating func mutate(using random: inout SplitMix) {
        let clusters = names(.cluster)
        let revision = Int.random(in: 1...3, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
            if let name = random.pick(["c0", "c1", "c2", "c3", "c4"]) {
                addCluster(name, revision)
            }
        case 1, 2: if clusters.count > 1 { removeCluster(using: &random) }
        case 3, 4:
            if let name = random.pick(clusters) {
                put(make("endpoints \(name) \(revision)") { .endpoints(name, revision) })
            }
        case 5, 6: if let cluster = random.pick(clusters) { route(to: cluster, using: &random) }
        case 7: if let name = random.pick(Self.hosts) { remove(.virtualHost, name) }
        case 8: if let name = random.pick(["q0", "q1", "r1"]) { remove(.routeConfiguration, name) }
        case 9: put(.routes("r1"))
        default: other(revision, using: &random)
        }
    }

    private mutating func other(_ revision: Int, using random: inout SplitMix) {
        let type = random.pick([ResourceType.listener, .secret, .unknown]) ?? .listener
        let names = Self.names[type] ?? []
        guard let name = random.pick(Array(names.dropLast())) else { return }
        if random.once(in: 3) {
            remove(type, name)
        } else {
            put(make("\(type) \(name) \(revision)") { .opaque(type, name, revision) })
        }
    }

    private mutating func addCluster(_ name: String, _ revision: Int) {
        put(make("cluster \(name) \(revision)") { .cluster(name, revision) })
        if resources[.endpoints]?[name] == nil {
            put(make("endpoints \(name) 1") { .endpoints(name) })
        }
    }

    /// Removes a cluster, and moves what went there in the same change.
    private mutating func removeCluster(using random: inout SplitMix) {
        guard let old = random.pick(names(.cluster)),
            let new = random.pick(names(.cluster).filter { $0 != old })
        else { return }
        remove(.cluster, old)
        remove(.endpoints, old)
        for type in [ResourceType.routeConfiguration, .virtualHost] {
            for name in names(type) {
                guard let resource = resources[type]?[name],
                    targets[name + resource.version] == old
                else { continue }
                route(type, name, to: new)
            }
        }
    }

    private mutating func route(to cluster: String, using random: inout SplitMix) {
        if random.once(in: 2) {
            if let name = random.pick(["q0", "q1"]) {
                route(.routeConfiguration, name, to: cluster)
            }
        } else if let name = random.pick(Self.hosts) {
            route(.virtualHost, name, to: cluster)
        }
    }

    private mutating func route(_ type: ResourceType, _ name: String, to cluster: String) {
        let resource = make("\(type) \(name) \(cluster)") {
            type == .virtualHost ? .host(name, to: cluster) : .routes(name, to: cluster)
        }
        targets[name + resource.version] = cluster
        put(resource)
    }

    private func names(_ type: ResourceType) -> [String] {
        (resources[type] ?? [:]).keys.sorted()
    }

    private mutating func put(_ resource: EncodedResource) {
        resources[resource.type, default: [:]][resource.name] = resource
        touched.insert(ResourceReference(type: resource.type, name: resource.name))
    }

    private mutating func remove(_ type: ResourceType, _ name: String) {
        resources[type]?[name] = nil
        touched.insert(ResourceReference(type: type, name: name))
    }

    private mutating func make(_ key: String, _ make: () -> EncodedResource) -> EncodedResource {
        if let known = made[key] { return known }
        let resource = make()
        made[key] = resource
        return resource
    }
}
