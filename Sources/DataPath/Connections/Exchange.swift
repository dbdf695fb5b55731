import Routing

/// One request and its response, while they are under way.
struct Exchange {
    /// What was served at the request's first byte.
    var service: Service?
    /// The route that was found.
    var route: CompiledRoute?
    /// The backend of the route that was picked.
    var backend: CompiledRoute.Backend?
    /// The cluster that was picked.
    var cluster: WorkerCluster?
    /// The endpoint's place in the cluster.
    var endpoint = -1
    /// The connection to the endpoint.
    var upstream: Upstream?

    /// The request's body.
    var requestBody = BodyReader.none
    /// The request's head, as long as it stands at the input's start.
    var headLength = 0
    /// How much of the input, from its start, was forwarded; counts the head.
    var forwarded = 0
    /// How much of the input was verified; never less than what was forwarded.
    var verified = 0
    /// All of the request is still in the input, so it can be sent again.
    var holdsRequest = true
    /// All of the request was forwarded.
    var requestIsComplete = false

    /// The head of the final response was written.
    var hasResponseHead = false
    /// The response's body.
    var responseBody = BodyReader.none
    /// How much of the upstream's input was verified.
    var responseVerified = 0
    /// The upstream's connection can serve another exchange afterwards.
    var upstreamPersists = false
    /// Some of the response was read.
    var hasResponseBytes = false

    /// The client's connection can serve another exchange afterwards.
    var persists = true
    var isHTTP10 = false
    var isHEAD = false
    var isIdempotent = false
    /// The client asks for an upgrade that the listener lets through.
    var isUpgrade = false

    /// How often it was tried.
    var attempts = 0
    /// When it has taken too long.
    var deadline: UInt64 = .max
    /// How long it may take from the request's end, 0 for ever.
    var timeout: UInt64 = 0
    /// How long it may be silent, 0 for ever.
    var idleLimit: UInt64 = 0
    /// When a byte passed last.
    var lastActivity: UInt64 = 0

    /// For the access log.
    var version = HTTPVersion.http11
    var started: UInt64 = 0
    var status = 0
    var flag = ResponseFlag.none
    var bytesReceived: UInt64 = 0
    var bytesSent: UInt64 = 0
}
