import XDS

/// The types that a client has asked for, in the order of addition.
struct Subscriptions {
    private var types: [TypeSubscription] = []

    var indices: Range<Int> { types.indices }

    subscript(index: Int) -> TypeSubscription {
        // Read in place: a copy retains a dozen objects, and every push reads each type.
        _read { yield types[index] }
        _modify { yield &types[index] }
    }

    /// The place of a type, made if it is asked for the first time.
    mutating func index(of type: ResourceType) -> (index: Int, isFirst: Bool) {
        if let index = knownIndex(of: type) { return (index, false) }
        let place = types.firstIndex { ResourceType.isAddedBefore(type, $0.type) } ?? types.count
        types.insert(TypeSubscription(type), at: place)
        return (place, true)
    }

    /// The place of a type that has been asked for.
    func knownIndex(of type: ResourceType) -> Int? {
        types.indices.first { types[$0].type == type }
    }

    var endpoints: TypeSubscription? {
        types.first { $0.type == .endpoints }
    }

    /// How many types and names there are.
    var size: Int {
        types.indices.reduce(types.count) { $0 + types[$1].names.count }
    }

    var isSettled: Bool {
        types.indices.allSatisfy { types[$0].isSettled }
    }

    var progress: [ResourceType: TypeProgress] {
        Dictionary(uniqueKeysWithValues: types.map { ($0.type, $0.status) })
    }

    var clientResources: [ResourceType: [ClientResource]] {
        Dictionary(uniqueKeysWithValues: types.map { ($0.type, $0.clientResources) })
    }

    /// What the client has answered to a type; nil where it has not asked for it.
    func answers(of type: ResourceType, withResources: Bool) -> ClientAnswers? {
        guard let index = knownIndex(of: type) else { return nil }
        var answers = types[index].answers
        if withResources { answers.resources = types[index].clientResources }
        return answers
    }

    mutating func note(_ changed: ChangedNames) {
        for index in types.indices {
            if let names = changed[types[index].type] { types[index].note(names) }
        }
    }

    /// A cluster that a client gets is warm only when its endpoints come after it, even if they
    /// are the same (xDS protocol, "Resource warming").
    mutating func clustersWereSent(_ content: ResponseContent) {
        guard content.type == .cluster, content.shape != .heartbeat,
            let index = knownIndex(of: .endpoints)
        else { return }
        types[index].tellAgain(content.endpointNames)
    }

    /// When the next heartbeat is due.
    var heartbeatTime: ContinuousClock.Instant? {
        types.indices.lazy.compactMap { types[$0].heartbeatTime }.min()
    }

    /// A type whose heartbeat is due.
    mutating func heartbeatIndex(now: ContinuousClock.Instant) -> Int? {
        for index in types.indices where types[index].needsHeartbeat(at: now) { return index }
        return nil
    }

    /// Begins to keep alive what the client has from an earlier stream.
    mutating func startHeartbeats(now: ContinuousClock.Instant) {
        for index in types.indices { types[index].startHeartbeats(at: now) }
    }
}

/// Clusters just sent whose endpoints the client has not asked for yet: a client that takes all
/// clusters asks for their endpoints by itself, and routes wait for that, but not for ever.
struct Warming {
    private var waiting: [(content: ResponseContent, end: ContinuousClock.Instant)] = []
    /// The client has let a wait pass: it may get endpoints elsewhere.
    private var wasInVain = false

    mutating func begin(
        _ content: ResponseContent, _ endpoints: TypeSubscription?, in snapshot: Snapshot,
        now: ContinuousClock.Instant
    ) {
        if wasInVain && endpoints == nil { return }
        let table = snapshot[.endpoints]
        guard content.endpointNames.contains(where: { table[$0] != nil }) else { return }
        waiting.append((content, now + DeltaServerStream.warmingLimit))
        if let endpoints { settle(endpoints) }
    }

    mutating func settle(_ endpoints: TypeSubscription) {
        if endpoints.isWildcard {
            waiting = []
        } else {
            waiting.removeAll { $0.content.refersOnly(to: endpoints.names) }
        }
    }

    /// Until when routes still wait; nil if they do not.
    mutating func waits(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        if let first = waiting.first, first.end <= now {
            waiting.removeAll { $0.end <= now }
            wasInVain = true
        }
        return waiting.last?.end
    }
}
