import HashTreeCollections
package import XDS

/// The server's half of one state-of-the-world ADS stream.
///
/// For each type:
///
///     unknown ──request──► subscribed ──response──► waiting(nonce) ──ACK or NACK──► subscribed
///
/// The order between types is the one of ``DeltaServerStream``. Listeners and clusters are sent
/// whole, since what is left out of a response is gone; so a change of clusters is first sent
/// together with the ones that will go, and without them when everything else is acknowledged.
/// Of route configurations and endpoints only the changed ones are sent.
///
/// Source: xDS protocol, "State of the World", "How the client specifies what resources to
/// return", "Knowing When a Requested Resource Does Not Exist".
package struct SotWServerStream: ~Copyable {
    /// One response.
    package struct Response: Equatable {
        /// The resources' type.
        package var type: ResourceType
        /// The resources.
        package var resources: [EncodedResource]
        /// The version of all that the client then has of the type.
        package var version: String
        /// What the answer will name.
        package var nonce: String

        package static func == (left: Self, right: Self) -> Bool {
            left.type == right.type && left.version == right.version && left.nonce == right.nonce
                && left.resources.map(\.version) == right.resources.map(\.version)
        }
    }

    /// What to send next.
    package enum Next: Equatable {
        /// Send this response.
        case respond(Response)
        /// Nothing before this time, unless something happens.
        case wait(until: ContinuousClock.Instant)
        /// Nothing until something happens.
        case idle
    }

    private struct Subscription {
        /// The names asked for; nil: all.
        var names: Set<String>?
        var held: [String: EncodedResource] = [:]
        /// A sum over what is held, so that a version costs the size of the change.
        var sum: UInt64 = 0
        var dirty: Set<String> = []
        var outstanding: String?
        var owesResponse = false
        var progress = TypeProgress()

        mutating func hold(_ resource: EncodedResource) {
            drop(resource.name)
            held[resource.name] = resource
            sum &+= Self.weight(resource)
        }

        mutating func drop(_ name: String) {
            if let old = held.removeValue(forKey: name) { sum &-= Self.weight(old) }
        }

        func covers(_ name: String) -> Bool {
            names?.contains(name) ?? true
        }

        static func weight(_ resource: EncodedResource) -> UInt64 {
            Array("\(resource.name)\n\(resource.version)".utf8).withUnsafeBytes { xxHash64($0) }
        }
    }

    private var snapshot: Snapshot
    private var subscriptions: [ResourceType: Subscription] = [:]
    private var responseCount: UInt64 = 0
    private var warming: Set<String> = []
    private var warmingEnd: ContinuousClock.Instant?

    /// A stream that has seen no request.
    package init(snapshot: Snapshot) {
        self.snapshot = snapshot
    }

    /// How each type stands, for status pages.
    package var progress: [ResourceType: TypeProgress] {
        subscriptions.mapValues { subscription in
            var progress = subscription.progress
            progress.isWaiting = subscription.outstanding != nil || !subscription.dirty.isEmpty
            progress.resources = subscription.held.count
            return progress
        }
    }

    /// The snapshot is another now.
    ///
    /// - Parameter names: All that differs from the snapshot before.
    package mutating func changed(to snapshot: Snapshot, _ names: ChangedNames) {
        self.snapshot = snapshot
        for (type, changed) in names {
            subscriptions[type]?.dirty.formUnion(changed)
        }
    }

    /// A request came: a subscription, an ACK or a NACK.
    ///
    /// - Returns: The refusal, where it is one.
    package mutating func received(_ request: DiscoveryRequest) -> Rejection? {
        guard var subscription = subscriptions[request.type] else {
            subscriptions[request.type] = first(request)
            if request.type == .endpoints { settleWarming() }
            return nil
        }
        // A stale nonce: the client had not seen the newest response when it wrote this.
        let isStale = subscription.outstanding.map { $0 != request.responseNonce } ?? false
        if isStale && !request.responseNonce.isEmpty { return nil }
        var rejection: Rejection?
        if subscription.outstanding == request.responseNonce {
            subscription.outstanding = nil
            if let error = request.errorDetail {
                rejection = Rejection(type: request.type, message: error.message)
            } else {
                subscription.progress.acknowledged += 1
            }
            subscription.progress.rejection = rejection
        }
        resubscribe(request, &subscription)
        subscriptions[request.type] = subscription
        if request.type == .endpoints { settleWarming() }
        return rejection
    }

    /// What to send now; call again after each answer and after each event.
    package mutating func next(now: ContinuousClock.Instant) -> Next {
        var isBlocked = false
        for type in ResourceType.inOrderOfAddition + unknownTypes {
            guard var subscription = subscriptions[type] else { continue }
            if isBlocked && type != .endpoints { return .idle }
            if subscription.outstanding != nil {
                // Envoy acknowledges clusters only when it has their endpoints.
                guard type == .cluster else { return .idle }
                isBlocked = true
                continue
            }
            let response = plan(type, &subscription, final: type != .cluster)
            subscriptions[type] = subscription
            if let response {
                if type == .cluster { noteWarming(subscription, now: now) }
                return .respond(response)
            }
            if type == .endpoints, !isBlocked, let end = warmingEnd {
                if now < end { return .wait(until: end) }
                warming = []
                warmingEnd = nil
            }
        }
        guard !isBlocked, var subscription = subscriptions[.cluster] else { return .idle }
        let response = plan(.cluster, &subscription, final: true)
        subscriptions[.cluster] = subscription
        return response.map { .respond($0) } ?? .idle
    }

    // MARK: Requests

    private func first(_ request: DiscoveryRequest) -> Subscription {
        var subscription = Subscription()
        subscription.names = Self.names(request)
        subscription.owesResponse = true
        guard !request.versionInfo.isEmpty else {
            subscription.dirty = candidates(subscription, request.type)
            return subscription
        }
        // A client that comes back with the very version that it would get needs no answer.
        var known = subscription
        for name in candidates(subscription, request.type) {
            if let resource = snapshot[request.type][name] { known.hold(resource) }
        }
        if Self.version(known) == request.versionInfo {
            known.owesResponse = false
            return known
        }
        subscription.dirty = candidates(subscription, request.type)
        return subscription
    }

    private func resubscribe(_ request: DiscoveryRequest, _ subscription: inout Subscription) {
        let names = Self.names(request)
        // Once a type has been asked for by name, an empty list asks for nothing.
        let effective = names == nil && subscription.names != nil ? [] : names
        guard effective != subscription.names else { return }
        let before = subscription.names
        subscription.names = effective
        if let effective {
            for name in subscription.held.keys where !effective.contains(name) {
                subscription.drop(name)
            }
            subscription.dirty.formUnion(effective.subtracting(before ?? []))
            subscription.dirty.formIntersection(effective)
        } else {
            subscription.dirty = Set(snapshot[request.type].keys)
        }
        let isFullState = Self.isFullState(request.type)
        if isFullState { subscription.owesResponse = true }
    }

    /// Nil for the wildcard: no name, for the types that know it, or `*`.
    private static func names(_ request: DiscoveryRequest) -> Set<String>? {
        if request.resourceNames.contains("*") { return nil }
        if request.resourceNames.isEmpty && isFullState(request.type) { return nil }
        return Set(request.resourceNames)
    }

    private static func isFullState(_ type: ResourceType) -> Bool {
        type == .listener || type == .cluster
    }

    private func candidates(_ subscription: Subscription, _ type: ResourceType) -> Set<String> {
        subscription.names ?? Set(snapshot[type].keys)
    }

    // MARK: Responses

    private var unknownTypes: [ResourceType] {
        subscriptions.keys.filter { !ResourceType.inOrderOfAddition.contains($0) }
            .sorted { $0.rawValue < $1.rawValue }
    }

    /// - Parameter final: Whether what is gone may be left out.
    private mutating func plan(
        _ type: ResourceType, _ subscription: inout Subscription, final: Bool
    ) -> Response? {
        var changed: [EncodedResource] = []
        var isSmaller = false
        for name in subscription.dirty {
            let held = subscription.held[name]
            if let resource = wanted(type, name, subscription) {
                if held?.version != resource.version { changed.append(resource) }
            } else if held != nil {
                if !final { continue }
                subscription.drop(name)
                isSmaller = true
            }
            subscription.dirty.remove(name)
        }
        let isFullState = Self.isFullState(type)
        let isDue = !changed.isEmpty || subscription.owesResponse || (isFullState && isSmaller)
        guard isDue else { return nil }
        for resource in changed { subscription.hold(resource) }
        // An asked-for route configuration that does not exist is answered by silence; the client
        // has its own time limit for that.
        let isSilent = !isFullState && changed.isEmpty
        if isSilent {
            subscription.owesResponse = false
            return nil
        }
        let resources = isFullState ? Array(subscription.held.values) : changed
        return respond(type, &subscription, resources)
    }

    /// The resource for a name; for endpoints of a name that was never known, an assignment without
    /// any, since a client would wait for one (go-control-plane issue 59, kgateway issue 14688).
    private func wanted(
        _ type: ResourceType, _ name: String, _ subscription: Subscription
    ) -> EncodedResource? {
        guard subscription.covers(name) else { return nil }
        if let resource = snapshot[type][name] { return resource }
        // What the client has stays with it until it no longer asks: routes may still lead there.
        guard type == .endpoints, subscription.names != nil, subscription.held[name] == nil
        else { return nil }
        return EncodedResource(ClusterLoadAssignment(clusterName: name))
    }

    private mutating func respond(
        _ type: ResourceType, _ subscription: inout Subscription, _ resources: [EncodedResource]
    ) -> Response {
        responseCount += 1
        let nonce = String(responseCount)
        subscription.outstanding = nonce
        subscription.owesResponse = false
        subscription.progress.sent += 1
        return Response(
            type: type, resources: resources.sorted { $0.name < $1.name },
            version: Self.version(subscription), nonce: nonce)
    }

    private static func version(_ subscription: Subscription) -> String {
        let digits = String(subscription.sum, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    // MARK: Warming

    private mutating func noteWarming(
        _ subscription: Subscription, now: ContinuousClock.Instant
    ) {
        guard subscription.names == nil else { return }
        let endpoints = subscriptions[.endpoints]
        warming = Set(
            subscription.held.keys.filter { name in
                snapshot[.endpoints][name] != nil && endpoints?.covers(name) != true
            })
        warmingEnd = warming.isEmpty ? nil : now + DeltaServerStream.warmingLimit
    }

    private mutating func settleWarming() {
        if let endpoints = subscriptions[.endpoints] {
            warming = warming.filter { !endpoints.covers($0) }
        }
        if warming.isEmpty { warmingEnd = nil }
    }
}
