internal import CEnvoyAPI

extension CheckRequest: CRepresentable {
    typealias CMessage = Envoy__Service__Auth__V3__CheckRequest

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__auth__v3__check_request__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            attributes: try arena.read(message.attributes, "attributes") ?? AttributeContext())
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.attributes = attributes.make(in: arena)
    }
}

extension CheckRequest: WireMessage {
    /// `envoy.service.auth.v3.CheckRequest`.
    public static let messageName = "envoy.service.auth.v3.CheckRequest"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension AttributeContext: CRepresentable {
    typealias CMessage = Envoy__Service__Auth__V3__AttributeContext

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__auth__v3__attribute_context__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        let request = message.request?.pointee
        self.init(
            source: try arena.read(message.source, "source"),
            destination: try arena.read(message.destination, "destination"),
            time: try arena.read(request?.time, "request.time"),
            http: try arena.read(request?.http, "request.http"),
            contextExtensions: [String: String](
                message.context_extensions, count: message.n_context_extensions
            ) { ($0.key, $0.value) },
            sni: message.tls_session.map { String($0.pointee.sni) })
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.source = source?.make(in: arena)
        message.destination = destination?.make(in: arena)
        if time != nil || http != nil {
            message.request = arena.cMessage(
                envoy__service__auth__v3__attribute_context__request__init
            ) {
                $0.time = time?.make(in: arena)
                $0.http = http?.make(in: arena)
            }
        }
        message.n_context_extensions = contextExtensions.count
        message.context_extensions = arena.entries(
            contextExtensions,
            envoy__service__auth__v3__attribute_context__context_extensions_entry__init
        ) {
            $0.key = $1
            $0.value = arena.text($2)
        }
        message.tls_session = sni.map { sni in
            arena.cMessage(envoy__service__auth__v3__attribute_context__tlssession__init) {
                $0.sni = arena.text(sni)
            }
        }
    }
}

extension AttributeContext.Peer: CRepresentable {
    typealias CMessage = Envoy__Service__Auth__V3__AttributeContext__Peer

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__auth__v3__attribute_context__peer__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            address: try arena.read(message.address, "address"), service: String(message.service),
            principal: String(message.principal), certificate: String(message.certificate))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.address = address?.make(in: arena)
        message.service = arena.text(service)
        message.principal = arena.text(principal)
        message.certificate = arena.text(certificate)
    }
}

extension AttributeContext.HTTPRequest: CRepresentable {
    typealias CMessage = Envoy__Service__Auth__V3__AttributeContext__HttpRequest

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__auth__v3__attribute_context__http_request__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            id: String(message.id), method: String(message.method),
            headers: [String: String](message.headers, count: message.n_headers) {
                ($0.key, $0.value)
            },
            path: String(message.path), host: String(message.host),
            scheme: String(message.scheme), size: message.size,
            protocol: String(message.protocol), body: String(message.body),
            rawBody: [UInt8](message.raw_body))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.id = arena.text(id)
        message.method = arena.text(method)
        message.n_headers = headers.count
        message.headers = arena.entries(
            headers, envoy__service__auth__v3__attribute_context__http_request__headers_entry__init
        ) {
            $0.key = $1
            $0.value = arena.text($2)
        }
        message.path = arena.text(path)
        message.host = arena.text(host)
        message.scheme = arena.text(scheme)
        message.size = size
        message.protocol = arena.text(`protocol`)
        message.body = arena.text(body)
        message.raw_body = arena.data(rawBody)
    }
}

