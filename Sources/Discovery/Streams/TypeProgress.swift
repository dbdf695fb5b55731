package import XDS

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
    /// The version of the latest response; empty before the first.
    package var version = ""
    /// The version that was acknowledged last; empty before the first.
    package var acknowledgedVersion = ""
    /// When a response was acknowledged last.
    package var lastAcknowledged: ContinuousClock.Instant?

    /// Nothing yet.
    package init() {}
}

/// What a client has answered to what it was sent of one type.
package struct ClientAnswers: Sendable {
    /// Responses acknowledged.
    package var acknowledged = 0
    /// Something is still to be sent or to be acknowledged.
    package var isWaiting = false
    /// Why the latest response was refused; nil where it was not.
    package var rejection: String?
    /// What it has been sent, where that is asked for.
    package var resources: [ClientResource] = []

    /// Nothing yet.
    package init() {}
}

/// A resource that a client has been sent.
package struct ClientResource: Sendable {
    /// How the client stands to it.
    package enum State: Hashable, Sendable {
        /// Sent and acknowledged.
        case synced
        /// Sent, not yet answered.
        case stale
        /// Refused; the client goes on with what it had before.
        case rejected
    }

    /// The resource as it was sent last.
    package var resource: EncodedResource
    /// How the client stands to it.
    package var state: State
}
