import XDS

@testable import Discovery

/// A client that behaves at random, and its stream: the server's machine, a twin of it that shares
/// nothing and decodes every request, and the messages under way in both directions.
final class ModelClient {
    /// How a client behaves.
    enum Manner: CaseIterable {
        /// As Envoy: all clusters and listeners, endpoints for each cluster, every response
        /// accepted in order. No route of its may ever lack its cluster.
        case orderly
        /// Anything that the protocol allows, and refusals.
        case wild
        /// The same, with requests that the protocol does not allow.
        case illegal
    }

    private typealias Ledgers = [ResourceType: Ledger]

    private let variant: Variant
    private let manner: Manner
    private let sharing: any StreamSharing
    private var random: SplitMix
    private var machine: any Machine
    private var twin: any Machine

    private var toServer: [Ask] = []
    private var toClient: [StreamResponse] = []

    // What follows from what the server has received and sent.
    private var server: Ledgers = [:]
    private var outstanding: [ResourceType: String] = [:]
    private var lastSent: [ResourceType: String] = [:]

    // What the client sees.
    private var client: Ledgers = [:]
    private var lastNonce: [ResourceType: String] = [:]
    private var version: [ResourceType: String] = [:]
    private var rejected: [ResourceType: Set<String>] = [:]
    /// Names given up of late, by state of the world: a server that has not seen that cannot know
    /// that they are asked for anew.
    private var dropped: [ResourceType: Set<String>] = [:]
    /// Names that the snapshot has lost since the client was sent them, by state of the world.
    private var unreferenced: Set<String> = []
    private var refuses = false

    /// What came to pass at the server of late, for a person.
    private(set) var history: [String] = []
    /// Responses so far.
    private(set) var responses = 0

    init(
        _ variant: Variant, _ manner: Manner, seed: UInt64, sharing: any StreamSharing,
        _ snapshot: Snapshot
    ) {
        self.variant = variant
        self.manner = manner
        self.sharing = sharing
        random = SplitMix(seed: seed)
        machine = variant.machine(sharing: sharing)
        twin = variant.machine(readsOutlines: false)
        changed(to: snapshot, [:])
        if manner == .orderly { begin() }
    }

    /// A fault, described.
    struct Fault: Error {
        var text: String
    }

    func changed(to snapshot: Snapshot, _ names: ChangedNames) {
        machine.changed(to: snapshot, names)
        twin.changed(to: snapshot, names)
        for (type, names) in names {
            note("= \(type) \(names.map { "\($0)@\(snapshot[type][$0]?.version ?? "")" })")
            for name in names where snapshot[type][name] == nil {
                server[type]?.nameWasRemoved(name)
                if variant == .sotw { unreferenced.insert(name) }
            }
        }
    }

    // MARK: Steps

