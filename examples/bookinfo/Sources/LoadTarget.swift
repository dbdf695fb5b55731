import NIOHTTP1

/// Where the load goes.
struct LoadTarget: Sendable {
    /// The host to connect to: the proxy's, if there is one.
    var host: String
    /// The port to connect to.
    var port: Int
    /// The request, sent again and again.
    var request: HTTPRequestHead

    /// - Parameters:
    ///   - url: An `http` URL.
    ///   - proxy: `HOST:PORT` of a proxy that takes requests in absolute form (RFC 9112 §3.2.2).
    ///   - headers: Lines such as `end-user: jason`.
    /// - Throws: ``BookinfoError`` where a text is not what it should be.
    init(url: String, proxy: String?, headers lines: [String]) throws {
        guard url.hasPrefix("http://") else {
            throw BookinfoError("--url \(url) is not http; use http://HOST:PORT/PATH")
        }
        let rest = url.dropFirst("http://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let tail = rest.dropFirst(authority.count)
        let path = tail.hasPrefix("/") ? String(tail) : "/\(tail)"
        guard let origin = Self.hostPort(authority, defaultPort: 80) else {
            throw BookinfoError("--url \(url) has no valid host; use http://HOST:PORT/PATH")
        }
        (host, port) = origin
        if let proxy {
            guard let address = Self.hostPort(proxy[...], defaultPort: nil) else {
                throw BookinfoError("--proxy \(proxy) is not HOST:PORT, as in 127.0.0.1:15080")
            }
            (host, port) = address
        }
        request = HTTPRequestHead(
            version: .http1_1, method: .GET,
            uri: proxy == nil ? path : "http://\(authority)\(path)",
            headers: ["host": String(authority), "user-agent": "bookinfo-load"])
        for line in lines {
            let (name, value) = try Self.header(line)
            request.headers.replaceOrAdd(name: name, value: value)
        }
    }

    private static func header(_ line: String) throws -> (String, String) {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, !parts[0].isEmpty, !line.contains(where: \.isNewline) else {
            throw BookinfoError("--header \(line) is not NAME:VALUE, as in 'end-user: jason'")
        }
        return (String(parts[0]), String(parts[1].drop { $0 == " " }))
    }

    private static func hostPort(_ text: Substring, defaultPort: Int?) -> (String, Int)? {
        var host = text
        var port = defaultPort
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            host = text[..<colon]
            port = Int(text[text.index(after: colon)...])
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard let port, (1...65535).contains(port), !host.isEmpty else { return nil }
        return (String(host), port)
    }
}
