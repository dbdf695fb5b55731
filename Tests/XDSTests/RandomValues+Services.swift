import XDS

extension RandomValues {
    mutating func source() -> DataSource {
        pick([
            .filename(text()), .inlineBytes(bytes()), .inlineString(text()),
            .environmentVariable(text()),
        ])
    }

    mutating func secret() -> Secret {
        Secret(
            name: text(),
            kind: pick([
                .tlsCertificate(tlsCertificate()), .validationContext(validationContext()),
                .generic(source()), .sessionTicketKeys(list { $0.source() }),
            ]))
    }

    mutating func tlsCertificate() -> TLSCertificate {
        TLSCertificate(
            certificateChain: maybe { $0.source() }, privateKey: maybe { $0.source() },
            password: maybe { $0.source() }, ocspStaple: maybe { $0.source() })
    }

    mutating func validationContext() -> CertificateValidationContext {
        CertificateValidationContext(
            trustedCA: maybe { $0.source() }, crl: maybe { $0.source() },
            matchTypedSubjectAltNames: list {
                SubjectAltNameMatcher(
                    $0.pick([.email, .dns, .uri, .ipAddress]), $0.stringMatcher())
            },
            verifyCertificateHash: list { $0.text() }, verifyCertificateSPKI: list { $0.text() },
            usesSystemRootCerts: chance(),
            trustChainVerification: pick([.verify, .acceptUntrusted]))
    }

    mutating func timestamp() -> Timestamp {
        Timestamp(
            seconds: Int64.random(in: -62_135_596_800...253_402_300_799, using: &random),
            nanoseconds: pick([0, 5_000_000, 123_456_789, 999_999_999, 1000]))
    }

    mutating func clientStatusRequest() -> ClientStatusRequest {
        ClientStatusRequest(
            nodeMatchers: list { NodeMatcher(nodeID: $0.maybe { $0.stringMatcher() }) },
            node: maybe { $0.node() }, excludeResourceContents: chance())
    }

    mutating func clientStatusResponse() -> ClientStatusResponse {
        ClientStatusResponse(
            config: list {
                ClientConfig(
                    node: $0.maybe { $0.node() }, genericXDSConfigs: $0.list { $0.config() },
                    clientScope: $0.text())
            })
    }

    private mutating func config() -> GenericXDSConfig {
        GenericXDSConfig(
            type: type(), name: text(), versionInfo: text(),
            xdsConfig: maybe { AnyMessage(packing: $0.resource()) },
            lastUpdated: maybe { $0.timestamp() },
            configStatus: pick([.unknown, .synced, .notSent, .stale, .error]),
            clientStatus: pick([.unknown, .requested, .doesNotExist, .acked, .nacked, .timeout]),
            errorState: maybe {
                UpdateFailureState(
                    failedConfiguration: $0.maybe { AnyMessage(packing: $0.resource()) },
                    lastUpdateAttempt: $0.maybe { $0.timestamp() }, details: $0.text(),
                    versionInfo: $0.text())
            }, isStaticResource: chance())
    }

    mutating func servingStatus() -> HealthCheckResponse.ServingStatus {
        pick([.unknown, .serving, .notServing, .serviceUnknown])
    }

    mutating func healthListResponse() -> HealthListResponse {
        let pairs = list { ($0.text(), HealthCheckResponse(status: $0.servingStatus())) }
        return HealthListResponse(statuses: Dictionary(pairs) { first, _ in first })
    }

    mutating func reflectionRequest() -> ServerReflectionRequest {
        ServerReflectionRequest(
            host: text(),
            query: pick([
                nil, .fileByFilename(text()), .fileContainingSymbol(text()),
                .fileContainingExtension(containingType: text(), number: 7),
                .allExtensionNumbersOfType(text()), .listServices(text()),
            ]))
    }

    mutating func reflectionResponse() -> ServerReflectionResponse {
        ServerReflectionResponse(
            validHost: text(), originalRequest: maybe { $0.reflectionRequest() },
            answer: pick([
                nil, .fileDescriptors(list { $0.bytes() }),
                .extensionNumbers(baseType: text(), numbers: list { _ in -3 }),
                .services(list { $0.text() }), .error(code: 5, message: text()),
            ]))
    }
}
