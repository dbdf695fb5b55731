import Routing

/// Keeps a session with one endpoint: the request names it by a cookie or a header, and the
/// response does when it is another.
///
/// What is written is what Envoy's session states write, so that both understand each other. With
/// weighted clusters the cluster is picked first, as in Envoy; the session then holds within it.
final class SessionFilter: StreamFilter {
    private let session: CompiledSession
    /// The endpoint that the request names.
    private var wanted: [UInt8]?
    /// The request belongs to no session.
    private var isLeftOut = false
    private var wasTried = false

    init(_ session: CompiledSession) { self.session = session }

    override func receivedRequest(_ stream: HTTPStream) -> Verdict {
        let headers = stream.request.headers
        switch session.state {
        case .header(let name):
            wanted = headers.first(named: name).flatMap { SessionAddress.read(header: $0) }
        case .cookie(let cookie):
            let target = headers.bytes(stream.exchange.matchedTarget)
            let path = UnsafeRawBufferPointer(rebasing: target[..<stream.exchange.pathLength])
            if !cookie.covers(path) {
                isLeftOut = true
                return .goOn
            }
            wanted = headers.cookie(cookie.name).flatMap {
                SessionAddress.read(cookie: $0, now: WallClock.seconds)
            }
        }
        return .goOn
    }

    override func endpoint(_ stream: HTTPStream, in cluster: WorkerCluster) -> Int? {
        guard let wanted, !wasTried || session.isStrict else { return nil }
        wasTried = true
        return cluster.compiled.endpoints.firstIndex { $0.text == wanted }
    }

    override func refusesOthers(_ stream: HTTPStream) -> Bool {
        session.isStrict && wanted != nil
    }

    override func receivedResponse(_ stream: HTTPStream) {
        guard !isLeftOut, !stream.exchange.isAnsweredHere, let cluster = stream.exchange.cluster,
            cluster.compiled.endpoints.indices.contains(stream.exchange.endpoint)
        else { return }
        let address = cluster.compiled.endpoints[stream.exchange.endpoint].text
        if address == wanted { return }
        switch session.state {
        case .header(let name): stream.response.headers.set(name, Base64.encode(address))
        case .cookie(let cookie):
            stream.response.headers.append(
                "set-cookie", cookie.value(for: address, now: WallClock.seconds))
        }
    }
}

extension CompiledSession.Cookie {
    /// The value of `Set-Cookie` for an endpoint.
    ///
    /// - Parameter now: Seconds since 1970.
    fileprivate func value(for address: [UInt8], now: UInt64) -> [UInt8] {
        let content = SessionAddress.encode(
            address, expires: lifetime == 0 ? 0 : now &+ lifetime)
        var value = name + Array("=\"".utf8) + Base64.encode(content) + Array("\"".utf8)
        if lifetime > 0 { value += Array("; Max-Age=\(lifetime)".utf8) }
        if !path.isEmpty { value += Array("; Path=".utf8) + path }
        return value + Array("; HttpOnly".utf8)
    }
}

extension HeaderList {
    /// The value of the first cookie with a name (RFC 6265 §4.2.1), without quotes.
    fileprivate func cookie(_ name: [UInt8]) -> [UInt8]? {
        for index in 0..<count where self.name(index).isWord("cookie") {
            for pair in value(index).split(separator: UInt8(ascii: ";")) {
                let pair = UnsafeRawBufferPointer(rebasing: pair).trimmed
                guard pair.count > name.count, pair[name.count] == UInt8(ascii: "="),
                    pair.starts(with: name)
                else { continue }
                let value = Array(pair[(name.count + 1)...])
                let quote = UInt8(ascii: "\"")
                if value.count >= 2, value.first == quote, value.last == quote {
                    return Array(value.dropFirst().dropLast())
                }
                return value
            }
        }
        return nil
    }
}
