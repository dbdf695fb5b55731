import XDS

/// The HTTP filters of a connection manager, in order.
package struct HTTPFilterChain: Sendable {
    /// What a filter does.
    package enum Feature: Sendable {
        /// Cross-origin rules, which are a route's.
        case cors
        /// External authorization, unless a route says otherwise.
        case extAuthz(CompiledExtAuthz)
        /// Sessions, unless a route says otherwise; nil are a route's.
        case session(CompiledSession?)
    }

    /// A filter.
    package struct Filter: Sendable {
        /// What routes call it by.
        package let name: String
        /// What it does.
        package let feature: Feature
        /// It does nothing but for routes with settings of their own.
        package let isDisabled: Bool
    }

    /// The filters, without the router.
    package let filters: [Filter]
    /// Every request needs them, whatever its route says.
    package let concernsAll: Bool
    /// Every request is authorized, unless its route says otherwise.
    package let authorizesAll: Bool
    /// The clusters that it asks.
    let clusterReferences: [String]

    init(
        _ sources: [HTTPFilter], at place: String, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) {
        var filters: [Filter] = []
        var clusters: [String] = []
        for (index, source) in sources.enumerated() {
            let field = "\(place)[\(index)]"
            let feature: Feature
            switch source.config {
            case .router: continue
            case .cors: feature = .cors
            case .statefulSession(let session):
                feature = .session(
                    CompiledSession(session, at: "\(field).typed_config", errors: &errors))
            case .extAuthz(let filter):
                if let cluster = CompiledExtAuthz.cluster(of: filter.service) {
                    clusters.append(cluster)
                }
                feature = .extAuthz(
                    CompiledExtAuthz(
                        filter, at: "\(field).typed_config", slots: &slots, errors: &errors))
            case .corsPolicy, .extAuthzPerRoute, .statefulSessionPerRoute:
                errors.invalid(
                    field, "the filter `\(source.name)` has the settings of a route")
                continue
            case .other:
                if !source.isOptional {
                    errors.unsupported(
                        field, "the filter `\(source.name)` (\(source.config.typeURL)) is unknown")
                }
                continue
            }
            filters.append(
                Filter(name: source.name, feature: feature, isDisabled: source.isDisabled))
        }
        if sources.last?.config != .router {
            errors.invalid(place, "the last filter must be the router")
        }
        self.filters = filters
        clusterReferences = clusters
        authorizesAll = filters.contains { filter in
            if case .extAuthz = filter.feature { !filter.isDisabled } else { false }
        }
        concernsAll =
            authorizesAll
            || filters.contains { filter in
                if case .session(.some) = filter.feature { !filter.isDisabled } else { false }
            }
    }
}

/// What a route, or one backend of it, asks of its requests beyond forwarding.
package final class RouteFeatures: Sendable {
    /// What becomes of a filter for a route.
    package enum Setting: Sendable {
        /// These rules apply.
        case cors(CompiledCORS)
        /// Nobody is asked.
        case noAuthorization
        /// These settings change the filter's.
        case authorization(AuthorizationOfRoute)
        /// There are no sessions.
        case noSession
        /// These sessions apply.
        case session(CompiledSession)
    }

    /// The settings of filters, by the filter's name.
    package let settings: [(name: String, setting: Setting)]
    /// When requests are tried again; nil is never.
    package let retry: CompiledRetry?
    /// Where copies go.
    package let mirrors: [CompiledMirror]
    /// Requests from HTTP/1 to HTTP/1 cannot be passed on as they are.
    package let needsStream: Bool
    /// Only requests with an `origin` need more than to be passed on as they are.
    package let needsOrigin: Bool
    /// Requests are authorized.
    package let authorizes: Bool
    /// The clusters it goes to beside the backends.
    let clusterReferences: [String]

    /// What a route asks; nil for nothing.
    init?(
        _ configs: [String: HTTPFilterConfig], action: RouteAction?, at place: String,
        slots: inout SlotRegistry, errors: inout ErrorCollector
    ) {
        let policy = action?.retryPolicy
        let policies = action?.requestMirrorPolicies ?? []
        if configs.isEmpty && policy == nil && policies.isEmpty { return nil }
        var clusters: [String] = []
        var settings: [(name: String, setting: Setting)] = []
        for (name, config) in configs.sorted(by: { $0.key < $1.key }) {
            let field = "\(place).typed_per_filter_config[`\(name)`]"
            if let cluster = config.authorizationCluster { clusters.append(cluster) }
            if let setting = Setting(config, at: field, slots: &slots, errors: &errors) {
                settings.append((name, setting))
            }
        }
        self.settings = settings
        retry = policy.map {
            CompiledRetry($0, at: "\(place).route.retry_policy", errors: &errors)
        }
        var mirrors: [CompiledMirror] = []
        for mirror in policies where mirror.cluster != ClusterName.invalidBackend {
            clusters.append(mirror.cluster)
            mirrors.append(
                CompiledMirror(
                    clusterSlot: slots.cluster(mirror.cluster), fraction: mirror.runtimeFraction,
                    keepsHost: mirror.keepsHost))
        }
        self.mirrors = mirrors
        clusterReferences = clusters
        authorizes = settings.contains { entry in
            if case .authorization = entry.setting { true } else { false }
        }
        let others = settings.contains { entry in
            switch entry.setting {
            case .session, .authorization: true
            case .cors, .noAuthorization, .noSession: false
            }
        }
        let hasCORS = settings.contains { entry in
            if case .cors = entry.setting { true } else { false }
        }
        let isBusy = retry != nil || !mirrors.isEmpty || others
        needsStream = isBusy || hasCORS
        needsOrigin = !isBusy
    }

    /// What it says of a filter.
    package func setting(of filter: String) -> Setting? {
        settings.first { $0.name == filter }?.setting
    }
}

extension RouteFeatures.Setting {
    fileprivate init?(
        _ config: HTTPFilterConfig, at place: String, slots: inout SlotRegistry,
        errors: inout ErrorCollector
    ) {
        switch config {
        case .corsPolicy(let policy): self = .cors(CompiledCORS(policy, at: place, errors: &errors))
        case .extAuthzPerRoute(.disabled): self = .noAuthorization
        case .extAuthzPerRoute(.checkSettings(let settings)):
            self = .authorization(
                AuthorizationOfRoute(settings, at: place, slots: &slots, errors: &errors))
        case .statefulSessionPerRoute(.disabled): self = .noSession
        case .statefulSessionPerRoute(.statefulSession(let session)):
            let compiled = CompiledSession(session, at: place, errors: &errors)
            self = compiled.map(Self.session) ?? .noSession
        case .router, .cors, .extAuthz, .statefulSession, .other:
            errors.unsupported(place, "\(config.typeURL) is no setting of a route that is known")
            return nil
        }
    }
}

extension HTTPFilterConfig {
    fileprivate var authorizationCluster: String? {
        guard case .extAuthzPerRoute(.checkSettings(let settings)) = self else { return nil }
        return CompiledExtAuthz.cluster(of: settings.service)
    }
}
