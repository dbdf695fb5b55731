import CLinuxIO
import Glibc
import Routing

/// What a listening socket serves: a request takes it at its first byte and keeps it to its end.
final class Service {
    /// Where answers come from.
    enum Source {
        /// The routes of a listener, with the worker's state for the table it is in: slots in the
        /// routes mean something only there.
        case routes(CompiledListener, InstalledTable)
        /// This process.
        case local(LocalHandler)
    }

    let source: Source

    init(_ source: Source) {
        self.source = source
    }
}

/// A worker's own socket for one address; the kernel spreads connections over the workers'.
///
/// Confined to its worker.
final class Acceptor: EventSource {
    unowned(unsafe) private let worker: Worker
    /// What it serves; what it served last after it was closed.
    @exclusivity(unchecked) var service: Service
    /// It accepts no more; its connections end with their exchange.
    private(set) var isClosed = false

    private static let mostAtOnce = 64
    private static let pause: UInt64 = 100_000_000

    init(fd: Int32, service: Service, worker: Worker) {
        self.worker = worker
        self.service = service
        super.init(fd: fd)
    }

    override func handle(_ ready: UInt32) {
        for _ in 0..<Self.mostAtOnce where !accept() { return }
    }

    override func timerFired() {
        if !isClosed { worker.loop.watch(self, LINUX_READABLE) }
    }

    /// Accepts what is in the queue already, so that closing resets nobody, and closes.
    func close() {
        while accept() {}
        isClosed = true
        worker.loop.close(self)
    }

    private func accept() -> Bool {
        var peer = sockaddr_storage()
        let accepted = linux_accept(fd, &peer)
        guard accepted >= 0 else { return goesOn(after: -accepted) }
        let connection = Downstream(
            fd: accepted, peer: PeerAddress(peer), acceptor: self, worker: worker)
        guard worker.loop.add(connection, Downstream.interest) else {
            _ = linux_close(accepted)
            return true
        }
        connection.opened()
        return true
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
