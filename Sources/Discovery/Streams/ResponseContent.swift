import HashTreeCollections
import Synchronization
package import XDS

/// What a response says, without the nonce: made once for all streams that need the same.
///
/// A stream's state is a table that its client has, so what it needs next depends on nothing but
/// that table, the one it should have, and what it has asked for: the ``Key``.
package final class ResponseContent: Sendable {
    /// The form of a response.
    package enum Shape: Hashable, Sendable {
        /// The changed resources, and the names that are gone: incremental.
        case delta
        /// The changed resources: state of the world, but for listeners and clusters.
        case changed
        /// All resources, so that what is left out is gone: listeners and clusters, state of the
        /// world.
        case whole
        /// What expires, without the resources: the life of what the client has begins anew.
        case heartbeat
    }

    /// All that a content depends on.
    package struct Key: Hashable, Sendable {
        var type: ResourceType
        var base: UInt64
        var target: UInt64
        /// Of virtual hosts: their route configurations, which are no virtual hosts themselves.
        var parents: UInt64
        var names: NameSet.Identity
        var isWildcard: Bool
        var isFresh: Bool
        var keepsRemoved: Bool
        var shape: Shape
        var tellsExpiry: Bool
    }

    /// The resources' type.
    package let type: ResourceType
    /// The form.
    package let shape: Shape
    /// Whether the client is told how long what expires lives; by state of the world wrapped in
    /// `Resource`.
    package let tellsExpiry: Bool
    /// The resources, by name.
    package let resources: [EncodedResource]
    /// Those of them that are new to the client.
    let changed: [EncodedResource]
    /// What is gone, or was asked for and does not exist, by name.
    package let removed: [String]
    /// The version of all that the client then has of the type.
    package let version: String
    /// Whether the client has to be told.
    let isDue: Bool
    /// What the client then has, of what it asked for.
    let after: ResourceTable
    /// The sum of what it asked for.
    let sum: UInt64
    /// The names whose removal waits.
    let deferred: Set<String>

    private let transport = Mutex<(any AnyObject & Sendable)?>(nil)
    private let endpoints = Mutex<[String]?>(nil)
    private let coveredBy = Mutex<NameSet.Identity?>(nil)

    init(
        type: ResourceType, shape: Shape, tellsExpiry: Bool, resources: [EncodedResource],
        changed: [EncodedResource]? = nil, removed: [String],
        version: String, isDue: Bool, after: ResourceTable, sum: UInt64,
        deferred: Set<String> = []
    ) {
        self.type = type
        self.shape = shape
        self.tellsExpiry = tellsExpiry
        self.resources = resources
        self.changed = changed ?? resources
        self.removed = removed
        self.version = version
        self.isDue = isDue
        self.after = after
        self.sum = sum
        self.deferred = deferred
    }

    /// What a transport has made of the content, made at the first call.
    package func transportForm<Form: AnyObject & Sendable>(
        _ make: (ResponseContent) -> Form
    ) -> Form {
        transport.withLock { transport in
            if let known = transport as? Form { return known }
            let made = make(self)
            transport = made
            return made
        }
    }

    /// The endpoints that the new clusters of the content refer to.
    var endpointNames: [String] {
        endpoints.withLock { endpoints in
            if let endpoints { return endpoints }
            let names = changed.flatMap { resource in
                resource.references.filter { $0.type == .endpoints }.map(\.name)
            }
            endpoints = names
            return names
        }
    }

    /// Whether all these endpoints are among the names.
    func refersOnly(to names: NameSet) -> Bool {
        if coveredBy.withLock({ $0 == names.identity }) { return true }
        guard endpointNames.allSatisfy(names.contains) else { return false }
        coveredBy.withLock { $0 = names.identity }
        return true
    }
}
