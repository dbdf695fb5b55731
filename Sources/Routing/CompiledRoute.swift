import XDS

/// A route, ready to be matched and followed.
///
/// It keeps its identity from one table to the next as long as its `Route` stays the same, and
/// with it the state that workers hold for it.
package final class CompiledRoute: Sendable {
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
    /// What becomes of the headers of an answer that no backend gave, see
    /// ``Backend/responseHeaders``.
    package let responseHeaders: HeaderRules
    /// The length of the matched prefix; nil when the whole path is matched.
    package let matchedPrefixLength: Int?

    /// What it asks of its requests beyond that; nil for nothing.
    package let features: RouteFeatures?

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
        features = RouteFeatures(
            route.typedPerFilterConfig, action: route.action.routeAction, at: place, slots: &slots,
            errors: &errors)
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
        features?.clusterReferences.forEach(body)
        guard case .forward(let forwarding) = action else { return }
        for backend in forwarding.backends {
            body(backend.cluster)
            backend.features?.clusterReferences.forEach(body)
        }
    }
}

extension Route.Action {
    fileprivate var routeAction: RouteAction? {
        if case .route(let action) = self { action } else { nil }
    }
}
