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
            state.isStopped ? nil : (state.sockets, state.served, state.endpointTLS)
        }
        guard let (old, formerlyServed, formerTLS) = former else {
            throw DataPathError(.stopped, "the proxy was stopped")
        }
        var listeners: [String: ServedListener] = [:]
        for listener in table.listeners {
            let key = Self.key(listener)
            listeners[key] = try serve(listener, reusing: formerlyServed[key])
        }
        let endpointTLS = try endpointTLS(table, reusing: formerTLS)
        var sockets = old.filter { listeners[$0.key] != nil }
        var opened: [[ListeningSocket]] = mailboxes.map { _ in [] }
        for (key, listener) in listeners.sorted(by: { $0.key < $1.key }) {
            if sockets[key] == nil {
                do throws(DataPathError) {
                    let compiled = listener.compiled
                    let port = try open(
                        compiled.socketAddress, isDatagram: compiled.isDatagram, key: key,
                        name: compiled.name, text: compiled.addressText, into: &opened)
                    sockets[key] = (port, compiled.name)
                } catch {
                    for socket in opened.joined() { _ = linux_close(socket.fd) }
                    throw error
                }
            }
            sockets[key]?.listener = listener.compiled.name
        }
        let closed = old.keys.filter { listeners[$0] == nil }
        let counters = takeOver(sockets, listeners, endpointTLS, table)
        let tls = table.clusters.map { $0.flatMap { endpointTLS[$0.name] } }
        let closesEntrances = formerlyServed.contains { key, former in
            !Self.keepsChains(former, listeners[key])
        }
        return mailboxes.indices.map { worker in
            InstallOrder(
                table: table, counters: counters[worker], tls: tls, listeners: listeners,
                opened: opened[worker], closed: closed, closesEntrances: closesEntrances)
        }
    }

    /// Remembers the sockets, and gives out the counters by worker and slot.
    private func takeOver(
        _ sockets: [String: (port: Int, listener: String)], _ served: [String: ServedListener],
        _ endpointTLS: [String: EndpointTLS], _ table: RoutingTable
    ) -> [[ClusterCounters?]] {
        state.withLock { state in
            state.sockets = sockets
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
        let address = (listener.isDatagram ? "udp " : "") + listener.addressText
        return listener.socketAddress.port == 0 ? "\(address) \(listener.name)" : address
    }

    /// Opens a socket for each worker on the same port.
    private func open(
        _ address: InternetAddress, isDatagram: Bool = false, key: String, name: String,
        text: String, into opened: inout [[ListeningSocket]]
    ) throws(DataPathError) -> Int {
        var port = address.port
        for worker in mailboxes.indices {
            func refusal(_ errno: Int32) -> DataPathError {
                DataPathError(
                    .cannotListen(listener: name), "listener \(name) cannot listen on \(text)",
                    errno: errno)
            }
            if worker == 0 && port != 0 {
                // Sockets that share a port would let two proxies have the same without a word.
                let taken = address.withSystemAddress {
                    linux_address_in_use($0, $1, isDatagram ? 1 : 0)
                }
                if taken != 0 { throw refusal(taken) }
            }
            let fd = address.withSystemAddress(port: port) { system, length in
                isDatagram
                    ? linux_bind_datagrams(system, length)
                    : linux_listen(system, length, Self.backlog)
            }
            guard fd >= 0 else { throw refusal(-fd) }
            opened[worker].append(ListeningSocket(key: key, fd: fd))
            if port == 0 { port = UInt16(truncatingIfNeeded: linux_bound_port(fd)) }
        }
        return Int(port)
    }

    private static let backlog: Int32 = 4096

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
        var opened: [[ListeningSocket]] = mailboxes.map { _ in [] }
        let bound: Int
        do throws(DataPathError) {
            bound = try open(
                address, key: "local \(place)", name: "admin", text: "\(host):\(port)",
                into: &opened)
        } catch {
            for socket in opened.joined() { _ = linux_close(socket.fd) }
            throw error
        }
        for (mailbox, sockets) in zip(mailboxes, opened) {
            for socket in sockets { mailbox.send(.serve(socket, handler)) }
        }
        return bound
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
