import HashTreeCollections
import XDS

/// What one client has asked for of one type, and what it has.
///
/// What it has is `base`, as far as it covers what was asked for; a table that most streams share.
/// Only where a client differs from that, `exceptions` says so: what it has from an earlier
/// stream, and what it must be told again. `dirty` holds the names in which the snapshot may
/// differ from `base`.
struct TypeSubscription {
    /// What the client has of a name.
    private enum Held {
        /// It must be told in any case.
        case unknown
        /// It has one, and must be told again.
        case again
        /// It knows that there is none.
        case absent
        case version(String)
        case resource(EncodedResource)

        func isUpToDate(with resource: EncodedResource) -> Bool {
            switch self {
            case .unknown, .again, .absent: false
            case .version(let version): version == resource.version
            case .resource(let held): held.isSame(as: resource)
            }
        }
    }

    let type: ResourceType
    /// Whether everything is asked for.
    private(set) var isWildcard = false
    /// What is asked for by name.
    private(set) var names = NameSet.empty
    /// Whether a name was ever asked for: asking for none is no wildcard any more.
    var hasAskedByName = false
    /// A first request is answered even with nothing, so that the client can go on.
    var owesResponse = false
    /// The nonce of the response that waits for its answer.
    private(set) var outstanding: String?
    /// The nonce of the latest response.
    private(set) var lastNonce: String?
    private(set) var progress = TypeProgress()

    private var base = ResourceTable()
    /// The sum over what is covered of `base`, for responses by state of the world.
    private var sum: UInt64 = 0
    /// Nothing has been compared yet: everything that is covered is due.
    private var isFresh = true
    private var dirty: Set<String> = []
    private var exceptions: [String: Held] = [:]
    /// What the latest response carried, until it is acknowledged.
    private var unacknowledged: [EncodedResource] = []
    /// What was refused, and not accepted since.
    private var refused: [EncodedResource] = []
    private var nextHeartbeat: ContinuousClock.Instant?
    /// The client has something from an earlier stream, which may be about to expire.
    private var hasUnknownLife = false

    init(_ type: ResourceType) {
        self.type = type
    }

    /// Whether there is nothing to say, as far as is known.
    var isSettled: Bool {
        !isFresh && dirty.isEmpty && !owesResponse
    }

    // MARK: What is asked for

    func covers(_ name: String) -> Bool {
        if isWildcard || names.contains(name) { return true }
        return type == .virtualHost
            && WholeRoutes.isVirtualHost(name, ofOneOf: names.contains)
    }

    /// Everything is asked for from now on.
    mutating func subscribeToAll() {
        if isWildcard { return }
        if !isFresh {
            for name in names.all where exceptions[name] == nil {
                exceptions[name] = base[name].map { .resource($0) } ?? .absent
            }
            if type == .virtualHost {
                // Covered by the name of a route configuration.
                for resource in base where exceptions[resource.name] == nil && covers(resource.name)
                {
                    exceptions[resource.name] = .resource(resource)
                }
            }
            base = ResourceTable()
            isFresh = true
        }
        isWildcard = true
    }

    /// Only names are asked for from now on.
    mutating func unsubscribeFromAll() {
        isWildcard = false
        exceptions = exceptions.filter { covers($0.key) }
        dirty = dirty.filter(covers)
    }

    /// Names are asked for, known ones once more: the client is told of each.
    mutating func subscribe(
        to added: [String], in snapshot: Snapshot, sharing: some StreamSharing
    ) {
        if names.count == 0 {
            names = NameSet.of(added, sharing: sharing)
        } else {
            let grown = names.adding(added)
            names = sharing.names(grown.identity) { grown }
        }
        hasAskedByName = true
        if type == .virtualHost { owesResponse = true }
        let configurations = type == .virtualHost ? Set(added) : []
        let isAdded = { (name: String) in
            WholeRoutes.isVirtualHost(name, ofOneOf: configurations.contains)
        }
        if isFresh {
            // Due in any case, but for what the client is known to have.
            if exceptions.isEmpty { return }
            let added = Set(added)
            for name in exceptions.keys where added.contains(name) || isAdded(name) {
                exceptions[name] = .unknown
            }
            return
        }
        tell(added)
        guard type == .virtualHost else { return }
        tell(snapshot[type].names.filter(isAdded))
        // Those that are gone at the moment too, lest they come back unseen.
        tell(base.names.filter(isAdded))
    }

