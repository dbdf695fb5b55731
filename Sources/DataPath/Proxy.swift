import CLinuxIO
import Glibc
package import Routing
import Synchronization
package import XDS

/// The proxy: listens, routes by a table and forwards: HTTP/1.1 and HTTP/2, in plain text or TLS,
/// and connections as they are.
///
/// It has a number of workers, each a thread with an event loop, sockets, connections and picker
/// states of its own; a request crosses no thread and takes no lock. All methods may be called
/// from any task or thread.
package final class Proxy: Sendable {
    private struct State {
        /// The sockets by key, with the port they are bound to and the listener's name.
        var sockets: [String: (port: Int, listener: String)] = [:]
        /// Addresses that are taken for listeners to come, by key.
        var reserved: [String: BoundSockets] = [:]
        /// The listeners by key, with what they need of TLS.
        var served: [String: ServedListener] = [:]
        /// TLS with endpoints, by cluster.
        var endpointTLS: [String: EndpointTLS] = [:]
        /// What is counted, by cluster and worker.
        var clusterCounters: [String: [ClusterCounters]] = [:]
        var isStopped = false
        var localPorts = 0
    }

    private let state = Mutex(State())
    private let mailboxes: [Mailbox]
    private let counters: [WorkerCounters]
    private let runningWorkers: Mutex<Int>
    private let installs = InstallQueue()
    /// Opened here, closed at the end; -1 when there is none.
    private let logFile: Int32

    /// Starts the workers; they wait for a table.
    ///
    /// - Throws: ``DataPathError`` when the system refuses a thread or a descriptor, or the
    ///   access log cannot be opened.
    package init(_ configuration: ProxyConfiguration = ProxyConfiguration()) throws(DataPathError) {
        precondition(configuration.workers > 0, "a proxy has at least one worker")
        let settings = WorkerSettings(configuration)
        let log = try Self.openLog(configuration.accessLog)
        logFile = log.isOwned ? log.fd : -1
        var mailboxes: [Mailbox] = []
        var counters: [WorkerCounters] = []
        var workers: [Worker] = []
        for _ in 0..<configuration.workers {
            let mailbox = try Mailbox()
            let counter = WorkerCounters()
            workers.append(
                try Worker(
                    settings: settings, counters: counter,
                    log: log.fd < 0 ? nil : AccessLog(fd: log.fd), mailbox: mailbox))
            mailboxes.append(mailbox)
            counters.append(counter)
        }
        self.mailboxes = mailboxes
        self.counters = counters
        runningWorkers = Mutex(workers.count)
        for worker in workers {
            let thread = WorkerThread(worker) { [self] in runningWorkers.withLock { $0 -= 1 } }
            try thread.start()
        }
    }

    private static func openLog(
        _ destination: ProxyConfiguration.AccessLogDestination
    ) throws(DataPathError) -> (fd: Int32, isOwned: Bool) {
        switch destination {
        case .off: return (-1, false)
        case .standardOutput: return (STDOUT_FILENO, false)
        case .descriptor(let fd): return (fd, false)
        case .file(let path):
            let fd = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
            if fd < 0 {
                throw DataPathError(.system, "cannot open the access log \(path)", errno: errno)
            }
            return (fd, true)
        }
    }

    // MARK: Tables

    /// Serves by a table from now on: every worker has taken it over when this returns. Requests
    /// under way end by the table they began with.
    ///
    /// Listeners that are new are opened, those that stay keep their sockets, those that are gone
    /// accept no more and their connections end with the exchange under way.
    ///
    /// - Throws: ``DataPathError`` when a listener cannot be opened, by the code
    ///   ``DataPathError/Code/cannotListen(listener:)``; the table before goes on to be served.
    package func install(_ table: RoutingTable) async throws(DataPathError) {
        await installs.enter()
        do throws(DataPathError) {
            let orders = try prepare(table)
            await withCheckedContinuation { continuation in
                let done = Countdown(orders.count) { continuation.resume() }
                for (mailbox, order) in zip(mailboxes, orders) {
                    mailbox.send(.install(order) { done.count() })
                }
            }
        } catch {
            installs.leave()
            throw error
        }
        installs.leave()
    }

    private func prepare(_ table: RoutingTable) throws(DataPathError) -> [InstallOrder] {
        let former = state.withLock { state in
            state.isStopped
                ? nil : (state.sockets, state.reserved, state.served, state.endpointTLS)
        }
        guard let (old, reserved, formerlyServed, formerTLS) = former else {
            throw DataPathError(.stopped, "the proxy was stopped")
        }
        var listeners: [String: ServedListener] = [:]
        for listener in table.listeners {
            let key = Self.key(listener)
            listeners[key] = try serve(listener, reusing: formerlyServed[key])
        }
        let endpointTLS = try endpointTLS(table, reusing: formerTLS)
        var sockets = old.filter { listeners[$0.key] != nil }
        let opened = try open(listeners.filter { sockets[$0.key] == nil }, reserved)
        for (key, bound) in opened { sockets[key] = (bound.port, bound.name) }
        for (key, listener) in listeners { sockets[key]?.listener = listener.compiled.name }
        let closed = old.keys.filter { listeners[$0] == nil }
        let counters = takeOver(sockets, listeners, endpointTLS, table)
        let tls = table.clusters.map { $0.flatMap { endpointTLS[$0.name] } }
        let closesEntrances = formerlyServed.contains { key, former in
            !Self.keepsChains(former, listeners[key])
        }
        return mailboxes.indices.map { worker in
            InstallOrder(
                table: table, counters: counters[worker], tls: tls, listeners: listeners,
                opened: opened.map { ListeningSocket(key: $0.key, fd: $0.value.fds[worker]) },
                closed: closed, closesEntrances: closesEntrances)
        }
    }

    /// Remembers the sockets, and gives out the counters by worker and slot.
    private func takeOver(
        _ sockets: [String: (port: Int, listener: String)], _ served: [String: ServedListener],
        _ endpointTLS: [String: EndpointTLS], _ table: RoutingTable
    ) -> [[ClusterCounters?]] {
        state.withLock { state in
            state.sockets = sockets
            for key in sockets.keys { state.reserved[key] = nil }
            state.served = served
            state.endpointTLS = endpointTLS
            var kept: [String: [ClusterCounters]] = [:]
            var bySlot = mailboxes.map { _ in
                [ClusterCounters?](repeating: nil, count: table.clusterSlotCount)
            }
            for case let cluster? in table.clusters {
                let counters =
                    state.clusterCounters[cluster.name] ?? mailboxes.map { _ in ClusterCounters() }
                kept[cluster.name] = counters
                for worker in mailboxes.indices { bySlot[worker][cluster.slot] = counters[worker] }
            }
            state.clusterCounters = kept
            return bySlot
        }
    }

    /// The listener with what it needs of TLS; what did not change is not made again.
    private func serve(
        _ listener: CompiledListener, reusing old: ServedListener?
    ) throws(DataPathError) -> ServedListener {
        if let old, old.compiled === listener { return old }
        guard case .connections(let chains) = listener.content else {
            return ServedListener(listener)
        }
        var known: [ObjectIdentifier: TLSContext] = [:]
        for (chain, context) in zip(old?.chains.all ?? [], old?.contexts ?? []) {
            if let tls = chain.tls, let context { known[ObjectIdentifier(tls)] = context }
        }
        var contexts: [TLSContext?] = []
        for chain in chains.all {
            guard let tls = chain.tls else {
                contexts.append(nil)
                continue
            }
            if let context = known[ObjectIdentifier(tls)] {
                contexts.append(context)
                continue
            }
            do throws(TLSContext.Failure) {
                contexts.append(try TLSContext(tls))
            } catch {
                throw DataPathError(error, of: "listener \(listener.name)")
            }
        }
        return ServedListener(listener, chains, contexts: contexts)
    }

    /// TLS with endpoints, by cluster; what did not change is not made again.
    private func endpointTLS(
        _ table: RoutingTable, reusing old: [String: EndpointTLS]
    ) throws(DataPathError) -> [String: EndpointTLS] {
        var result: [String: EndpointTLS] = [:]
        for case let cluster? in table.clusters {
            guard let compiled = cluster.tls else { continue }
            if let known = old[cluster.name], known.compiled === compiled {
                result[cluster.name] = known
                continue
            }
            do throws(TLSContext.Failure) {
                result[cluster.name] = EndpointTLS(compiled, context: try TLSContext(compiled))
            } catch {
                throw DataPathError(error, of: "cluster \(cluster.name)")
            }
        }
        return result
    }

    /// What is wrong with a secret that can be seen without its use; nil when nothing is.
    package static func problem(of secret: Secret) -> String? { TLSContext.problem(of: secret) }

    /// Whether the connections of a listener have a filter chain in the new one.
    private static func keepsChains(_ old: ServedListener, _ new: ServedListener?) -> Bool {
        guard let new else { return false }
        if old === new { return true }
        let names = Set(new.chains.all.map(\.name))
        return old.chains.all.allSatisfy { names.contains($0.name) }
    }

    private static func key(_ listener: CompiledListener) -> String {
        key(listener.address, isDatagram: listener.isDatagram, name: listener.name)
    }

    /// What sockets are known by: the address, with the name where the port is any.
    private static func key(_ address: SocketAddress, isDatagram: Bool, name: String) -> String {
        let text = "\(isDatagram ? "udp " : "")\(address)"
        return address.port == 0 ? "\(text) \(name)" : text
    }

    // MARK: Sockets

    /// Opens the sockets of new listeners: all of them, or none. Those that were reserved stay so
    /// until somebody serves them.
    private func open(
        _ listeners: [String: ServedListener], _ reserved: [String: BoundSockets]
    ) throws(DataPathError) -> [String: BoundSockets] {
        var opened: [String: BoundSockets] = [:]
        do throws(DataPathError) {
            for (key, listener) in listeners.sorted(by: { $0.key < $1.key }) {
                if let known = reserved[key] {
                    opened[key] = known
                } else {
                    opened[key] = try bind(listener.compiled)
                }
            }
            for bound in opened.values { try bound.listen() }
        } catch {
            for (key, bound) in opened where reserved[key] == nil { bound.close() }
            throw error
        }
        return opened
    }

    private func bind(_ listener: CompiledListener) throws(DataPathError) -> BoundSockets {
        try BoundSockets(
            listener.socketAddress, isDatagram: listener.isDatagram, name: listener.name,
            text: listener.addressText, workers: mailboxes.count)
    }

    /// Takes the addresses of listeners before there is a table that serves them, so that it shows
    /// at once whether they can be had. Who connects is refused until then. Addresses that were
    /// taken for others are given back.
    ///
    /// - Returns: Why addresses cannot be had, by listener.
    package func reserve(_ listeners: [Listener]) async -> [String: String] {
        await installs.enter()
        defer { installs.leave() }
        let former = state.withLock { $0.isStopped ? nil : ($0.sockets, $0.reserved) }
        guard let (sockets, old) = former else { return [:] }
        var reserved: [String: BoundSockets] = [:]
        var problems: [String: String] = [:]
        for listener in listeners {
            guard let address = listener.address, let parsed = InternetAddress(address) else {
                continue
            }
            let isDatagram = address.transport == .udp
            let key = Self.key(address, isDatagram: isDatagram, name: listener.name)
            if sockets[key] != nil || reserved[key] != nil { continue }
            if let known = old[key] {
                reserved[key] = known
                continue
            }
            do throws(DataPathError) {
                reserved[key] = try BoundSockets(
                    parsed, isDatagram: isDatagram, name: listener.name,
                    text: address.description, workers: mailboxes.count)
            } catch {
                problems[listener.name] = error.message
            }
        }
        for (key, bound) in old where reserved[key] == nil { bound.close() }
        state.withLock { $0.reserved = reserved }
        return problems
    }

    /// The ports that listeners are bound to, by listener's name; what the port 0 became.
    package var boundPorts: [String: Int] {
        state.withLock { state in
            Dictionary(
                state.sockets.values.map { ($0.listener, $0.port) }, uniquingKeysWith: { $1 })
        }
    }

    // MARK: Answers of this process

    /// Answers requests to an address in this process, from now to the end.
    ///
    /// - Parameters:
    ///   - host: An IP address.
    ///   - port: 0 for a free one.
    /// - Returns: The port.
    /// - Throws: ``DataPathError`` when the address is none, or in use.
    package func serve(
        host: String, port: Int, _ handler: @escaping LocalHandler
    ) throws(DataPathError) -> Int {
        guard let number = UInt16(exactly: port),
            let address = InternetAddress(literal: host, port: number)
        else {
            throw DataPathError(
                .cannotListen(listener: "admin"),
                "`\(host):\(port)` is no IP address with a port")
        }
        let place = state.withLock { state in
            state.localPorts += 1
            return state.localPorts
        }
        let bound = try BoundSockets(
            address, name: "admin", text: "\(host):\(port)", workers: mailboxes.count)
        try bound.listen()
        for (mailbox, fd) in zip(mailboxes, bound.fds) {
            mailbox.send(.serve(ListeningSocket(key: "local \(place)", fd: fd), handler))
        }
        return bound.port
    }

    // MARK: Statistics

    /// What was counted so far, of all workers; may be called on a worker.
    package var statistics: ProxyStatistics {
        var sum = ProxyStatistics()
        for worker in counters { worker.add(to: &sum) }
        sum.clusters = state.withLock(\.clusterCounters).mapValues { counters in
            var cluster = ProxyStatistics.Cluster()
            for counter in counters {
                cluster.requests += counter.requests.current
                cluster.failures += counter.failures.current
            }
            return cluster
        }
        return sum
    }

    // MARK: The end

    /// Stops: accepts no more, lets exchanges end for a while, then cuts what is left.
    ///
    /// - Parameter grace: How long exchanges may go on.
    package func stop(grace: Duration = .zero) async {
        let wasStopped = state.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped
        }
        if wasStopped { return }
        for mailbox in mailboxes { mailbox.send(.drain) }
        let start = linux_now()
        let end = start &+ grace.wholeNanoseconds
        while linux_now() < end, counters.contains(where: { $0.activeConnections.current > 0 }) {
            guard await Self.pause() else { break }
        }
        for mailbox in mailboxes { mailbox.send(.stop) }
        while runningWorkers.withLock({ $0 > 0 }) { _ = await Self.pause() }
        for bound in state.withLock(\.reserved).values { bound.close() }
        if logFile >= 0 { _ = linux_close(logFile) }
    }

    /// Waits a little; false when the task is cancelled.
    private static func pause() async -> Bool {
        do {
            try await Task.sleep(for: .milliseconds(5))
            return true
        } catch {
            await Task.yield()
            return false
        }
    }
}
