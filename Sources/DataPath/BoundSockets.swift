import CLinuxIO
import Glibc
import Routing

/// Sockets on one address, one for each worker, that do not listen yet: the address is taken, and
/// whoever connects is refused.
struct BoundSockets: Sendable {
    /// The listener's name.
    let name: String
    /// The port, also where any was asked for.
    let port: Int
    private let isDatagram: Bool
    private let text: String
    /// By worker.
    let fds: [Int32]

    private static let backlog: Int32 = 4096

    /// Takes an address.
    ///
    /// - Throws: ``DataPathError`` by ``DataPathError/Code/cannotListen(listener:)``.
    init(
        _ address: InternetAddress, isDatagram: Bool = false, name: String, text: String,
        workers: Int
    ) throws(DataPathError) {
        self.name = name
        self.isDatagram = isDatagram
        self.text = text
        if address.port != 0 {
            // Sockets that share a port would let two proxies have the same without a word.
            let taken = address.withSystemAddress {
                linux_address_in_use($0, $1, isDatagram ? 1 : 0)
            }
            if taken != 0 { throw Self.refusal(name, text, taken) }
        }
        var fds: [Int32] = []
        var port = address.port
        for _ in 0..<workers {
            let fd = address.withSystemAddress(port: port) { system, length in
                isDatagram
                    ? linux_bind_datagrams(system, length) : linux_bind_stream(system, length)
            }
            guard fd >= 0 else {
                for fd in fds { _ = linux_close(fd) }
                throw Self.refusal(name, text, -fd)
            }
            fds.append(fd)
            if port == 0 { port = UInt16(truncatingIfNeeded: linux_bound_port(fd)) }
        }
        self.fds = fds
        self.port = Int(port)
    }

    /// Takes connections from now on.
    func listen() throws(DataPathError) {
        if isDatagram { return }
        for fd in fds {
            let status = linux_listen(fd, Self.backlog)
            if status < 0 { throw Self.refusal(name, text, -status) }
        }
    }

    /// Gives the address back.
    func close() {
        for fd in fds { _ = linux_close(fd) }
    }

    private static func refusal(_ name: String, _ text: String, _ errno: Int32) -> DataPathError {
        DataPathError(
            .cannotListen(listener: name), "listener \(name) cannot listen on \(text)",
            errno: errno)
    }
}
