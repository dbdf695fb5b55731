import Routing

/// What a route asks of its requests beyond forwarding, such as CORS, mirrors or retries: one
/// object for each feature and request, which the stream calls at the places below.
///
/// The order of the filters is the order of the calls. Confined to its worker.
class StreamFilter {
    /// What becomes of a request.
    enum Verdict {
        /// It goes on.
        case goOn
        /// It waits until ``HTTPStream/resume()``. Its body gathers in
        /// ``HTTPStream/requestBody``, as much as the client's window lets it.
        case wait
        /// The filter answered it by ``HTTPStream/reply(_:)``.
        case answered
    }

    /// The route is known and the request's head can still be changed; nothing was picked.
    func receivedRequest(_ stream: HTTPStream) -> Verdict { .goOn }

    /// The endpoint to use, its index in ``WorkerCluster/endpoints``; nil leaves it to the
    /// cluster's load balancing. Called for each attempt.
    func endpoint(_ stream: HTTPStream, in cluster: WorkerCluster) -> Int? { nil }

    /// Whether the request may go to no other endpoint than ``endpoint(_:in:)`` says.
    func refusesOthers(_ stream: HTTPStream) -> Bool { false }

    /// The request that this filter makes wait has more of its body, or all.
    func heldRequestGrew(_ stream: HTTPStream) {}

    /// The request's head is as the endpoint will see it; called once, before the first attempt.
    func preparedRequest(_ stream: HTTPStream) {}

    /// Bytes of the request's body came.
    func receivedRequestBody(_ stream: HTTPStream, _ bytes: UnsafeRawBufferPointer) {}

    /// The request's body ended, with ``StreamRequest/trailers``; also called for a request
    /// without a body, after ``preparedRequest(_:)``.
    func receivedRequestEnd(_ stream: HTTPStream) {}

    /// Whether to try again after a response's head or a failure, and after how long in
    /// nanoseconds; nil does not. Asked only while the request can be sent again. What the stream
    /// retries by itself (endpoints that cannot be reached, refused streams, the race with an
    /// idle connection's end) it retries before it asks.
    func retryDelay(_ stream: HTTPStream, _ outcome: AttemptOutcome) -> UInt64? { nil }

    /// The final response's head is about to go to the client and can be changed; answers of
    /// the proxy itself are shown too.
    func receivedResponse(_ stream: HTTPStream) {}

    /// The exchange is over. The stream is used again for others: forget it.
    func ended(_ stream: HTTPStream) {}
}

/// What came of an attempt.
enum AttemptOutcome {
    /// A final response; its head is ``HTTPStream/response``.
    case response
    /// None.
    case failure(ServerFailure)
}
