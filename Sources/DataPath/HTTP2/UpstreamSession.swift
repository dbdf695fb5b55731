import CLinuxIO
import CNghttp2
import Routing

/// An HTTP/2 connection to an endpoint, shared by the requests of one worker.
///
///     connecting → open → leaving → closed
///
/// A leaving one takes no more requests: the endpoint said so (GOAWAY), its streams' numbers are
/// used up, or the endpoint left the table. It ends with its last stream. Confined to its worker.
final class UpstreamSession: HTTP2Session, UpstreamUser {
    let endpoint: WorkerEndpoint
    unowned(unsafe) private let upstream: Upstream
    @exclusivity(unchecked) private var streams: [UpstreamStream] = []
    @exclusivity(unchecked) private(set) var isLeaving = false
    /// It answered a request, so the endpoint may end the connection in the race with another.
    @exclusivity(unchecked) var hasServed = false
    /// When an idle connection ends.
    @exclusivity(unchecked) private var idleEnd: UInt64 = .max
    /// When the endpoint must have said something, after it was asked whether it is there.
    @exclusivity(unchecked) private var probeEnd: UInt64 = .max

    private static let probeTime: UInt64 = 5_000_000_000

    /// A session on a connection that is being opened.
    init(_ upstream: Upstream) {
        self.upstream = upstream
        endpoint = upstream.endpoint
        super.init(upstream, isServer: false)
        upstream.attach(self)
        upstream.session = self
    }

    /// Whether another request may go on it.
    var hasRoom: Bool {
        guard let session, !isLeaving, nghttp2_session_check_request_allowed(session) != 0 else {
            return false
        }
        let allowed = nghttp2_session_get_remote_settings(
            session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
        return streams.count < min(Int(allowed), Self.mostAtOnce)
    }

    private static let mostAtOnce = 1000

    /// The connection uses TLS, or will when it is open.
    var isSecure: Bool { endpoint.tls != nil }

    /// Adds a stream, which is going to submit its request.
    func add(_ stream: UpstreamStream) {
        stream.place = streams.count
        streams.append(stream)
        idleEnd = .max
    }

    /// Forgets a stream.
    func remove(_ stream: UpstreamStream) {
        guard stream.place >= 0 else { return }
        let last = streams.removeLast()
        if last !== stream {
            streams[stream.place] = last
            last.place = stream.place
        }
        stream.place = -1
        guard streams.isEmpty else { return }
        idleEnd = worker.loop.now &+ worker.settings.upstreamKeepAlive
        worker.loop.schedule(upstream, at: idleEnd)
        if isLeaving { sayFarewell() }
    }

    /// No more requests; the connection ends with the last stream.
    func leave() {
        if isLeaving { return }
        isLeaving = true
        endpoint.remove(self)
        if streams.isEmpty { sayFarewell() }
    }

    private func sayFarewell() {
        guard let session else { return }
        nghttp2_session_terminate_session(session, NGHTTP2_NO_ERROR.rawValue)
        scheduleFlush()
    }

    // MARK: The connection

    func upstreamConnected() {
        // A session without streams may still open, when all were taken back.
        for stream in streams { stream.stream?.serverConnected() }
        flush()
        if session != nil { receive() }
    }

    func upstreamConnectFailed() { end(.unreachable) }

    func upstreamIsReadable() { receive() }

    func upstreamIsWritable() { flush() }

    func upstreamProceeds() { proceed() }

    override var canWrite: Bool { upstream.isConnected }

    func upstreamTimerFired() {
        let now = worker.loop.now
        if now >= probeEnd {
            let probe = probeEnd &- Self.probeTime
            probeEnd = .max
            if lastRead < probe { return lost() }
        }
        if streams.isEmpty && now >= idleEnd {
            idleEnd = .max
            leave()
        }
        let next = min(idleEnd, probeEnd)
        if next != .max { worker.loop.schedule(upstream, at: next) }
    }

    /// A request was given up before anything came: asks whether the endpoint is there at all.
    /// Otherwise a connection whose other end vanished would take requests for minutes.
    func probe(silentSince start: UInt64) {
        guard let session, lastRead <= start, probeEnd == .max, canWrite else { return }
        nghttp2_submit_ping(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
        scheduleFlush()
        probeEnd = worker.loop.now &+ Self.probeTime
        worker.loop.schedule(upstream, at: probeEnd)
    }

    override func lost() { end(nil) }

    override func said() { end(nil) }

    /// The connection is over, and with it all streams.
    private func end(_ failure: ServerFailure?) {
        if session == nil { return }
        isLeaving = true
        endpoint.remove(self)
        end()
        let lost = streams
        streams = []
        for stream in lost { stream.place = -1 }
        // The streams' new attempts must not find this connection, so it goes first.
        upstream.detach(isReusable: false)
        for (index, stream) in lost.enumerated() {
            stream.isBlamed = index == 0
            stream.sessionEnded(failure)
        }
    }

    // MARK: Frames

    private func stream(_ id: Int32) -> UpstreamStream? {
        userData(id).map { Unmanaged<UpstreamStream>.fromOpaque($0).takeUnretainedValue() }
    }

    override func beganHeaders(_ id: Int32, _ category: UInt32) {
        stream(id)?.beganHeaders()
    }

    override func receivedHeader(
        _ id: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) {
        stream(id)?.receivedHeader(name, value)
    }

    override func receivedFrame(_ id: Int32, _ type: UInt8, _ length: Int, endsStream: Bool) {
        switch UInt32(type) {
        case NGHTTP2_HEADERS.rawValue: stream(id)?.receivedHeaders(endsStream: endsStream)
        case NGHTTP2_DATA.rawValue:
            if endsStream { stream(id)?.receivedEnd() }
        case NGHTTP2_GOAWAY.rawValue: leave()
        default: break
        }
    }

    override func receivedData(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
        // The connection's window opens at once: a client that does not read holds its own
        // stream up, and not those of others on this connection.
        openConnectionWindow(bytes.count)
        stream(id)?.receivedData(bytes)
    }

    override func sentEnd(_ id: Int32) { stream(id)?.sentEnd() }

    override func couldNotSendHeaders(_ id: Int32) { stream(id)?.wasNeverSent = true }

    override func closedStream(_ id: Int32, _ code: UInt32) {
        guard let stream = stream(id) else { return }
        setUserData(id, nil)
        remove(stream)
        stream.closed(code)
    }
}

extension WorkerEndpoint {
    /// A session with room for a request, open or opening; nil when the system refuses one.
    func session(_ cluster: WorkerCluster, _ worker: Worker) -> UpstreamSession? {
        if let session = sessions.first(where: \.hasRoom) { return session }
        guard let upstream = Upstream.open(self, cluster, worker) else { return nil }
        let session = UpstreamSession(upstream)
        sessions.append(session)
        return session
    }

    /// Forgets a session that takes no more requests.
    func remove(_ session: UpstreamSession) {
        if let index = sessions.firstIndex(where: { $0 === session }) {
            sessions.remove(at: index)
        }
    }
}
