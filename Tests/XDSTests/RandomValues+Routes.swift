import XDS

extension RandomValues {
    mutating func routeConfiguration() -> RouteConfiguration {
        RouteConfiguration(
            name: text(), virtualHosts: list(2) { $0.virtualHost() }, usesVHDS: chance(),
            ignorePortInHostMatching: chance())
    }

    mutating func virtualHost() -> VirtualHost {
        VirtualHost(name: text(), domains: list { $0.text() }, routes: list(2) { $0.route() })
    }

    mutating func route() -> Route {
        let actions: [Route.Action] = [
            .route(routeAction()), .redirect(redirect()),
            .directResponse(DirectResponseAction(status: number(200...599), body: text())),
        ]
        return Route(
            name: text(), match: match(), action: pick(actions), metadata: metadata(),
            requestHeadersToAdd: list { $0.header() }, requestHeadersToRemove: list { $0.text() },
            responseHeadersToAdd: list { $0.header() }, responseHeadersToRemove: list { $0.text() },
            typedPerFilterConfig: filterConfigs())
    }

    mutating func match() -> RouteMatch {
        let path = text()
        return RouteMatch(
            path: pick([
                .prefix(path), .path(path), .pathSeparatedPrefix(path), .safeRegex(path),
            ]),
            headers: list {
                HeaderMatcher(
                    name: $0.text(),
                    condition: $0.chance() ? .present($0.chance()) : .string($0.stringMatcher()),
                    invertMatch: $0.chance())
            },
            queryParameters: list {
                QueryParameterMatcher(
                    name: $0.text(),
                    condition: $0.chance() ? .present($0.chance()) : .string($0.stringMatcher()))
            }, runtimeFraction: maybe { $0.fraction() }, isGRPC: chance())
    }

    mutating func fraction() -> FractionalPercent {
        FractionalPercent(
            numerator: number(), denominator: pick([.hundred, .tenThousand, .million]))
    }

    mutating func rewrite() -> RegexMatchAndSubstitute {
        RegexMatchAndSubstitute(pattern: text(), substitution: text())
    }

    mutating func routeAction() -> RouteAction {
        let weighted = list(2) { $0.clusterWeight() }
        return RouteAction(
            cluster: chance() ? .cluster(text()) : .weightedClusters(weighted),
            clusterNotFoundResponseCode: pick([
                .serviceUnavailable, .notFound, .internalServerError,
            ]),
            timeout: maybe { $0.duration() }, idleTimeout: maybe { $0.duration() },
            prefixRewrite: text(), regexRewrite: maybe { $0.rewrite() },
            hostRewriteLiteral: text(), retryPolicy: maybe { $0.retryPolicy() },
            requestMirrorPolicies: list {
                RequestMirrorPolicy(
                    cluster: $0.text(), runtimeFraction: $0.maybe { $0.fraction() },
                    keepsHost: $0.chance())
            }, hashPolicies: list { $0.hashPolicy() })
    }

    mutating func clusterWeight() -> ClusterWeight {
        ClusterWeight(
            name: text(), weight: number(), requestHeadersToAdd: list { $0.header() },
            requestHeadersToRemove: list { $0.text() }, responseHeadersToAdd: list { $0.header() },
            responseHeadersToRemove: list { $0.text() }, hostRewriteLiteral: text(),
            typedPerFilterConfig: filterConfigs())
    }

    mutating func retryPolicy() -> RetryPolicy {
        RetryPolicy(
            retryOn: text(), numRetries: maybe { $0.number() },
            perTryTimeout: maybe { $0.duration() }, perTryIdleTimeout: maybe { $0.duration() },
            retriableStatusCodes: list { $0.number(100...599) },
            retryBackOff: maybe {
                RetryPolicy.BackOff(
                    baseInterval: $0.duration(), maxInterval: $0.maybe { $0.duration() })
            })
    }

    mutating func hashPolicy() -> HashPolicy {
        HashPolicy(
            pick([
                .header(text()), .sourceIP, .queryParameter(text()),
                .cookie(name: text(), ttl: maybe { $0.duration() }, path: text()),
            ]), isTerminal: chance())
    }

    mutating func redirect() -> RedirectAction {
        RedirectAction(
            scheme: text(), host: text(), port: number(0...65535),
            path: pick([.keep, .replace(text()), .replacePrefix(text()), .regex(rewrite())]),
            status: pick([301, 302, 303, 307, 308]), stripsQuery: chance())
    }
}

extension RandomValues {
    mutating func httpFilter() -> HTTPFilter {
        HTTPFilter(
            name: text(), config: filterConfig(), isOptional: chance(), isDisabled: chance())
    }

    mutating func filterConfigs() -> [String: HTTPFilterConfig] {
        let pairs = list(2) { ($0.text(), $0.filterConfig()) }
        return Dictionary(pairs) { first, _ in first }
    }

