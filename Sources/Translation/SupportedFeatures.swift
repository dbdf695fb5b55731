/// The features of the Gateway API that are served, by the names of its conformance suite.
///
/// The status of a class and of a mesh claims them, and `docs/gateway-api.md` has a test for each.
package enum SupportedFeatures {
    /// Of a GatewayClass for Gateways at the edge, in alphabetical order.
    package static let gateway = (edge + httpRoute + grpcRoute + connectionRoutes).sorted()
    /// Of a mesh, in alphabetical order.
    package static let mesh = (waypoint + httpRoute + grpcRoute).sorted()

    private static let edge = [
        "BackendTLSPolicy", "BackendTLSPolicySANValidation", "Gateway", "GatewayAddressEmpty",
        "GatewayBackendClientCertificate", "GatewayFrontendClientCertificateValidation",
        "GatewayFrontendClientCertificateValidationInsecureFallback",
        "GatewayHTTPListenerIsolation", "GatewayHTTPSListenerDetectMisdirectedRequests",
        "GatewayPort8080", "GatewayStaticAddresses", "ListenerSet", "ReferenceGrant",
    ]

    private static let httpRoute = [
        "HTTPRoute", "HTTPRoute303RedirectStatusCode", "HTTPRoute307RedirectStatusCode",
        "HTTPRoute308RedirectStatusCode", "HTTPRouteBackendProtocolH2C",
        "HTTPRouteBackendProtocolWebSocket", "HTTPRouteBackendRequestHeaderModification",
        "HTTPRouteBackendRequestRedirect", "HTTPRouteBackendTimeout", "HTTPRouteBackendURLRewrite",
        "HTTPRouteCORS", "HTTPRouteDestinationPortMatching", "HTTPRouteExternalAuth",
        "HTTPRouteExternalAuthForwardBody", "HTTPRouteExternalAuthGRPC",
        "HTTPRouteExternalAuthHTTP", "HTTPRouteHostRewrite",
        "HTTPRouteMethodMatching", "HTTPRouteNamedRouteRule", "HTTPRouteParentRefPort",
        "HTTPRoutePathRedirect", "HTTPRoutePathRewrite", "HTTPRoutePortRedirect",
        "HTTPRouteQueryParamMatching", "HTTPRouteRequestMirror", "HTTPRouteRequestMultipleMirrors",
        "HTTPRouteRequestPercentageMirror", "HTTPRouteRequestTimeout",
        "HTTPRouteResponseHeaderModification", "HTTPRouteRetry", "HTTPRouteRetryBackendTimeout",
        "HTTPRouteRetryConnectionError", "HTTPRouteSchemeRedirect",
    ]

    private static let grpcRoute = [
        "GRPCRoute", "GRPCRouteNamedRouteRule", "GRPCRouteRequestHeaderModifier",
    ]

    private static let connectionRoutes = [
        "TCPRoute", "TLSRoute", "TLSRouteModeMixed", "TLSRouteModeTerminate", "UDPRoute",
    ]

    private static let waypoint = [
        "Mesh", "MeshClusterIPMatching", "MeshConsumerRoute",
        "MeshHTTPRouteBackendRequestHeaderModification", "MeshHTTPRouteNamedRouteRule",
        "MeshHTTPRouteQueryParamMatching", "MeshHTTPRouteRedirectPath",
        "MeshHTTPRouteRedirectPort", "MeshHTTPRouteRewritePath", "MeshHTTPRouteSchemeRedirect",
    ]
}
