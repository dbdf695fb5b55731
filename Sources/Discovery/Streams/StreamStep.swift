package import XDS

/// What the owner of a stream does next.
package enum StreamStep: Equatable {
    /// Send this response.
    case respond(StreamResponse)
    /// Nothing before this time, unless something happens.
    case wait(until: ContinuousClock.Instant)
    /// Nothing until something happens.
    case idle
}

/// One response.
package struct StreamResponse: Equatable {
    /// What it says.
    package var content: ResponseContent
    /// What the answer will name.
    package var nonce: String

    /// The resources' type.
    package var type: ResourceType { content.type }
    /// What is new or different; by state of the world all listeners and clusters.
    package var resources: [EncodedResource] { content.resources }
    /// What is gone, or was asked for and does not exist; incremental only.
    package var removed: [String] { content.shape == .delta ? content.removed : [] }
    /// The version of all that the client then has of the type.
    package var version: String { content.version }

    package static func == (left: Self, right: Self) -> Bool {
        left.type == right.type && left.content.shape == right.content.shape
            && left.removed == right.removed && left.version == right.version
            && left.nonce == right.nonce && left.resources == right.resources
    }
}

/// The features of a client that change what it gets.
///
/// Source: Envoy, "Well Known Client Features".
package enum ClientFeature {
    /// Takes resources that expire, and heartbeats.
    package static let resourceTTL = "xds.config.supports-resource-ttl"
    /// Takes resources by state of the world wrapped in `Resource`.
    package static let resourceInSotW = "xds.config.supports-resource-in-sotw"
    /// The same by the name in the list of well-known features.
    package static let resourceInSotWByList = "xds.config.resource-in-sotw"
}

extension ResourceType {
    /// Whether the type is sent whatever else is under way. Envoy acknowledges a cluster only when
    /// it is warm, for which it needs endpoints and secrets; types that this library does not know
    /// may be needed for anything.
    var waitsForNothing: Bool {
        self == .cluster || self == .endpoints || self == .secret
            || !Self.inOrderOfAddition.contains(self)
    }

    /// Whether later types wait until the type is acknowledged.
    var holdsUpOthers: Bool {
        Self.inOrderOfAddition.contains(self)
    }

    /// Whether what is gone is removed only when everything else is acknowledged.
    var isRemovedLast: Bool {
        self == .cluster || self == .endpoints
    }

    /// Whether a response by state of the world has all resources (xDS protocol, "Grouping
    /// Resources into Responses").
    var isWholeInSotW: Bool {
        self == .listener || self == .cluster
    }
}
