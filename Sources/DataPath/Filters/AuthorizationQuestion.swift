import Routing
import XDS

/// What a service is asked about a request.
struct AuthorizationQuestion {
    private let stream: HTTPStream
    private let config: CompiledExtAuthz
    private let ofRoute: AuthorizationOfRoute?
    /// The part of the body that is sent; nil sends none.
    private let body: [UInt8]?

    init(
        _ stream: HTTPStream, _ config: CompiledExtAuthz, _ ofRoute: AuthorizationOfRoute?,
        body: [UInt8]?
    ) {
        self.stream = stream
        self.config = config
        self.ofRoute = ofRoute
        self.body = body
    }

    /// Asks.
    func send(
        to service: CompiledExtAuthz.Service, _ cluster: WorkerCluster, by call: LocalCall,
        _ worker: Worker
    ) {
        switch service {
        case .http(let service):
            call.begin(worker, to: cluster, timeout: service.timeout, body: body ?? []) {
                fill($0, service)
            }
        case .grpc(let service):
            let message = check.encoded()
            let length = UInt32(truncatingIfNeeded: message.count).bigEndian
            let prefix = withUnsafeBytes(of: length) { [0] + Array($0) }
            call.begin(worker, to: cluster, timeout: service.timeout, body: prefix + message) {
                fill($0, service)
            }
        }
    }

    private var target: UnsafeRawBufferPointer {
        stream.request.headers.bytes(stream.exchange.matchedTarget)
    }

    /// The body is more than what is sent of it.
    private var isPartial: Bool {
        body.map { !stream.requestBody.isEnded || stream.requestBody.count > $0.count } ?? false
    }

    // MARK: HTTP

    /// The request again, without most of its headers and with the body's part.
    private func fill(_ request: StreamRequest, _ service: CompiledExtAuthz.HTTPService) {
        let original = stream.request
        let headers = request.headers
        request.setMethod(original.headers.bytes(original.method))
        request.target = headers.store(service.pathPrefix + Array(target))
        request.authority = headers.store(original.headers.bytes(original.authority))
        let allowed = config.allowedHeaders ?? service.allowedHeaders
        original.headers.forEach { name, value in
            let isSent =
                name.isWord("authorization")
                || allowed.takes(name) && !config.disallowedHeaders.takes(name)
            if isSent, !ReservedHeader.contains(Array(name)), !name.isWord("expect"),
                !name.isPartialBody
            {
                headers.append(name, value)
            }
        }
        for header in service.headers where !ReservedHeader.contains(header.name) {
            headers.set(header.name, header.value)
        }
        if body != nil {
            headers.append("x-envoy-auth-partial-body", isPartial ? "true" : "false")
        }
        request.contentLength = Int64(body?.count ?? 0)
        headers.append("content-length", Array("\(request.contentLength)".utf8))
    }

    // MARK: gRPC

    private func fill(_ request: StreamRequest, _ service: CompiledExtAuthz.GRPCService) {
        let headers = request.headers
        request.setMethod(UnsafeRawBufferPointer("POST"))
        request.target = headers.store(Array("/envoy.service.auth.v3.Authorization/Check".utf8))
        request.authority = headers.store(service.authority)
        request.takesTrailers = true
        headers.append("content-type", "application/grpc")
        headers.append("grpc-timeout", Array("\(max(service.timeout / 1_000_000, 1))m".utf8))
        for header in service.headers where !ReservedHeader.contains(header.name) {
            headers.append(header.name, header.value)
        }
    }

    private var check: CheckRequest {
        var context = AttributeContext(
            source: AttributeContext.Peer(
                address: SocketAddress(
                    address: String(decoding: stream.exchange.client?.peer ?? [], as: UTF8.self),
                    port: 0)),
            time: Self.now, http: described)
        context.contextExtensions = ofRoute?.contextExtensions ?? [:]
        return CheckRequest(attributes: context)
    }

    private static var now: Timestamp {
        let (seconds, nanoseconds) = WallClock.now
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }

    private var described: AttributeContext.HTTPRequest {
        let request = stream.request
        func text(_ bytes: UnsafeRawBufferPointer) -> String {
            String(decoding: bytes, as: UTF8.self)
        }
        let isSecure = stream.exchange.client?.isSecure == true
        var described = AttributeContext.HTTPRequest(
            method: text(request.headers.bytes(request.method)), path: text(target),
            host: text(request.headers.bytes(request.authority)),
            scheme: isSecure ? "https" : "http")
        described.headers = [
            ":method": described.method, ":path": described.path,
            ":authority": described.host, ":scheme": described.scheme,
        ].filter { isTold(Array($0.key.utf8)) }
        request.headers.forEach { name, value in
            guard isTold(Array(name)), !name.isPartialBody else { return }
            let name = text(name)
            // A list in several lines is one (RFC 9110 §5.3), but for cookies.
            let separator = name == "cookie" ? "; " : ","
            described.headers[name] =
                described.headers[name].map { $0 + separator + text(value) } ?? text(value)
        }
        described.id = described.headers["x-request-id"] ?? ""
        switch stream.exchange.client?.version {
        case .http10: described.protocol = "HTTP/1.0"
        case .http11: described.protocol = "HTTP/1.1"
        case .http2, nil: described.protocol = "HTTP/2"
        }
        described.size = request.endsWithHead ? 0 : request.contentLength
        guard let body else { return described }
        described.headers["x-envoy-auth-partial-body"] = isPartial ? "true" : "false"
        if (ofRoute?.body ?? config.body)?.packsAsBytes == true {
            described.rawBody = body
        } else {
            described.body = String(decoding: body, as: UTF8.self)
        }
        return described
    }

    private func isTold(_ name: [UInt8]) -> Bool {
        name.withUnsafeBytes { name in
            (config.allowedHeaders?.takes(name) ?? true) && !config.disallowedHeaders.takes(name)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The proxy says by it whether the body is whole; a client cannot.
    fileprivate var isPartialBody: Bool { isWord("x-envoy-auth-partial-body") }
}
