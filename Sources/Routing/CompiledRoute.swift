import XDS

/// A route, ready to be matched and followed.
///
/// It keeps its identity from one table to the next as long as its `Route` stays the same, and
/// with it the state that workers hold for it.
package final class CompiledRoute: Sendable {
    /// Where a request goes that is forwarded.
    ///
    /// A class, so that following a route costs one reference count, not one a part.
    package final class Forwarding: Sendable {
        /// How long the whole exchange may take, in nanoseconds, which the hot path adds to its
        /// clock; nil is the data path's default, zero is none.
        package let timeout: UInt64?
        /// How long the exchange may be silent, in nanoseconds; nil is the data path's default,
        /// zero is none.
        package let idleTimeout: UInt64?
        /// What replaces the matched part of the path; empty keeps it.
        package let prefixRewrite: [UInt8]
        /// What replaces `Host`; empty keeps it.
        package let hostRewrite: [UInt8]
        /// The status for ``ClusterName/invalidBackend``, and for a cluster that is not there.
        package let clusterNotFoundStatus: Int
        /// The backends; a single cluster is one with the weight 1.
        package let backends: [Backend]
        /// Where a worker finds its picker, when there is more than one backend; see
        /// ``RoutingTable/splitSlotCount``.
        package let split: Split?

        init(
            _ action: RouteAction, of route: Route, at place: String, slots: inout SlotRegistry,
            errors: inout ErrorCollector
        ) {
            timeout = action.timeout.map(\.wholeNanoseconds)
            idleTimeout = action.idleTimeout.map(\.wholeNanoseconds)
            prefixRewrite = Array(action.prefixRewrite.utf8)
            hostRewrite = Array(action.hostRewriteLiteral.utf8)
            checkWritten(prefixRewrite + hostRewrite, at: "\(place).route", errors: &errors)
            clusterNotFoundStatus =
                switch action.clusterNotFoundResponseCode {
                case .serviceUnavailable: 503
                case .notFound: 404
                case .internalServerError: 500
                }
            let weights = action.weights
            backends = weights.enumerated().map { index, weight in
                CompiledRoute.Backend(
                    cluster: weight.name,
                    clusterSlot: weight.name == ClusterName.invalidBackend
                        ? nil : slots.cluster(weight.name),
                    requestHeaders: HeaderRules(
                        add: route.requestHeadersToAdd + weight.requestHeadersToAdd,
                        remove: route.requestHeadersToRemove + weight.requestHeadersToRemove,
                        at: "\(place).request_headers", errors: &errors))
            }
            let sum = weights.reduce(UInt64(0)) { $0 + UInt64($1.weight) }
            if sum == 0 || sum > UInt64(UInt32.max) {
                errors.invalid(
                    "\(place).route.weighted_clusters",
                    "the weights sum to \(sum), it must be 1 to \(UInt32.max)")
            }
            let isSplit = weights.count > 1 && errors.errors.isEmpty
            split = isSplit ? slots.split(weights.map(\.weight)) : nil
        }
    }

    /// A choice between several backends.
    package struct Split: Sendable {
        /// The place of a worker's state for it.
        package let slot: Int
        /// Tells this split from others that had the same slot before or will have it.
        package let identity: UInt64
        /// The weights, in the order of the backends.
        package let weights: [UInt32]
    }

    /// One cluster that a route forwards to.
    package final class Backend: Sendable {
        /// The cluster's name.
        package let cluster: String
        /// The cluster's slot, see ``CompiledCluster/slot``; nil for an invalid backend.
        package let clusterSlot: Int?
        /// What becomes of the request's headers, the route's own rules included.
        package let requestHeaders: HeaderRules

        init(cluster: String, clusterSlot: Int?, requestHeaders: HeaderRules) {
            self.cluster = cluster
            self.clusterSlot = clusterSlot
            self.requestHeaders = requestHeaders
        }
    }

    /// A redirection.
    package struct Redirect: Sendable {
        /// What becomes of the path.
        package enum Path: Sendable {
            /// It stays.
            case keep
            /// It is replaced whole.
            case replace([UInt8])
            /// Its matched prefix is replaced.
            case replacePrefix([UInt8])
        }
        /// The new scheme; empty keeps it.
        package let scheme: [UInt8]
        /// The new host; empty keeps it.
        package let host: [UInt8]
        /// The new port; nil leaves it to the scheme and the request.
        package let port: UInt16?
        /// What becomes of the path; the query stays.
        package let path: Path
        /// The status.
        package let status: Int
    }

    /// An answer in place.
    package struct DirectResponse: Sendable {
        /// The status.
        package let status: Int
        /// The body.
        package let body: [UInt8]
    }

    /// What becomes of a request.
    package enum Action: Sendable {
        /// It goes to a cluster.
        case forward(Forwarding)
        /// It is redirected.
        case redirect(Redirect)
        /// It is answered in place.
        case respond(DirectResponse)
    }

    /// The route as it was received.
    let received: ReceivedRoute
    /// The route's name in bytes.
    package let name: [UInt8]
    /// The name of the virtual host it is in, in bytes.
    package let virtualHost: [UInt8]
    /// What becomes of a request.
    package let action: Action
    /// What becomes of the response's headers.
    package let responseHeaders: HeaderRules
    /// The length of the matched prefix; nil when the whole path is matched.
    package let matchedPrefixLength: Int?

    let conditions: RequestConditions

    init(
        _ route: Route, received: ReceivedRoute, virtualHost: [UInt8], at place: String,
        slots: inout SlotRegistry, errors: inout ErrorCollector
    ) {
        self.received = received
        name = Array(route.name.utf8)
        self.virtualHost = virtualHost
        conditions = RequestConditions(route.match, at: "\(place).match", errors: &errors)
        switch route.match.path {
        case .prefix(let literal): matchedPrefixLength = literal.utf8.count
        case .pathSeparatedPrefix(let literal):
            matchedPrefixLength = literal.utf8.count
            if literal.hasSuffix("/") || !literal.hasPrefix("/") {
                errors.invalid(
                    "\(place).match.path_separated_prefix",
                    "`\(literal)` must start with a slash and not end with one")
            }
        case .path, .safeRegex: matchedPrefixLength = nil
        }
        responseHeaders = HeaderRules(
            add: route.responseHeadersToAdd, remove: route.responseHeadersToRemove,
            at: "\(place).response_headers", errors: &errors)
        action = Self.compile(route, at: place, slots: &slots, errors: &errors)
    }

    private static func compile(
        _ route: Route, at place: String, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) -> Action {
        switch route.action {
        case .route(let action):
            return .forward(
                Forwarding(action, of: route, at: place, slots: &slots, errors: &errors))
        case .redirect(let action):
            return .redirect(Redirect(action, at: place, errors: &errors))
        case .directResponse(let action):
            if !(200...599).contains(action.status) {
                errors.invalid(
                    "\(place).direct_response.status", "\(action.status) is not 200 to 599")
            }
            return .respond(
                DirectResponse(status: Int(action.status), body: Array(action.body.utf8)))
        }
    }

    /// The slot of its split, if it has one.
    var splitSlot: Int? {
        guard case .forward(let forwarding) = action else { return nil }
        return forwarding.split?.slot
    }

    /// Calls `body` with each cluster it goes to.
    func forEachCluster(_ body: (String) -> Void) {
        guard case .forward(let forwarding) = action else { return }
        for backend in forwarding.backends { body(backend.cluster) }
    }
}

