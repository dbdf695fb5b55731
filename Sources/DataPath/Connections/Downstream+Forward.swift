import CLinuxIO
import Routing

/// Bytes from one connection to the other.
///
/// What was verified goes out from the buffer it was read into, behind a rewritten head in one
/// call where there is one. Nothing is read before there is room: a slow reader holds the other
/// side up, not memory.
extension Downstream {
    // MARK: The request

    /// Sends what there is of the request and reads more of its body.
    func forwardRequest() {
        guard phase == .exchange, let upstream = exchange.upstream, upstream.isConnected else {
            return
        }
        var reads = 0
        while true {
            if let malformation = verifyRequest() { return refuseBody(malformation) }
            guard sendRequest(to: upstream) else { return }
            if exchange.requestBody.isFinished { return requestCompleted() }
            if !isReadable { return }
            if reads == Self.mostReads { return worker.loop.continueLater(self) }
            reads += 1
            guard readBody() else { return }
        }
    }

    /// Verifies the body bytes that were read.
    private func verifyRequest() -> Malformation? {
        if exchange.requestBody.isFinished { return nil }
        let unverified = UnsafeMutableRawBufferPointer(
            rebasing: input.bytes[exchange.verified...])
        let scan = exchange.requestBody.scan(unverified)
        exchange.verified += scan.ready
        if scan.removed > 0 { input.shrink(scan.removed) }
        return scan.malformation
    }

