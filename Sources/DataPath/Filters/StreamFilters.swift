import Routing

/// Which filters a route has.
enum StreamFilters {
    /// Whether requests of the route need a ``HTTPStream`` even from HTTP/1 to HTTP/1.
    ///
    /// - Parameters:
    ///   - isUpgrade: An upgrade that is let through needs a connection of its own, so that all
    ///     but authorization is left out for it.
    ///   - hasOrigin: Whether the request names an origin; asked only where it matters.
    @inline(__always)
    static func needsStream(
        _ route: CompiledRoute, _ backend: CompiledRoute.Backend?,
        _ listener: CompiledConnectionManager, isUpgrade: Bool, hasOrigin: () -> Bool
    ) -> Bool {
        if !listener.filters.concernsAll && route.features == nil && backend?.features == nil {
            return false
        }
        if isUpgrade { return authorizes(route, backend, listener) }
        if listener.filters.concernsAll || backend?.features?.needsStream == true { return true }
        guard let features = route.features, features.needsStream else { return false }
        return !features.needsOrigin || hasOrigin()
    }

    /// Whether somebody is asked about requests of the route.
    static func authorizes(
        _ route: CompiledRoute, _ backend: CompiledRoute.Backend?,
        _ listener: CompiledConnectionManager
    ) -> Bool {
        listener.filters.filters.contains { filter in
            if case .extAuthz = filter.feature {
                authorization(filter, route, backend) != nil
            } else {
                false
            }
        }
    }

    /// The filters for a request of the route, in the listener's order; what the router itself
    /// does comes last.
    static func make(
        _ route: CompiledRoute, _ backend: CompiledRoute.Backend?,
        _ listener: CompiledConnectionManager
    ) -> [StreamFilter] {
        if !listener.filters.concernsAll && route.features == nil && backend?.features == nil {
            return []
        }
        var filters: [StreamFilter] = []
        for filter in listener.filters.filters {
            if let made = make(filter, route, backend) { filters.append(made) }
        }
        guard case .forward = route.action, let features = route.features else { return filters }
        if let retry = features.retry { filters.append(RetryFilter(retry)) }
        if !features.mirrors.isEmpty { filters.append(MirrorFilter(features.mirrors)) }
        return filters
    }

    private static func make(
        _ filter: HTTPFilterChain.Filter, _ route: CompiledRoute, _ backend: CompiledRoute.Backend?
    ) -> StreamFilter? {
        switch filter.feature {
        case .cors:
            // As in Envoy, what is answered in place has no rules of origins.
            guard case .forward = route.action,
                case .cors(let policy) = setting(filter, route, backend)
            else { return nil }
            return CORSFilter(policy)
        case .session(let usual):
            guard case .forward = route.action else { return nil }
            switch setting(filter, route, backend) {
            case .session(let session): return SessionFilter(session)
            case .noSession: return nil
            case nil, .cors, .noAuthorization, .authorization:
                return filter.isDisabled ? nil : usual.map { SessionFilter($0) }
            }
        case .extAuthz(let config):
            guard let settings = authorization(filter, route, backend) else { return nil }
            return AuthorizationFilter(config, settings.ofRoute)
        }
    }

    private static func authorization(
        _ filter: HTTPFilterChain.Filter, _ route: CompiledRoute, _ backend: CompiledRoute.Backend?
    ) -> (ofRoute: AuthorizationOfRoute?, Void)? {
        switch setting(filter, route, backend) {
        case .authorization(let settings): (settings, ())
        case .noAuthorization: nil
        case nil, .cors, .session, .noSession: filter.isDisabled ? nil : (nil, ())
        }
    }

    /// What the backend says, or else the route.
    private static func setting(
        _ filter: HTTPFilterChain.Filter, _ route: CompiledRoute, _ backend: CompiledRoute.Backend?
    ) -> RouteFeatures.Setting? {
        backend?.features?.setting(of: filter.name) ?? route.features?.setting(of: filter.name)
    }
}
