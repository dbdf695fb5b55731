import XDS

@testable import Discovery

/// What a client has asked for of one type, and what it has, by the letter of the protocol.
///
/// Kept twice for each client: as the client sees it, and as it follows from what the server has
/// received and sent so far; messages under way make the two differ.
struct Ledger {
    let type: ResourceType
    private let variant: Variant
    private(set) var isWildcard = false
    private(set) var names: Set<String> = []
    private var hasAskedByName = false
    /// The versions that the client has.
    var has: [String: String] = [:]
    /// Names of which the client must be told, whatever it has.
    private(set) var owed: Set<String> = []
    /// Names of which the client may be told without need.
    private var tolerated: Set<String> = []
    /// Whether a response may say nothing, or nothing new.
    private(set) var mayBeEmpty = false
    private var toleratesAll = false

    init(_ type: ResourceType, _ variant: Variant) {
        self.type = type
        self.variant = variant
    }

    func covers(_ name: String) -> Bool {
        isWildcard || names.contains(name) || type == .virtualHost && isHost(name, of: names)
    }

    private func isHost(_ name: String, of names: Set<String>) -> Bool {
        names.contains { name.hasPrefix($0 + "/") }
    }

    /// What a client that has just this should have.
    func expected(of snapshot: Snapshot) -> [String: String] {
        var expected: [String: String] = [:]
        for resource in snapshot[type] where covers(resource.name) {
            expected[resource.name] = resource.version
        }
        return expected
    }

    // MARK: Requests

    mutating func apply(_ ask: Ask, isFirst: Bool) {
        switch variant {
        case .delta: applyDelta(ask, isFirst: isFirst)
        case .sotw: applySotW(ask, isFirst: isFirst)
        }
    }

    private mutating func applyDelta(_ ask: Ask, isFirst: Bool) {
        if isFirst && ask.names.isEmpty && ask.leaving.isEmpty || ask.names.contains("*") {
            isWildcard = true
            mayBeEmpty = true
        }
        for name in ask.names where name != "*" { subscribe(name) }
        if isFirst {
            for (name, version) in ask.has {
                has[name] = version
                owed.remove(name)
            }
        }
        if ask.leaving.contains("*") { isWildcard = false }
        for name in ask.leaving where names.remove(name) != nil {
            has[name] = nil
            if covers(name) { owe(name) } else { owed.remove(name) }
        }
        if !ask.leaving.isEmpty { drop() }
    }

    private mutating func subscribe(_ name: String) {
        names.insert(name)
        has[name] = nil
        owe(name)
        guard type == .virtualHost else { return }
        mayBeEmpty = true
        for host in World.names[.virtualHost] ?? [] where isHost(host, of: [name]) {
            has[host] = nil
            tolerated.insert(host)
        }
    }

    private mutating func owe(_ name: String) {
        // The name of a route configuration is none of a virtual host.
        if type == .virtualHost && !name.contains("/") {
            tolerated.insert(name)
        } else {
            owed.insert(name)
        }
    }

    private mutating func applySotW(_ ask: Ask, isFirst: Bool) {
        let new = Set(ask.names).subtracting(["*"])
        if !ask.names.isEmpty { hasAskedByName = true }
        let isAll = ask.names.contains("*") || ask.names.isEmpty && !hasAskedByName
        if isFirst || new != names || isAll != isWildcard { mayBeEmpty = true }
        for name in new where !covers(name) { has[name] = nil }
        names = new
        isWildcard = isAll
        drop()
    }

    /// What is no longer covered is forgotten.
    private mutating func drop() {
        has = has.filter { covers($0.key) }
        owed = owed.filter(covers)
    }

    /// A client that comes back by state of the world may be told all listeners and clusters, or
    /// nothing.
    mutating func comesBack(with has: [String: String]) {
        if !isWhole { return }
        self.has = has
        toleratesAll = true
    }

    /// A cluster was sent, and its endpoints must follow.
    mutating func clusterWasSent(_ name: String, isOther: Bool) {
        guard covers(name) else { return }
        tolerated.insert(name)
        if !isOther || !names.contains(name) { return }
        switch variant {
        case .delta: owed.insert(name)
        case .sotw: has[name] = nil
        }
    }

    /// The snapshot has lost a name. By state of the world a client that is not told may as well
    /// have dropped the resource, so that it may be sent again when it comes back.
    mutating func nameWasRemoved(_ name: String) {
        if variant == .sotw { tolerated.insert(name) }
    }

    // MARK: Responses

    private var isWhole: Bool { variant == .sotw && (type == .listener || type == .cluster) }

    /// Takes a response, as the client does: what was not asked for is left aside.
    ///
    /// - Returns: What the server did wrong, if anything, had the client got all messages so far.
    mutating func apply(_ response: StreamResponse) -> String? {
        let fault = fault(of: response)
        let before = has
        if isWhole { has = [:] }
        for resource in response.resources where covers(resource.name) {
            has[resource.name] = resource.version
            owed.remove(resource.name)
            tolerated.remove(resource.name)
        }
        for name in response.removed {
            has[name] = nil
            owed.remove(name)
            tolerated.remove(name)
        }
        if isWhole && has == before && !mayBeEmpty && !toleratesAll { return "nothing new" }
        mayBeEmpty = false
        toleratesAll = false
        return fault
    }

    private func fault(of response: StreamResponse) -> String? {
        let names = response.resources.map(\.name)
        if Set(names + response.removed).count < names.count + response.removed.count {
            return "a name twice"
        }
        if let name = names.first(where: { !covers($0) }) { return "\(name) not asked for" }
        if isWhole { return nil }
        if names.isEmpty && response.removed.isEmpty && !mayBeEmpty { return "nothing" }
        for resource in response.resources
        where has[resource.name] == resource.version && !isDue(resource.name) {
            return "\(resource.name) again"
        }
        if let name = response.removed.first(where: { has[$0] == nil && !isDue($0) }) {
            return "\(name) gone again"
        }
        return nil
    }

    private func isDue(_ name: String) -> Bool {
        toleratesAll || owed.contains(name) || tolerated.contains(name)
    }

    /// What is wrong when client and server have nothing more to say to each other.
    ///
    /// - Parameter rejected: Names whose latest content the client refused.
    func fault(atRest snapshot: Snapshot, rejected: Set<String> = []) -> String? {
        let expected = expected(of: snapshot)
        if let name = expected.keys.first(where: {
            has[$0] != expected[$0] && !rejected.contains($0)
        }) {
            return "\(name) is \(has[name] ?? "missing")"
        }
        // By state of the world nothing says that these types' resources are gone.
        if variant == .delta || isWhole,
            let name = has.keys.first(where: { expected[$0] == nil && !rejected.contains($0) })
        {
            return "\(name) is still there"
        }
        return nil
    }
}
