import GatewayAPI
import XDS

/// Translates timeouts and retries.
///
/// Source: Gateway API, HTTPRouteTimeouts and HTTPRouteRetry; GEP-1742, GEP-1731.
enum RetryTranslation {
    /// Puts them into a route's action.
    ///
    /// An absent limit is written as none: no proxy's hidden default may cut a stream.
    static func apply(
        _ timeouts: HTTPRoute.Timeouts?, _ retry: HTTPRoute.Retry?, to action: inout RouteAction
    ) {
        let request = timeouts?.request ?? .zero
        let backend = timeouts?.backendRequest ?? .zero
        guard let retry else {
            // One try: the shorter of the two bounds it.
            let limits = [request, backend].filter { $0 > .zero }
            action.timeout = limits.min() ?? .zero
            return
        }
        action.timeout = request
        // A try that takes too long counts as one that was reset.
        var policy = RetryPolicy(
            retryOn: "connect-failure,refused-stream,reset",
            numRetries: UInt32(clamping: retry.attempts ?? 1),
            perTryTimeout: backend > .zero ? backend : nil,
            retriableStatusCodes: retry.codes.map { UInt32(clamping: $0) })
        if !retry.codes.isEmpty { policy.retryOn += ",retriable-status-codes" }
        if let backoff = retry.backoff, backoff > .zero {
            policy.retryBackOff = .init(baseInterval: backoff)
        }
        action.retryPolicy = policy
    }
}