    /// Names are no longer asked for.
    mutating func unsubscribe(from removed: [String], sharing: some StreamSharing) {
        let asked = removed.filter(names.contains)
        if asked.isEmpty { return }
        let shrunk = names.removing(asked)
        names = sharing.names(shrunk.identity) { shrunk }
        for name in asked {
            exceptions[name] = nil
            dirty.remove(name)
        }
        if type == .virtualHost { exceptions = exceptions.filter { covers($0.key) } }
        // The client cannot know whether the wildcard, or a route configuration, still covers a
        // name (xDS protocol, "Unsubscribing from Resources").
        tell(asked.filter(covers))
    }

    /// Exactly these names are asked for, and everything if `isWildcard`: state of the world.
    ///
    /// - Returns: Whether that is another subscription than before.
    mutating func replace(
        names new: [String], isWildcard: Bool, sharing: some StreamSharing
    ) -> Bool {
        let before = names
        let after = NameSet.of(new, sharing: sharing)
        let wasWildcard = self.isWildcard
        guard after.identity != before.identity || wasWildcard != isWildcard else { return false }
        if isWildcard { subscribeToAll() }
        names = after
        if !isWildcard { unsubscribeFromAll() }
        if wasWildcard == isWildcard || !isWildcard {
            let kept = { (name: String) in wasWildcard || before.contains(name) }
            if !isFresh { tell(after.all.filter { !kept($0) }) }
        }
        for name in before.all where !covers(name) {
            exceptions[name] = nil
            dirty.remove(name)
        }
        sum = coveredSum(of: base)
        return true
    }

    /// The client has this from an earlier stream.
    mutating func hold(_ versions: [String: String]) {
        for (name, version) in versions { exceptions[name] = .version(version) }
    }

    /// The client has just what the snapshot has.
    mutating func settle(with table: ResourceTable) {
        base = table
        sum = coveredSum(of: table)
        isFresh = false
        hasUnknownLife = true
    }

    /// These names of the snapshot are others now.
    mutating func note(_ changed: Set<String>) {
        if isFresh { return }
        // Shared with all other streams, as long as nothing else is to be compared.
        if dirty.isEmpty {
            dirty = changed
        } else {
            dirty.formUnion(changed)
        }
    }

    /// The client must be told of the names it has asked for, whatever it has.
    mutating func tellAgain(_ names: [String]) {
        for name in names where covers(name) {
            switch held(name) {
            case .unknown: continue
            case .absent: exceptions[name] = .unknown
            case .again, .version, .resource: exceptions[name] = .again
            }
            dirty.insert(name)
        }
    }

    private mutating func tell(_ names: some Sequence<String>) {
        for name in names {
            exceptions[name] = .unknown
            dirty.insert(name)
        }
    }

    // MARK: What it gets

    /// What the client must be told now; nil if nothing.
    ///
    /// - Parameter keepsRemoved: Whether what is gone stays with the client until a later call.
    /// - Parameter tellsExpiry: Whether the client is told how long what expires lives.
    mutating func plan(
        to snapshot: Snapshot, keepsRemoved: Bool, shape: ResponseContent.Shape,
        tellsExpiry: Bool = false, sharing: some StreamSharing
    ) -> ResponseContent? {
        if isSettled { return nil }
        let target = snapshot[type]
        let content: ResponseContent
        if exceptions.isEmpty {
            if !isFresh, !owesResponse, target.revision == base.revision {
                dirty = []
                return nil
            }
            let key = ResponseContent.Key(
                type: type, base: base.revision, target: target.revision,
                parents: type == .virtualHost ? snapshot[.routeConfiguration].revision : 0,
                names: names.identity,
                isWildcard: isWildcard, isFresh: isFresh, keepsRemoved: keepsRemoved,
                shape: shape, tellsExpiry: tellsExpiry)
            content = sharing.content(key) {
                makeContent(target, snapshot, keepsRemoved: keepsRemoved, shape, tellsExpiry)
            }
        } else {
            content = makeContent(target, snapshot, keepsRemoved: keepsRemoved, shape, tellsExpiry)
            // What the table after does not say of a removal that waits must be remembered here.
            exceptions = exceptions.filter { name, held in
                guard content.deferred.contains(name) else { return false }
                if case .again = held { return true }
                return content.after[name] == nil
            }
        }
        base = content.after
        sum = content.sum
        dirty = content.deferred
        let isDue = content.isDue || shape != .changed && owesResponse
        if isFresh && !isDue { hasUnknownLife = true }
        isFresh = false
        owesResponse = false
        return isDue ? content : nil
    }

