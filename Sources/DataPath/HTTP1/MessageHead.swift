import Routing

/// A stretch of a head.
struct Span: Equatable {
    var start = 0
    var count = 0
    var end: Int { start + count }
}

/// What the headers of a head say about the message and the connection.
struct FieldSummary: Equatable {
    /// How many headers there are.
    var count = 0
    /// `Content-Length`, or -1.
    var contentLength: Int64 = -1
    /// `Transfer-Encoding: chunked`.
    var isChunked = false
    /// `Connection: close`.
    var hasClose = false
    /// `Connection: keep-alive`.
    var hasKeepAlive = false
    /// `Connection: upgrade`.
    var hasUpgrade = false
    /// `Connection` names other headers, which are hop-by-hop too.
    var namesHeaders = false
    /// `Expect: 100-continue`.
    var expectsContinue = false
    /// The positions of headers, or -1.
    var host = -1
    var upgrade = -1
    var lastForwardedFor = -1
    var forwardedProto = -1
    var requestID = -1
    /// Some header is of a kind other than `.other`, `.host` or `.contentLength`.
    var hasSpecials = false
}

/// A request's head as it stands in a buffer; all places count from the head's first byte.
struct RequestHead: Equatable {
    /// How a request target is written (RFC 9112 §3.2).
    enum Form: Equatable {
        case origin
        case absolute
        case authority
        case asterisk
    }

    var method = Span()
    /// The method is GET, HEAD, OPTIONS, TRACE, PUT or DELETE (RFC 9110 §9.2.2).
    var isIdempotent = false
    var isHEAD = false
    var form = Form.origin
    /// The whole request target.
    var target = Span()
    /// The authority in an absolute or authority form.
    var authority = Span()
    /// The path and query in an origin or absolute form; empty when an absolute form has none.
    var pathAndQuery = Span()
    /// The path's length in it.
    var pathLength = 0
    var isHTTP10 = false
    /// Where the headers start.
    var fieldsStart = 0
    /// The length of the whole head with its empty line.
    var length = 0
    var fields = FieldSummary()
}

/// A response's head as it stands in a buffer.
struct ResponseHead: Equatable {
    var status = 0
    var isHTTP10 = false
    /// From the status to the end of the status line, without the line's end.
    var statusAndReason = Span()
    /// Where the headers start.
    var fieldsStart = 0
    /// The length of the whole head with its empty line.
    var length = 0
    var fields = FieldSummary()
}

/// What a parser found.
enum ParseOutcome: Equatable {
    /// The head does not end yet.
    case incomplete
    /// The head is complete.
    case complete
    /// The head is refused.
    case malformed(Malformation)
}

/// How large a head may be.
package struct HeadLimits: Sendable {
    /// The bytes of a head at most.
    package var bytes: Int
    /// The headers of a head at most.
    package var headers: Int

    /// Limits; Envoy's by default.
    package init(bytes: Int = 60 * 1024, headers: Int = 100) {
        self.bytes = bytes
        self.headers = headers
    }
}
