import CLinuxIO
import Routing

/// Who drives a ``Downstream`` connection in its place: an HTTP/2 session for good, or a
/// ``HTTP1Client`` for one exchange.
protocol DownstreamUser: AnyObject {
    /// Something is ready, see `LINUX_READABLE` and its neighbours; it was noted.
    func downstreamIsReady(_ ready: UInt32)
    /// Others had their turn, see ``EventLoop/continueLater(_:)``.
    func downstreamProceeds()
    /// A time that was asked for has come, or an earlier one.
    func downstreamTimerFired()
    /// The listener is gone, or the proxy is to end: end when what is under way has ended.
    func downstreamDrains()
    /// The proxy ends.
    func downstreamStops()
}

/// A connection from a client, and the exchange on it.
///
///     idle → head → exchange → idle …
///                            → tunnel → closed
///                            → flushing → lingering → closed
///                 → handedOver → idle …
///                              → closed
///
/// One request at a time: what a client pipelines stays in the input until the response before is
/// written. The exchange is driven from here for both connections; see the extensions.
/// Confined to its worker.
final class Downstream: Connection, UpstreamUser, Opened {
    enum Phase {
        /// Between two requests.
        case idle
        /// In a request's head.
        case head
        /// From a request's head to its response's end.
        case exchange
        /// Somebody else drives the connection, see ``DownstreamUser``.
        case handedOver
        /// Bytes go both ways as they are.
        case tunnel
        /// The last response is being written.
        case flushing
        /// The last response was written; what still comes is dropped, so that the client reads
        /// the response and not a reset.
        case lingering
        /// The end.
        case closed
    }

    let peer: PeerAddress
    let entrance: Entrance
    @exclusivity(unchecked) var phase = Phase.idle
    @exclusivity(unchecked) var exchange = Exchange()
    var logged = LoggedRequest()
    /// Who drives the connection while it is handed over.
    var user: (any DownstreamUser)?
    /// No request came on it yet, so it may turn out to speak HTTP/2.
    @exclusivity(unchecked) private var isNew = true
    /// When an idle, reading or lingering connection is closed.
    @exclusivity(unchecked) private var deadline: UInt64 = .max
    /// How much of an incomplete head was looked at.
    @exclusivity(unchecked) private var parsed = 0
    @exclusivity(unchecked) private var isReadingRequests = false

    /// How many reads one event may lead to before others get their turn.
    static let mostReads = 16
    private static let lingerTime: UInt64 = 2_000_000_000

    init(fd: Int32, peer: PeerAddress, entrance: Entrance, worker: Worker) {
        self.peer = peer
        self.entrance = entrance
        super.init(fd: fd, worker: worker)
    }

    /// It was accepted.
    func opened() {
        worker.counters.connections.add()
        worker.counters.activeConnections.add()
        wasOpened()
    }

    /// It was accepted and counted before.
    func wasOpened() {
        wait(for: worker.settings.keepAlive)
    }

    /// What is served at the moment.
    var service: Service { exchange.service ?? entrance.service }

    /// Whether the next response is the connection's last.
    var endsSoon: Bool { entrance.isClosed || worker.isDraining }

    override func handle(_ ready: UInt32) {
        note(ready)
        switch phase {
        case .idle, .head: if isReadable { readRequests() }
        case .exchange:
            if ready & (LINUX_HUNG_UP | LINUX_FAILED) != 0 { return abandoned() }
            if isReadable && !exchange.requestIsComplete { forwardRequest() }
            if ready & LINUX_WRITABLE != 0 && phase == .exchange { forwardResponse() }
        case .handedOver: user?.downstreamIsReady(ready)
        case .tunnel: forwardTunnel()
        case .flushing: flush()
        case .lingering: if isReadable { drop() }
        case .closed: break
        }
    }

    override func proceed() {
        switch phase {
        case .exchange: if !exchange.requestIsComplete { forwardRequest() }
        case .handedOver: user?.downstreamProceeds()
        case .tunnel: forwardTunnel()
        case .idle, .head: readRequests()
        case .lingering: drop()
        case .flushing, .closed: break
        }
    }