    /// Sends the head and the verified bytes; false when something is left, or all is over.
    private func sendRequest(to upstream: Upstream) -> Bool {
        if upstream.writeFailed { return discardRequest() }
        let pending = upstream.output.count
        let total = pending + exchange.verified - exchange.forwarded
        if total == 0 { return true }
        let body = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(input.bytes)[exchange.forwarded..<exchange.verified])
        guard let sent = upstream.send(body) else {
            // The endpoint may have answered before it closed; what it said is looked at first.
            upstreamIsReadable()
            return phase == .exchange && exchange.upstream === upstream && discardRequest()
        }
        exchange.lastActivity = worker.loop.now
        exchange.forwarded += max(sent - pending, 0)
        exchange.bytesReceived += UInt64(max(sent - pending, 0))
        if !exchange.holdsRequest { consumeRequest() }
        return sent == total
    }

    /// The endpoint takes no more of the request: the rest is read and dropped while its answer
    /// is on the way.
    private func discardRequest() -> Bool {
        exchange.holdsRequest = false
        exchange.forwarded = exchange.verified
        consumeRequest()
        return true
    }

    /// Reads more of the body; false when there is none at the moment, or all is over.
    private func readBody() -> Bool {
        switch fill() {
        case .bytes: return true
        case .nothing: return false
        case .full:
            guard exchange.forwarded > 0 else { return false }
            // The request is longer than a buffer: it cannot be sent a second time.
            exchange.holdsRequest = false
            consumeRequest()
            return true
        case .ended, .failed:
            abandoned()
            return false
        }
    }

    /// Drops what was forwarded.
    private func consumeRequest() {
        input.consume(exchange.forwarded)
        exchange.verified -= exchange.forwarded
        exchange.forwarded = 0
        exchange.headLength = 0
    }

    private func requestCompleted() {
        guard !exchange.requestIsComplete else { return }
        exchange.requestIsComplete = true
        if exchange.timeout > 0 {
            exchange.deadline = worker.loop.now &+ exchange.timeout
            worker.loop.schedule(self, at: exchange.deadline)
        }
    }

    private func refuseBody(_ malformation: Malformation) {
        exchange.persists = false
        if exchange.hasResponseHead {
            exchange.flag = .downstreamProtocolError
            return abort()
        }
        releaseUpstream(isReusable: false)
        reply(LocalReply(400, .downstreamProtocolError, "\(malformation.reason)"))
    }

    // MARK: The response

    /// There is something to read from the endpoint.
    func upstreamIsReadable() {
        phase == .tunnel ? forwardTunnel() : forwardResponse()
    }

    /// The endpoint's connection takes more.
    func upstreamIsWritable() {
        if phase == .tunnel {
            forwardTunnel()
        } else if !exchange.requestIsComplete {
            forwardRequest()
        }
    }

    /// Sends what there is of the response and reads more of it.
    func forwardResponse() {
        guard phase == .exchange, let upstream = exchange.upstream, upstream.isConnected else {
            return
        }
        var reads = 0
        while true {
            if !exchange.hasResponseHead && !upstream.input.isEmpty {
                guard takeResponseHeads(from: upstream) else { return }
            }
            if verifyResponse(upstream) != nil {
                exchange.flag = .upstreamProtocolError
                exchange.cluster?.counters.failures.add()
                return abort()
            }
            guard sendResponse(from: upstream) else { return }
            if exchange.hasResponseHead && exchange.responseBody.isFinished { return finish() }
            if upstream.sawEnd { return upstreamEnded() }
            if !upstream.isReadable { return }
            if reads == Self.mostReads { return worker.loop.continueLater(upstream) }
            reads += 1
            switch upstream.fill() {
            case .bytes: exchange.hasResponseBytes = true
            case .nothing: return
            case .full:
                // Only a head is kept in the buffer that long.
                worker.buffers.reserve(BufferPool.size, in: &upstream.input)
            case .ended: break
            case .failed: return upstreamBroke()
            }
        }
    }

    private func verifyResponse(_ upstream: Upstream) -> Malformation? {
        guard exchange.hasResponseHead, !exchange.responseBody.isFinished else { return nil }
        let unverified = UnsafeMutableRawBufferPointer(
            rebasing: upstream.input.bytes[exchange.responseVerified...])
        let scan = exchange.responseBody.scan(unverified)
        exchange.responseVerified += scan.ready
        if scan.removed > 0 { upstream.input.shrink(scan.removed) }
        return scan.malformation
    }

    /// Sends heads and verified bytes; false when something is left, or all is over.
    private func sendResponse(from upstream: Upstream) -> Bool {
        let pending = output.count
        let total = pending + exchange.responseVerified
        if total == 0 { return true }
        let body = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(upstream.input.bytes)[0..<exchange.responseVerified])
        guard let sent = send(body) else {
            abandoned()
            return false
        }
        exchange.lastActivity = worker.loop.now
        exchange.bytesSent += UInt64(sent)
        let ofBody = max(sent - pending, 0)
        upstream.input.consume(ofBody)
        exchange.responseVerified -= ofBody
        if output.isEmpty { output.consume(0) }
        return sent == total
    }

    /// Reads heads: interim ones, then the final one. False when all is over.
    private func takeResponseHeads(from upstream: Upstream) -> Bool {
        while !exchange.hasResponseHead && !upstream.input.isEmpty {
            let bytes = UnsafeRawBufferPointer(upstream.input.bytes)
            switch worker.parser.parse(bytes, &worker.responseHead) {
            case .incomplete: return true
            case .malformed(let malformation):
                fail(
                    502, .upstreamProtocolError,
                    "the endpoint's answer is malformed: \(malformation.reason)")
                return false
            case .complete: guard takeResponseHead(from: upstream) else { return false }
            }
        }
        return true
    }

    /// Writes one head to the client; false when the exchange is an exchange no longer.
    private func takeResponseHead(from upstream: Upstream) -> Bool {
        let status = worker.responseHead.status
        if status == 101 { return switchProtocols(upstream) }
        if status < 200 {
            // HTTP/1.0 knows no interim responses (RFC 9110 §15.2).
            if !exchange.isHTTP10 {
                writeResponseHead(
                    upstream, HeaderRules(), .implied, keepsChunks: false, keepsLength: false)
            }
            upstream.input.consume(worker.responseHead.length)
            return true
        }
        exchange.status = status
        worker.counters.answered(status)
        let body = BodyReader(
            worker.responseHead, isHEAD: exchange.isHEAD, removesChunks: exchange.isHTTP10)
        exchange.responseBody = body
        exchange.hasResponseHead = true
        exchange.upstreamPersists =
            !body.endsWithConnection && !worker.responseHead.fields.hasClose
            && (!worker.responseHead.isHTTP10 || worker.responseHead.fields.hasKeepAlive)
        if body.endsWithConnection || body.isChunked && exchange.isHTTP10 || endsSoon {
            exchange.persists = false
        }
        letGoOfRequest(upstream)
        writeResponseHead(
            upstream, exchange.backend?.responseHeaders ?? HeaderRules(),
            !exchange.persists ? .close : exchange.isHTTP10 ? .keepAlive : .implied,
            keepsChunks: body.isChunked && !exchange.isHTTP10, keepsLength: status != 204)
        upstream.input.consume(worker.responseHead.length)
        return true
    }

    /// An answer has begun: the request will not be sent a second time.
    private func letGoOfRequest(_ upstream: Upstream) {
        if exchange.holdsRequest {
            exchange.holdsRequest = false
            consumeRequest()
        }
    }

    private func writeResponseHead(
        _ upstream: Upstream, _ rules: HeaderRules, _ persistence: ResponseWriter.Persistence,
        keepsChunks: Bool, keepsLength: Bool
    ) {
        guard let base = UnsafeRawPointer(upstream.input.bytes.baseAddress) else { return }
        worker.buffers.reserve(
            worker.responseHead.length + ResponseWriter.growth + rules.lines.count, in: &output)
        var writer = ByteWriter(output.room)
        ResponseWriter(head: base, fields: worker.fields).write(
            worker.responseHead, rules, persistence, keepsChunks: keepsChunks,
            keepsLength: keepsLength, to: &writer)
        output.added(writer.count)
    }

    /// The endpoint sends no more.
    private func upstreamEnded() {
        // In TLS an end without a word is none (RFC 9112 §9.8).
        if exchange.hasResponseHead && exchange.responseBody.endsWithConnection,
            exchange.upstream?.endIsUnclear != true
        {
            return finish()
        }
        upstreamBroke()
    }

    /// The endpoint's connection ended too early.
    private func upstreamBroke() {
        guard let upstream = exchange.upstream else { return abort() }
        if exchange.hasResponseHead {
            exchange.flag = .upstreamConnectionTermination
            exchange.cluster?.counters.failures.add()
            return abort()
        }
        // A connection that waited in the pool may be closed by the endpoint at the moment a
        // request goes out on it. Without any answer, what is idempotent goes again (RFC 9110
        // §9.2.2), and so does what the endpoint cannot have seen.
        let isRace = upstream.isReused && exchange.holdsRequest && !exchange.hasResponseBytes
        let cannotBeSeen = upstream.writeFailed && exchange.forwarded == exchange.headLength
        if isRace && (exchange.isIdempotent || cannotBeSeen) {
            // The attempt is not counted: what is reused is used up in the end.
            exchange.attempts -= 1
            return tryAgain()
        }
        fail(
            503, .upstreamConnectionTermination,
            "the endpoint closed the connection before it answered")
    }

    // MARK: Tunnels

    /// 101: both connections become one tunnel.
    private func switchProtocols(_ upstream: Upstream) -> Bool {
        guard exchange.isUpgrade else {
            fail(
                502, .upstreamProtocolError,
                "the endpoint switches protocols and was not asked to")
            return false
        }
        exchange.status = 101
        exchange.deadline = .max
        exchange.persists = false
        letGoOfRequest(upstream)
        writeResponseHead(
            upstream, exchange.backend?.responseHeaders ?? HeaderRules(), .upgrade,
            keepsChunks: false, keepsLength: false)
        upstream.input.consume(worker.responseHead.length)
        phase = .tunnel
        forwardTunnel()
        return false
    }

    /// Sends bytes both ways as they are; an end on one side is told to the other.
    func forwardTunnel() {
        guard let upstream = exchange.upstream else { return abort() }
        guard let up = pump(to: upstream), let down = upstream.pump(to: self) else {
            return abort()
        }
        if up > 0 || down > 0 { exchange.lastActivity = worker.loop.now }
        exchange.bytesReceived += UInt64(up)
        exchange.bytesSent += UInt64(down)
        if sawEnd && upstream.sawEnd && input.isEmpty && upstream.input.isEmpty
            && output.isEmpty && upstream.output.isEmpty
        {
            endTunnel()
        }
    }

    private func endTunnel() {
        exchange.upstreamPersists = false
        exchange.requestIsComplete = true
        exchange.persists = false
        finish()
    }
}
