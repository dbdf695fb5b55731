import GatewayAPI
import HeddlePlugin
import XDS

extension BackendModel {
    /// Translates a Service, or what a plugin knows; nil for anything else.
    init?(_ resource: Resource, plugins: PluginRegistry, context: TranslationContext) {
        let reference = resource.reference
        let translation: BackendTranslation
        var domains: [Int: (all: [String], short: [String])] = [:]
        if let service = resource.content as? Service {
            translation = BackendTranslation(ports: ServiceTranslation.ports(reference, service))
            domains = ServiceTranslation.domains(
                of: service, reference, clusterDomain: context.clusterDomain)
        } else if let plugin = plugins.backend(reference.groupKind) {
            translation = plugin.translate(resource, context: context)
        } else {
            return nil
        }
        let ports = translation.ports.map { port in
            var port = port
            PolicyAttachment.apply(
                to: &port.traits, of: reference, section: port.name, plugins: plugins,
                context: context)
            let hosts = port.isUDP ? nil : domains[port.number]
            return Port(
                translation: port, cluster: Self.cluster(port), domains: hosts?.all ?? [],
                shortDomains: hosts?.short ?? [])
        }
        self.init(reference: reference, ports: ports, notAccepted: translation.notAccepted)
    }

    /// The cluster as all proxies get it; a group's own certificate is put in by `ClusterTable`.
    private static func cluster(_ port: BackendTranslation.Port) -> XDS.Cluster {
        var cluster = XDS.Cluster(
            name: port.cluster, connectTimeout: .seconds(5),
            usesHTTP2: port.traits.applicationProtocol == .http2,
            transportSocket: port.traits.tls.map { .upstreamTLS(context($0, port.traits)) })
        if case .hostname(let host, let number) = port.endpoints {
            let address = SocketAddress(address: host, port: UInt32(clamping: number))
            cluster.discovery = .strictDNS(
                ClusterLoadAssignment(
                    clusterName: port.cluster,
                    endpoints: [LocalityLbEndpoints(lbEndpoints: [LbEndpoint(address: address)])]))
        }
        if port.traits.refusal != nil {
            // Never plain text in the place of TLS: nothing is sent at all.
            cluster.transportSocket = nil
            cluster.discovery = .staticEndpoints(ClusterLoadAssignment(clusterName: port.cluster))
        }
        if let constraint = port.traits.retryConstraint {
            cluster.circuitBreakers = [thresholds(constraint)]
        }
        return cluster
    }

    private static func context(_ tls: BackendTLS, _ traits: BackendTraits) -> UpstreamTLSContext {
        // Without other names, the certificate must be for the name that is asked for.
        let names =
            tls.subjectAltNames.isEmpty ? [.dns(tls.serverName)] : tls.subjectAltNames
        let validation = CertificateValidationContext(
            trustedCA: .inlineBytes(tls.authorities),
            matchTypedSubjectAltNames: names.map(matcher))
        let certificates = tls.clientCertificate.map { own in
            TLSCertificate(
                certificateChain: .inlineBytes(own.chain), privateKey: .inlineBytes(own.privateKey))
        }
        return UpstreamTLSContext(
            common: CommonTLSContext(
                tlsCertificates: [certificates].compactMap { $0 },
                validationContext: .inline(validation),
                alpnProtocols: traits.applicationProtocol == .http2 ? ["h2"] : []),
            sni: tls.serverName)
    }

    private static func matcher(_ name: BackendTLS.SubjectAltName) -> SubjectAltNameMatcher {
        switch name {
        case .dns(let host): SubjectAltNameMatcher(.dns, StringMatcher(.exact(host.lowercased())))
        case .uri(let uri): SubjectAltNameMatcher(.uri, StringMatcher(.exact(uri)))
        }
    }

    /// The budget is a share of what is under way, and the lowest rate becomes a number of retries
    /// that may be under way at once: xDS counts no rates (GEP-3388).
    private static func thresholds(
        _ constraint: XBackendTrafficPolicy.RetryConstraint
    ) -> CircuitBreakerThresholds {
        let (seconds, attoseconds) = constraint.minRetryRate.interval.components
        let interval = max(Double(seconds) + Double(attoseconds) / 1e18, 0.001)
        let rate = (Double(constraint.minRetryRate.count) / interval).rounded(.up)
        return CircuitBreakerThresholds(
            retryBudget: RetryBudget(
                budgetPercent: Double(constraint.budget.percent),
                minRetryConcurrency: UInt32(min(max(rate, 1), 1_000_000))))
    }
}