    mutating func filterConfig() -> HTTPFilterConfig {
        let settings = ExtAuthzPerRoute.CheckSettings(
            contextExtensions: texts(), disablesRequestBodyBuffering: chance(),
            withRequestBody: maybe { $0.bufferSettings() },
            service: maybe { $0.authorizationService() })
        return pick([
            .router, .cors, .corsPolicy(corsPolicy()), .extAuthz(extAuthz()),
            .extAuthzPerRoute(pick([.disabled, .checkSettings(settings)])),
            .statefulSession(statefulSession()),
            .statefulSessionPerRoute(pick([.disabled, .statefulSession(statefulSession())])),
            .other(any()),
        ])
    }

    mutating func texts() -> [String: String] {
        let pairs = list { ($0.text(), $0.text()) }
        return Dictionary(pairs) { first, _ in first }
    }

    mutating func corsPolicy() -> CORSPolicy {
        CORSPolicy(
            allowOriginStringMatch: list { $0.stringMatcher() }, allowMethods: text(),
            allowHeaders: text(), exposeHeaders: text(), maxAge: text(),
            allowCredentials: chance(), allowPrivateNetworkAccess: chance(),
            forwardsNotMatchingPreflights: maybe { $0.chance() })
    }

    mutating func statefulSession() -> StatefulSession {
        let cookie = StatefulSession.Cookie(
            name: text(), ttl: maybe { $0.duration() }, path: text())
        return StatefulSession(
            sessionState: pick([nil, .cookie(cookie), .header(text())]), isStrict: chance())
    }

    mutating func bufferSettings() -> BufferSettings {
        BufferSettings(
            maxRequestBytes: number(1...UInt32.max), allowsPartialMessage: chance(),
            packsAsBytes: chance())
    }

    mutating func extAuthz() -> ExtAuthz {
        ExtAuthz(
            service: maybe { $0.authorizationService() }, failureModeAllow: chance(),
            withRequestBody: maybe { $0.bufferSettings() },
            statusOnError: maybe { $0.pick([0, 403, 503]) },
            allowedHeaders: maybe { $0.list { $0.stringMatcher() } },
            disallowedHeaders: list { $0.stringMatcher() }, includesPeerCertificate: chance(),
            clearsRouteCache: chance())
    }

    mutating func authorizationService() -> ExtAuthz.Service {
        let headers = list { HeaderValue(key: $0.text(), value: $0.text()) }
        let grpc = GRPCService(
            clusterName: text(), authority: text(), timeout: maybe { $0.duration() },
            initialMetadata: headers)
        let http = ExtAuthzHTTPService(
            uri: text(), cluster: text(), timeout: duration(), pathPrefix: text(),
            headersToAdd: headers, allowedHeaders: list { $0.stringMatcher() },
            allowedUpstreamHeaders: list { $0.stringMatcher() },
            allowedUpstreamHeadersToAppend: list { $0.stringMatcher() },
            allowedClientHeaders: list { $0.stringMatcher() },
            allowedClientHeadersOnSuccess: list { $0.stringMatcher() })
        return pick([.grpc(grpc), .http(http)])
    }
}

extension RandomValues {
    mutating func checkRequest() -> CheckRequest {
        CheckRequest(
            attributes: AttributeContext(
                source: maybe { $0.peer() }, destination: maybe { $0.peer() },
                time: maybe { $0.timestamp() },
                http: maybe {
                    AttributeContext.HTTPRequest(
                        id: $0.text(), method: $0.text(), headers: $0.texts(), path: $0.text(),
                        host: $0.text(), scheme: $0.text(),
                        size: $0.pick([-1, 0, 4096, .max]), protocol: $0.text(), body: $0.text(),
                        rawBody: $0.bytes())
                },
                contextExtensions: texts(), sni: maybe { $0.text() }))
    }

    private mutating func peer() -> AttributeContext.Peer {
        AttributeContext.Peer(
            address: maybe { $0.address() }, service: text(), principal: text(),
            certificate: text())
    }

    mutating func checkResponse() -> CheckResponse {
        let denied = CheckResponse.Denied(
            status: pick([0, 401, 503]), headers: list { $0.header() }, body: text())
        let accepted = CheckResponse.OK(
            headers: list { $0.header() }, headersToRemove: list { $0.text() },
            responseHeadersToAdd: list { $0.header() },
            queryParametersToSet: list {
                CheckResponse.QueryParameter(key: $0.text(), value: $0.text())
            }, queryParametersToRemove: list { $0.text() })
        return CheckResponse(
            status: status(),
            httpResponse: pick([nil, .denied(denied), .ok(accepted), .error(denied)]))
    }
}
