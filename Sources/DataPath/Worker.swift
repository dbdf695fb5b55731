import CLinuxIO
import Routing

/// The configuration as a worker uses it: durations on its clock.
struct WorkerSettings: Sendable {
    let headLimits: HeadLimits
    let idleConnectionsPerEndpoint: Int
    let head: UInt64
    let keepAlive: UInt64
    let connect: UInt64
    let request: UInt64
    let idle: UInt64
    let upstreamKeepAlive: UInt64
    let opening: UInt64
    let tcpIdle: UInt64
    let udpIdle: UInt64
    let mostSessions: UInt64
    let report: ProxyConfiguration.Report?

    init(_ configuration: ProxyConfiguration) {
        headLimits = configuration.headLimits
        idleConnectionsPerEndpoint = configuration.idleConnectionsPerEndpoint
        head = configuration.timeouts.head.wholeNanoseconds
        keepAlive = configuration.timeouts.keepAlive.wholeNanoseconds
        connect = configuration.timeouts.connect.wholeNanoseconds
        request = configuration.timeouts.request.wholeNanoseconds
        idle = configuration.timeouts.idle.wholeNanoseconds
        upstreamKeepAlive = configuration.timeouts.upstreamKeepAlive.wholeNanoseconds
        opening = configuration.timeouts.opening.wholeNanoseconds
        tcpIdle = configuration.timeouts.tcpIdle.wholeNanoseconds
        udpIdle = configuration.timeouts.udpIdle.wholeNanoseconds
        mostSessions = UInt64(max(configuration.datagramSessions / configuration.workers, 1))
        report = configuration.report
    }
}

/// One worker's state for one table.
final class InstalledTable {
    let table: RoutingTable
    /// By ``CompiledCluster/slot``.
    let clusters: [WorkerCluster?]

    init(table: RoutingTable, clusters: [WorkerCluster?]) {
        self.table = table
        self.clusters = clusters
    }
}

/// One thread with its own event loop, sockets, connections and picker states.
///
/// Everything in it is confined to its thread; ``Mailbox`` is the only way in. What the hot path
/// writes, here and in the connections, is marked `exclusivity(unchecked)`: it is touched by one
/// thread and passed `inout` only to functions that do not reach back to its owner, so the run-time
/// check, which costs as much as parsing, has nothing to find.
final class Worker {
    let loop: EventLoop
    let buffers = BufferPool()
    let settings: WorkerSettings
    let counters: WorkerCounters
    let log: AccessLog?
    @exclusivity(unchecked) var random = RandomSource()
    @exclusivity(unchecked) private(set) var installed = InstalledTable(table: .empty, clusters: [])
    /// It is to end: connections end with their exchange.
    @exclusivity(unchecked) private(set) var isDraining = false
    /// Streams that are not in use.
    let streams = StreamPool()
    /// The `Date` of the proxy's own answers.
    var date = DateHeader()

