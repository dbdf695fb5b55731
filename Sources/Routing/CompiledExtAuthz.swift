package import XDS

/// Who is asked about a request, and how.
///
/// Source: Envoy's `ExtAuthz` and `ExtAuthzPerRoute`.
package final class CompiledExtAuthz: Sendable {
    /// Who is asked.
    package enum Service: Sendable {
        /// A server that is sent the request's head.
        case http(HTTPService)
        /// `envoy.service.auth.v3.Authorization`.
        case grpc(GRPCService)
    }

    /// A server that is sent the request's head.
    package struct HTTPService: Sendable {
        /// The server's cluster.
        package let clusterSlot: Int
        /// How long an answer may take, in nanoseconds.
        package let timeout: UInt64
        /// What is put before the request's path.
        package let pathPrefix: [UInt8]
        /// The request's headers that are sent, where the filter does not say.
        package let allowedHeaders: HeaderSelection
        /// Headers that are sent along, name and value.
        package let headers: [(name: [UInt8], value: [UInt8])]
        /// The answer's headers that replace the request's when it is let through.
        package let toUpstream: HeaderSelection
        /// The answer's headers that are added to the request's when it is let through.
        package let appendedUpstream: HeaderSelection
        /// The answer's headers that the client gets when it is refused; nil is all.
        package let toClient: HeaderSelection?
        /// The answer's headers that the client gets when it is let through.
        package let toClientOnSuccess: HeaderSelection
    }

    /// `envoy.service.auth.v3.Authorization`.
    package struct GRPCService: Sendable {
        /// The server's cluster.
        package let clusterSlot: Int
        /// How long an answer may take, in nanoseconds.
        package let timeout: UInt64
        /// The `:authority`.
        package let authority: [UInt8]
        /// Headers of the call, name and value.
        package let headers: [(name: [UInt8], value: [UInt8])]
    }

    /// Who is asked; nil where every route says its own.
    package let service: Service?
    /// A request is let through when the service cannot be asked.
    package let failureModeAllow: Bool
    /// How much of a request's body is sent along; nil sends none.
    package let body: BufferSettings?
    /// The status when the service cannot be asked.
    package let statusOnError: Int
    /// The headers that the service is told; nil leaves it to the service's kind.
    package let allowedHeaders: HeaderSelection?
    /// Headers that the service is not told, even where `allowedHeaders` has them.
    package let disallowedHeaders: HeaderSelection

    init(
        _ filter: ExtAuthz, at place: String, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) {
        service = filter.service.map {
            Service($0, at: place, slots: &slots, errors: &errors)
        }
        if filter.includesPeerCertificate {
            errors.unsupported("\(place).include_peer_certificate", "certificates are not sent")
        }
        if filter.clearsRouteCache {
            errors.unsupported("\(place).clear_route_cache", "a request's route stays")
        }
        failureModeAllow = filter.failureModeAllow
        statusOnError = Int(filter.statusOnError ?? 403)
        body = filter.withRequestBody
        body?.check(at: "\(place).with_request_body", errors: &errors)
        disallowedHeaders = HeaderSelection(
            filter.disallowedHeaders, at: "\(place).disallowed_headers", errors: &errors)
        allowedHeaders = filter.allowedHeaders.map {
            HeaderSelection($0, at: "\(place).allowed_headers", errors: &errors)
        }
    }

    fileprivate static func headers(
        _ values: [HeaderValue], at place: String, errors: inout ErrorCollector
    ) -> [(name: [UInt8], value: [UInt8])] {
        for (index, header) in values.enumerated()
        where !HeaderRules.isToken(header.key) || !HeaderRules.isValue(header.value) {
            errors.invalid("\(place)[\(index)]", "`\(header.key)` is no header")
        }
        return values.map { (lowercasedBytes($0.key), Array($0.value.utf8)) }
    }

    /// The cluster that a filter or a route names.
    static func cluster(of service: ExtAuthz.Service?) -> String? {
        switch service {
        case nil: nil
        case .grpc(let service): service.clusterName
        case .http(let service): service.cluster
        }
    }
}

extension CompiledExtAuthz.Service {
    /// The service's cluster.
    package var clusterSlot: Int {
        switch self {
        case .http(let service): service.clusterSlot
        case .grpc(let service): service.clusterSlot
        }
    }

