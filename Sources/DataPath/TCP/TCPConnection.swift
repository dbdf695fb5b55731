import CLinuxIO
import Routing

/// A client's connection that is forwarded as it is, and the connection to its endpoint.
///
///     connecting → tunnel → closed
///
/// Nothing is read before there is room on the other side: a slow reader holds the other one up,
/// not memory. An end on one side is told to the other, which may go on. Confined to its worker.
final class TCPConnection: Connection, UpstreamUser, Opened {
    private enum Phase {
        case connecting
        case tunnel
        case closed
    }

    /// Where a connection came in and how it goes on.
    struct Context {
        var listener: String
        var chain: String
        var proxy: CompiledTCPProxy
        var installed: InstalledTable
        /// What the client asked for in TLS; empty without.
        var serverName: [UInt8]
    }

    private let context: Context
    private var phase = Phase.connecting
    private var cluster: WorkerCluster?
    private var endpoint = -1
    private var upstream: Upstream?
    private var attempts = 0
    private let started: UInt64
    private var lastActivity: UInt64
    private let idleLimit: UInt64
    private var bytesReceived: UInt64 = 0
    private var bytesSent: UInt64 = 0
    private var flag = ResponseFlag.none

    private static let defaultAttempts = 3

    init(fd: Int32, context: Context, worker: Worker) {
        self.context = context
        started = worker.loop.now
        lastActivity = started
        idleLimit = context.proxy.idleTimeout ?? worker.settings.tcpIdle
        super.init(fd: fd, worker: worker)
    }

    func wasOpened() {
        let backend = context.proxy.backends[worker.pick(context.proxy.split)]
        guard let slot = backend.clusterSlot, let cluster = context.installed.clusters[slot] else {
            return fail(.noCluster)
        }
        self.cluster = cluster
        cluster.counters.requests.add()
        scheduleTimer()
        connect(to: cluster)
    }

    override func handle(_ ready: UInt32) {
        note(ready)
        switch phase {
        case .connecting:
            if ready & (LINUX_HUNG_UP | LINUX_FAILED) != 0 {
                fail(.downstreamConnectionTermination)
            }
        case .tunnel: forward()
        case .closed: break
        }
    }

    override func proceed() {
        if phase == .tunnel { forward() }
    }

    /// The proxy ends.
    func stop() { abort() }

    // MARK: The endpoint

    private func connect(to cluster: WorkerCluster) {
        let most = context.proxy.mostAttempts ?? Self.defaultAttempts
        while attempts < most {
            attempts += 1
            guard let index = cluster.picker.pick(now: worker.loop.now, using: &worker.random)
            else { return fail(.noHealthyUpstream) }
            if let opened = Upstream.open(
                cluster.endpoints[index], cluster, worker, for: .bytes)
            {
                endpoint = index
                upstream = opened
                cluster.picker.began(index)
                opened.attach(self)
                return
            }
            connectFailed(cluster, index)
        }
        fail(.upstreamConnectionFailure)
    }

    private func connectFailed(_ cluster: WorkerCluster, _ index: Int) {
        worker.counters.upstreamFailures.add()
        cluster.picker.failed(index, now: worker.loop.now)
    }

    func upstreamConnected() {
        cluster?.picker.reached(endpoint)
        phase = .tunnel
        lastActivity = worker.loop.now
        forward()
    }

    func upstreamConnectFailed() {
        guard let cluster else { return abort() }
        connectFailed(cluster, endpoint)
        releaseUpstream()
        connect(to: cluster)
    }

    func upstreamIsReadable() { forward() }

    func upstreamIsWritable() { forward() }

    private func releaseUpstream() {
        guard let upstream else { return }
        self.upstream = nil
        cluster?.picker.finished(endpoint)
        upstream.detach(isReusable: false)
    }

    // MARK: Bytes

    private func forward() {
        guard phase == .tunnel, let upstream else { return }
        guard let up = pump(to: upstream) else { return broke() }
        bytesReceived += UInt64(up)
        guard let down = upstream.pump(to: self) else { return broke() }
        bytesSent += UInt64(down)
        if up > 0 || down > 0 { lastActivity = worker.loop.now }
        if input.isEmpty { worker.buffers.release(&input) }
        if upstream.input.isEmpty { worker.buffers.release(&upstream.input) }
        if endWasTold && upstream.endWasTold { close() }
    }

    private func broke() {
        flag =
            writeFailed || !(upstream?.isBroken ?? false)
            ? .downstreamConnectionTermination : .upstreamConnectionTermination
        abort()
    }

    // MARK: The end

    private func fail(_ flag: ResponseFlag) {
        self.flag = flag
        if flag != .downstreamConnectionTermination { cluster?.counters.failures.add() }
        abort()
    }

    /// Ends both connections in the middle, so that neither peer takes it for a whole.
    private func abort() {
        if phase == .closed { return }
        if flag != .none { worker.counters.flags.count(flag) }
        if fd >= 0 { linux_reset_on_close(fd) }
        if let upstream, upstream.fd >= 0 { linux_reset_on_close(upstream.fd) }
        close()
    }

    private func close() {
        guard phase != .closed else { return }
        phase = .closed
        record()
        releaseUpstream()
        worker.counters.activeConnections.subtract()
        release()
    }

    private func record() {
        guard let log = worker.log else { return }
        var connection = LoggedConnection(listener: context.listener, chain: context.chain)
        connection.serverName = context.serverName
        connection.flag = flag
        connection.bytesReceived = bytesReceived
        connection.bytesSent = bytesSent
        connection.milliseconds = (worker.loop.now &- started) / 1_000_000
        connection.cluster = cluster?.compiled.name ?? ""
        if let cluster, cluster.endpoints.indices.contains(endpoint) {
            connection.endpoint = cluster.endpoints[endpoint].text
        }
        log.add(connection)
    }

    // MARK: Time

    private func scheduleTimer() {
        if idleLimit > 0 { worker.loop.schedule(self, at: lastActivity &+ idleLimit) }
    }

    override func timerFired() {
        guard phase != .closed else { return }
        if worker.loop.now < lastActivity &+ idleLimit { return scheduleTimer() }
        flag = .streamIdleTimeout
        abort()
    }
}
