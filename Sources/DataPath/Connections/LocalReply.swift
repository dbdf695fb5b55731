import CLinuxIO
import Routing

/// An answer of the proxy itself.
struct LocalReply {
    var status: Int
    /// What went wrong, if anything did.
    var flag: ResponseFlag
    var contentType = "text/plain; charset=utf-8"
    var body: [UInt8]
    /// Whole header lines.
    var extra: [UInt8] = []

    /// An answer that says why, in one line.
    init(_ status: Int, _ flag: ResponseFlag, _ why: String) {
        self.status = status
        self.flag = flag
        body = why.isEmpty ? [] : Array("heddle: \(why)\n".utf8)
    }

    /// The reason phrase of a status.
    static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Unknown"
        }
    }
}

/// Answers of the proxy itself.
extension Downstream {
    /// The cluster did not answer: tells so, and gives its connection up.
    func fail(_ status: Int, _ flag: ResponseFlag, _ why: String) {
        exchange.cluster?.counters.failures.add()
        releaseUpstream(isReusable: false)
        reply(LocalReply(status, flag, why))
    }

    /// The exchange has taken too long.
    func timedOut() {
        worker.counters.timeouts.add()
        if exchange.hasResponseHead || phase != .exchange {
            exchange.flag = .upstreamRequestTimeout
            exchange.cluster?.counters.failures.add()
            return abort()
        }
        fail(504, .upstreamRequestTimeout, "the endpoint did not answer in time")
    }

    /// The exchange was silent for too long.
    func wasSilent() {
        worker.counters.timeouts.add()
        if exchange.hasResponseHead || phase != .exchange {
            exchange.flag = .streamIdleTimeout
            return abort()
        }
        exchange.persists = false
        fail(504, .streamIdleTimeout, "nothing was sent or received for too long")
    }

    /// Answers the request. What is left of the request's body is read if it is there already;
    /// otherwise the connection ends after the answer.
    func reply(_ reply: LocalReply) {
        exchange.status = reply.status
        exchange.flag = reply.flag
        // Counted before a byte leaves, so that a client never knows more than the statistics.
        worker.counters.answered(reply.status)
        if reply.flag != .none { worker.counters.flags.count(reply.flag) }
        exchange.hasResponseHead = true
        exchange.deadline = .max
        if exchange.idleLimit == 0 { exchange.idleLimit = worker.settings.idle }
        exchange.lastActivity = worker.loop.now
        skipRequestBody()
        if !exchange.requestIsComplete || endsSoon { exchange.persists = false }
        worker.buffers.append(answer: headBytes(of: reply), to: &output)
        if !exchange.isHEAD && reply.status != 204 && reply.status != 304 {
            worker.buffers.append(answer: reply.body, to: &output)
        }
        phase = .flushing
        scheduleExchange()
        flush()
    }

    private func skipRequestBody() {
        if !exchange.requestBody.isFinished {
            let rest = UnsafeMutableRawBufferPointer(rebasing: input.bytes[exchange.verified...])
            let scan = exchange.requestBody.scan(rest)
            exchange.verified += scan.ready
            if scan.removed > 0 { input.shrink(scan.removed) }
        }
        exchange.requestIsComplete = exchange.requestBody.isFinished
        if !exchange.holdsRequest {
            input.consume(exchange.verified)
            exchange.verified = 0
            exchange.forwarded = 0
        }
    }

    private func headBytes(of reply: LocalReply) -> [UInt8] {
        var head = Array("HTTP/1.1 \(reply.status) \(LocalReply.phrase(reply.status))\r\n".utf8)
        head += Array("Server: heddle\r\nDate: ".utf8)
        head += worker.date.current()
        head += Array("\r\n".utf8)
        if reply.status != 204 && reply.status != 304 {
            if !reply.body.isEmpty { head += Array("Content-Type: \(reply.contentType)\r\n".utf8) }
            head += Array("Content-Length: \(reply.body.count)\r\n".utf8)
        }
        head += reply.extra
        if !exchange.persists {
            head += Array("Connection: close\r\n".utf8)
        } else if exchange.isHTTP10 {
            head += Array("Connection: keep-alive\r\n".utf8)
        }
        head += Array("\r\n".utf8)
        return head
    }

    /// Answers from this process.
    func answer(_ handler: LocalHandler, _ base: UnsafeRawPointer) {
        func text(_ start: Int, _ count: Int) -> String {
            String(
                decoding: UnsafeRawBufferPointer(start: base + start, count: count), as: UTF8.self)
        }
        let head = worker.requestHead
        let target = head.pathAndQuery
        let queryStart = min(head.pathLength + 1, target.count)
        let response = handler(
            LocalRequest(
                method: text(head.method.start, head.method.count),
                path: text(target.start, head.pathLength),
                query: text(target.start + queryStart, target.count - queryStart)))
        var reply = LocalReply(response.status, .none, "")
        reply.contentType = response.contentType
        reply.body = response.body
        self.reply(reply)
    }

    /// Answers with a redirection; what the route leaves open is taken from the request.
    func redirect(
        _ redirect: CompiledRoute.Redirect, _ route: CompiledRoute, _ view: RequestView,
        _ base: UnsafeRawPointer
    ) {
        reply(LocalReply(redirect, route, view, authority: authority(base)))
    }
}

extension LocalReply {
    /// A redirection; what the route leaves open is taken from the request.
    ///
    /// - Parameter authority: As sent.
    init(
        _ redirect: CompiledRoute.Redirect, _ route: CompiledRoute, _ view: RequestView,
        authority: UnsafeRawBufferPointer
    ) {
        self.init(redirect.status, .none, "")
        let location = redirect.location(
            of: view, authority: authority, matchedPrefix: route.matchedPrefixLength)
        extra = Array("Location: ".utf8) + location + Array("\r\n".utf8)
        extra += route.responseHeaders.lines
    }
}

extension BufferPool {
    fileprivate func append(answer bytes: [UInt8], to buffer: inout Buffer) {
        bytes.withUnsafeBytes { append($0, to: &buffer) }
    }
}
