import Routing

/// What a ``HTTPStream`` knows of the exchange that it serves at the moment.
struct StreamExchange {
    /// Where an exchange is.
    ///
    ///     idle → routing ⇄ held
    ///                    → attempting ⇄ pausing
    ///                                 → responding → idle
    enum Phase {
        /// In the pool.
        case idle
        /// The request's head is being looked at.
        case routing
        /// A filter waits for something.
        case held
        /// The request goes to an endpoint; no response's head was taken yet.
        case attempting
        /// Until the next attempt.
        case pausing
        /// The final response's head went to the client.
        case responding
    }

    var phase = Phase.idle
    var client: ClientSide?
    var server: ServerSide?

    /// What was served at the request's head.
    var service: Service?
    var listener: CompiledConnectionManager?
    var installed: InstalledTable?
    var route: CompiledRoute?
    var backend: CompiledRoute.Backend?
    var cluster: WorkerCluster?
    /// The endpoint's place in the cluster.
    var endpoint = -1
    var filters: [StreamFilter] = []
    /// The filter that is asked next.
    var nextFilter = 0

    /// All of the request was received.
    var requestIsReceived = false
    /// All of the request was sent in this attempt.
    var requestIsSent = false
    /// All of the response was received, or made here.
    var responseIsReceived = false
    /// The response is the proxy's own.
    var isAnsweredHere = false
    /// How much of the request's body the client's side reads before it waits.
    var bodyRoom = BodyPipe.highWater
    /// How much of the body the client was told is gone although it still waits here.
    var granted = 0
    /// What still comes of the request's body is dropped.
    var dropsRequest = false

    var attempts = 0
    /// When the exchange has taken too long.
    var deadline: UInt64 = .max
    /// When the attempt has taken too long.
    var attemptDeadline: UInt64 = .max
    /// When the next attempt begins.
    var pauseEnd: UInt64 = .max
    /// How long the exchange may take from the request's end, 0 for ever.
    var timeout: UInt64 = 0
    /// How long an attempt may take to a response's head, 0 for ever.
    var attemptLimit: UInt64 = 0
    /// How long it may be silent, 0 for ever.
    var idleLimit: UInt64 = 0
    /// When a byte passed last.
    var lastActivity: UInt64 = 0

    /// For the access log.
    var started: UInt64 = 0
    /// The target as sent.
    var sentTarget = Span()
    var status = 0
    var flag = ResponseFlag.none
    var bytesReceived: UInt64 = 0
    var bytesSent: UInt64 = 0

    /// For matching: the target in its normal form and the length of its path.
    var matchedTarget = Span()
    var pathLength = 0
}
