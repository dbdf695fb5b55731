import CLinuxIO
import Glibc
import Routing

/// A worker's own socket for datagrams to one address, and the sessions of those who send them.
///
/// The kernel spreads clients over the workers' sockets by their addresses, so a session's datagrams
/// all come here. Confined to its worker.
final class UDPReceiver: EventSource {
    /// Who sends, and where to.
    struct Flow: Hashable {
        let client: InternetAddress
        /// The address's bytes; zero when it is not known.
        let local: SIMD16<UInt8>
    }

    unowned(unsafe) let worker: Worker
    private(set) var listener: String
    private var proxy: CompiledUDPProxy
    private var installed: InstalledTable
    private var sessions: [Flow: UDPSession] = [:]

    private static let mostBatches = 4

    init(
        fd: Int32, listener: String, proxy: CompiledUDPProxy, installed: InstalledTable,
        worker: Worker
    ) {
        self.listener = listener
        self.proxy = proxy
        self.installed = installed
        self.worker = worker
        super.init(fd: fd)
    }

    /// Serves something else from now on; sessions stay as long as their endpoint does.
    func serve(_ listener: String, _ proxy: CompiledUDPProxy, _ installed: InstalledTable) {
        self.listener = listener
        self.proxy = proxy
        self.installed = installed
    }

    /// How long a session may be silent.
    var idleLimit: UInt64 { proxy.idleTimeout ?? worker.settings.udpIdle }

    override func handle(_ ready: UInt32) {
        let batch = worker.datagrams
        for _ in 0..<Self.mostBatches {
            let count = batch.receive(fd)
            if count <= 0 { return }
            for index in 0..<count { forward(batch.datagrams + index) }
            if !batch.isFull(count) { return }
        }
    }

    /// Ends all sessions, and receives no more.
    func close() {
        for session in sessions.values { session.close() }
        sessions = [:]
        worker.loop.close(self)
    }

    /// A session is over.
    func remove(_ session: UDPSession) { sessions[session.flow] = nil }

    private func forward(_ datagram: UnsafeMutablePointer<linux_datagram>) {
        let flow = Flow(
            client: InternetAddress(datagram.pointee.peer), local: Self.local(datagram.pointee))
        guard let session = session(flow, datagram.pointee) else {
            worker.counters.droppedDatagrams.add()
            return
        }
        session.send(datagram.pointee)
    }

    private static func local(_ datagram: linux_datagram) -> SIMD16<UInt8> {
        var bytes = SIMD16<UInt8>()
        let count = datagram.local_family == 6 ? 16 : datagram.local_family
        withUnsafeBytes(of: datagram.local) { local in
            for index in 0..<Int(count) { bytes[index] = local[index] }
        }
        return bytes
    }

    private func session(_ flow: Flow, _ first: linux_datagram) -> UDPSession? {
        if let known = sessions[flow] {
            if known.isServed(by: proxy) { return known }
            known.close()
            sessions[flow] = nil
        }
        guard let slot = proxy.clusterSlot, let cluster = installed.clusters[slot],
            worker.counters.activeSessions.current < worker.settings.mostSessions,
            let index = cluster.picker.pick(now: worker.loop.now, using: &worker.random),
            let session = UDPSession.open(flow, first, cluster, index, receiver: self)
        else { return nil }
        sessions[flow] = session
        return session
    }
}

/// One client's datagrams to one endpoint, and its answers.
///
/// Confined to its worker.
final class UDPSession: EventSource {
    let flow: UDPReceiver.Flow
    private let client: linux_datagram
    private let cluster: WorkerCluster
    private let place: Int
    private let endpoint: WorkerEndpoint
    private unowned(unsafe) let receiver: UDPReceiver
    private let started: UInt64
    private var lastActivity: UInt64
    private var bytesReceived: UInt64 = 0
    private var bytesSent: UInt64 = 0

    private static let mostBatches = 4

    private init(
        fd: Int32, _ flow: UDPReceiver.Flow, _ client: linux_datagram, _ cluster: WorkerCluster,
        _ place: Int, receiver: UDPReceiver
    ) {
        self.flow = flow
        self.client = client
        self.cluster = cluster
        self.place = place
        self.receiver = receiver
        endpoint = cluster.endpoints[place]
        started = receiver.worker.loop.now
        lastActivity = started
        super.init(fd: fd)
    }

    /// A session with the endpoint at a place of a cluster; nil when the system refuses.
    static func open(
        _ flow: UDPReceiver.Flow, _ client: linux_datagram, _ cluster: WorkerCluster, _ place: Int,
        receiver: UDPReceiver
    ) -> UDPSession? {
        let worker = receiver.worker
        let fd = cluster.endpoints[place].connectDatagrams()
        guard fd >= 0 else { return nil }
        let session = UDPSession(fd: fd, flow, client, cluster, place, receiver: receiver)
        guard worker.loop.add(session, LINUX_READABLE) else {
            _ = linux_close(fd)
            return nil
        }
        cluster.picker.began(place)
        cluster.counters.requests.add()
        worker.counters.sessions.add()
        worker.counters.activeSessions.add()
        session.scheduleTimer()
        return session
    }

    /// Whether what a listener forwards still goes where this session goes.
    func isServed(by proxy: CompiledUDPProxy) -> Bool {
        !endpoint.isRetired && cluster.compiled.name == proxy.cluster
    }

    /// Sends a datagram of the client to the endpoint. What the system does not take is lost, as
    /// datagrams may be.
    func send(_ datagram: linux_datagram) {
        lastActivity = receiver.worker.loop.now
        bytesReceived += UInt64(datagram.count)
        _ = linux_send(fd, datagram.bytes, datagram.count)
    }

    override func handle(_ ready: UInt32) {
        let batch = receiver.worker.datagrams
        for _ in 0..<Self.mostBatches {
            let count = batch.receive(fd)
            // Told that nobody is there: the client is told nothing, it may try again.
            if count <= 0 { return }
            lastActivity = receiver.worker.loop.now
            for index in 0..<count { answer(batch.datagrams[index]) }
            if !batch.isFull(count) { return }
        }
    }

    private func answer(_ datagram: linux_datagram) {
        bytesSent += UInt64(datagram.count)
        var client = client
        _ = linux_answer_datagram(receiver.fd, &client, datagram.bytes, datagram.count)
    }

    // MARK: The end

    private func scheduleTimer() {
        receiver.worker.loop.schedule(self, at: lastActivity &+ receiver.idleLimit)
    }

    override func timerFired() {
        if fd < 0 { return }
        if receiver.worker.loop.now < lastActivity &+ receiver.idleLimit { return scheduleTimer() }
        close()
        receiver.remove(self)
    }

    /// Ends the session.
    func close() {
        if fd < 0 { return }
        let worker = receiver.worker
        record(worker)
        cluster.picker.finished(place)
        worker.counters.activeSessions.subtract()
        worker.loop.close(self)
    }

    private func record(_ worker: Worker) {
        guard let log = worker.log else { return }
        var line = LoggedConnection(listener: receiver.listener, chain: "")
        line.bytesReceived = bytesReceived
        line.bytesSent = bytesSent
        line.milliseconds = (worker.loop.now &- started) / 1_000_000
        line.cluster = cluster.compiled.name
        line.endpoint = endpoint.text
        log.add(line)
    }
}