extension RouteAction {
    fileprivate var weights: [ClusterWeight] {
        switch cluster {
        case .cluster(let name): [ClusterWeight(name: name, weight: 1)]
        case .weightedClusters(let weights): weights
        }
    }
}

extension CompiledRoute.Redirect {
    fileprivate init(
        _ action: RedirectAction, at route: String, errors: inout ErrorCollector
    ) {
        scheme = lowercasedBytes(action.scheme)
        host = Array(action.host.utf8)
        port = action.port == 0 ? nil : UInt16(truncatingIfNeeded: action.port)
        status = action.status
        let written: [UInt8]
        switch action.path {
        case .keep:
            path = .keep
            written = []
        case .replace(let text):
            written = Array(text.utf8)
            path = .replace(written)
        case .replacePrefix(let text):
            written = Array(text.utf8)
            path = .replacePrefix(written)
        case .regex:
            path = .keep
            written = []
            errors.unsupported("\(route).redirect.regex_rewrite", "the proxy has no such redirect")
        }
        let place = "\(route).redirect"
        checkWritten(scheme + host + written, at: place, errors: &errors)
        if ![301, 302, 303, 307, 308].contains(status) {
            errors.invalid(place, "\(status) is no status of a redirect")
        }
        if action.port > 65_535 { errors.invalid(place, "\(action.port) is no port") }
    }
}

/// What is written into a head must not end a line or a word in it.
private func checkWritten(_ bytes: [UInt8], at place: String, errors: inout ErrorCollector) {
    if bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
        errors.invalid(place, "what is to be written holds a space or a control character")
    }
}

extension Duration {
    /// The duration in nanoseconds, rounded down; 0 when negative, 292 years at most.
    package var wholeNanoseconds: UInt64 {
        if self <= .zero { return 0 }
        let (seconds, attoseconds) = components
        if seconds >= 9_223_372_036 { return UInt64(Int64.max) }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
