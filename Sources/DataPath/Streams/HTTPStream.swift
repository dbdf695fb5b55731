import Routing

/// One request and its response, whatever protocols the two sides speak.
///
/// The engine between a ``ClientSide`` and a ``ServerSide``: it routes, applies the route's rules
/// and filters, picks endpoints, tries again, passes bodies with back-pressure both ways, watches
/// the time, answers by itself where it must, and logs. HTTP/1.1 to HTTP/1.1 without filters does
/// not come here: ``Downstream`` forwards it in place.
///
///     client                      stream                           server
///       begin ───────────────────→ route, filters, attempt ─────────→ begin
///       receivedRequestBody ─────→ requestBody ─────────────────────→ requestBodyGrew
///       requestBodyDrained ←────── ←──────────────────────────────── consumedRequest
///       receivedRequestEnd ──────→ ─────────────────────────────────→ requestBodyGrew
///       sendResponse ←──────────── filters, retry ←───────────────── receivedResponse
///       responseBodyGrew ←──────── responseBody ←─────────────────── receivedResponseBody
///       consumedResponse ────────→ ────────────────────────────────→ responseBodyDrained
///       responseWasSent ─────────→ log → client.finished
///
/// Streams are used again: they come from ``StreamPool`` and go back to it when the exchange is
/// over. Whoever holds one lets go of it by then; sides and filters are told. Confined to its
/// worker.
final class HTTPStream: EventSource {
    unowned(unsafe) let worker: Worker
    /// The request as it came, from ``preparedRequest`` on as it goes out.
    let request = StreamRequest()
    /// The response as it came, then as it goes to the client.
    let response = StreamResponse()
    /// The request's body on its way.
    @exclusivity(unchecked) var requestBody = BodyPipe()
    /// The response's body on its way.
    @exclusivity(unchecked) var responseBody = BodyPipe()
    /// All the rest.
    @exclusivity(unchecked) var exchange = StreamExchange()

    /// How much of a request's body is kept to be sent again, unless a filter asks for more.
    private static let keptBody = 16 * 1024

    init(worker: Worker) {
        self.worker = worker
        super.init(fd: -1)
    }

    override func timerFired() { watchTime() }

    // MARK: From the client

    /// The request's head is in ``request``: the exchange begins.
    ///
    /// - Parameters:
    ///   - service: What is served at the moment.
    ///   - selection: The route and backend, when they were picked already.
    func begin(_ client: ClientSide, _ service: Service, _ selection: StreamSelection? = nil) {
        precondition(exchange.phase == .idle, "a stream begins while it is in use")
        let now = worker.loop.now
        client.stream = self
        exchange.phase = .routing
        exchange.client = client
        exchange.service = service
        exchange.started = now
        exchange.lastActivity = now
        exchange.idleLimit = worker.settings.idle
        exchange.sentTarget = request.target
        requestBody.keep(Self.keptBody, pool: worker.buffers)
        if request.endsWithHead {
            requestBody.end()
            exchange.requestIsReceived = true
        }
        if selection == nil { worker.counters.requests.add() }
        route(service, selection)
        scheduleTimer()
    }

    /// The request's head is refused: it is answered instead of begun.
    func refuse(_ client: ClientSide, _ malformation: Malformation) {
        client.stream = self
        exchange.phase = .routing
        exchange.client = client
        exchange.started = worker.loop.now
        exchange.requestIsReceived = request.endsWithHead
        worker.counters.requests.add()
        reply(LocalReply(malformation.status, .downstreamProtocolError, "\(malformation.reason)"))
        scheduleTimer()
    }

    /// Bytes of the request's body came.
    func receivedRequestBody(_ bytes: UnsafeRawBufferPointer) {
        exchange.bytesReceived += UInt64(bytes.count)
        exchange.lastActivity = worker.loop.now
        if exchange.dropsRequest {
            exchange.client?.requestBodyDrained(bytes.count)
            return
        }
        for filter in exchange.filters { filter.receivedRequestBody(self, bytes) }
        requestBody.append(bytes, pool: worker.buffers)
        if exchange.phase == .held { return heldRequestGrew(bytes.count) }
        if exchange.phase == .attempting || exchange.phase == .responding {
            exchange.server?.requestBodyGrew()
        }
    }

    /// The request ended; its trailers, if any, are in ``request``.
    func receivedRequestEnd() {
        guard !exchange.requestIsReceived else { return }
        exchange.requestIsReceived = true
        exchange.lastActivity = worker.loop.now
        startClock()
        startAttemptClock()
        if exchange.dropsRequest { return }
        requestBody.end()
        if exchange.phase == .held { return heldRequestGrew(0) }
        if exchange.phase != .routing {
            for filter in exchange.filters { filter.receivedRequestEnd(self) }
        }
        if exchange.phase == .attempting || exchange.phase == .responding {
            exchange.server?.requestBodyGrew()
        }
    }

    /// A filter that waits for the body gets it past the client's window.
    private func heldRequestGrew(_ count: Int) {
        if count > 0 && exchange.bodyRoom > BodyPipe.highWater {
            exchange.granted += count
            exchange.client?.requestBodyDrained(count)
        }
        if exchange.phase == .held, exchange.nextFilter > 0 {
            exchange.filters[exchange.nextFilter - 1].heldRequestGrew(self)
        }
    }

    /// So many bytes of the response's body were written.
    func consumedResponse(_ count: Int) {
        responseBody.consume(count, pool: worker.buffers)
        exchange.bytesSent += UInt64(count)
        exchange.lastActivity = worker.loop.now
        exchange.server?.responseBodyDrained(count)
    }

