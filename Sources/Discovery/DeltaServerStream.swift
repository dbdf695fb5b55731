import HashTreeCollections
package import XDS

/// The server's half of one delta (incremental) ADS stream.
///
/// For each type:
///
///     unknown ──request──► subscribed ──response──► waiting(nonce) ──ACK or NACK──► subscribed
///
/// At most one response of a type is under way. Between types, what is referred to goes first:
/// clusters, endpoints, listeners, route configurations, virtual hosts, each when the ones before
/// are acknowledged; removals of clusters and endpoints go last, when everything else is
/// acknowledged. So no client ever has a route to a cluster that it does not have yet, or no
/// longer has. Endpoints wait for nothing: no route change holds them up, and a client that
/// acknowledges a cluster only when it is warm gets them in time.
///
/// Source: xDS protocol, "Incremental xDS", "ACK/NACK and versioning", "Eventual consistency
/// considerations". Deviation: a NACK counts as an answer, so that one refused resource does not
/// keep the others from being served.
package struct DeltaServerStream: ~Copyable {
    /// What to send next.
    package enum Next: Equatable {
        /// Send this response.
        case respond(Response)
        /// Nothing before this time, unless something happens.
        case wait(until: ContinuousClock.Instant)
        /// Nothing until something happens.
        case idle
    }

    /// One response.
    package struct Response: Equatable {
        /// The resources' type.
        package var type: ResourceType
        /// What is new or different.
        package var resources: [EncodedResource]
        /// What is gone, or was asked for and does not exist.
        package var removed: [String]
        /// What the answer will name.
        package var nonce: String

        package static func == (left: Self, right: Self) -> Bool {
            left.type == right.type && left.removed == right.removed && left.nonce == right.nonce
                && left.resources.map(\.name) == right.resources.map(\.name)
                && left.resources.map(\.version) == right.resources.map(\.version)
        }
    }

    /// How long routes wait for a client to ask for the endpoints of a cluster it just got.
    package static let warmingLimit: Duration = .seconds(1)

    private struct Subscription {
        var isWildcard = false
        var names: Set<String> = []
        /// What the client has, name to version; `absent` where it was told there is none.
        var held: [String: String] = [:]
        /// The names to compare with the snapshot.
        var dirty: Set<String> = []
        var outstanding: String?
        /// A first request is answered even with nothing, so that the client can go on.
        var owesResponse = false
        var progress = TypeProgress()
    }

    private static let absent = ""

    private var snapshot: Snapshot
    private var subscriptions: [ResourceType: Subscription] = [:]
    private var responseCount: UInt64 = 0
    /// Clusters just sent whose endpoints the client has not asked for yet.
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
            progress.resources = subscription.held.values.count { $0 != Self.absent }
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

    /// A request came: a subscription, an ACK, a NACK, or several of them in one.
    ///
    /// - Returns: The refusal, where it is one.
    package mutating func received(_ request: DeltaDiscoveryRequest) -> Rejection? {
        let isFirst = subscriptions[request.type] == nil
        var subscription = subscriptions[request.type] ?? Subscription()
        let rejection = Self.acknowledge(request, &subscription)
        if isFirst {
            subscription.held = request.initialResourceVersions
            subscription.dirty.formUnion(request.initialResourceVersions.keys)
            // Before `*` was defined, asking for no name was the wildcard, and clients still do.
            let asksForAll = request.resourceNamesSubscribe.isEmpty
            let knowsWildcard = request.type == .listener || request.type == .cluster
            if asksForAll && knowsWildcard { beWildcard(&subscription, request.type) }
            subscription.owesResponse = subscription.isWildcard || request.type == .virtualHost
        }
        for name in request.resourceNamesSubscribe {
            subscribe(name, &subscription, request.type, isFirst: isFirst)
        }
        for name in request.resourceNamesUnsubscribe {
            unsubscribe(name, &subscription)
        }
        subscriptions[request.type] = subscription
        if request.type == .endpoints { settleWarming() }
        return rejection
    }

    /// What to send now; call again after each answer and after each event.
    package mutating func next(now: ContinuousClock.Instant) -> Next {
        var isBlocked = false
        for type in typesInOrder {
            guard var subscription = subscriptions[type] else { continue }
            // Later types may refer to what the client has not acknowledged yet.
            if isBlocked && type != .endpoints { return .idle }
            if subscription.outstanding != nil {
                // Envoy acknowledges clusters only when it has their endpoints.
                guard type == .cluster else { return .idle }
                isBlocked = true
                continue
            }
            let mayRemove = type != .cluster && type != .endpoints
            if let response = plan(type, &subscription, upserts: true, removals: mayRemove) {
                noteWarming(response, subscription, now: now)
                subscriptions[type] = subscription
                return .respond(response)
            }
            subscriptions[type] = subscription
            if type == .endpoints, !isBlocked, let end = warmingEnd {
                if now < end { return .wait(until: end) }
                endWarming()
            }
        }
        return isBlocked ? .idle : nextRemoval()
    }

    // MARK: Requests

    private static func acknowledge(
        _ request: DeltaDiscoveryRequest, _ subscription: inout Subscription
    ) -> Rejection? {
        // An answer to an older response says nothing about the newest.
        guard !request.responseNonce.isEmpty, subscription.outstanding == request.responseNonce
        else { return nil }
        subscription.outstanding = nil
        guard let error = request.errorDetail else {
            subscription.progress.acknowledged += 1
            subscription.progress.rejection = nil
            return nil
        }
        let rejection = Rejection(type: request.type, message: error.message)
        subscription.progress.rejection = rejection
        return rejection
    }

    private func subscribe(
        _ name: String, _ subscription: inout Subscription, _ type: ResourceType, isFirst: Bool
    ) {
        if name == "*" {
            beWildcard(&subscription, type)
            subscription.owesResponse = true
            return
        }
        subscription.names.insert(name)
        if type == .virtualHost {
            subscription.dirty.formUnion(hosts(of: name))
            subscription.owesResponse = true
        }
        // Asking again for a name means that the client wants it again.
        if !isFirst { subscription.held[name] = nil }
        subscription.dirty.insert(name)
    }

    private func unsubscribe(_ name: String, _ subscription: inout Subscription) {
        if name == "*" {
            subscription.isWildcard = false
            let names = subscription.names
            subscription.held = subscription.held.filter { names.contains($0.key) }
        } else {
            subscription.names.remove(name)
            if !subscription.isWildcard { subscription.held[name] = nil }
        }
    }

    private func beWildcard(_ subscription: inout Subscription, _ type: ResourceType) {
        subscription.isWildcard = true
        subscription.dirty.formUnion(snapshot[type].keys)
    }

    private func hosts(of routeConfiguration: String) -> [String] {
        snapshot[.virtualHost].keys.filter {
            WholeRoutes.routeConfiguration(of: $0) == routeConfiguration
        }
    }

    // MARK: Responses

    private var typesInOrder: [ResourceType] {
        let known = ResourceType.inOrderOfAddition
        if subscriptions.count <= known.count, subscriptions.keys.allSatisfy(known.contains) {
            return known
        }
        let others = subscriptions.keys.filter { !known.contains($0) }
        return known + others.sorted { $0.rawValue < $1.rawValue }
    }

    private mutating func nextRemoval() -> Next {
        for type in [ResourceType.cluster, .endpoints] {
            guard var subscription = subscriptions[type] else { continue }
            let response = plan(type, &subscription, upserts: false, removals: true)
            subscriptions[type] = subscription
            if let response { return .respond(response) }
        }
        return .idle
    }

    private static func covers(
        _ subscription: Subscription, _ type: ResourceType, _ name: String
    ) -> Bool {
        if subscription.isWildcard || subscription.names.contains(name) { return true }
        return type == .virtualHost
            && subscription.names.contains(WholeRoutes.routeConfiguration(of: name))
    }

    /// Compares the dirty names with the snapshot, and takes what is to be sent now.
    private mutating func plan(
        _ type: ResourceType, _ subscription: inout Subscription, upserts: Bool, removals: Bool
    ) -> Response? {
        let table = snapshot[type]
        var resources: [EncodedResource] = []
        var removed: [String] = []
        for name in subscription.dirty {
            let held = subscription.held[name]
            if let resource = table[name] {
                let isDue = Self.covers(subscription, type, name) && held != resource.version
                if isDue && !upserts { continue }
                if isDue { resources.append(resource) }
            } else if isGone(name, held, subscription, type) {
                // A name that was never there is said to be absent at once: nothing refers to it.
                if !removals && held != nil { continue }
                removed.append(name)
            } else {
                subscription.held[name] = held == nil ? nil : Self.absent
            }
            subscription.dirty.remove(name)
        }
        let owes = upserts && subscription.owesResponse
        guard owes || !resources.isEmpty || !removed.isEmpty else { return nil }
        return respond(type, &subscription, resources, removed)
    }

    private func isGone(
        _ name: String, _ held: String?, _ subscription: Subscription, _ type: ResourceType
    ) -> Bool {
        if let held { return held != Self.absent }
        let isRouteConfiguration =
            type == .virtualHost && snapshot[.routeConfiguration][name] != nil
        return subscription.names.contains(name) && !isRouteConfiguration
    }

    private mutating func respond(
        _ type: ResourceType, _ subscription: inout Subscription, _ resources: [EncodedResource],
        _ removed: [String]
    ) -> Response {
        for resource in resources { subscription.held[resource.name] = resource.version }
        for name in removed {
            let isNamed = subscription.names.contains(name)
            subscription.held[name] = isNamed ? Self.absent : nil
        }
        responseCount += 1
        let nonce = String(responseCount)
        subscription.outstanding = nonce
        subscription.owesResponse = false
        subscription.progress.sent += 1
        return Response(
            type: type, resources: resources.sorted { $0.name < $1.name },
            removed: removed.sorted(), nonce: nonce)
    }

    // MARK: Warming

    /// A client that takes all clusters asks for their endpoints by itself; routes wait for that.
    private mutating func noteWarming(
        _ response: Response, _ subscription: Subscription, now: ContinuousClock.Instant
    ) {
        guard response.type == .cluster, subscription.isWildcard else { return }
        for resource in response.resources where snapshot[.endpoints][resource.name] != nil {
            warming.insert(resource.name)
        }
        settleWarming()
        if !warming.isEmpty { warmingEnd = now + Self.warmingLimit }
    }

    private mutating func settleWarming() {
        if let endpoints = subscriptions[.endpoints] {
            if endpoints.isWildcard {
                warming = []
            } else {
                warming = warming.filter { !endpoints.names.contains($0) }
            }
        }
        if warming.isEmpty { warmingEnd = nil }
    }

    private mutating func endWarming() {
        warming = []
        warmingEnd = nil
    }
}

/// A refusal of a response.
package struct Rejection: Hashable, Sendable {
    /// The type of the resources that were refused.
    package var type: ResourceType
    /// The client's reason.
    package var message: String

    /// A refusal.
    package init(type: ResourceType, message: String) {
        self.type = type
        self.message = message
    }
}

/// How one type of one stream stands.
package struct TypeProgress: Hashable, Sendable {
    /// Responses sent.
    package var sent = 0
    /// Responses acknowledged.
    package var acknowledged = 0
    /// Resources that the client has been sent and should have.
    package var resources = 0
    /// Something is still to be sent or to be acknowledged.
    package var isWaiting = false
    /// The last answer was this refusal.
    package var rejection: Rejection?

    /// Nothing yet.
    package init() {}
}
