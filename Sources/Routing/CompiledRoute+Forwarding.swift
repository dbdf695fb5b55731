import XDS

extension CompiledRoute {
    /// Where a request goes that is forwarded.
    ///
    /// A class, so that following a route costs one reference count, not one a part.
    package final class Forwarding: Sendable {
        /// How long the whole exchange may take, in nanoseconds, which the hot path adds to its
        /// clock; nil is the data path's default, zero is none.
        package let timeout: UInt64?
        /// How long the exchange may be silent, in nanoseconds; nil is the listener's or the data
        /// path's default, zero is none.
        package let idleTimeout: UInt64?
        /// What replaces the matched part of the path; empty keeps it.
        package let prefixRewrite: [UInt8]
        /// What replaces parts of the path; nil keeps it.
        package let pathRewrite: PathRewrite?
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
            checkWritten(prefixRewrite, at: "\(place).route.prefix_rewrite", errors: &errors)
            pathRewrite = action.regexRewrite.flatMap {
                PathRewrite($0, at: "\(place).route.regex_rewrite", errors: &errors)
            }
            if pathRewrite != nil && !prefixRewrite.isEmpty {
                errors.invalid(
                    "\(place).route.regex_rewrite", "it cannot stand beside prefix_rewrite")
            }
            clusterNotFoundStatus =
                switch action.clusterNotFoundResponseCode {
                case .serviceUnavailable: 503
                case .notFound: 404
                case .internalServerError: 500
                }
            let weights = action.weights
            var backends: [Backend] = []
            backends.reserveCapacity(weights.count)
            for weight in weights {
                backends.append(
                    Backend(weight, action, of: route, at: place, slots: &slots, errors: &errors))
            }
            self.backends = backends
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
        /// What becomes of the response's headers, the route's own rules included.
        package let responseHeaders: HeaderRules
        /// What replaces `Host`; empty keeps it.
        package let hostRewrite: [UInt8]
        /// What it asks of its requests, before the route; nil for nothing.
        package let features: RouteFeatures?

        fileprivate init(
            _ weight: ClusterWeight, _ action: RouteAction, of route: Route, at place: String,
            slots: inout SlotRegistry, errors: inout ErrorCollector
        ) {
            cluster = weight.name
            clusterSlot =
                weight.name == ClusterName.invalidBackend ? nil : slots.cluster(weight.name)
            requestHeaders = HeaderRules(
                add: route.requestHeadersToAdd + weight.requestHeadersToAdd,
                remove: route.requestHeadersToRemove + weight.requestHeadersToRemove,
                at: "\(place).request_headers", errors: &errors)
            responseHeaders = HeaderRules(
                add: route.responseHeadersToAdd + weight.responseHeadersToAdd,
                remove: route.responseHeadersToRemove + weight.responseHeadersToRemove,
                at: "\(place).response_headers", errors: &errors)
            let host =
                weight.hostRewriteLiteral.isEmpty
                ? action.hostRewriteLiteral : weight.hostRewriteLiteral
            hostRewrite = Array(host.utf8)
            checkWritten(hostRewrite, at: "\(place).route.host_rewrite_literal", errors: &errors)
            features = RouteFeatures(
                weight.typedPerFilterConfig, action: nil,
                at: "\(place).route.weighted_clusters.clusters[`\(weight.name)`]", slots: &slots,
                errors: &errors)
        }
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

extension Duration {
    /// The duration in nanoseconds, rounded down; 0 when negative, 292 years at most.
    package var wholeNanoseconds: UInt64 {
        if self <= .zero { return 0 }
        let (seconds, attoseconds) = components
        if seconds >= 9_223_372_036 { return UInt64(Int64.max) }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
