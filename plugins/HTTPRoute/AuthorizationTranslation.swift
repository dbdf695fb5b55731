import GatewayAPI
import HeddlePlugin
import XDS

/// Translates external authorization: a service decides whether a request goes on.
///
/// Source: Gateway API, HTTPExternalAuthFilter (experimental); GEP-1494.
enum AuthorizationTranslation {
    /// How long the service may take.
    private static let timeout = Duration.seconds(5)

    /// Switches the filter on for a route. Without a usable service nothing may pass.
    static func apply(
        _ auth: HTTPRoute.ExternalAuth, _ field: String, to route: inout TranslatedRoute,
        _ translator: RuleTranslator
    ) throws(NotServed) {
        let path = "\(field).externalAuth"
        guard case .route = route.route.action else { return }
        let resolution = translator.context.resolve(
            auth.backendRef, from: translator.route, parent: translator.parent,
            fieldPath: "\(path).backendRef")
        guard case .cluster(let cluster, _) = resolution else {
            route.route.action = .directResponse(
                DirectResponseAction(
                    status: 500, body: "the route's authorization service is not there\n"))
            return
        }
        var filter = ExtAuthz(service: try service(auth, cluster, path))
        if let size = auth.forwardBody?.maxSize, size > 0 {
            filter.withRequestBody = BufferSettings(
                maxRequestBytes: UInt32(clamping: size), packsAsBytes: auth.protocol == .grpc)
        }
        let allowed = auth.protocol == .grpc ? auth.grpc?.allowedHeaders : auth.http?.allowedHeaders
        if let allowed, !allowed.isEmpty {
            filter.allowedHeaders = (always + allowed).map(name)
        }
        // One filter for each way to ask, off for all routes but those that name it.
        var own = HTTPFilter.extAuthz(filter, isDisabled: true)
        own.name += "/\(translator.route.namespace)/\(translator.route.name)/\(field)"
        route.filters.append(own)
        route.route.typedPerFilterConfig[own.name] = .extAuthzPerRoute(.checkSettings(.init()))
    }

    private static let always = [
        "host", ":method", ":path", "content-length", "authorization",
    ]

    private static func service(
        _ auth: HTTPRoute.ExternalAuth, _ cluster: String, _ path: String
    ) throws(NotServed) -> ExtAuthz.Service {
        switch auth.protocol {
        case .grpc: return .grpc(GRPCService(clusterName: cluster, timeout: timeout))
        case .http:
            let prefix = auth.http?.path ?? ""
            return .http(
                ExtAuthzHTTPService(
                    uri: "http://\(auth.backendRef.name)", cluster: cluster, timeout: timeout,
                    pathPrefix: prefix == "/" ? "" : prefix,
                    allowedUpstreamHeaders: (auth.http?.allowedResponseHeaders ?? []).map(name)))
        case .unknown(let spelling):
            throw NotServed("\(path).protocol", "\(spelling) is not known; use HTTP or GRPC")
        }
    }

    private static func name(_ header: String) -> StringMatcher {
        StringMatcher(.exact(header.lowercased()), ignoreCase: true)
    }
}
