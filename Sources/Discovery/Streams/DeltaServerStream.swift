package import XDS

/// The server's half of one delta (incremental) stream.
///
/// For each type:
///
///     unknown ──request──► subscribed ──response──► waiting(nonce) ──ACK or NACK──► subscribed
///
/// At most one response of a type is under way. Between types, what is referred to goes first:
/// clusters, endpoints, secrets, listeners, route configurations, virtual hosts, each when the
/// ones before are acknowledged; removals of clusters and endpoints go last, when everything else
/// is acknowledged. So no client ever has a route to a cluster that it does not have yet, or no
/// longer has. Endpoints and secrets wait for nothing: no route change holds them up, and a client
/// that acknowledges a cluster only when it is warm gets them in time.
///
/// Source: xDS protocol, "Incremental xDS", "ACK/NACK and versioning", "Resource warming",
/// "Eventual consistency considerations". Deviation: a NACK counts as an answer, so that one
/// refused resource does not keep the others from being served.
package struct DeltaServerStream: ~Copyable {
    /// How long routes wait for a client to ask for the endpoints of a cluster it just got.
    package static let warmingLimit: Duration = .seconds(1)

    private var snapshot = Snapshot()
    private var subscriptions = Subscriptions()
    private var warming = Warming()
    private var responseCount: UInt64 = 0
    private let sharing: any StreamSharing
    /// Whether the client takes resources that expire, and heartbeats. Others are told of no
    /// expiry, since they would wait for heartbeats in vain.
    private let keepsAlive: Bool

    /// A stream that has seen no request.
    ///
    /// - Parameter sharing: What streams of one server share.
    /// - Parameter features: The client's features, as its node names them.
    package init(sharing: any StreamSharing = Unshared(), features: [String] = []) {
        self.sharing = sharing
        keepsAlive = features.contains(ClientFeature.resourceTTL)
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

    /// A request came: a subscription, an ACK, a NACK, or several of them in one.
    ///
    /// - Returns: The refusal, where it is one.
    package mutating func received(
        _ request: DeltaDiscoveryRequest, at now: ContinuousClock.Instant
    ) -> Rejection? {
        let (index, isFirst) = subscriptions.index(of: request.type)
        var rejection: Rejection?
        // An answer to an older response says nothing about the newest; the subscription that it
        // may carry is honoured all the same.
        if !request.responseNonce.isEmpty,
            subscriptions[index].outstanding == request.responseNonce
        {
            rejection = subscriptions[index].answered(request.errorDetail, at: now)
        }
        if isFirst { begin(request, at: index) }
        let added = request.resourceNamesSubscribe.filter { $0 != "*" }
        if added.count < request.resourceNamesSubscribe.count {
            subscriptions[index].hasAskedByName = true
            subscriptions[index].subscribeToAll()
            subscriptions[index].owesResponse = true
        }
        if !added.isEmpty {
            subscriptions[index].subscribe(to: added, in: snapshot, sharing: sharing)
        }
        // After the subscription: a name that is asked for once more is one the client forgot.
        if isFirst { subscriptions[index].hold(request.initialResourceVersions) }
        let removed = request.resourceNamesUnsubscribe
        if removed.contains("*") { subscriptions[index].unsubscribeFromAll() }
        if !removed.isEmpty { subscriptions[index].unsubscribe(from: removed, sharing: sharing) }
        if request.type == .endpoints { warming.settle(subscriptions[index]) }
        return rejection
    }

    /// A request came that may be nothing but an acknowledgement.
    ///
    /// - Returns: Whether it was; if not, it must be decoded for ``received(_:at:)``.
    package mutating func acknowledged(
        by request: DiscoveryRequestOutline, at now: ContinuousClock.Instant
    ) -> Bool {
        guard !request.isRefusal,
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
            if let content = subscriptions[index].plan(
                to: snapshot, keepsRemoved: type.isRemovedLast, shape: .delta,
                tellsExpiry: keepsAlive,
                sharing: sharing)
            {
                return send(content, from: index, now: now)
            }
        }
        if !isBlocked, let step = nextRemoval(now: now) { return step }
        return nextHeartbeat(now: now, orWake: wakeTime)
    }

    private mutating func begin(_ request: DeltaDiscoveryRequest, at index: Int) {
        // Before `*` was defined, asking for no name was the wildcard, and clients still do.
        let asksForAll =
            request.resourceNamesSubscribe.isEmpty && request.resourceNamesUnsubscribe.isEmpty
        if asksForAll {
            subscriptions[index].subscribeToAll()
            subscriptions[index].owesResponse = true
        }
    }

    private mutating func nextRemoval(now: ContinuousClock.Instant) -> StreamStep? {
        for index in subscriptions.indices {
            guard subscriptions[index].type.isRemovedLast,
                let content = subscriptions[index].plan(
                    to: snapshot, keepsRemoved: false, shape: .delta, tellsExpiry: keepsAlive,
                    sharing: sharing)
            else { continue }
            return send(content, from: index, now: now)
        }
        return nil
    }

    private mutating func nextHeartbeat(
        now: ContinuousClock.Instant, orWake wakeTime: ContinuousClock.Instant?
    ) -> StreamStep {
        if keepsAlive { subscriptions.startHeartbeats(now: now) }
        if let index = subscriptions.heartbeatIndex(now: now) {
            let content = subscriptions[index].heartbeat()
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
