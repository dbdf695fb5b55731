import CLinuxIO
import Glibc
import Routing

/// What a listening socket serves.
enum Service {
    /// The routes of a listener.
    case routes(CompiledListener)
    /// Answers of this process.
    case local(LocalHandler)
}

/// A worker's own socket for one address; the kernel spreads connections over the workers'.
///
/// Confined to its worker.
final class Acceptor: EventSource {
    unowned(unsafe) private let worker: Worker
    /// What it serves; what it served last after it was closed.
    var service: Service
    /// It accepts no more; its connections end with their exchange.
    private(set) var isClosed = false

    private static let mostAtOnce = 64

    init(fd: Int32, service: Service, worker: Worker) {
        self.worker = worker
        self.service = service
        super.init(fd: fd)
    }

    override func handle(_ ready: UInt32) {
        for _ in 0..<Self.mostAtOnce where !accept() { return }
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
        guard accepted >= 0 else { return accepted == -EINTR || accepted == -ECONNABORTED }
        let connection = Downstream(
            fd: accepted, peer: PeerAddress(peer), acceptor: self, worker: worker)
        guard worker.loop.add(connection, Downstream.interest) else {
            _ = linux_close(accepted)
            return true
        }
        connection.opened()
        return true
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
