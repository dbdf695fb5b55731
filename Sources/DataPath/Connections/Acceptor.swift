import CLinuxIO
import Glibc
import Routing

/// What a listening socket serves: a request takes it at its first byte and keeps it to its end.
final class Service {
    /// Where answers come from.
    enum Source {
        /// The routes of a filter chain, with the worker's state for the table it is in: slots in
        /// the routes mean something only there.
        case routes(CompiledConnectionManager, InstalledTable)
        /// This process.
        case local(LocalHandler)
    }

    let source: Source

    init(_ source: Source) {
        self.source = source
    }
}

/// Where HTTP connections came in: a filter chain of a listening socket, as it is now.
final class Entrance {
    /// What it serves; what it served last after it was closed.
    @exclusivity(unchecked) fileprivate(set) var service: Service
    /// The socket or the filter chain is gone: connections end with their exchange.
    @exclusivity(unchecked) fileprivate(set) var isClosed = false

    init(_ service: Service) {
        self.service = service
    }
}

/// A worker's own socket for one address; the kernel spreads connections over the workers'.
///
/// Confined to its worker.
final class Acceptor: EventSource {
    /// What becomes of connections.
    enum Content {
        /// They ask this process.
        case local(LocalHandler)
        /// They go by the filter chains of a listener.
        case listener(ServedListener, InstalledTable)
    }

    unowned(unsafe) private let worker: Worker
    @exclusivity(unchecked) private var content: Content
    /// The entrances that connections know, by the name of the filter chain.
    private var entrances: [String: Entrance] = [:]
    /// Where every connection goes, when all are plain HTTP.
    @exclusivity(unchecked) private var only: Entrance?

    private static let mostAtOnce = 64
    private static let pause: UInt64 = 100_000_000

    init(fd: Int32, content: Content, worker: Worker) {
        self.worker = worker
        self.content = content
        super.init(fd: fd)
        serve(content)
    }

    /// Serves something else from now on, to connections that are open too.
    func serve(_ content: Content) {
        self.content = content
        switch content {
        case .local(let handler): only = Entrance(Service(.local(handler)))
        case .listener(let listener, let installed):
            var chains: [String: CompiledFilterChain] = [:]
            if !entrances.isEmpty {
                for chain in listener.chains.all { chains[chain.name] = chain }
            }
            for (name, entrance) in entrances {
                if case .http(let manager) = chains[name]?.filter {
                    entrance.service = Service(.routes(manager, installed))
                } else {
                    entrance.isClosed = true
                    entrances[name] = nil
                }
            }
            only = listener.isPlainHTTP ? entrance(listener, installed, 0) : nil
        }
    }

    /// Where connections of a filter chain came in; nil when it is not HTTP.
    private func entrance(
        _ listener: ServedListener, _ installed: InstalledTable, _ index: Int
    ) -> Entrance? {
        let chain = listener.chains.all[index]
        if let entrance = entrances[chain.name] { return entrance }
        // A connection that took long to open finds what is served now, not what was then.
        if fd >= 0, case .listener(let now, let installed) = content {
            let current =
                now === listener ? chain : now.chains.all.first { $0.name == chain.name }
            if case .http(let manager) = current?.filter {
                let entrance = Entrance(Service(.routes(manager, installed)))
                entrances[chain.name] = entrance
                return entrance
            }
        }
        guard case .http(let manager) = chain.filter else { return nil }
        let entrance = Entrance(Service(.routes(manager, installed)))
        entrance.isClosed = true
        return entrance
    }

    /// Where connections of a filter chain came in.
    func entrance(_ opening: Opening, chain index: Int) -> Entrance? {
        entrance(opening.listener, opening.installed, index)
    }

    override func handle(_ ready: UInt32) {
        for _ in 0..<Self.mostAtOnce where !accept() { return }
    }

    override func timerFired() {
        if fd >= 0 { worker.loop.watch(self, LINUX_READABLE) }
    }

    /// Accepts what is in the queue already, so that closing resets nobody, and closes.
    func close() {
        while accept() {}
        for entrance in entrances.values { entrance.isClosed = true }
        only?.isClosed = true
        worker.loop.close(self)
    }

    private func accept() -> Bool {
        var peer = sockaddr_storage()
        let accepted = linux_accept(fd, &peer)
        guard accepted >= 0 else { return goesOn(after: -accepted) }
        if let only {
            let connection = Downstream(
                fd: accepted, peer: PeerAddress(peer), entrance: only, worker: worker)
            if add(connection) { connection.opened() }
        } else if case .listener(let listener, let installed) = content {
            let opening = Opening(
                fd: accepted, peer: peer, listener: listener, installed: installed,
                acceptor: self, worker: worker)
            if add(opening) { opening.opened() }
        } else {
            _ = linux_close(accepted)
        }
        return true
    }

    private func add(_ source: EventSource) -> Bool {
        if worker.loop.add(source, Connection.interest) { return true }
        _ = linux_close(source.fd)
        return false
    }

    private func goesOn(after errno: Int32) -> Bool {
        switch errno {
        case EINTR, ECONNABORTED: return true
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            // The connection stays in the queue: without a pause it would wake the loop for ever.
            worker.loop.unwatch(self)
            worker.loop.schedule(self, at: worker.loop.now &+ Self.pause)
            return false
        default: return false
        }
    }
}

/// A client's address as text.
struct PeerAddress {
    /// The IP address, without brackets.
    let text: [UInt8]

    init(_ storage: sockaddr_storage) {
        var storage = storage
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = Int32(storage.ss_family)
        let isWritten = withUnsafeBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return false }
            let offset =
                family == AF_INET6
                ? MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)
                : MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)
            return inet_ntop(family, base + (offset ?? 4), &buffer, socklen_t(buffer.count)) != nil
        }
        let digits = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let mapped = Array("::ffff:".utf8)
        text =
            !isWritten
            ? Array("unknown".utf8)
            : digits.starts(with: mapped) ? Array(digits.dropFirst(mapped.count)) : digits
    }
}
