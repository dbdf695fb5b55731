/// Where a request goes to and its response comes from, in one attempt: a stream of an HTTP/2
/// session or an HTTP/1 connection.
///
/// The stream tells it what to do by the methods here, which subclasses override. It tells the
/// stream what comes: ``HTTPStream/serverConnected()``, ``HTTPStream/requestWasSent()``,
/// ``HTTPStream/receivedInterim()``, ``HTTPStream/receivedResponse()``,
/// ``HTTPStream/receivedResponseBody(_:)``, ``HTTPStream/receivedResponseEnd()`` and
/// ``HTTPStream/serverFailed(_:)``. A call may end the attempt: then ``stream`` is nil when it
/// returns. Confined to its worker.
class ServerSide {
    /// The exchange; nil before and after the attempt.
    @exclusivity(unchecked) final var stream: HTTPStream?
    /// The connection was used before, so the endpoint may close it at any time.
    final let isReused: Bool
    /// A failure to connect is held against the endpoint; once for all that wait for one
    /// connection.
    @exclusivity(unchecked) final var isBlamed = true

    init(isReused: Bool) {
        self.isReused = isReused
    }

    /// Send ``HTTPStream/request``: the head, and what ``HTTPStream/requestBody`` has. The
    /// connection may still be opening.
    func begin() {}

    /// ``HTTPStream/requestBody`` has more, or ended, then with ``StreamRequest/trailers``.
    /// Look at it, write, and tell ``HTTPStream/consumedRequest(_:)``.
    func requestBodyGrew() {}

    /// So many bytes of the response's body left ``HTTPStream/responseBody``, so there is room
    /// for more.
    func responseBodyDrained(_ count: Int) {}

    /// The attempt is over. ``stream`` is nil already.
    ///
    /// - Parameter isComplete: All of the request was sent and all of the response received;
    ///   otherwise what is under way is to be cut short.
    func release(isComplete: Bool) {}
}

/// Why an attempt gives no response, or no end of it.
enum ServerFailure: Equatable {
    /// The connection could not be opened; nothing was sent.
    case unreachable
    /// The endpoint did not look at the request (RFC 9113 §8.7): it can be sent again.
    case refused
    /// The connection ended.
    ///
    /// - Parameter sawResponse: Some of a response was received.
    case closed(sawResponse: Bool)
    /// The endpoint reset the request's stream, and may have acted on it.
    case reset
    /// What came is no HTTP.
    case malformed(String)
    /// The attempt took too long, see ``HTTPStream/attemptLimit``.
    case tooSlow
}
