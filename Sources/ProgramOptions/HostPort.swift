/// A `HOST:PORT` argument, such as `127.0.0.1:15010` or `[::1]:15010`.
package struct HostPort: Equatable, Sendable, CustomStringConvertible {
    /// The host, without brackets.
    package var host: String
    /// The port, 0 to 65535; 0 asks for a free one.
    package var port: Int

    package init(_ host: String, _ port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil where the text is no host and port.
    package init?(argument text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]), (0...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.init(String(host), port)
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    /// `127.0.0.1:15010`, `[::1]:15010`.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
