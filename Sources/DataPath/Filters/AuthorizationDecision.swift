import Routing
import XDS

/// What a service decided about a request.
enum AuthorizationDecision {
    /// How a request changes that is let through.
    struct Changes {
        /// How a header of the request changes.
        enum Header {
            /// It has this value and no other.
            case set([UInt8], [UInt8])
            /// It has this value too, where it has one.
            case append([UInt8], [UInt8])
            /// It has this value where it has none.
            case add([UInt8], [UInt8])
            /// It is removed.
            case remove([UInt8])
        }
        var headers: [Header] = []
        /// Query parameters that get a value, or lose all by nil.
        var query: [(name: [UInt8], value: [UInt8]?)] = []
        /// Headers of the response.
        var forClient: [(name: [UInt8], value: [UInt8])] = []
    }

    /// The answer to a request that is not let through.
    struct Denial {
        /// 0 leaves it to the filter.
        var status = 0
        var headers: [(name: [UInt8], value: [UInt8])] = []
        var body: [UInt8] = []
    }

    /// It may go on.
    case allowed(Changes)
    /// It is answered so.
    case denied(Denial)
    /// The service could not be asked, or could not decide; the client is answered so, unless
    /// such requests are let through.
    case failed(Denial?)

    /// Reads the answer of a service.
    init(_ outcome: LocalCall.Outcome, _ service: CompiledExtAuthz.Service) {
        guard case .response(let response, let body) = outcome else {
            self = .failed(nil)
            return
        }
        switch service {
        case .http(let service): self.init(response, body, service)
        case .grpc: self.init(response, body)
        }
    }

    /// A plain answer: 200 lets through, 500 and above is no decision, all else refuses.
    private init(
        _ response: StreamResponse, _ body: [UInt8], _ service: CompiledExtAuthz.HTTPService
    ) {
        if response.status >= 500 {
            self = .failed(nil)
            return
        }
        if response.status != 200 {
            var denial = Denial(status: response.status, body: body)
            response.headers.forEach { name, value in
                if service.toClient?.takes(name) ?? true || name.isAnswer {
                    denial.headers.append((Array(name), Array(value)))
                }
            }
            self = .denied(denial)
            return
        }
        var changes = Changes()
        response.headers.forEach { name, value in
            let header = (Array(name), Array(value))
            if name.isWord("x-envoy-auth-headers-to-remove") {
                for word in value.split(separator: UInt8(ascii: ",")) {
                    let name = UnsafeRawBufferPointer(rebasing: word).trimmed
                    changes.headers.append(.remove(name.map(\.lowercased)))
                }
            } else if service.toUpstream.takes(name) {
                changes.headers.append(.set(header.0, header.1))
            } else if service.appendedUpstream.takes(name) {
                changes.headers.append(.append(header.0, header.1))
            }
            if service.toClientOnSuccess.takes(name) { changes.forClient.append(header) }
        }
        self = .allowed(changes)
    }

    /// An answer by gRPC: a message with a prefix of five bytes, and `grpc-status` 0.
    private init(_ response: StreamResponse, _ body: [UInt8]) {
        let status =
            response.trailers.first(named: Array("grpc-status".utf8))
            ?? response.headers.first(named: Array("grpc-status".utf8))
        guard response.status == 200, status == [UInt8(ascii: "0")], body.count >= 5, body[0] == 0,
            body[1..<5].reduce(0, { $0 << 8 | Int($1) }) == body.count - 5
        else {
            self = .failed(nil)
            return
        }
        do throws(XDSError) {
            self.init(try CheckResponse(decoding: Array(body[5...])))
        } catch {
            // What is no answer decides nothing.
            self = .failed(nil)
        }
    }

    private init(_ response: CheckResponse) {
        switch response.httpResponse {
        case .error(let denied): self = .failed(Denial(denied))
        case .denied(let denied) where response.status.code != 0:
            var denial = Denial(denied)
            if denial.status == 0 { denial.status = 403 }
            self = .denied(denial)
        case .ok(let accepted) where response.status.code == 0:
            self = .allowed(Changes(accepted))
        case nil, .denied, .ok:
            self = response.status.code == 0 ? .allowed(Changes()) : .denied(Denial(status: 403))
        }
    }
}