    private func makeContent(
        _ target: ResourceTable, _ snapshot: Snapshot, keepsRemoved: Bool,
        _ shape: ResponseContent.Shape, _ tellsExpiry: Bool
    ) -> ResponseContent {
        var changed: [EncodedResource] = []
        var removed: [String] = []
        var deferred: Set<String> = []
        var kept: [EncodedResource] = []
        forEachCandidate(in: target) { name in
            let held = held(name)
            if let resource = target[name], covers(name) {
                if !held.isUpToDate(with: resource) { changed.append(resource) }
                return
            }
            switch held {
            case .absent: return
            case .unknown where isParent(name, in: snapshot): return
            case .unknown: removed.append(name)
            case .again, .version, .resource:
                guard keepsRemoved else {
                    removed.append(name)
                    return
                }
                deferred.insert(name)
                if case .resource(let resource) = held {
                    kept.append(resource)
                } else if let resource = base[name] {
                    kept.append(resource)
                }
            }
        }
        var after = target
        if !deferred.isEmpty {
            // With nothing to say the table stays, so that asking again changes nothing; unless the
            // client was found to have what the table lacks.
            if changed.isEmpty && removed.isEmpty && !isFresh && exceptions.isEmpty {
                after = base
            }
            for resource in kept { _ = after.insert(resource) }
        }
        let isDue =
            shape == .changed ? !changed.isEmpty : !changed.isEmpty || !removed.isEmpty
        let sum = shape == .delta ? 0 : self.sum(after: after, changed, removed)
        let resources = shape == .whole ? after.filter { covers($0.name) } : changed
        return ResponseContent(
            type: type, shape: shape, tellsExpiry: tellsExpiry,
            resources: resources.sorted { $0.name < $1.name },
            changed: shape == .whole ? changed : nil, removed: removed.sorted(),
            version: shape == .delta ? after.version : ResourceTable.text(version: sum),
            isDue: isDue, after: after, sum: sum, deferred: deferred)
    }

    private func forEachCandidate(in target: ResourceTable, _ body: (String) -> Void) {
        guard isFresh else {
            dirty.forEach(body)
            return
        }
        if isWildcard || type == .virtualHost {
            for name in target.names where covers(name) { body(name) }
        }
        let isListed = { (name: String) in
            (isWildcard || type == .virtualHost) && target[name] != nil && covers(name)
        }
        for name in names.all where !isListed(name) { body(name) }
        for name in exceptions.keys where !isListed(name) && !names.contains(name) { body(name) }
    }

    private func held(_ name: String) -> Held {
        if let exception = exceptions[name] { return exception }
        if isFresh { return .unknown }
        guard covers(name) else { return .absent }
        return base[name].map { .resource($0) } ?? .absent
    }

    /// The name of a route configuration, asked for to get its virtual hosts, is itself none.
    private func isParent(_ name: String, in snapshot: Snapshot) -> Bool {
        type == .virtualHost && snapshot[.routeConfiguration][name] != nil
    }

    private func sum(
        after: ResourceTable, _ changed: [EncodedResource], _ removed: [String]
    ) -> UInt64 {
        guard !isWildcard, !isFresh, exceptions.isEmpty else { return coveredSum(of: after) }
        var sum = sum
        for resource in changed {
            sum &-= base[resource.name].map(ResourceTable.weight) ?? 0
            sum &+= ResourceTable.weight(resource)
        }
        for name in removed { sum &-= base[name].map(ResourceTable.weight) ?? 0 }
        return sum
    }

    private func coveredSum(of table: ResourceTable) -> UInt64 {
        if isWildcard { return table.sum }
        var sum: UInt64 = 0
        for name in names.all {
            if let resource = table[name] { sum &+= ResourceTable.weight(resource) }
        }
        return sum
    }

    /// The version of what is covered of a table, by state of the world.
    func version(of table: ResourceTable) -> String {
        ResourceTable.text(version: coveredSum(of: table))
    }

    // MARK: Heartbeats

    /// When the next heartbeat is due; nil where nothing that the client has expires.
    var heartbeatTime: ContinuousClock.Instant? {
        outstanding == nil ? nextHeartbeat : nil
    }