    /// Something happens: a message arrives on either side, or the client says something.
    func step(_ world: World, now: ContinuousClock.Instant) throws {
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<5: try serverSpeaks(now)
        case 5..<9: try serverHears(now)
        case 9..<13: try clientHears(world)
        case 13 where random.once(in: 12): comeBack(to: world.snapshot)
        default: if manner != .orderly { clientSpeaks() }
        }
    }

    /// Both sides go on until nothing is left to say.
    func rest(_ world: World, from start: ContinuousClock.Instant) throws {
        var now = start
        for _ in 0..<600 {
            while !toServer.isEmpty { try serverHears(now) }
            switch try serverSpeaks(now) {
            case .respond: while !toClient.isEmpty { try clientHears(world) }
            case .wait(let end): now = end
            case .idle where toClient.isEmpty && toServer.isEmpty:
                return try checkRest(world.snapshot)
            case .idle: while !toClient.isEmpty { try clientHears(world) }
            }
        }
        throw Fault(text: "does not come to rest")
    }

    private func checkRest(_ snapshot: Snapshot) throws {
        if !machine.isSettled { throw Fault(text: "idle, but not settled") }
        for (type, ledger) in server {
            if let fault = ledger.fault(atRest: snapshot) {
                throw Fault(text: "server's account, \(type): \(fault)")
            }
            if let name = ledger.owed.first, variant == .delta {
                throw Fault(text: "\(type): no answer about \(name)")
            }
            try checkStatus(type, ledger, snapshot)
        }
        for (type, ledger) in client {
            let rejected = rejected[type] ?? []
            if rejected.contains("*") { continue }
            if let fault = ledger.fault(atRest: snapshot, rejected: rejected) {
                throw Fault(text: "client, \(type): \(fault)")
            }
        }
    }

    private func checkStatus(
        _ type: ResourceType, _ ledger: Ledger, _ snapshot: Snapshot
    ) throws {
        let expected = Set(ledger.expected(of: snapshot).keys)
        let names = Set((machine.clientResources[type] ?? []).map(\.resource.name))
        guard let status = machine.progress[type], !status.isWaiting else {
            throw Fault(text: "\(type) waits at rest")
        }
        if status.resources != expected.count || names != expected {
            throw Fault(text: "\(type): status \(status.resources) \(names), not \(expected)")
        }
    }

    // MARK: The server

    @discardableResult
    private func serverSpeaks(_ now: ContinuousClock.Instant) throws -> StreamStep {
        let step = machine.next(now: now)
        let other = twin.next(now: now)
        if step != other { throw Fault(text: "shared \(text(step)), alone \(text(other))") }
        guard case .respond(let response) = step else { return step }
        let type = response.type
        responses += 1
        note("> \(text(step)) nonce \(response.nonce)")
        if outstanding[type] != nil { throw Fault(text: "\(type): a second response") }
        guard var ledger = server[type] else { throw Fault(text: "\(type) not asked for") }
        let before = ledger.has
        if let fault = ledger.apply(response) { throw Fault(text: "\(type): \(fault)") }
        server[type] = ledger
        if type == .cluster {
            for resource in response.resources {
                server[.endpoints]?.clusterWasSent(
                    resource.name, isOther: before[resource.name] != resource.version)
            }
        }
        outstanding[type] = response.nonce
        lastSent[type] = response.nonce
        toClient.append(response)
        return step
    }

    private func note(_ line: String) {
        if history.count == 40 { history.removeFirst() }
        history.append(line)
    }

    private func text(_ step: StreamStep) -> String {
        guard case .respond(let response) = step else { return "\(step)" }
        let resources = response.resources.map { "\($0.name)@\($0.version)" }
        return "\(response.type) \(resources) without \(response.removed) \(response.version)"
    }

    private func serverHears(_ now: ContinuousClock.Instant) throws {
        if toServer.isEmpty { return }
        let ask = toServer.removeFirst()
        let type = ask.type
        let isFirst = server[type] == nil
        note("< \(type) \(ask.names) -\(ask.leaving) \(ask.has) \(ask.nonce) \(ask.error ?? "")")
        let isStale =
            variant == .sotw && !ask.nonce.isEmpty && lastSent[type] != nil
            && lastSent[type] != ask.nonce
        var expected: Rejection?
        if !ask.nonce.isEmpty, outstanding[type] == ask.nonce {
            outstanding[type] = nil
            expected = ask.error.map { Rejection(type: type, message: $0) }
        }
        if !isStale {
            var ledger = server[type] ?? Ledger(type, variant)
            ledger.apply(ask, isFirst: isFirst)
            if isFirst, !ask.version.isEmpty { ledger.comesBack(with: client[type]?.has ?? [:]) }
            server[type] = ledger
        }
        let rejection = machine.received(ask, at: now)
        if rejection != twin.received(ask, at: now) || rejection != expected {
            throw Fault(text: "\(type): \(String(describing: rejection)) for \(ask)")
        }
    }

    // MARK: The client

    private func clientHears(_ world: World) throws {
        if toClient.isEmpty { return }
        let response = toClient.removeFirst()
        let type = response.type
        lastNonce[type] = response.nonce
        for resource in response.resources where world.snapshot[type][resource.name] != nil {
            if type == .routeConfiguration { unreferenced.remove(resource.name) }
        }
        let lost = response.removed.filter { client[type]?.has[$0] != nil }
        let mentioned = Set(response.resources.map(\.name) + response.removed)
        var answer = Ask(type: type, nonce: response.nonce)
        if refuses {
            rejected[type, default: []].formUnion(mentioned)
            if response.content.shape == .whole { rejected[type]?.insert("*") }
            answer.error = "no"
        } else {
            rejected[type]?.subtract(mentioned)
            rejected[type]?.remove("*")
            _ = client[type]?.apply(response)
            version[type] = response.version
        }
        send(answer)
        if manner == .orderly {
            if type == .cluster { askForEndpoints(response) }
            try checkRoutes(world, after: type, lost)
        }
    }

    /// No route of an orderly client ever lacks its cluster, or the endpoints of it. By state of
    /// the world no message tells that a route is gone; it is forgotten when nothing refers to it.
    private func checkRoutes(
        _ world: World, after cause: ResourceType, _ lost: [String]
    ) throws {
        for type in [ResourceType.routeConfiguration, .virtualHost] {
            for (name, version) in client[type]?.has ?? [:] {
                guard let cluster = world.target(of: name, version: version),
                    !unreferenced.contains(name)
                else { continue }
                if client[.cluster]?.has[cluster] == nil {
                    throw Fault(text: "after \(cause): \(name) lacks cluster \(cluster)")
                }
                if cause == .endpoints, lost.contains(cluster) {
                    throw Fault(text: "\(name) loses the endpoints of \(cluster)")
                }
            }
        }
    }

    private func send(_ ask: Ask) {
        var ask = ask
        var ledger = client[ask.type] ?? Ledger(ask.type, variant)
        let isFirst = client[ask.type] == nil
        if variant == .sotw && ask.nonce == lastNonce[ask.type] && !ask.nonce.isEmpty {
            ask.version = version[ask.type] ?? ""
            if ask.names.isEmpty {
                ask.names = ledger.names.sorted() + (ledger.isWildcard ? ["*"] : [])
            }
        }
        ledger.apply(ask, isFirst: isFirst)
        client[ask.type] = ledger
        toServer.append(ask)
    }

    /// Nothing of the type is under way.
    private func isQuiet(_ type: ResourceType) -> Bool {
        outstanding[type] == nil && !toServer.contains { $0.type == type }
            && !toClient.contains { $0.type == type }
    }

    private func begin() {
        send(Ask(type: .cluster, names: random.once(in: 2) ? [] : ["*"]))
        send(Ask(type: .listener))
        send(Ask(type: .routeConfiguration, names: ["q0", "q1", "r0", "r1"]))
        if variant == .delta { send(Ask(type: .virtualHost, names: ["r0", "r1"])) }
    }

    private func askForEndpoints(_ response: StreamResponse) {
        let known = client[.endpoints]?.names ?? []
        let clusters = Set((client[.cluster]?.has ?? [:]).keys)
        let new = clusters.subtracting(known).sorted()
        let nonce = variant == .sotw ? lastNonce[.endpoints] ?? "" : ""
        switch variant {
        case .delta:
            let gone = known.subtracting(clusters).sorted()
            if new.isEmpty && gone.isEmpty { return }
            send(Ask(type: .endpoints, names: new, leaving: gone))
        case .sotw:
            if new.isEmpty { return }
            send(Ask(type: .endpoints, names: known.union(clusters).sorted(), nonce: nonce))
        }
    }

    private func clientSpeaks() {
        if random.once(in: 10) { refuses.toggle() }
        // Virtual hosts are not served by state of the world (xDS protocol, "RPC Services and
        // Methods for Each Variant").
        let types = World.names.keys.filter { variant == .delta || $0 != .virtualHost }
        guard let type = random.pick(types.sorted { $0.rawValue < $1.rawValue }),
            let names = World.names[type]
        else { return }
        switch variant {
        case .delta: speakDelta(type, names)
        case .sotw: speakSotW(type, names)
        }
    }

    private func speakDelta(_ type: ResourceType, _ names: [String]) {
        var ask = Ask(type: type, names: random.some(names))
        let isFirst = client[type] == nil
        let isWildcard = client[type]?.isWildcard ?? false
        switch Int.random(in: 0..<8, using: &random) {
        case 0: ask.names = isFirst || isQuiet(type) ? ["*"] : []
        case 1 where isWildcard: ask = Ask(type: type, leaving: ["*"])
        case 2: ask = Ask(type: type)
        case 3, 4: ask = Ask(type: type, leaving: random.some(names))
        case 5: ask.leaving = random.some(names)
        case 6 where random.once(in: 20): ask.names = (0..<1000).map { "\(names[0]) \($0)" }
        default: break
        }
        if type == .virtualHost && !isQuiet(type) {
            // A route configuration given up and asked for again while messages are under way: the
            // client cannot tell which of them are old.
            ask.names.removeAll { !$0.contains("/") && $0 != "*" }
        }
        if manner == .illegal && random.once(in: 3) {
            ask.nonce = "none"
            if random.once(in: 2) { ask.error = "illegal" }
        }
        send(ask)
    }

    private func speakSotW(_ type: ResourceType, _ names: [String]) {
        if isQuiet(type) { dropped[type] = nil }
        let ledger = client[type] ?? Ledger(type, variant)
        let gone = dropped[type] ?? []
        var new = random.some(names)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: new.append("*")
        case 1: new = []
        case 2 where random.once(in: 20): new = (0..<1000).map { "\(names[0]) \($0)" }
        default: break
        }
        if !gone.isEmpty { new.removeAll { gone.contains($0) || gone.contains("*") } }
        if new.isEmpty && !gone.isEmpty { return }
        if manner == .illegal, random.once(in: 3), lastNonce[type] != nil {
            // Not sent by way of the ledger: a request with a nonce of no response is ignored.
            toServer.append(Ask(type: type, names: new, nonce: "none", error: "illegal"))
            return
        }
        let left = ledger.names.union(ledger.isWildcard ? ["*"] : []).subtracting(new)
        if client[type] != nil, !left.isEmpty {
            dropped[type, default: []].formUnion(left)
            version[type] = nil
        }
        send(Ask(type: type, names: new, nonce: lastNonce[type] ?? ""))
    }

    // MARK: Broken streams

    /// The stream breaks, and the client comes back with what it has.
    private func comeBack(to snapshot: Snapshot) {
        // By state of the world the server cannot know which clusters a client's routes need.
        if manner == .orderly && variant == .sotw { return }
        note("broken")
        machine = variant.machine(sharing: sharing)
        twin = variant.machine(readsOutlines: false)
        changed(to: snapshot, [:])
        (toServer, toClient) = ([], [])
        (server, outstanding, lastSent, lastNonce, dropped) = ([:], [:], [:], [:], [:])
        let before = client
        client = [:]
        for (type, ledger) in before.sorted(by: { ResourceType.isAddedBefore($0.key, $1.key) })
        where ledger.isWildcard || !ledger.names.isEmpty {
            comeBack(type, ledger)
        }
    }

    private func comeBack(_ type: ResourceType, _ ledger: Ledger) {
        var ask = Ask(type: type, names: ledger.names.sorted())
        if ledger.isWildcard && (!ask.names.isEmpty || random.once(in: 2)) { ask.names.append("*") }
        switch variant {
        case .delta:
            ask.has = ledger.has
            if manner != .orderly {
                if random.once(in: 4) { ask.has = [:] }
                if ledger.isWildcard { ask.has["ghost"] = "1" }
                if let name = ask.has.keys.min(), random.once(in: 3) { ask.has[name] = "1" }
            }
            send(ask)
        case .sotw:
            ask.version = version[type] ?? ""
            send(ask)
            client[type]?.has = ledger.has
        }
    }
}