    // MARK: Requests

    /// Reads heads and starts exchanges while there is something to read.
    func readRequests() {
        if isReadingRequests { return }
        isReadingRequests = true
        var reads = 0
        while phase == .idle || phase == .head {
            if input.count > parsed { parse() }
            guard phase == .idle || phase == .head else { break }
            if !isReadable { break }
            if reads == Self.mostReads {
                worker.loop.continueLater(self)
                break
            }
            reads += 1
            if !readMore() { break }
        }
        isReadingRequests = false
        if phase == .idle && input.isEmpty { worker.buffers.release(&input) }
    }

    /// Reads once; false when there is nothing to go on with.
    private func readMore() -> Bool {
        if exchange.service == nil { exchange.service = entrance.service }
        switch fill() {
        case .bytes: return true
        case .nothing: return false
        case .full:
            worker.buffers.reserve(BufferPool.size, in: &input)
            return true
        case .ended, .failed:
            close()
            return false
        }
    }

    private func parse() {
        let bytes = UnsafeRawBufferPointer(input.bytes)
        // A head ends with a line; until one more line is there, nothing is decided.
        if parsed > 0 && bytes.count < worker.settings.headLimits.bytes
            && !bytes[parsed...].contains(0x0A)
        {
            parsed = bytes.count
            return
        }
        if exchange.service == nil { exchange.service = entrance.service }
        let outcome = worker.parser.parse(bytes, &worker.requestHead)
        switch outcome {
        case .complete:
            parsed = 0
            isNew = false
            phase = .exchange
            begin()
        case .incomplete: awaitMore(bytes.count)
        case .malformed(let malformation):
            // To HTTP/1 the preface of HTTP/2 is malformed, which RFC 9113 §3.4 made it for.
            switch isNew ? HTTP2Preface.matches(bytes) : .no {
            case .no: break
            case .partly: return awaitMore(bytes.count)
            case .whole:
                parsed = 0
                return startHTTP2()
            }
            parsed = 0
            phase = .exchange
            refuse(malformation)
        }
    }

    private func awaitMore(_ count: Int) {
        if phase == .idle {
            phase = .head
            wait(for: worker.settings.head)
        }
        parsed = count
    }

    private func refuse(_ malformation: Malformation) {
        exchange.started = worker.loop.now
        exchange.persists = false
        exchange.headLength = input.count
        exchange.verified = input.count
        worker.counters.requests.add()
        reply(
            LocalReply(malformation.status, .downstreamProtocolError, "\(malformation.reason)"))
    }

    // MARK: The end of an exchange

    /// The response was written whole: the next request, or the end.
    func finish() {
        releaseUpstream(isReusable: exchange.upstreamPersists && exchange.requestIsComplete)
        record()
        let persists = exchange.persists && exchange.requestIsComplete && !endsSoon
        if exchange.holdsRequest { input.consume(exchange.verified) }
        goOn(persists: persists)
    }

    /// The exchange is over: the next request, or the end.
    func goOn(persists: Bool) {
        worker.buffers.release(&output)
        exchange = Exchange()
        if !persists { return endConnection() }
        phase = .idle
        if sawEnd && input.isEmpty { return close() }
        if input.isEmpty { worker.buffers.release(&input) }
        deadline = worker.loop.now &+ worker.settings.keepAlive
        if !input.isEmpty || isReadable { readRequests() }
        if phase == .idle || phase == .head { worker.loop.schedule(self, at: deadline) }
    }

    /// Gives the upstream's connection back, or ends it with what is under way on it.
    func releaseUpstream(isReusable: Bool) {
        guard let upstream = exchange.upstream else { return }
        exchange.upstream = nil
        exchange.cluster?.picker.finished(exchange.endpoint)
        upstream.detach(isReusable: isReusable)
    }

