import XDS

extension RandomValues {
    mutating func listener() -> Listener {
        Listener(
            name: text(), address: maybe { $0.address() },
            filterChains: list(2) { $0.filterChain() },
            defaultFilterChain: maybe { $0.filterChain() },
            listenerFilters: list { $0.listenerFilter() },
            apiListener: maybe { $0.connectionManager() })
    }

    mutating func any() -> AnyMessage {
        knownTypesOnly
            ? AnyMessage(packing: node())
            : AnyMessage(typeURL: "type.example/unknown.Message", value: bytes())
    }

    mutating func bytes() -> [UInt8] {
        list(20) { UInt8.random(in: 0...255, using: &$0.random) }
    }

    mutating func filterChain() -> FilterChain {
        FilterChain(
            name: text(), match: chance() ? filterChainMatch() : FilterChainMatch(),
            filters: list(2) { $0.networkFilter() }, transportSocket: maybe { $0.transportSocket() }
        )
    }

    mutating func filterChainMatch() -> FilterChainMatch {
        FilterChainMatch(
            destinationPort: maybe { $0.number(0...65535) },
            prefixRanges: list { $0.cidrRange() }, sourcePrefixRanges: list { $0.cidrRange() },
            serverNames: list { $0.text() }, transportProtocol: text(),
            applicationProtocols: list { $0.text() })
    }

    mutating func cidrRange() -> CIDRRange {
        CIDRRange(addressPrefix: text(), prefixLength: number(0...128))
    }

    mutating func networkFilter() -> NetworkFilter {
        NetworkFilter(
            name: text(),
            config: pick([
                .httpConnectionManager(connectionManager()), .tcpProxy(tcpProxy()), .other(any()),
            ]))
    }

    mutating func tcpProxy() -> TCPProxy {
        let weighted = list {
            TCPProxy.WeightedCluster(name: $0.text(), weight: $0.number(1...UInt32.max))
        }
        return TCPProxy(
            statPrefix: text(),
            cluster: chance() ? .cluster(text()) : .weightedClusters(weighted),
            idleTimeout: maybe { $0.duration() }, maxConnectAttempts: maybe { $0.number() })
    }

    mutating func listenerFilter() -> ListenerFilter {
        let proxy = UDPProxy(
            statPrefix: text(), cluster: text(), idleTimeout: maybe { $0.duration() },
            usesPerPacketLoadBalancing: chance())
        return ListenerFilter(
            name: text(), config: pick([.tlsInspector, .udpProxy(proxy), .other(any())]))
    }

    mutating func connectionManager() -> HTTPConnectionManager {
        HTTPConnectionManager(
            statPrefix: text(),
            routeSpecifier: chance() ? .rds(text()) : .routeConfig(routeConfiguration()),
            httpFilters: list(2) { $0.httpFilter() }, upgradeTypes: list { $0.text() },
            useRemoteAddress: maybe { $0.chance() }, normalizePath: maybe { $0.chance() },
            mergeSlashes: chance(), codecType: pick([.auto, .http1, .http2]), serverName: text(),
            http2Options: maybe {
                HTTP2ProtocolOptions(
                    maxConcurrentStreams: $0.maybe { $0.number() },
                    initialStreamWindowSize: $0.maybe { $0.number() },
                    initialConnectionWindowSize: $0.maybe { $0.number() },
                    allowsConnect: $0.chance())
            }, idleTimeout: maybe { $0.duration() }, streamIdleTimeout: maybe { $0.duration() },
            requestTimeout: maybe { $0.duration() },
            requestHeadersTimeout: maybe { $0.duration() },
            pathWithEscapedSlashesAction: pick([
                .implementationSpecificDefault, .keepUnchanged, .rejectRequest,
                .unescapeAndRedirect, .unescapeAndForward,
            ]), stripsAnyHostPort: chance())
    }
}

extension RandomValues {
    mutating func transportSocket() -> TransportSocket {
        let downstream = DownstreamTLSContext(
            common: commonTLSContext(), requiresClientCertificate: chance())
        let upstream = UpstreamTLSContext(
            common: commonTLSContext(), sni: text(), usesAutoHostSNI: chance(),
            usesAutoSNISANValidation: chance())
        return pick([.rawBuffer, .downstreamTLS(downstream), .upstreamTLS(upstream)])
    }

    mutating func commonTLSContext() -> CommonTLSContext {
        let versions: [TLSParameters.Version] = [.auto, .tls1_0, .tls1_1, .tls1_2, .tls1_3]
        let contexts: [CommonTLSContext.ValidationContext?] = [
            nil, .inline(validationContext()), .sds(text()),
            .combined(validationContext(), sds: text()),
        ]
        return CommonTLSContext(
            tlsParameters: maybe {
                TLSParameters(
                    minimumVersion: $0.pick(versions), maximumVersion: $0.pick(versions),
                    cipherSuites: $0.list { $0.text() }, ecdhCurves: $0.list { $0.text() })
            },
            tlsCertificates: list { $0.tlsCertificate() },
            tlsCertificateSDSSecrets: list { $0.text() }, validationContext: pick(contexts),
            alpnProtocols: list { $0.text() })
    }
}

extension RandomValues {
    mutating func cluster() -> Cluster {
        let endpoints = endpoints()
        return Cluster(
            name: text(),
            discovery: pick([
                .eds(serviceName: text()), .staticEndpoints(endpoints), .strictDNS(endpoints),
                .logicalDNS(endpoints),
            ]),
            loadBalancing: pick([.roundRobin, .leastRequest, .random, .ringHash, .maglev]),
            connectTimeout: maybe { $0.duration() },
            httpVersion: pick([.http1, .http2, .auto]),
            transportSocket: maybe { $0.transportSocket() }, usesLocalityWeights: chance(),
            circuitBreakers: list { $0.thresholds() },
            outlierDetection: maybe { $0.outlierDetection() },
            dnsLookupFamily: pick([.auto, .v4Only, .v6Only, .v4Preferred, .all]))
    }

    mutating func thresholds() -> CircuitBreakerThresholds {
        CircuitBreakerThresholds(
            priority: pick([.default, .high]), maxConnections: maybe { $0.number() },
            maxPendingRequests: maybe { $0.number() }, maxRequests: maybe { $0.number() },
            maxRetries: maybe { $0.number() },
            retryBudget: maybe {
                RetryBudget(
                    budgetPercent: $0.maybe { $0.pick([0, 12.5, 100]) },
                    minRetryConcurrency: $0.maybe { $0.number() })
            })
    }

    mutating func outlierDetection() -> OutlierDetection {
        OutlierDetection(
            consecutive5xx: maybe { $0.number() },
            consecutiveGatewayFailure: maybe { $0.number() },
            enforcingConsecutive5xx: maybe { $0.number() },
            enforcingConsecutiveGatewayFailure: maybe { $0.number() },
            interval: maybe { $0.duration() }, baseEjectionTime: maybe { $0.duration() },
            maxEjectionTime: maybe { $0.duration() }, maxEjectionPercent: maybe { $0.number() })
    }
}