    /// Envoy's, for a gRPC service that says nothing.
    private static let usualTimeout: UInt64 = 200_000_000

    init(
        _ service: ExtAuthz.Service, at place: String, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) {
        switch service {
        case .http(let service):
            self = .http(
                CompiledExtAuthz.HTTPService(
                    service, at: "\(place).http_service", slots: &slots, errors: &errors))
        case .grpc(let service):
            let authority = service.authority.isEmpty ? service.clusterName : service.authority
            self = .grpc(
                CompiledExtAuthz.GRPCService(
                    clusterSlot: slots.cluster(service.clusterName),
                    timeout: service.timeout?.wholeNanoseconds ?? Self.usualTimeout,
                    authority: Array(authority.utf8),
                    headers: CompiledExtAuthz.headers(
                        service.initialMetadata, at: "\(place).grpc_service.initial_metadata",
                        errors: &errors)))
        }
    }
}

extension BufferSettings {
    /// The longest body that a service can be sent.
    private static let most: UInt32 = 16 * 1024 * 1024

    fileprivate func check(at place: String, errors: inout ErrorCollector) {
        if !(1...Self.most).contains(maxRequestBytes) {
            errors.invalid(
                "\(place).max_request_bytes", "\(maxRequestBytes) is not 1 to \(Self.most)")
        }
    }
}

/// How a route differs from the filter for external authorization.
///
/// Source: Envoy's `ExtAuthzPerRoute.CheckSettings`.
package final class AuthorizationOfRoute: Sendable {
    /// Who is asked, in place of the filter's.
    package let service: CompiledExtAuthz.Service?
    /// How much of a request's body is sent along, in place of the filter's.
    package let body: BufferSettings?
    /// No body is sent along.
    package let disablesBody: Bool
    /// What the service is told of the route.
    package let contextExtensions: [String: String]

    init(
        _ settings: ExtAuthzPerRoute.CheckSettings, at place: String, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) {
        let place = "\(place).check_settings"
        service = settings.service.map {
            CompiledExtAuthz.Service($0, at: place, slots: &slots, errors: &errors)
        }
        body = settings.withRequestBody
        body?.check(at: "\(place).with_request_body", errors: &errors)
        disablesBody = settings.disablesRequestBodyBuffering
        contextExtensions = settings.contextExtensions
    }
}

extension CompiledExtAuthz.HTTPService {
    fileprivate init(
        _ service: ExtAuthzHTTPService, at place: String, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) {
        clusterSlot = slots.cluster(service.cluster)
        timeout = service.timeout.wholeNanoseconds
        allowedHeaders = HeaderSelection(
            service.allowedHeaders, at: "\(place).authorization_request.allowed_headers",
            errors: &errors)
        pathPrefix = Array(service.pathPrefix.utf8)
        checkWritten(pathPrefix, at: "\(place).path_prefix", errors: &errors)
        headers = CompiledExtAuthz.headers(
            service.headersToAdd, at: "\(place).authorization_request.headers_to_add",
            errors: &errors)
        let response = "\(place).authorization_response"
        toUpstream = HeaderSelection(
            service.allowedUpstreamHeaders, at: "\(response).allowed_upstream_headers",
            errors: &errors)
        appendedUpstream = HeaderSelection(
            service.allowedUpstreamHeadersToAppend,
            at: "\(response).allowed_upstream_headers_to_append", errors: &errors)
        toClient =
            service.allowedClientHeaders.isEmpty
            ? nil
            : HeaderSelection(
                service.allowedClientHeaders, at: "\(response).allowed_client_headers",
                errors: &errors)
        toClientOnSuccess = HeaderSelection(
            service.allowedClientHeadersOnSuccess,
            at: "\(response).allowed_client_headers_on_success", errors: &errors)
    }
}

/// Some headers, by patterns of their names.
package struct HeaderSelection: Sendable {
    private let names: [StringCondition]

    init(_ matchers: [StringMatcher], at place: String, errors: inout ErrorCollector) {
        names = StringCondition.all(matchers, at: place, errors: &errors)
    }

    /// Whether a header is among them.
    ///
    /// - Parameter name: In lower case.
    package func takes(_ name: UnsafeRawBufferPointer) -> Bool {
        names.contains { $0.matches(name) }
    }
}
