import Routing

/// Answers preflights, and tells browsers which origins may read a response.
///
/// Behaves as Envoy's CORS filter (Fetch standard, §3.2).
final class CORSFilter: StreamFilter {
    private let policy: CompiledCORS
    /// The request's origin, if it is allowed.
    private var origin: [UInt8]?

    init(_ policy: CompiledCORS) { self.policy = policy }

    override func receivedRequest(_ stream: HTTPStream) -> Verdict {
        let headers = stream.request.headers
        guard let sent = headers.first("origin"), !sent.isEmpty else { return .goOn }
        if policy.allows(sent) { origin = Array(sent) }
        guard headers.bytes(stream.request.method).elementsEqual("OPTIONS".utf8),
            let method = headers.first("access-control-request-method"), !method.isEmpty
        else { return .goOn }
        if origin == nil && policy.forwardsOtherPreflights { return .goOn }
        var reply = LocalReply(200, .none, "")
        reply.extra = preflight(headers, method: Array(method))
        stream.reply(reply)
        return .answered
    }

    /// The headers of a preflight's answer beside those of any answer.
    private func preflight(_ headers: HeaderList, method: [UInt8]) -> [UInt8] {
        var lines: [UInt8] = []
        func add(_ name: StaticString, _ value: [UInt8]) {
            if value.isEmpty { return }
            lines += Array(UnsafeRawBufferPointer(name)) + Array(": ".utf8) + value
            lines += Array("\r\n".utf8)
        }
        let any = [UInt8(ascii: "*")]
        if origin == nil && policy.allowsCredentials {
            add("access-control-allow-credentials", Array("true".utf8))
        }
        add(
            "access-control-allow-methods",
            policy.allowMethods == any ? method : policy.allowMethods)
        let asked = headers.first("access-control-request-headers").map { Array($0) } ?? []
        add(
            "access-control-allow-headers",
            policy.allowHeaders == any ? asked : policy.allowHeaders)
        add("access-control-max-age", policy.maxAge)
        if policy.allowsPrivateNetwork,
            headers.first("access-control-request-private-network")?.isWord("true") == true
        {
            add("access-control-allow-private-network", Array("true".utf8))
        }
        return lines
    }

    override func receivedResponse(_ stream: HTTPStream) {
        guard let origin else { return }
        let headers = stream.response.headers
        headers.set("access-control-allow-origin", origin)
        if policy.allowsCredentials {
            headers.set("access-control-allow-credentials", Array("true".utf8))
        }
        if !policy.exposeHeaders.isEmpty {
            headers.set("access-control-expose-headers", policy.exposeHeaders)
        }
    }
}
