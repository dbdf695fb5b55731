/// Where a request comes from and its response goes to: a stream of an HTTP/2 session, an
/// HTTP/1 connection, or something in this process that asks on its own, such as a mirror.
///
/// It reads the request's head into ``HTTPStream/request`` and calls ``HTTPStream/begin(_:_:)``;
/// then it tells the stream what comes (``HTTPStream/receivedRequestBody(_:)``,
/// ``HTTPStream/receivedRequestEnd()``, ``HTTPStream/clientIsGone(_:)``), and the stream tells it
/// what to do by the methods here, which subclasses override. A call may end the stream: then
/// ``stream`` is nil when it returns. Confined to its worker.
class ClientSide {
    /// The exchange; nil before it and after it.
    @exclusivity(unchecked) final var stream: HTTPStream?
    /// The client's address as text; empty for one in this process.
    final let peer: [UInt8]
    /// The request came over TLS.
    final let isSecure: Bool
    /// For the access log.
    final let version: HTTPVersion
    /// It is something in this process, whose requests are neither counted nor logged.
    final let isInProcess: Bool

    init(peer: [UInt8], isSecure: Bool, version: HTTPVersion) {
        self.peer = peer
        self.isSecure = isSecure
        self.version = version
        isInProcess = false
    }

    /// One in this process.
    init() {
        peer = []
        isSecure = false
        version = .http2
        isInProcess = true
    }

    /// Send ``HTTPStream/response`` as an interim response, 100 to 199 but not 101.
    func sendInterim() {}

    /// Send the head of ``HTTPStream/response``; its body follows by ``HTTPStream/responseBody``
    /// unless ``StreamResponse/endsWithHead``. When all of the response is written, call
    /// ``HTTPStream/responseWasSent()``.
    func sendResponse() {}

    /// ``HTTPStream/responseBody`` has more, or ended, then with ``StreamResponse/trailers``.
    /// Look at it, write, and tell ``HTTPStream/consumedResponse(_:)``.
    func responseBodyGrew() {}

    /// So many bytes of the request's body left ``HTTPStream/requestBody``, so there is room for
    /// more.
    func requestBodyDrained(_ count: Int) {}

    /// The response cannot be completed: make the client see that. ``stream`` is nil already.
    func abort() {}

    /// The exchange is over, all of the response was sent. ``stream`` is nil already.
    ///
    /// - Parameter isComplete: All of the request was received as well.
    func finished(isComplete: Bool) {}
}

/// The version of HTTP that a client speaks.
enum HTTPVersion {
    case http10
    case http11
    case http2
}
