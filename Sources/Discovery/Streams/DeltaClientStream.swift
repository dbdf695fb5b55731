package import XDS

/// The agent's half of a delta ADS stream: what it has, what it asks for, what it answers.
///
///     away ──connected──► subscribed ◄──response, ACK or NACK──► subscribed ──disconnected──► away
///
/// What was accepted outlives the stream: the next one starts with the names and versions, so
/// that a server that has nothing new sends nothing. A response is taken whole or not at all.
///
/// Source: xDS protocol, "Incremental xDS".
package struct DeltaClientStream: ~Copyable {
    /// A resource as accepted.
    package struct Entry: Sendable {
        /// The server's version.
        package var version: String
        /// The packed resource, to be stored.
        package var message: AnyMessage

        /// An accepted resource.
        package init(version: String, message: AnyMessage) {
            self.version = version
            self.message = message
        }
    }

    /// What a response would change.
    package struct Change: Sendable {
        /// The type.
        package var type: ResourceType
        /// New or different resources, by name.
        package var upserts: [String: Entry]
        /// Names that are gone.
        package var removals: [String]

        /// A change.
        package init(type: ResourceType, upserts: [String: Entry], removals: [String]) {
            self.type = type
            self.upserts = upserts
            self.removals = removals
        }
    }

    private struct Subscription {
        var isWildcard: Bool
        var names: Set<String> = []
        /// The server has answered at least once on some stream, or there is nothing to ask for.
        var isAnswered = false
    }

    private let node: Node
    private var isConnected = false
    private var hasSentNode = false
    private var subscriptions: [ResourceType: Subscription] = [
        .cluster: Subscription(isWildcard: true),
        .listener: Subscription(isWildcard: true),
        .virtualHost: Subscription(isWildcard: true),
        .endpoints: Subscription(isWildcard: false),
        .secret: Subscription(isWildcard: false),
        .routeConfiguration: Subscription(isWildcard: false),
    ]
    /// All accepted resources.
    package private(set) var resources: [ResourceType: [String: Entry]]

    /// A client that is not connected yet.
    ///
    /// - Parameter resources: What was accepted in an earlier life.
    package init(node: Node, resources: [ResourceType: [String: Entry]] = [:]) {
        self.node = node
        self.resources = resources
    }

    /// Whether every type that is asked for as a whole has been answered and accepted, or is the
    /// one that is about to be.
    package func isComplete(with type: ResourceType) -> Bool {
        subscriptions.allSatisfy { $0.key == type || !$0.value.isWildcard || $0.value.isAnswered }
    }

    /// A stream is open: what to send first.
    package mutating func connected() -> [DeltaDiscoveryRequest] {
        isConnected = true
        hasSentNode = false
        return ResourceType.inOrderOfAddition.compactMap { type in
            guard let subscription = subscriptions[type] else { return nil }
            if !subscription.isWildcard && subscription.names.isEmpty { return nil }
            let versions = (resources[type] ?? [:]).mapValues(\.version)
            return request(
                type,
                subscribe: subscription.isWildcard ? ["*"] : subscription.names.sorted(),
                versions: versions)
        }
    }

    /// The stream is gone; what was accepted stays.
    package mutating func disconnected() {
        isConnected = false
    }

    /// What a response would change; nothing has changed yet.
    package func change(of response: DeltaDiscoveryResponse) -> Change {
        var upserts: [String: Entry] = [:]
        var removals = response.removedResources
        for resource in response.resources {
            if let message = resource.resource {
                upserts[resource.name] = Entry(version: resource.version, message: message)
            } else {
                removals.append(resource.name)
            }
        }
        return Change(type: response.type, upserts: upserts, removals: removals)
    }

    /// Takes a change.
    ///
    /// - Returns: The resources as they were, for ``restore(_:)``.
    package mutating func apply(_ change: Change) -> [ResourceType: [String: Entry]] {
        let before = resources
        var table = resources[change.type] ?? [:]
        for name in change.removals { table[name] = nil }
        table.merge(change.upserts) { _, new in new }
        resources[change.type] = table
        return before
    }

    /// Puts back what ``apply(_:)`` returned, because the change turned out not to be usable.
    package mutating func restore(_ resources: [ResourceType: [String: Entry]]) {
        self.resources = resources
    }

    /// Asks for these names of a type, and no others.
    ///
    /// - Returns: The request, if something is different and a stream is open.
    package mutating func subscribe(
        _ type: ResourceType, to names: Set<String>
    ) -> DeltaDiscoveryRequest? {
        guard var subscription = subscriptions[type], !subscription.isWildcard else { return nil }
        let added = names.subtracting(subscription.names)
        let removed = subscription.names.subtracting(names)
        let isFirst = subscription.names.isEmpty && !subscription.isAnswered
        subscription.names = names
        subscriptions[type] = subscription
        for name in removed { resources[type]?[name] = nil }
        guard isConnected, !added.isEmpty || !removed.isEmpty else { return nil }
        let versions = isFirst ? (resources[type] ?? [:]).mapValues(\.version) : [:]
        return request(
            type, subscribe: added.sorted(), unsubscribe: removed.sorted(), versions: versions)
    }

    /// The answer that takes a response.
    package mutating func accept(_ response: DeltaDiscoveryResponse) -> DeltaDiscoveryRequest {
        subscriptions[response.type]?.isAnswered = true
        return request(response.type, nonce: response.nonce)
    }

    /// The answer that takes a response without some of its resources.
    ///
    /// - Parameter reason: What is wrong with those, for the operator of the control plane.
    package mutating func accept(
        _ response: DeltaDiscoveryResponse, without reason: String
    ) -> DeltaDiscoveryRequest {
        subscriptions[response.type]?.isAnswered = true
        return refuse(response, reason: reason)
    }

    /// The answer that refuses a response.
    ///
    /// - Parameter reason: What is wrong, for the operator of the control plane.
    package mutating func refuse(
        _ response: DeltaDiscoveryResponse, reason: String
    ) -> DeltaDiscoveryRequest {
        let invalidArgument: Int32 = 3
        return request(
            response.type, nonce: response.nonce,
            error: RPCStatus(code: invalidArgument, message: reason))
    }

    private mutating func request(
        _ type: ResourceType, subscribe: [String] = [], unsubscribe: [String] = [],
        versions: [String: String] = [:], nonce: String = "", error: RPCStatus? = nil
    ) -> DeltaDiscoveryRequest {
        // Only the first request of a stream carries the node.
        let sentNode = hasSentNode ? nil : node
        hasSentNode = true
        return DeltaDiscoveryRequest(
            node: sentNode, type: type, resourceNamesSubscribe: subscribe,
            resourceNamesUnsubscribe: unsubscribe, initialResourceVersions: versions,
            responseNonce: nonce, errorDetail: error)
    }
}
