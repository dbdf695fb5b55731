public import Discovery
public import XDS

/// A connected proxy, and how far it is.
public struct ProxyStatus: Sendable {
    /// A variant of the protocol.
    public enum Variant: String, Sendable {
        /// Incremental.
        case delta
        /// State of the world.
        case sotw
    }

    /// How a type of a proxy stands.
    public enum State: String, Sendable {
        /// Nothing has been sent, and the proxy has nothing from an earlier stream.
        case notSent = "NOT SENT"
        /// All is sent and acknowledged.
        case synced = "SYNCED"
        /// Something is still to be sent or acknowledged.
        case stale = "STALE"
        /// The latest answer was a refusal.
        case rejected = "NACKED"
    }

    /// One type of resources.
    public struct TypeStatus: Sendable {
        /// The type.
        public var type: ResourceType
        /// How it stands.
        public var state: State
        /// The version of the latest response; empty before the first.
        public var version: String
        /// The version that was acknowledged last; empty before the first.
        public var acknowledgedVersion: String
        /// When a response was acknowledged last.
        public var lastAcknowledged: ContinuousClock.Instant?
        /// How many resources the proxy has been sent and should have.
        public var resources: Int
        /// How many responses were sent.
        public var sent: Int
        /// How many were acknowledged.
        public var acknowledged: Int
        /// Why the latest response was refused.
        public var rejection: String?
    }

    /// A resource that the proxy has been sent.
    public struct Resource: Sendable {
        /// The resource as it was sent last.
        public var resource: EncodedResource
        /// How the proxy stands to it.
        public var state: State
    }

    /// The node of the proxy's first request.
    public var node: Node
    /// Whose configuration it gets.
    public var group: ProxyGroup
    /// Its address, unique for each connection.
    public var peer: String
    /// Its SPIFFE ID by mutual TLS.
    public var identity: String?
    /// The variant of the protocol that it speaks.
    public var variant: Variant
    /// When the stream began.
    public var connectedAt: ContinuousClock.Instant
    /// Whether its group had a snapshot when it connected.
    public var isKnown: Bool
    /// The types it has asked for, in the order of addition.
    public var types: [TypeStatus]
}

extension ProxyStatus.TypeStatus {
    init(_ type: ResourceType, _ progress: TypeProgress) {
        let state: ProxyStatus.State =
            progress.rejection != nil
            ? .rejected
            : progress.sent == 0 && progress.resources == 0
                ? .notSent : progress.isWaiting ? .stale : .synced
        self.init(
            type: type, state: state, version: progress.version,
            acknowledgedVersion: progress.acknowledgedVersion,
            lastAcknowledged: progress.lastAcknowledged, resources: progress.resources,
            sent: progress.sent, acknowledged: progress.acknowledged,
            rejection: progress.rejection?.message)
    }
}

extension ProxyStatus.Resource {
    init(_ held: ClientResource) {
        let state: ProxyStatus.State =
            switch held.state {
            case .synced: .synced
            case .stale: .stale
            case .rejected: .rejected
            }
        self.init(resource: held.resource, state: state)
    }
}