    /// All of the response was written: the exchange is over.
    func responseWasSent() {
        let isComplete = exchange.requestIsReceived
        releaseServer(isComplete: exchange.requestIsSent && exchange.responseIsReceived)
        let client = exchange.client
        record()
        recycle()
        client?.finished(isComplete: isComplete)
    }

    /// The client is gone, or took the request back: the exchange is over.
    ///
    /// - Parameter flag: What the access log says of it.
    func clientIsGone(_ flag: ResponseFlag = .downstreamConnectionTermination) {
        if exchange.flag == .none && flag != .none {
            exchange.flag = flag
            worker.counters.flags.count(flag)
        }
        releaseServer(isComplete: false)
        record()
        recycle()
    }

    // MARK: From the server

    /// The endpoint was reached.
    func serverConnected() {
        exchange.cluster?.picker.reached(exchange.endpoint)
    }

    /// So many bytes of the request's body were written.
    func consumedRequest(_ count: Int) {
        requestBody.consume(count, pool: worker.buffers)
        exchange.lastActivity = worker.loop.now
        grant(count)
    }

    /// Tells the client that bytes are gone, unless it was told before.
    private func grant(_ count: Int) {
        let told = min(count, exchange.granted)
        exchange.granted -= told
        exchange.client?.requestBodyDrained(count - told)
    }

    /// All of the request was written.
    func requestWasSent() {
        exchange.requestIsSent = true
    }

    /// An interim response is in ``response``.
    func receivedInterim() {
        exchange.lastActivity = worker.loop.now
        if response.status == 101 {
            return serverFailed(.malformed("the endpoint switches protocols and was not asked to"))
        }
        exchange.client?.sendInterim()
        response.reset()
    }

    /// The head of the final response is in ``response``.
    func receivedResponse() {
        exchange.lastActivity = worker.loop.now
        exchange.attemptDeadline = .max
        if retries(.response) { return }
        exchange.phase = .responding
        requestBody.letGo(to: worker.buffers)
        exchange.status = response.status
        if exchange.client?.isInProcess != true { worker.counters.answered(response.status) }
        if let backend = exchange.backend { response.headers.apply(backend.responseHeaders) }
        for filter in exchange.filters { filter.receivedResponse(self) }
        if response.endsWithHead { completeResponse() }
        exchange.client?.sendResponse()
    }

    /// Bytes of the response's body came.
    func receivedResponseBody(_ bytes: UnsafeRawBufferPointer) {
        exchange.lastActivity = worker.loop.now
        responseBody.append(bytes, pool: worker.buffers)
        exchange.client?.responseBodyGrew()
    }

    /// The response ended; its trailers, if any, are in ``response``.
    func receivedResponseEnd() {
        exchange.lastActivity = worker.loop.now
        completeResponse()
        exchange.client?.responseBodyGrew()
    }

    /// The server has done its part: it serves others while the client still reads.
    private func completeResponse() {
        responseBody.end()
        exchange.responseIsReceived = true
        exchange.deadline = .max
        releaseServer(isComplete: exchange.requestIsSent)
        dropRequest()
    }

    // MARK: The end

    /// The server does no more for this exchange.
    func releaseServer(isComplete: Bool) {
        guard let server = exchange.server else { return }
        exchange.server = nil
        exchange.cluster?.picker.finished(exchange.endpoint)
        server.stream = nil
        server.release(isComplete: isComplete)
    }

    /// What is left of the request's body is of no use any more.
    func dropRequest() {
        if exchange.dropsRequest { return }
        exchange.dropsRequest = true
        let count = requestBody.count
        requestBody.letGo(to: worker.buffers)
        if count > 0 {
            requestBody.consume(count, pool: worker.buffers)
            grant(count)
        }
    }

    /// The response cannot be completed: the client is to see that.
    func cut(_ flag: ResponseFlag) {
        exchange.flag = flag
        if flag != .none { worker.counters.flags.count(flag) }
        releaseServer(isComplete: false)
        let client = exchange.client
        record()
        recycle()
        client?.abort()
    }

    /// It was taken and never began.
    func discard() {
        precondition(exchange.phase == .idle, "a stream in use is discarded")
        recycle()
    }

    /// The proxy ends.
    func stop() {
        if exchange.phase != .idle { cut(.none) }
    }

    private func record() {
        for filter in exchange.filters { filter.ended(self) }
        guard let log = worker.log, exchange.client?.isInProcess != true else { return }
        let duration = worker.loop.now &- exchange.started
        log.add(
            loggedExchange(), request: loggedRequest(), milliseconds: duration / 1_000_000)
    }

    private func recycle() {
        exchange.client?.stream = nil
        exchange = StreamExchange()
        requestBody.release(to: worker.buffers)
        responseBody.release(to: worker.buffers)
        request.reset()
        response.reset()
        worker.streams.give(self)
    }
}

/// A route and what was picked of it before the stream began.
struct StreamSelection {
    let route: CompiledRoute
    /// Nil where the route has none.
    let backend: CompiledRoute.Backend?
}

/// Keeps the streams that are not in use, for one worker.
final class StreamPool {
    @exclusivity(unchecked) private var free: [HTTPStream] = []
    private static let mostFree = 256

    /// A stream for an exchange.
    func take(_ worker: Worker) -> HTTPStream {
        if let stream = free.popLast() { return stream }
        let stream = HTTPStream(worker: worker)
        worker.loop.addTimer(stream)
        return stream
    }

    /// A stream whose exchange is over.
    func give(_ stream: HTTPStream) {
        if free.count < Self.mostFree {
            free.append(stream)
        } else {
            stream.worker.loop.close(stream)
        }
    }
}
