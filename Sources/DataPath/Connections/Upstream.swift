import CLinuxIO
import Routing

/// Whom an ``Upstream`` connection serves: it is told what happens on it.
protocol UpstreamUser: AnyObject {
    /// The connection is open.
    func upstreamConnected()
    /// The connection cannot be opened, or not in time.
    func upstreamConnectFailed()
    /// There is something to read.
    func upstreamIsReadable()
    /// It takes more.
    func upstreamIsWritable()
    /// Others had their turn, see ``EventLoop/continueLater(_:)``.
    func upstreamProceeds()
    /// A time that was asked for has come, or an earlier one.
    func upstreamTimerFired()
}

extension UpstreamUser {
    func upstreamProceeds() { upstreamIsReadable() }
    func upstreamTimerFired() {}
}

/// A connection to an endpoint.
///
///     connecting → handshaking → attached ⇄ idle → closed
///                → attached
///
/// An attached one serves one user, which drives it: the exchange of a downstream connection, an
/// attempt of a ``HTTPStream``, or for good an HTTP/2 session. An idle one waits in its endpoint's
/// pool. Confined to its worker.
final class Upstream: Connection {
    private enum State {
        case connecting
        /// TLS is being agreed on.
        case handshaking
        case attached
        case idle
    }

    let endpoint: WorkerEndpoint
    /// Whom it serves.
    @exclusivity(unchecked) private(set) unowned(unsafe) var user: (any UpstreamUser)?
    /// The session that has the connection for good, which it keeps alive.
    var session: UpstreamSession?
    /// It served an exchange before, so the endpoint may close it at any time.
    @exclusivity(unchecked) private(set) var isReused = false
    @exclusivity(unchecked) private var state = State.connecting
    @exclusivity(unchecked) private var deadline: UInt64 = .max
    /// What is offered by ALPN, unless the cluster says otherwise.
    private let protocols: [[UInt8]]

    /// What goes over a connection.
    enum Use {
        /// HTTP in the cluster's version.
        case http
        /// Anything.
        case bytes
    }

    private init(fd: Int32, endpoint: WorkerEndpoint, protocols: [[UInt8]], worker: Worker) {
        self.endpoint = endpoint
        self.protocols = protocols
        super.init(fd: fd, worker: worker)
    }

    /// Starts to open a connection to an endpoint of a cluster; nil when the system refuses.
    static func open(
        _ endpoint: WorkerEndpoint, _ cluster: WorkerCluster, _ worker: Worker, for use: Use = .http
    ) -> Upstream? {
        let fd = endpoint.connect()
        guard fd >= 0 else { return nil }
        let protocols = endpoint.tls.map { tls in
            if !tls.compiled.protocols.isEmpty { return tls.compiled.protocols }
            switch use {
            case .http: return [Array((cluster.compiled.usesHTTP2 ? "h2" : "http/1.1").utf8)]
            case .bytes: return []
            }
        }
        let upstream = Upstream(
            fd: fd, endpoint: endpoint, protocols: protocols ?? [], worker: worker)
        guard worker.loop.add(upstream, Upstream.interest) else {
            upstream.release()
            return nil
        }
        worker.counters.upstreamConnections.add()
        upstream.connects(
            until: worker.loop.now &+ (cluster.compiled.connectTimeout ?? worker.settings.connect))
        return upstream
    }

    /// The connection is open.
    var isConnected: Bool { state == .attached || state == .idle }

    /// Serves somebody from now on.
    @inline(__always)
    func attach(_ user: any UpstreamUser) {
        self.user = user
        if state == .idle { state = .attached }
    }

    /// Waits for the connection to open until then.
    private func connects(until deadline: UInt64) {
        self.deadline = deadline
        worker.loop.schedule(self, at: deadline)
    }

    /// The exchange is over; the connection waits for another, or is closed.
    @inline(__always)
    func detach(isReusable: Bool) {
        user = nil
        if let tls, state == .attached { keepSession(tls) }
        guard isReusable, state == .attached, input.isEmpty, !sawEnd, !writeFailed, isSilent,
            endpoint.keep(self, limit: worker.settings.idleConnectionsPerEndpoint)
        else {
            release()
            return
        }
        worker.buffers.release(&input)
        worker.buffers.release(&output)
        state = .idle
        isReused = true
        deadline = worker.loop.now + worker.settings.upstreamKeepAlive
        worker.loop.schedule(self, at: deadline)
    }

    /// Nothing came that nobody asked for. In TLS, what is to be read may be no bytes of the peer,
    /// such as a ticket.
    private var isSilent: Bool {
        guard let tls, isReadable else { return true }
        let outcome = fill()
        if input.isEmpty { worker.buffers.release(&input) }
        keepSession(tls)
        return outcome == .nothing
    }

    private func keepSession(_ tls: TLSStream) {
        if let session = tls.takeSession() { endpoint.session = session }
    }

    override func handle(_ ready: UInt32) {
        note(ready)
        switch state {
        case .connecting: connected(ready)
        case .handshaking: shakeHands()
        case .attached:
            guard let user else { return }
            if isReadable { user.upstreamIsReadable() }
            if ready & LINUX_WRITABLE != 0, self.user === user { user.upstreamIsWritable() }
        case .idle:
            // The endpoint closes, or speaks without being asked.
            if isReadable && (tls == nil || !isSilent) {
                endpoint.remove(self)
                release()
            }
        }
    }

    override func proceed() {
        if state == .attached { user?.upstreamProceeds() }
    }

    private func connected(_ ready: UInt32) {
        guard let user else { return release() }
        if ready & (LINUX_FAILED | LINUX_HUNG_UP) != 0, linux_connect_outcome(fd) != 0 {
            user.upstreamConnectFailed()
            return
        }
        guard ready & LINUX_WRITABLE != 0 else { return }
        if let tls = endpoint.tls { return startTLS(tls) }
        state = .attached
        deadline = .max
        user.upstreamConnected()
    }

    // MARK: TLS

    private func startTLS(_ endpointTLS: EndpointTLS) {
        guard let tls = TLSStream(endpointTLS.context, fd: fd) else {
            return handshakeFailed("there is no memory")
        }
        tls.ask(for: endpointTLS.compiled.serverName, protocols: protocols)
        if let session = endpoint.session { tls.resume(session) }
        self.tls = tls
        state = .handshaking
        shakeHands()
    }

    private func shakeHands() {
        guard let user else { return release() }
        guard let tls, let endpointTLS = endpoint.tls else {
            return handshakeFailed("TLS with the endpoint was changed")
        }
        switch tls.handshake() {
        case .waits: return
        case .failed(let reason): return handshakeFailed(reason)
        case .complete: break
        }
        if let problem = endpointTLS.problem(of: tls) { return handshakeFailed(problem) }
        endpoint.failure = nil
        state = .attached
        deadline = .max
        // What follows the handshake may have come with it.
        isReadable = true
        user.upstreamConnected()
    }

    private func handshakeFailed(_ reason: String) {
        endpoint.failure = reason
        endpoint.session = nil
        user?.upstreamConnectFailed()
    }

    override func timerFired() {
        if state == .attached { user?.upstreamTimerFired() }
        if worker.loop.now < deadline {
            if deadline != .max { worker.loop.schedule(self, at: deadline) }
            return
        }
        switch state {
        case .connecting: user?.upstreamConnectFailed()
        case .handshaking: handshakeFailed("TLS took too long")
        case .attached: break
        case .idle:
            endpoint.remove(self)
            releaseIdle()
        }
    }
}
