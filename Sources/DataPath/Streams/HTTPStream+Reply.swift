import Routing

/// Answers of the proxy itself, and what is logged.
extension HTTPStream {
    /// Answers the request, or cuts the response that has begun.
    func reply(_ reply: LocalReply) {
        if exchange.phase == .responding { return cut(reply.flag) }
        releaseServer(isComplete: false)
        response.reset()
        responseBody.release(to: worker.buffers)
        request.isGRPC ? writeGRPC(reply) : write(reply)
        exchange.phase = .responding
        exchange.status = response.status
        exchange.flag = reply.flag
        exchange.deadline = .max
        exchange.attemptDeadline = .max
        exchange.pauseEnd = .max
        exchange.lastActivity = worker.loop.now
        if exchange.idleLimit == 0 { exchange.idleLimit = worker.settings.idle }
        exchange.responseIsReceived = true
        exchange.isAnsweredHere = true
        // Counted before a byte leaves, so that a client never knows more than the statistics.
        if exchange.client?.isInProcess != true { worker.counters.answered(response.status) }
        if reply.flag != .none { worker.counters.flags.count(reply.flag) }
        dropRequest()
        for filter in exchange.filters { filter.receivedResponse(self) }
        exchange.client?.sendResponse()
    }

    private func write(_ reply: LocalReply) {
        let headers = response.headers
        response.status = reply.status
        headers.append("server", "heddle")
        headers.append("date", worker.date.current())
        let hasBody = reply.status != 204 && reply.status != 304
        if hasBody {
            if !reply.body.isEmpty {
                headers.append("content-type", Array(reply.contentType.utf8))
            }
            response.contentLength = Int64(reply.body.count)
            headers.append("content-length", Array("\(reply.body.count)".utf8))
        }
        headers.append(lines: reply.extra)
        response.endsWithHead = !hasBody || reply.body.isEmpty || request.isHEAD
        if !response.endsWithHead {
            reply.body.withUnsafeBytes { responseBody.append($0, pool: worker.buffers) }
        }
        responseBody.end()
    }

    /// A gRPC client looks at `grpc-status` alone, which stands in a head without a body
    /// ("Trailers-Only" in gRPC's PROTOCOL-HTTP2).
    private func writeGRPC(_ reply: LocalReply) {
        let headers = response.headers
        response.status = 200
        headers.append("server", "heddle")
        headers.append("date", worker.date.current())
        headers.append("content-type", "application/grpc")
        headers.append("grpc-status", Array("\(reply.grpcStatus)".utf8))
        if !reply.body.isEmpty { headers.append("grpc-message", reply.grpcMessage) }
        headers.append(lines: reply.extra)
        response.endsWithHead = true
        responseBody.end()
    }

    /// Answers from this process.
    func answer(_ handler: LocalHandler) {
        func text(_ bytes: UnsafeRawBufferPointer) -> String {
            String(decoding: bytes, as: UTF8.self)
        }
        let target = request.headers.bytes(request.target)
        let end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
        let answer = handler(
            LocalRequest(
                method: text(request.headers.bytes(request.method)),
                path: text(UnsafeRawBufferPointer(rebasing: target[..<end])),
                query: text(
                    UnsafeRawBufferPointer(rebasing: target[min(end + 1, target.count)...]))))
        var reply = LocalReply(answer.status, .none, "")
        reply.contentType = answer.contentType
        reply.body = answer.body
        self.reply(reply)
    }

    // MARK: The access log

    func loggedRequest() -> LoggedRequest {
        let headers = request.headers
        return LoggedRequest(
            method: Array(headers.bytes(request.method)),
            target: Array(headers.bytes(exchange.sentTarget)),
            authority: Array(headers.bytes(request.authority)),
            requestID: headers.first("x-request-id").map { Array($0) } ?? [])
    }

    func loggedExchange() -> Exchange {
        var logged = Exchange()
        logged.route = exchange.route
        logged.cluster = exchange.cluster
        logged.endpoint = exchange.endpoint
        logged.version = exchange.client?.version ?? .http2
        logged.status = exchange.status
        logged.flag = exchange.flag
        logged.bytesReceived = exchange.bytesReceived
        logged.bytesSent = exchange.bytesSent
        return logged
    }
}

extension LocalReply {
    /// The status of gRPC for it: Envoy's mapping, but 500, the answer for a backend that is
    /// invalid, which the Gateway API wants to be UNAVAILABLE.
    var grpcStatus: Int {
        switch status {
        case 400: 13
        case 401: 16
        case 403: 7
        case 404: 12
        case 429, 500, 502, 503, 504: 14
        default: 2
        }
    }

    /// The body as `grpc-message`: what is not visible ASCII, and `%`, percent-encoded.
    var grpcMessage: [UInt8] {
        let text = body.last == 0x0A ? body.dropLast() : body[...]
        var message: [UInt8] = []
        for byte in text {
            if byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "%") {
                message.append(byte)
            } else {
                message.append(UInt8(ascii: "%"))
                for digit in [byte >> 4, byte & 15] {
                    message.append(digit < 10 ? digit + 0x30 : digit + 0x37)
                }
            }
        }
        return message
    }
}
