import CLinuxIO
import Glibc
import Routing

/// A connection from a client until it is known what carries it.
///
///     inspecting → choosing → handshaking → handed over
///                           → handed over
///
/// The first bytes are looked at without taking them, so that they can be passed on as they are.
/// Confined to its worker.
final class Opening: EventSource {
    private enum State {
        /// The first bytes are to come.
        case inspecting
        /// TLS is being agreed on, for the chain at a position.
        case handshaking(Int, TLSStream)
        /// Somebody else has the connection, or nobody.
        case over
    }

    let listener: ServedListener
    let installed: InstalledTable
    private let peer: sockaddr_storage
    private let acceptor: Acceptor
    unowned(unsafe) private let worker: Worker
    private var state = State.inspecting
    private var facts: ConnectionFacts
    private var isReadable = false
    private var peerCloses = false
    private let started: UInt64

    init(
        fd: Int32, peer: sockaddr_storage, listener: ServedListener, installed: InstalledTable,
        acceptor: Acceptor, worker: Worker
    ) {
        self.peer = peer
        self.listener = listener
        self.installed = installed
        self.acceptor = acceptor
        self.worker = worker
        started = worker.loop.now
        let source = InternetAddress(peer)
        facts = ConnectionFacts(destination: listener.compiled.socketAddress, source: source)
        super.init(fd: fd)
    }

    /// It was accepted.
    func opened() {
        worker.counters.connections.add()
        worker.counters.activeConnections.add()
        worker.loop.schedule(self, at: started &+ worker.settings.opening)
        if listener.chains.needsDestination, let address = InternetAddress(localOf: fd) {
            facts.destination = address
        }
        if !listener.chains.needsClientHello { choose() }
    }

    override func handle(_ ready: UInt32) {
        if ready & (LINUX_READABLE | LINUX_PEER_CLOSED | LINUX_HUNG_UP | LINUX_FAILED) != 0 {
            isReadable = true
            if ready & ~(LINUX_READABLE | LINUX_WRITABLE) != 0 { peerCloses = true }
        }
        switch state {
        case .inspecting: if isReadable { inspect() }
        case .handshaking(let chain, let tls):
            if isReadable { tls.isReadable(peerCloses: peerCloses) }
            shakeHands(chain, tls)
        case .over: break
        }
    }

    override func timerFired() {
        if case .over = state { return }
        let end = started &+ worker.settings.opening
        if worker.loop.now < end { return worker.loop.schedule(self, at: end) }
        fail("it took too long")
    }

    /// Ends the connection.
    func close() {
        if case .over = state { return }
        state = .over
        worker.counters.activeConnections.subtract()
        worker.loop.close(self)
    }

    // MARK: Inspecting

    private func inspect() {
        let scratch = worker.tlsScratch
        let count = linux_peek(fd, scratch.baseAddress, scratch.count)
        guard count > 0 else {
            if count != -Int(EAGAIN) && count != -Int(EINTR) { close() }
            return
        }
        switch ClientHello.scan(UnsafeRawBufferPointer(rebasing: scratch[..<count])) {
        case .incomplete: if peerCloses { fail("the client left in its first message") }
        case .malformed: fail("the client's first message is malformed")
        case .notTLS: choose()
        case .complete(let hello):
            facts.isTLS = true
            facts.serverName = hello.serverName
            facts.protocols = hello.protocols
            choose()
        }
    }

    private func choose() {
        guard let chain = listener.chains.find(facts) else {
            worker.counters.flags.count(.noRoute)
            log(.noRoute)
            return close()
        }
        guard let context = listener.contexts[chain] else { return handOver(chain, nil) }
        guard let tls = TLSStream(context, fd: fd) else { return fail("there is no memory") }
        if isReadable { tls.isReadable(peerCloses: peerCloses) }
        state = .handshaking(chain, tls)
        shakeHands(chain, tls)
    }

    private func shakeHands(_ chain: Int, _ tls: TLSStream) {
        switch tls.handshake() {
        case .complete:
            worker.counters.handshakes.add()
            handOver(chain, tls)
        case .waits: break
        case .failed(let reason): fail(reason)
        }
    }

    private func fail(_ reason: String) {
        worker.counters.handshakeFailures.add()
        if let report = worker.settings.report {
            report(
                .handshakeFailed(
                    listener: listener.compiled.name,
                    serverName: String(decoding: facts.serverName, as: UTF8.self),
                    client: String(decoding: PeerAddress(peer).text, as: UTF8.self),
                    reason: reason))
        }
        log(.downstreamProtocolError)
        close()
    }

    private func log(_ flag: ResponseFlag) {
        guard let log = worker.log else { return }
        var connection = LoggedConnection(listener: listener.compiled.name, chain: "")
        connection.serverName = facts.serverName
        connection.flag = flag
        connection.milliseconds = (worker.loop.now &- started) / 1_000_000
        log.add(connection)
    }

    // MARK: Handing over

    private func handOver(_ index: Int, _ tls: TLSStream?) {
        let chain = listener.chains.all[index]
        let address = PeerAddress(peer)
        let connection: any Connection & Opened
        switch chain.filter {
        case .http:
            guard let entrance = acceptor.entrance(self, chain: index) else { return close() }
            connection = Downstream(fd: fd, peer: address, entrance: entrance, worker: worker)
        case .tcp(let proxy):
            let context = TCPConnection.Context(
                listener: listener.compiled.name, chain: chain.name, proxy: proxy,
                installed: installed, serverName: facts.serverName)
            connection = TCPConnection(fd: fd, context: context, worker: worker)
        }
        state = .over
        connection.tls = tls
        worker.loop.replace(self, with: connection)
        connection.wasOpened()
        guard isReadable || tls != nil else { return }
        connection.handle(LINUX_READABLE | (peerCloses ? LINUX_PEER_CLOSED : 0))
    }
}

/// A connection that an ``Opening`` hands over.
protocol Opened {
    /// It is in the loop, and was counted.
    func wasOpened()
}