    /// Logs the exchange.
    private func record() {
        guard let log = worker.log else { return }
        let duration = worker.loop.now &- exchange.started
        log.add(exchange, request: logged, milliseconds: duration / 1_000_000)
        logged = LoggedRequest()
    }

    /// Ends the connection after its last response so that the client can read it.
    func endConnection() {
        phase = .lingering
        endWriting()
        wait(for: Self.lingerTime)
        drop()
    }

    private func drop() {
        var reads = 0
        while isReadable {
            if reads == Self.mostReads { return worker.loop.continueLater(self) }
            reads += 1
            input.consume(input.count)
            switch fill() {
            case .bytes, .full: continue
            case .nothing: break
            case .ended, .failed: return close()
            }
        }
        input.consume(input.count)
        if sawEnd { close() }
    }

    /// Writes what is left of a reply, then ends the connection or goes on.
    func flush() {
        guard phase == .exchange || phase == .flushing else { return }
        if !output.isEmpty {
            guard let count = send(UnsafeRawBufferPointer(start: nil, count: 0)) else {
                return abandoned()
            }
            exchange.bytesSent += UInt64(count)
            exchange.lastActivity = worker.loop.now
        }
        if output.isEmpty { finish() } else { phase = .flushing }
    }

    /// The client is gone.
    func abandoned() {
        if exchange.flag == .none { exchange.flag = .downstreamConnectionTermination }
        abort()
    }

    /// Ends both connections in the middle.
    func abort() {
        if phase == .exchange || phase == .flushing || phase == .tunnel {
            // A reply's flag was counted with the reply.
            if exchange.flag != .none && phase != .flushing {
                worker.counters.flags.count(exchange.flag)
            }
            releaseUpstream(isReusable: false)
            record()
        }
        linux_reset_on_close(fd)
        close()
    }

    func close() {
        guard phase != .closed else { return }
        let isIdle = phase == .idle
        phase = .closed
        releaseUpstream(isReusable: false)
        worker.counters.activeConnections.subtract()
        exchange = Exchange()
        if isIdle { releaseIdle() } else { release() }
    }

    // MARK: Time

    private func wait(for time: UInt64) {
        deadline = worker.loop.now &+ time
        worker.loop.schedule(self, at: deadline)
    }

    /// Looks at the exchange's time limits no later than they end.
    func scheduleExchange() {
        let limit = exchange.idleLimit
        let silent = limit == 0 ? .max : exchange.lastActivity &+ limit
        let next = min(silent, exchange.deadline)
        if next != .max { worker.loop.schedule(self, at: next) }
    }

    override func timerFired() {
        let now = worker.loop.now
        switch phase {
        case .idle, .head, .lingering:
            if now < deadline { return worker.loop.schedule(self, at: deadline) }
            if phase == .head {
                exchange.persists = false
                phase = .exchange
                exchange.started = now
                exchange.verified = input.count
                reply(LocalReply(408, .downstreamProtocolError, "the request's head took too long"))
            } else {
                close()
            }
        case .handedOver: user?.downstreamTimerFired()
        case .exchange, .tunnel, .flushing:
            let limit = exchange.idleLimit
            if now >= exchange.deadline {
                timedOut()
            } else if limit > 0 && now >= exchange.lastActivity &+ limit {
                wasSilent()
            } else {
                scheduleExchange()
            }
        case .closed: break
        }
    }

    // MARK: From outside

    /// The proxy is to end: an idle connection goes at once, a busy one with its response.
    func drain() {
        if phase == .idle && input.isEmpty { close() }
        if phase == .handedOver { user?.downstreamDrains() }
    }

    /// Its listener is gone: what waits for requests for good is told so.
    func listenerClosed() {
        if phase == .handedOver { user?.downstreamDrains() }
    }

    /// The proxy ends.
    func stop() {
        switch phase {
        case .handedOver: user?.downstreamStops()
        case .idle, .lingering: close()
        case .head, .exchange, .tunnel, .flushing, .closed: abort()
        }
    }
}