    /// Begins to keep alive what the client has from an earlier stream.
    mutating func startHeartbeats(at now: ContinuousClock.Instant) {
        if hasUnknownLife && !expiring.isEmpty { nextHeartbeat = now }
        hasUnknownLife = false
    }

    /// Whether a heartbeat is due, and there is still something to keep alive.
    mutating func needsHeartbeat(at now: ContinuousClock.Instant) -> Bool {
        guard let time = heartbeatTime, time <= now else { return false }
        if expiring.isEmpty { nextHeartbeat = nil }
        return nextHeartbeat != nil
    }

    /// What expires of what the client has, without the resources.
    func heartbeat() -> ResponseContent {
        again(expiring, shape: .heartbeat)
    }

    /// What expires of what the client has, in full: by state of the world, what a response lacks
    /// is gone, and to Envoy a resource without its content is lacking.
    func renewal() -> ResponseContent {
        let isWhole = type.isWholeInSotW
        return again(
            isWhole ? base.filter { covers($0.name) } : expiring,
            shape: isWhole ? .whole : .changed)
    }

    private func again(
        _ resources: [EncodedResource], shape: ResponseContent.Shape
    ) -> ResponseContent {
        ResponseContent(
            type: type, shape: shape, tellsExpiry: true,
            resources: resources.sorted { $0.name < $1.name }, changed: [],
            removed: [], version: ResourceTable.text(version: sum), isDue: true, after: base,
            sum: sum)
    }

    private var expiring: [EncodedResource] {
        base.heartbeats.compactMap { covers($0) ? base[$0] : nil }
    }

    // MARK: Responses and their answers

    /// A response was sent.
    mutating func sent(
        _ content: ResponseContent, nonce: String, at now: ContinuousClock.Instant,
        keepsAlive: Bool
    ) {
        outstanding = nonce
        lastNonce = nonce
        progress.sent += 1
        progress.version = content.version
        unacknowledged = content.resources
        hasUnknownLife = false
        guard keepsAlive, !base.heartbeats.isEmpty, let life = expiring.compactMap(\.ttl).min()
        else {
            nextHeartbeat = nil
            return
        }
        // Two heartbeats in the shortest life, so that one may be late. What was not sent now does
        // not live longer for it.
        let renewed = Set(content.resources.lazy.filter { $0.ttl != nil }.map(\.name))
        let isRenewed = expiring.allSatisfy { renewed.contains($0.name) }
        let time = now + life / 2
        nextHeartbeat = isRenewed ? time : min(time, nextHeartbeat ?? now)
    }

    /// The response that waits was acknowledged, or refused.
    mutating func answered(_ error: RPCStatus?, at now: ContinuousClock.Instant) -> Rejection? {
        outstanding = nil
        guard let error else {
            progress.acknowledged += 1
            progress.lastAcknowledged = now
            progress.acknowledgedVersion = progress.version
            progress.rejection = nil
            if !refused.isEmpty {
                let accepted = Set(unacknowledged.map(\.name))
                refused.removeAll { accepted.contains($0.name) }
            }
            unacknowledged = []
            return nil
        }
        let again = Set(refused.isEmpty ? [] : unacknowledged.map(\.name))
        refused = refused.filter { !again.contains($0.name) } + unacknowledged
        unacknowledged = []
        let rejection = Rejection(type: type, message: error.message)
        progress.rejection = rejection
        return rejection
    }

    /// How the type stands, for status pages.
    var status: TypeProgress {
        var status = progress
        status.isWaiting = outstanding != nil || !isSettled
        status.resources = heldResources.count
        return status
    }

    /// What the client has answered, without the resources.
    ///
    /// - Complexity: O(1).
    var answers: ClientAnswers {
        var answers = ClientAnswers()
        answers.acknowledged = progress.acknowledged
        answers.isWaiting = outstanding != nil || !isSettled
        answers.rejection = progress.rejection?.message
        return answers
    }

    /// The resources that the client has been sent, and how each stands.
    var clientResources: [ClientResource] {
        let open = Set(unacknowledged.map(\.name))
        let refused = Set(refused)
        return heldResources.map { resource in
            let state: ClientResource.State =
                open.contains(resource.name)
                ? .stale : refused.contains(resource) ? .rejected : .synced
            return ClientResource(resource: resource, state: state)
        }.sorted { $0.resource.name < $1.resource.name }
    }

    private var heldResources: [EncodedResource] {
        if isWildcard || type == .virtualHost { return base.filter { covers($0.name) } }
        return names.all.compactMap { base[$0] }
    }
}