extension CheckResponse: CRepresentable {
    typealias CMessage = Envoy__Service__Auth__V3__CheckResponse

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__auth__v3__check_response__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            status: try arena.read(message.status, "status") ?? RPCStatus(code: 0, message: ""),
            httpResponse: try Self.httpResponse(message, in: arena))
    }

    private static func httpResponse(
        _ message: CMessage, in arena: Arena
    ) throws(XDSError) -> HTTPResponse? {
        switch message.http_response_case {
        case ENVOY__SERVICE__AUTH__V3__CHECK_RESPONSE__HTTP_RESPONSE_DENIED_RESPONSE:
            return .denied(try arena.readRequired(message.denied_response, "denied_response"))
        case ENVOY__SERVICE__AUTH__V3__CHECK_RESPONSE__HTTP_RESPONSE_OK_RESPONSE:
            return .ok(try arena.readRequired(message.ok_response, "ok_response"))
        case ENVOY__SERVICE__AUTH__V3__CHECK_RESPONSE__HTTP_RESPONSE_ERROR_RESPONSE:
            return .error(try arena.readRequired(message.error_response, "error_response"))
        default: return nil
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.status = status.make(in: arena)
        switch httpResponse {
        case nil: return
        case .denied(let denied):
            message.http_response_case =
                ENVOY__SERVICE__AUTH__V3__CHECK_RESPONSE__HTTP_RESPONSE_DENIED_RESPONSE
            message.denied_response = denied.make(in: arena)
        case .ok(let accepted):
            message.http_response_case =
                ENVOY__SERVICE__AUTH__V3__CHECK_RESPONSE__HTTP_RESPONSE_OK_RESPONSE
            message.ok_response = accepted.make(in: arena)
        case .error(let denied):
            message.http_response_case =
                ENVOY__SERVICE__AUTH__V3__CHECK_RESPONSE__HTTP_RESPONSE_ERROR_RESPONSE
            message.error_response = denied.make(in: arena)
        }
    }
}

extension CheckResponse: WireMessage {
    /// `envoy.service.auth.v3.CheckResponse`.
    public static let messageName = "envoy.service.auth.v3.CheckResponse"

    /// The message in wire format.
    public func encoded() -> [UInt8] { PackableMessage(self).bytes() }

    /// Reads the message from wire format.
    public init(decoding bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(XDSError) {
        try self.init(scanning: bytes, limits: limits, followsAny: false)
    }
}

extension CheckResponse.Denied: CRepresentable {
    typealias CMessage = Envoy__Service__Auth__V3__DeniedHttpResponse

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__auth__v3__denied_http_response__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            status: try message.status.status(at: "status") ?? 0,
            headers: try arena.read(message.headers, count: message.n_headers, "headers"),
            body: String(message.body))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        if status != 0 { message.status = arena.httpStatus(status) }
        message.n_headers = headers.count
        message.headers = arena.messages(headers)
        message.body = arena.text(body)
    }
}

extension CheckResponse.OK: CRepresentable {
    typealias CMessage = Envoy__Service__Auth__V3__OkHttpResponse

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__service__auth__v3__ok_http_response__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            headers: try arena.read(message.headers, count: message.n_headers, "headers"),
            headersToRemove: [String](
                message.headers_to_remove, count: message.n_headers_to_remove),
            responseHeadersToAdd: try arena.read(
                message.response_headers_to_add, count: message.n_response_headers_to_add,
                "response_headers_to_add"),
            queryParametersToSet: try arena.read(
                message.query_parameters_to_set, count: message.n_query_parameters_to_set,
                "query_parameters_to_set"),
            queryParametersToRemove: [String](
                message.query_parameters_to_remove, count: message.n_query_parameters_to_remove))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.n_headers = headers.count
        message.headers = arena.messages(headers)
        message.n_headers_to_remove = headersToRemove.count
        message.headers_to_remove = arena.texts(headersToRemove)
        message.n_response_headers_to_add = responseHeadersToAdd.count
        message.response_headers_to_add = arena.messages(responseHeadersToAdd)
        message.n_query_parameters_to_set = queryParametersToSet.count
        message.query_parameters_to_set = arena.messages(queryParametersToSet)
        message.n_query_parameters_to_remove = queryParametersToRemove.count
        message.query_parameters_to_remove = arena.texts(queryParametersToRemove)
    }
}

extension CheckResponse.QueryParameter: CRepresentable {
    typealias CMessage = Envoy__Config__Core__V3__QueryParameter

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__core__v3__query_parameter__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(key: String(message.key), value: String(message.value))
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.key = arena.text(key)
        message.value = arena.text(value)
    }
}