extension UnsafeRawBufferPointer {
    /// A header that every refusal brings along, as in Envoy.
    fileprivate var isAnswer: Bool {
        isWord("www-authenticate") || isWord("proxy-authenticate") || isWord("location")
    }
}

extension AuthorizationDecision.Denial {
    fileprivate init(_ denied: CheckResponse.Denied) {
        status = Int(denied.status)
        body = Array(denied.body.utf8)
        headers = denied.headers.compactMap { option in
            guard HeaderRules.isToken(option.key), HeaderRules.isValue(option.value) else {
                return nil
            }
            return (option.key.lowercased().utf8.map { $0 }, Array(option.value.utf8))
        }
    }

    /// The answer.
    func reply(_ flag: ResponseFlag) -> LocalReply {
        // A refusal that says it is a success, or an interim answer, is still a refusal.
        let isFinal = (200...599).contains(status)
        var reply = LocalReply(isFinal ? status : 403, flag, "")
        reply.body = body
        for (name, value) in headers {
            let text = String(decoding: name, as: UTF8.self)
            if text == "content-type" {
                reply.contentType = String(decoding: value, as: UTF8.self)
            } else if !ReservedHeader.contains(name), text != "date", text != "server" {
                reply.extra += name + Array(": ".utf8) + value + Array("\r\n".utf8)
            }
        }
        return reply
    }
}

extension AuthorizationDecision.Changes {
    fileprivate init(_ accepted: CheckResponse.OK) {
        func header(_ option: HeaderValueOption) -> ([UInt8], [UInt8])? {
            guard HeaderRules.isToken(option.key), HeaderRules.isValue(option.value) else {
                return nil
            }
            return (option.key.lowercased().utf8.map { $0 }, Array(option.value.utf8))
        }
        headers = accepted.headersToRemove.map { .remove(Array($0.lowercased().utf8)) }
        for option in accepted.headers {
            guard let (name, value) = header(option) else { continue }
            switch option.action {
            // `append` is false in this message unless it is said (OkHttpResponse.headers): what
            // a client sent must not stand beside what the service vouches for.
            case .append, .overwrite: headers.append(.set(name, value))
            case .addIfAbsent: headers.append(.add(name, value))
            case .overwriteIfExists: headers.append(.append(name, value))
            }
        }
        forClient = accepted.responseHeadersToAdd.compactMap(header)
        query = accepted.queryParametersToSet.map { (Array($0.key.utf8), Array($0.value.utf8)) }
        query += accepted.queryParametersToRemove.map { (Array($0.utf8), nil) }
    }

    /// Changes the request.
    func apply(to stream: HTTPStream) {
        let list = stream.request.headers
        for header in headers {
            switch header {
            case .remove(let name):
                if !ReservedHeader.contains(name) { list.remove(named: name) }
            case .set(let name, let value):
                if !ReservedHeader.contains(name) { list.set(name, value) }
            case .append(let name, let value):
                if !ReservedHeader.contains(name), list.first(named: name) != nil {
                    list.append(name, value)
                }
            case .add(let name, let value):
                if !ReservedHeader.contains(name), list.first(named: name) == nil {
                    list.append(name, value)
                }
            }
        }
        if !query.isEmpty { applyQuery(to: stream) }
    }

    private func applyQuery(to stream: HTTPStream) {
        let target = stream.request.headers.bytes(stream.request.target)
        guard stream.exchange.pathLength <= target.count, target.first == UInt8(ascii: "/") else {
            return
        }
        var path = Array(target[..<stream.exchange.pathLength])
        let sent = target[stream.exchange.pathLength...].dropFirst()
        var pairs = sent.split(separator: UInt8(ascii: "&")).map { Array($0) }
        for (name, value) in query {
            pairs.removeAll { $0.prefix { $0 != UInt8(ascii: "=") }.elementsEqual(name) }
            if let value, (name + value).allSatisfy(\.isTargetCharacter) {
                pairs.append(name + Array("=".utf8) + value)
            }
        }
        if !pairs.isEmpty {
            path += Array("?".utf8) + pairs.joined(separator: Array("&".utf8))
        }
        stream.request.target = stream.request.headers.store(path)
        stream.exchange.matchedTarget = stream.request.target
    }
}