    /// The head that is being looked at, and its headers: used within one call only.
    @exclusivity(unchecked) var requestHead = RequestHead()
    @exclusivity(unchecked) var responseHead = ResponseHead()
    let fields: UnsafeMutablePointer<HeaderField>
    let parser: HeadParser
    /// The authority in lower case and the normalised target: used within one call only.
    let authorityScratch: UnsafeMutableRawBufferPointer
    let targetScratch: UnsafeMutableRawBufferPointer
    /// What TLS writes in one record, or a connection's first bytes: used within one call only.
    let tlsScratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: TLSStream.recordSize, alignment: 8)
    static let longestAuthority = 1024

    private let mailbox: Mailbox
    /// Datagrams that were just received: used within one call only.
    private(set) lazy var datagrams = DatagramBatch()
    private var acceptors: [String: Acceptor] = [:]
    private var receivers: [String: UDPReceiver] = [:]
    @exclusivity(unchecked) private var pickers: [PickerState?] = []
    private var isRunning = true

    /// A split's schedule.
    private final class PickerState {
        let identity: UInt64
        @exclusivity(unchecked) var picker: WeightedPicker

        init(_ split: CompiledRoute.Split, using random: inout RandomSource) {
            identity = split.identity
            picker = WeightedPicker(weights: split.weights, using: &random)
        }
    }

    /// - Throws: ``DataPathError`` when the system refuses the loop.
    init(
        settings: WorkerSettings, counters: WorkerCounters, log: AccessLog?, mailbox: Mailbox
    ) throws(DataPathError) {
        self.settings = settings
        self.counters = counters
        self.log = log
        self.mailbox = mailbox
        loop = try EventLoop()
        fields = .allocate(capacity: settings.headLimits.headers + 1)
        parser = HeadParser(fields: fields, limits: settings.headLimits)
        authorityScratch = .allocate(byteCount: Self.longestAuthority, alignment: 8)
        targetScratch = .allocate(byteCount: settings.headLimits.bytes + 16, alignment: 8)
        guard loop.add(MailboxSource(mailbox, worker: self), LINUX_READABLE) else {
            throw DataPathError(.system, "cannot watch a worker's mailbox")
        }
    }

    deinit {
        fields.deallocate()
        authorityScratch.deallocate()
        targetScratch.deallocate()
        tlsScratch.deallocate()
    }

    /// Serves until it is stopped.
    func run() {
        while isRunning {
            loop.turn(longest: log?.longestWait)
            log?.flush(now: loop.now)
        }
        loop.forEach { source in
            switch source {
            case let connection as Downstream: connection.stop()
            case let connection as TCPConnection: connection.stop()
            case let opening as Opening: opening.close()
            case let acceptor as Acceptor: acceptor.close()
            case let receiver as UDPReceiver: receiver.close()
            default: break
            }
        }
        loop.forEach { source in
            switch source {
            case let stream as HTTPStream: stream.stop()
            case let upstream as Upstream: upstream.session?.lost()
            default: break
            }
        }
        for cluster in installed.clusters { cluster?.retire() }
        log?.flush(now: .max)
    }

    /// The index of the backend for the next request of a route.
    @inline(__always)
    func pickBackend(_ forwarding: CompiledRoute.Forwarding) -> Int { pick(forwarding.split) }

    /// The index of the next backend of a split; nil is a single backend.
    @inline(__always)
    func pick(_ split: CompiledRoute.Split?) -> Int {
        guard let split else { return 0 }
        if let state = pickers[split.slot], state.identity == split.identity {
            return state.picker.pick(using: &random) ?? 0
        }
        let state = PickerState(split, using: &random)
        while pickers.count <= split.slot { pickers.append(nil) }
        pickers[split.slot] = state
        return state.picker.pick(using: &random) ?? 0
    }

    /// Does what the mailbox asks for.
    func handle(_ command: Mailbox.Command) {
        switch command {
        case .install(let order, let done):
            install(order)
            done()
        case .serve(let socket, let handler):
            open(socket, .local(handler))
        case .drain:
            isDraining = true
            for acceptor in acceptors.values { acceptor.close() }
            acceptors = [:]
            for receiver in receivers.values { receiver.close() }
            receivers = [:]
            loop.forEach { ($0 as? Downstream)?.drain() }
        case .stop: isRunning = false
        }
    }

    private func install(_ order: InstallOrder) {
        let old = installed.clusters
        var clusters: [WorkerCluster?] = []
        clusters.reserveCapacity(order.table.clusterSlotCount)
        for (slot, compiled) in order.table.clusters.enumerated() {
            let previous = slot < old.count ? old[slot] : nil
            guard let compiled, let counters = order.counters[slot] else {
                previous?.retire()
                clusters.append(nil)
                continue
            }
            if let previous, previous.compiled === compiled {
                clusters.append(previous)
                continue
            }
            let isSameCluster = previous?.compiled.name == compiled.name
            if !isSameCluster { previous?.retire() }
            clusters.append(
                WorkerCluster(
                    compiled, replacing: isSameCluster ? previous : nil, tls: order.tls[slot],
                    counters: counters, using: &random))
        }
        for slot in clusters.count..<max(old.count, clusters.count) { old[slot]?.retire() }
        while pickers.count < order.table.splitSlotCount { pickers.append(nil) }
        installed = InstalledTable(table: order.table, clusters: clusters)
        listen(order)
    }

    private func listen(_ order: InstallOrder) {
        for key in order.closed {
            acceptors.removeValue(forKey: key)?.close()
            receivers.removeValue(forKey: key)?.close()
        }
        for (key, listener) in order.listeners {
            switch listener.compiled.content {
            case .connections: acceptors[key]?.serve(.listener(listener, installed))
            case .datagrams(let proxy):
                receivers[key]?.serve(listener.compiled.name, proxy, installed)
            }
        }
        for socket in order.opened {
            guard let listener = order.listeners[socket.key] else { continue }
            switch listener.compiled.content {
            case .connections: open(socket, .listener(listener, installed))
            case .datagrams(let proxy): open(socket, listener.compiled.name, proxy)
            }
        }
        if order.closesEntrances {
            loop.forEach { source in
                guard let connection = source as? Downstream else { return }
                if connection.entrance.isClosed { connection.listenerClosed() }
            }
        }
    }

    private func open(_ socket: ListeningSocket, _ listener: String, _ proxy: CompiledUDPProxy) {
        let receiver = UDPReceiver(
            fd: socket.fd, listener: listener, proxy: proxy, installed: installed, worker: self)
        if isDraining || !loop.add(receiver, LINUX_READABLE) {
            _ = linux_close(socket.fd)
        } else {
            receivers[socket.key] = receiver
        }
    }

    private func open(_ socket: ListeningSocket, _ content: Acceptor.Content) {
        let acceptor = Acceptor(fd: socket.fd, content: content, worker: self)
        if isDraining || !loop.add(acceptor, LINUX_READABLE) {
            _ = linux_close(socket.fd)
        } else {
            acceptors[socket.key] = acceptor
        }
    }
}

/// A socket that listens, for one worker.
struct ListeningSocket: Sendable {
    /// What it is known by: the address, or the listener for an address with the port 0.
    let key: String
    let fd: Int32
}

/// What a worker needs to take over a table.
struct InstallOrder: Sendable {
    let table: RoutingTable
    /// By slot of the cluster.
    let counters: [ClusterCounters?]
    /// By slot of the cluster; nil for plain text.
    let tls: [EndpointTLS?]
    /// The listeners by the key of their socket.
    let listeners: [String: ServedListener]
    /// The worker's new sockets.
    let opened: [ListeningSocket]
    /// The keys of the sockets to close.
    let closed: [String]
    /// Sockets or filter chains go.
    let closesEntrances: Bool
}
