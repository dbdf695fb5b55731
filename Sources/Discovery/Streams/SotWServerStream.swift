package import XDS

/// The server's half of one state-of-the-world stream.
///
/// For each type:
///
///     unknown ──request──► subscribed ──response──► waiting(nonce) ──ACK or NACK──► subscribed
///
/// The order between types is the one of ``DeltaServerStream``. Listeners and clusters are sent
/// whole, since what is left out of a response is gone; so a change of clusters is first sent
/// together with the ones that will go, and without them when everything else is acknowledged.
/// Of the other types only the changed ones are sent, and a name that does not exist is answered
/// by silence until it does.
///
/// Source: xDS protocol, "State of the World", "How the client specifies what resources to
/// return", "Knowing When a Requested Resource Does Not Exist".
package struct SotWServerStream: ~Copyable {
    private var snapshot = Snapshot()
    private var subscriptions = Subscriptions()
    private var warming = Warming()
    private var responseCount: UInt64 = 0
    /// What the names of the latest request of a type were.
    private var digests: [ResourceType: UInt64] = [:]
    private let sharing: any StreamSharing
    /// Whether the client takes resources that expire, wrapped in what says how long they live,
    /// and heartbeats. Others are told of no expiry, since they would wait for heartbeats in vain.
    private let keepsAlive: Bool

    /// A stream that has seen no request.
    ///
    /// - Parameter sharing: What streams of one server share.
    /// - Parameter features: The client's features, as its node names them.
    package init(sharing: any StreamSharing = Unshared(), features: [String] = []) {
        self.sharing = sharing
        let takesWrapped =
            features.contains(ClientFeature.resourceInSotW)
            || features.contains(ClientFeature.resourceInSotWByList)
        keepsAlive = takesWrapped && features.contains(ClientFeature.resourceTTL)
    }

    /// How each type stands, for status pages.
    package var progress: [ResourceType: TypeProgress] { subscriptions.progress }

    /// What the client has been sent, by type.
    package var clientResources: [ResourceType: [ClientResource]] {
        subscriptions.clientResources
    }

    /// What the client has answered to a type; nil where it has not asked for it.
    package func answers(of type: ResourceType, withResources: Bool) -> ClientAnswers? {
        subscriptions.answers(of: type, withResources: withResources)
    }

    /// How many types and names the client has asked for.
    package var subscriptionCount: Int { subscriptions.size }

    /// Whether nothing is to be sent, as far as is known.
    package var isSettled: Bool {
        subscriptions.isSettled && subscriptions.heartbeatTime == nil
    }

    /// The snapshot is another now.
    ///
    /// - Parameter names: All that differs from the snapshot before.
    package mutating func changed(to snapshot: Snapshot, _ names: ChangedNames) {
        self.snapshot = snapshot
        subscriptions.note(names)
    }

    /// A request came: a subscription, an ACK or a NACK.
    ///
    /// - Parameter outline: The same request, for ``acknowledged(by:at:)`` to know its names.
    /// - Returns: The refusal, where it is one.
    package mutating func received(
        _ request: DiscoveryRequest, outline: DiscoveryRequestOutline? = nil,
        at now: ContinuousClock.Instant
    ) -> Rejection? {
        let (index, isFirst) = subscriptions.index(of: request.type)
        let nonce = request.responseNonce
        if !isFirst, !nonce.isEmpty, let last = subscriptions[index].lastNonce, nonce != last {
            // A stale nonce: the client had not seen the newest response when it wrote this, and
            // will write again when it has.
            return nil
        }
        var rejection: Rejection?
        if let outstanding = subscriptions[index].outstanding, outstanding == nonce {
            rejection = subscriptions[index].answered(request.errorDetail, at: now)
        }
        subscribe(request, at: index, isFirst: isFirst)
        digests[request.type] = outline?.namesDigest
        if request.type == .endpoints { warming.settle(subscriptions[index]) }
        return rejection
    }

    /// A request came that may be nothing but an acknowledgement, with the names of the request
    /// before.
    ///
    /// - Returns: Whether it was; if not, it must be decoded for ``received(_:outline:at:)``.
    package mutating func acknowledged(
        by request: DiscoveryRequestOutline, at now: ContinuousClock.Instant
    ) -> Bool {
        guard !request.isRefusal, digests[request.type] == request.namesDigest,
            let index = subscriptions.knownIndex(of: request.type),
            subscriptions[index].outstanding == request.responseNonce
        else { return false }
        _ = subscriptions[index].answered(nil, at: now)
        return true
    }

    /// What to send now; call again after each answer and after each event.
    package mutating func next(now: ContinuousClock.Instant) -> StreamStep {
        let warmingEnd = warming.waits(now)
        var isBlocked = false
        var wakeTime: ContinuousClock.Instant?
        for index in subscriptions.indices {
            let type = subscriptions[index].type
            if !isBlocked, !type.waitsForNothing, let warmingEnd {
                isBlocked = true
                wakeTime = warmingEnd
            }
            if isBlocked && !type.waitsForNothing { continue }
            if subscriptions[index].outstanding != nil {
                // Later types may refer to what the client has not acknowledged yet.
                isBlocked = isBlocked || type.holdsUpOthers
                continue
            }
            if let content = plan(index, keepsRemoved: type == .cluster) {
                return send(content, from: index, now: now)
            }
        }
        if !isBlocked, let step = nextRemoval(now: now) { return step }
        return nextHeartbeat(now: now, orWake: wakeTime)
    }

    private mutating func subscribe(_ request: DiscoveryRequest, at index: Int, isFirst: Bool) {
        let names = request.resourceNames.filter { $0 != "*" }
        let hasStar = names.count < request.resourceNames.count
        if !request.resourceNames.isEmpty { subscriptions[index].hasAskedByName = true }
        // Once a type has been asked for by name, an empty list asks for nothing.
        let isWildcard = hasStar || names.isEmpty && !subscriptions[index].hasAskedByName
        let isOther = subscriptions[index].replace(
            names: names, isWildcard: isWildcard, sharing: sharing)
        if isFirst {
            subscriptions[index].owesResponse = true
            skipWhatTheClientHas(request, at: index)
        } else if isOther && request.type.isWholeInSotW {
            subscriptions[index].owesResponse = true
        }
    }

    /// A client that comes back with the very version that it would get needs no answer; but for
    /// the types that others wait for, which it may have lost its hold on meanwhile.
    private mutating func skipWhatTheClientHas(_ request: DiscoveryRequest, at index: Int) {
        let table = snapshot[request.type]
        guard request.type.isWholeInSotW, !request.versionInfo.isEmpty,
            subscriptions[index].version(of: table) == request.versionInfo
        else { return }
        subscriptions[index].settle(with: table)
        subscriptions[index].owesResponse = false
    }

    private mutating func plan(_ index: Int, keepsRemoved: Bool) -> ResponseContent? {
        let isWhole = subscriptions[index].type.isWholeInSotW
        return subscriptions[index].plan(
            to: snapshot, keepsRemoved: keepsRemoved, shape: isWhole ? .whole : .changed,
            tellsExpiry: keepsAlive, sharing: sharing)
    }

    private mutating func nextRemoval(now: ContinuousClock.Instant) -> StreamStep? {
        for index in subscriptions.indices where subscriptions[index].type == .cluster {
            if let content = plan(index, keepsRemoved: false) {
                return send(content, from: index, now: now)
            }
        }
        return nil
    }

    private mutating func nextHeartbeat(
        now: ContinuousClock.Instant, orWake wakeTime: ContinuousClock.Instant?
    ) -> StreamStep {
        if keepsAlive { subscriptions.startHeartbeats(now: now) }
        if let index = subscriptions.heartbeatIndex(now: now) {
            let content = subscriptions[index].renewal()
            return send(content, from: index, now: now)
        }
        let times = [wakeTime, subscriptions.heartbeatTime].compactMap { $0 }
        return times.min().map { .wait(until: $0) } ?? .idle
    }

    private mutating func send(
        _ content: ResponseContent, from index: Int, now: ContinuousClock.Instant
    ) -> StreamStep {
        responseCount += 1
        let nonce = String(responseCount)
        subscriptions[index].sent(content, nonce: nonce, at: now, keepsAlive: keepsAlive)
        subscriptions.clustersWereSent(content)
        if content.type == .cluster, subscriptions[index].isWildcard {
            warming.begin(content, subscriptions.endpoints, in: snapshot, now: now)
        }
        return .respond(StreamResponse(content: content, nonce: nonce))
    }
}
