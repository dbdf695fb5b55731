/// `envoy.service.auth.v3.CheckRequest`: what a proxy asks `envoy.service.auth.v3.Authorization`.
public struct CheckRequest: Hashable, Sendable {
    /// What is asked about.
    public var attributes: AttributeContext

    /// A request.
    public init(attributes: AttributeContext) { self.attributes = attributes }
}

/// `envoy.service.auth.v3.AttributeContext`.
public struct AttributeContext: Hashable, Sendable {
    /// One end of a connection.
    public struct Peer: Hashable, Sendable {
        /// Its address.
        public var address: SocketAddress?
        /// Its service, if known.
        public var service: String
        /// Who it has proved to be.
        public var principal: String
        /// Its certificate, PEM in URL encoding.
        public var certificate: String

        /// An end.
        public init(
            address: SocketAddress? = nil, service: String = "", principal: String = "",
            certificate: String = ""
        ) {
            self.address = address
            self.service = service
            self.principal = principal
            self.certificate = certificate
        }
    }
    /// `HttpRequest`.
    public struct HTTPRequest: Hashable, Sendable {
        /// The request's own name.
        public var id: String
        /// The method.
        public var method: String
        /// The headers, in lower case; values of the same name joined by commas.
        public var headers: [String: String]
        /// The path with its query.
        public var path: String
        /// The host.
        public var host: String
        /// The scheme.
        public var scheme: String
        /// The body's size in bytes; -1 where it is not known.
        public var size: Int64
        /// `HTTP/1.1`, `HTTP/2`.
        public var `protocol`: String
        /// The body as text.
        public var body: String
        /// The body as bytes.
        public var rawBody: [UInt8]

        /// A request.
        public init(
            id: String = "", method: String = "", headers: [String: String] = [:],
            path: String = "", host: String = "", scheme: String = "", size: Int64 = 0,
            protocol: String = "", body: String = "", rawBody: [UInt8] = []
        ) {
            self.id = id
            self.method = method
            self.headers = headers
            self.path = path
            self.host = host
            self.scheme = scheme
            self.size = size
            self.protocol = `protocol`
            self.body = body
            self.rawBody = rawBody
        }
    }
    /// Where the request comes from.
    public var source: Peer?
    /// Where it was meant for.
    public var destination: Peer?
    /// When it arrived.
    public var time: Timestamp?
    /// The request.
    public var http: HTTPRequest?
    /// What the route says (`ExtAuthzPerRoute.CheckSettings.contextExtensions`).
    public var contextExtensions: [String: String]
    /// The server name that the client asked for by TLS; nil without TLS.
    public var sni: String?

    /// A context.
    public init(
        source: Peer? = nil, destination: Peer? = nil, time: Timestamp? = nil,
        http: HTTPRequest? = nil, contextExtensions: [String: String] = [:], sni: String? = nil
    ) {
        self.source = source
        self.destination = destination
        self.time = time
        self.http = http
        self.contextExtensions = contextExtensions
        self.sni = sni
    }
}

/// `envoy.service.auth.v3.CheckResponse`.
public struct CheckResponse: Hashable, Sendable {
    /// What becomes of the request, besides `status`.
    public enum HTTPResponse: Hashable, Sendable {
        /// The client is answered so.
        case denied(Denied)
        /// The request is let through, changed so.
        case ok(OK)
        /// The service could not judge; the client is answered so, unless the filter lets it through.
        case error(Denied)
    }
    /// `DeniedHttpResponse`.
    public struct Denied: Hashable, Sendable {
        /// The status; 0 is 403, or of an error what the filter says.
        public var status: UInt32
        /// Headers of the answer.
        public var headers: [HeaderValueOption]
        /// The answer's body.
        public var body: String

        /// An answer.
        public init(status: UInt32 = 0, headers: [HeaderValueOption] = [], body: String = "") {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }
    /// `OkHttpResponse`.
    public struct OK: Hashable, Sendable {
        /// Headers of the request.
        public var headers: [HeaderValueOption]
        /// Headers removed from the request.
        public var headersToRemove: [String]
        /// Headers of the response.
        public var responseHeadersToAdd: [HeaderValueOption]
        /// Query parameters that are set.
        public var queryParametersToSet: [QueryParameter]
        /// Query parameters that are removed.
        public var queryParametersToRemove: [String]

        /// A change of the request.
        public init(
            headers: [HeaderValueOption] = [], headersToRemove: [String] = [],
            responseHeadersToAdd: [HeaderValueOption] = [],
            queryParametersToSet: [QueryParameter] = [], queryParametersToRemove: [String] = []
        ) {
            self.headers = headers
            self.headersToRemove = headersToRemove
            self.responseHeadersToAdd = responseHeadersToAdd
            self.queryParametersToSet = queryParametersToSet
            self.queryParametersToRemove = queryParametersToRemove
        }
    }
    /// `envoy.config.core.v3.QueryParameter`.
    public struct QueryParameter: Hashable, Sendable {
        /// The parameter's name.
        public var key: String
        /// Its value.
        public var value: String

        /// A parameter.
        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }
    /// Code 0 lets the request through; every other refuses it.
    public var status: RPCStatus
    /// What becomes of the request, besides; nil is 403 for a refusal.
    public var httpResponse: HTTPResponse?

    /// A response.
    public init(
        status: RPCStatus = RPCStatus(code: 0, message: ""), httpResponse: HTTPResponse? = nil
    ) {
        self.status = status
        self.httpResponse = httpResponse
    }
}
