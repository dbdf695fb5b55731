import NIOCore
import NIOHTTP1

/// Keeps web pages in a browser on this machine from using the admin port.
///
/// A page may send requests to 127.0.0.1, and may make its own name resolve to it (DNS
/// rebinding). The first shows in `Origin`, which browsers add to every request that is not a
/// plain GET (Fetch §3.2), the second in `Host`. Programs send neither. And nothing is changed
/// where others than this machine reach the port.
struct AdminAccess: Sendable {
    /// The address that the server is bound to.
    let host: String

    /// Why a request is refused; nil where it is not.
    func refusal(of head: HTTPRequestHead) -> AdminPage? {
        let hosts = head.headers["host"]
        let isOld = head.version.major == 1 && head.version.minor == 0
        guard hosts.count == 1 || hosts.isEmpty && isOld else {
            return AdminPage(.badRequest, "the request must have one Host\n")
        }
        if let host = hosts.first, !allows(host: host) {
            return AdminPage(
                .forbidden, "\(host) is not this server's name; use its address, or localhost\n")
        }
        let isRead = head.method == .GET || head.method == .HEAD
        if !isRead, head.headers.contains(name: "origin") {
            return AdminPage(.forbidden, "nothing is changed on behalf of a web page\n")
        }
        if !isRead, !isOnLoopback {
            // Whoever reaches the port could send all traffic elsewhere: it knows no one.
            return AdminPage(
                .forbidden,
                "\(host) can be reached by others, so nothing is changed here; bind the admin "
                    + "port to 127.0.0.1\n")
        }
        return nil
    }

    private var isOnLoopback: Bool {
        if host.lowercased() == "localhost" { return true }
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
        return address.isLoopback
    }

    private func allows(host field: String) -> Bool {
        let name = Self.withoutPort(field).lowercased()
        if name == "localhost" || name == host.lowercased() { return true }
        // A name that is an address cannot be made to resolve to another.
        guard let address = try? SocketAddress(ipAddress: name, port: 0) else { return false }
        return host == "0.0.0.0" || host == "::" || address.isLoopback
    }

    private static func withoutPort(_ field: String) -> String {
        if field.hasPrefix("["), let end = field.firstIndex(of: "]") {
            return String(field[field.index(after: field.startIndex)..<end])
        }
        return String(field.prefix { $0 != ":" })
    }
}

extension SocketAddress {
    fileprivate var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") ?? false
        case .v6: ipAddress == "::1"
        case .unixDomainSocket: false
        }
    }
}
