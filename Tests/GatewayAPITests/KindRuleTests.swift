import Testing

@testable import GatewayAPI

/// The rules of the kinds beside HTTPRoute and Gateway, one mistake each. What they accept and refuse
/// agrees with the validation of the CRDs of Gateway API 1.6.
@Suite struct KindRuleTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var spec: String
        /// Severity, code and path; nil when nothing is wrong.
        var found: String?
        var version: String
        var testDescription: String { "\(version) \(found ?? "right"): \(spec.prefix(60))" }

        init(_ spec: String, _ found: String?, version: String = "v1") {
            self.spec = spec
            self.found = found
            self.version = version
        }
    }

    private func check(
        _ kind: String, _ mistake: Mistake, group: String = "gateway.networking.k8s.io"
    ) {
        let manifest = decode(
            """
            {apiVersion: \(group)/\(mistake.version), kind: \(kind), metadata: {name: x},
            spec: {\(mistake.spec)}}
            """)
        let found = manifest.diagnostics.map {
            "\($0.severity) \($0.code.rawValue) \($0.fieldPath.dropFirst("spec.".count))"
        }
        #expect(found == (mistake.found.map { [$0] } ?? []), "\(manifest.diagnostics)")
        #expect(manifest.diagnostics.allSatisfy { $0.location?.line == 2 })
        #expect(manifest.resources.isEmpty == mistake.found?.hasPrefix("error") ?? false)
    }

    @Test(arguments: [
        Mistake("rules: []", nil),
        Mistake("rules: [{}]", nil),
        Mistake("hostnames: [A]", "error invalidFormat hostnames[0]"),
        Mistake("rules: [{name: a}, {name: a}]", "error duplicate rules[1].name"),
        Mistake("parentRefs: [{name: a}, {name: a}]", "error duplicate parentRefs[1]"),
        Mistake(
            "rules: [{matches: [{method: {}}]}]",
            "error missingField rules[0].matches[0].method.service"),
        Mistake(
            "rules: [{matches: [{method: {service: ''}}]}]",
            "error missingField rules[0].matches[0].method.service"),
        Mistake("rules: [{matches: [{method: {service: .A.b_1, method: c}}]}]", nil),
        Mistake(
            "rules: [{matches: [{method: {service: a-b}}]}]",
            "error invalidFormat rules[0].matches[0].method.service"),
        Mistake(
            "rules: [{matches: [{method: {method: a.b}}]}]",
            "error invalidFormat rules[0].matches[0].method.method"),
        Mistake(
            "rules: [{matches: [{method: {type: RegularExpression, method: 'a/.*'}}]}]", nil),
        Mistake(
            "rules: [{matches: [{method: {type: Prefix, method: a}}]}]",
            "error unsupportedValue rules[0].matches[0].method.type"),
        Mistake(
            "rules: [{matches: [{headers: [{name: a, value: b}, {name: a, value: c}]}]}]",
            "error duplicate rules[0].matches[0].headers[1].name"),
        Mistake(
            "rules: [{filters: [{type: URLRewrite, urlRewrite: {}}]}]",
            "error unsupportedValue rules[0].filters[0].type"),
        Mistake(
            "rules: [{filters: [{type: RequestMirror}]}]",
            "error missingField rules[0].filters[0].requestMirror"),
        Mistake(
            "rules: [{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {}}, {type: RequestHeaderModifier, requestHeaderModifier: {}}]}]",
            "error duplicate rules[0].filters[1].type"),
        Mistake("rules: [{timeouts: {}}]", "warning unknownField rules[0].timeouts"),
        Mistake(
            "rules: [{backendRefs: [{name: a}]}]",
            "error missingField rules[0].backendRefs[0].port"),
        Mistake(
            "rules: [{sessionPersistence: {type: Header}}]",
            "error missingField rules[0].sessionPersistence.header"),
    ])
    func grpcRoute(_ mistake: Mistake) {
        // An unknown filter leaves its field unknown, too, which is not the point here.
        check(
            "GRPCRoute",
            mistake.spec.contains("URLRewrite")
                ? Mistake(mistake.spec.replacing(", urlRewrite: {}", with: ""), mistake.found)
                : mistake)
    }

    private static let rule = "rules: [{backendRefs: [{name: a, port: 1}]}]"

    @Test(arguments: [
        Mistake("hostnames: [a.example], \(rule)", nil),
        Mistake(rule, "error missingField hostnames"),
        Mistake("hostnames: [], \(rule)", "error outOfRange hostnames"),
        Mistake(rule, "error missingField hostnames", version: "v1alpha3"),
        Mistake(rule, nil, version: "v1alpha2"),
        Mistake("hostnames: [10.0.0.1], \(rule)", "error invalidFormat hostnames[0]"),
        Mistake("hostnames: [10.0.0.1], \(rule)", nil, version: "v1alpha2"),
        Mistake("hostnames: ['a.*.b'], \(rule)", "error invalidFormat hostnames[0]"),
        Mistake("hostnames: [a]", "error missingField rules"),
        Mistake("hostnames: [a], rules: [{}]", "error missingField rules[0].backendRefs"),
        Mistake(
            "hostnames: [a], rules: [{backendRefs: []}]",
            "error outOfRange rules[0].backendRefs"),
        Mistake(
            "hostnames: [a], rules: [{backendRefs: [{name: a, port: 1}]}, {backendRefs: [{name: a, port: 1}]}]",
            "warning outOfRange rules"),
        Mistake(
            "rules: [{name: a, backendRefs: [{name: a, port: 1}]}, {name: a, backendRefs: [{name: a, port: 1}]}]",
            "error duplicate rules[1].name", version: "v1alpha2"),
        Mistake(
            "hostnames: [a], rules: [{backendRefs: [{name: a, port: 1, filters: []}]}]",
            "warning unknownField rules[0].backendRefs[0].filters"),
    ])
    func tlsRoute(_ mistake: Mistake) { check("TLSRoute", mistake) }

    @Test(arguments: ["TCPRoute", "UDPRoute"])
    func tcpAndUDPRoutes(_ kind: String) {
        check(kind, Mistake(Self.rule, nil))
        check(kind, Mistake(Self.rule, nil, version: "v1alpha2"))
        check(kind, Mistake("rules: []", "error outOfRange rules"))
        check(kind, Mistake("hostnames: [a], \(Self.rule)", "warning unknownField hostnames"))
        check(
            kind,
            Mistake(
                "rules: [{backendRefs: [{name: a, port: 1, weight: 1000001}]}]",
                "error outOfRange rules[0].backendRefs[0].weight"))
        check(
            kind,
            Mistake(
                "parentRefs: [{name: a, port: 1}, {name: a}], \(Self.rule)",
                "error conflict parentRefs[1]"))
    }

    private static let parent = "parentRef: {name: a}"

    @Test(arguments: [
        Mistake("\(parent), listeners: [{name: a, port: 80, protocol: HTTP}]", nil),
        Mistake(parent, "error missingField listeners"),
        Mistake("listeners: [{name: a, port: 80, protocol: HTTP}]", "error missingField parentRef"),
        Mistake(
            "\(parent), listeners: [{name: a, protocol: HTTP}]",
            "error missingField listeners[0].port"),
        Mistake(
            "\(parent), listeners: [{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}]",
            "error duplicate listeners[1]"),
        Mistake(
            "\(parent), listeners: [{name: a, port: 80, protocol: HTTP, tls: {mode: Passthrough}}]",
            "error conflict listeners[0].tls"),
        Mistake(
            "\(parent), listeners: [{name: a, port: 80, protocol: a.example/b-c}]",
            "error invalidFormat listeners[0].protocol"),
        Mistake(
            "parentRef: {name: a, sectionName: b}, listeners: [{name: a, port: 80, protocol: HTTP}]",
            "warning unknownField parentRef.sectionName"),
    ])
    func listenerSet(_ mistake: Mistake) { check("ListenerSet", mistake) }

    private static let targets = "targetRefs: [{group: '', kind: Service, name: a}]"
    private static let system = "wellKnownCACertificates: System"

    @Test(arguments: [
        Mistake("\(targets), validation: {hostname: a, \(system)}", nil),
        Mistake(
            "\(targets), validation: {hostname: a, wellKnownCACertificates: a.example/b}", nil),
        Mistake(
            "\(targets), validation: {hostname: a, wellKnownCACertificates: Other}",
            "error invalidFormat validation.wellKnownCACertificates"),
        Mistake(
            "\(targets), validation: {hostname: a}",
            "error missingField validation.caCertificateRefs"),
        Mistake(
            "\(targets), validation: {hostname: a, \(system), caCertificateRefs: [{group: '', kind: ConfigMap, name: a}]}",
            "error conflict validation.wellKnownCACertificates"),
        Mistake("\(targets), validation: {\(system)}", "error missingField validation.hostname"),
        Mistake(
            "\(targets), validation: {hostname: '*.a', \(system)}",
            "error invalidFormat validation.hostname"),
        Mistake(
            "\(targets), validation: {hostname: a, \(system), subjectAltNames: [{type: URI, uri: a}]}",
            "error invalidFormat validation.subjectAltNames[0].uri"),
        Mistake(
            "\(targets), validation: {hostname: a, \(system), subjectAltNames: [{type: Hostname}]}",
            "error missingField validation.subjectAltNames[0].hostname"),
        Mistake(
            "\(targets), validation: {hostname: a, \(system), subjectAltNames: [{type: Hostname, hostname: a, uri: 'a://b'}]}",
            "error conflict validation.subjectAltNames[0].uri"),
        Mistake(
            "targetRefs: [], validation: {hostname: a, \(system)}", "error outOfRange targetRefs"),
        Mistake(
            "targetRefs: [{group: '', kind: S, name: a}, {group: '', kind: S, name: a}], validation: {hostname: a, \(system)}",
            "error duplicate targetRefs[1]"),
        Mistake(
            "targetRefs: [{group: '', kind: S, name: a}, {group: '', kind: S, name: a, sectionName: b}], validation: {hostname: a, \(system)}",
            "error conflict targetRefs[1]"),
        Mistake(
            "targetRefs: [{group: '', kind: S, name: a, sectionName: c}, {group: '', kind: S, name: a, sectionName: b}], validation: {hostname: a, \(system)}",
            nil, version: "v1alpha3"),
        Mistake(
            "targetRefs: [{kind: S, name: a}], validation: {hostname: a, \(system)}",
            "error missingField targetRefs[0].group"),
    ])
    func backendTLSPolicy(_ mistake: Mistake) { check("BackendTLSPolicy", mistake) }

    private static let host = "type: ExternalHostname, externalHostname: {hostname: a.example}"

    @Test(arguments: [
        Mistake("\(host), port: {port: 1}", nil, version: "v1alpha1"),
        Mistake("\(host), port: {number: 1}", nil, version: "v1alpha1"),
        Mistake("\(host)", "error missingField port", version: "v1alpha1"),
        Mistake("\(host), port: {}", "error missingField port.port", version: "v1alpha1"),
        Mistake(
            "type: ExternalHostname, port: {port: 1}", "error missingField externalHostname",
            version: "v1alpha1"),
        Mistake(
            "type: ExternalHostname, externalHostname: {hostname: a.ns.svc.cluster.local}, port: {port: 1}",
            "error invalidFormat externalHostname.hostname", version: "v1alpha1"),
        Mistake(
            "\(host), port: {port: 1}, protocol: SMTP", "error unsupportedValue protocol",
            version: "v1alpha1"),
        Mistake(
            "\(host), port: {port: 1}, tls: {mode: ClientAndServer}",
            "error missingField tls.clientCertificateRef", version: "v1alpha1"),
        Mistake(
            "\(host), port: {port: 1}, tls: {mode: ServerOnly, clientCertificateRef: {name: a}}",
            "error conflict tls.clientCertificateRef", version: "v1alpha1"),
        Mistake("\(host), port: {port: 1}, tls: {mode: None}", nil, version: "v1alpha1"),
    ])
    func xBackend(_ mistake: Mistake) {
        check("XBackend", mistake, group: "gateway.networking.x-k8s.io")
    }

    @Test(arguments: [
        Mistake(targets, nil, version: "v1alpha1"),
        Mistake(
            "\(targets), retryConstraint: {budget: {percent: 101}}",
            "error outOfRange retryConstraint.budget.percent", version: "v1alpha1"),
        Mistake(
            "\(targets), retryConstraint: {budget: {interval: 999ms}}",
            "error outOfRange retryConstraint.budget.interval", version: "v1alpha1"),
        Mistake(
            "\(targets), retryConstraint: {minRetryRate: {interval: 0s}}",
            "error outOfRange retryConstraint.minRetryRate.interval", version: "v1alpha1"),
        Mistake(
            "\(targets), retryConstraint: {minRetryRate: {count: 0}}",
            "error outOfRange retryConstraint.minRetryRate.count", version: "v1alpha1"),
        Mistake(
            "targetRefs: [{group: '', kind: S, name: a}, {group: '', kind: S, name: a}]",
            "error duplicate targetRefs[1]", version: "v1alpha1"),
        Mistake(
            "targetRefs: [{group: '', kind: S, name: a, sectionName: b}]",
            "warning unknownField targetRefs[0].sectionName", version: "v1alpha1"),
    ])
    func xBackendTrafficPolicy(_ mistake: Mistake) {
        check("XBackendTrafficPolicy", mistake, group: "gateway.networking.x-k8s.io")
    }

    @Test func xMesh() {
        check(
            "XMesh",
            Mistake("controllerName: a", "error invalidFormat controllerName", version: "v1alpha1"),
            group: "gateway.networking.x-k8s.io")
    }

    @Test(arguments: [
        ("type: kubernetes.io/tls, data: {tls.crt: YQ==}", "missingField data[tls.key]"),
        ("type: kubernetes.io/ssh-auth", "missingField data.ssh-privatekey"),
        ("data: {a: hunter2}", "invalidFormat data.a"),
        ("data: {a: aHVudGVyMg}", "invalidFormat data.a"),
        ("data: {a: 'YQ==YQ=='}", "invalidFormat data.a"),
        ("data: {a: 17}", "wrongType data.a"),
        ("stringData: {a: 17}", "wrongType stringData.a"),
        ("stringData: {a: [hunter2]}", "wrongType stringData.a"),
        ("data: {'a b': YQ==}", "invalidFormat data.a b"),
        ("data: {..: YQ==}", "invalidFormat data[..]"),
        ("data: hunter2", "wrongType data"),
        ("dta: {a: b}", "unknownField dta"),
    ])
    func secret(_ fields: String, _ found: String) {
        let manifest = decode("{apiVersion: v1, kind: Secret, metadata: {name: x}, \(fields)}")
        #expect(manifest.diagnostics.map { "\($0.code.rawValue) \($0.fieldPath)" } == [found])
        for diagnostic in manifest.diagnostics {
            #expect(!diagnostic.message.contains("hunter2"))
            #expect(!diagnostic.message.contains("17"))
        }
    }

    @Test func configMap() {
        let twice = decode(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: b}, binaryData: {a: YQ==}}"
        )
        #expect(twice.diagnostics.map(\.fieldPath) == ["binaryData.a"])
        let number = decode("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: 5}}")
        #expect(number.diagnostics.map(\.code) == [.wrongType])
    }

    @Test(
        arguments: [
            ("", []), ("YQ==", [97]), ("YWI=", [97, 98]), ("YWJj", [97, 98, 99]),
            ("YW\nJj\r\n", [97, 98, 99]), ("AP8+", [0, 255, 62]), ("AP8/", [0, 255, 63]),
        ] as [(String, [UInt8])])
    func base64(_ text: String, _ bytes: [UInt8]) { #expect(decodeBase64(text) == bytes) }

    @Test(arguments: ["Y", "YQ", "YQ=", "YWI", "YQ===", "=", "YQ==Y", "YW-_", "YQ ==", "é==="])
    func notBase64(_ text: String) { #expect(decodeBase64(text) == nil) }

    /// An API does not look into selectors, and a Gateway must not be lost by a mistake in one.
    @Test(arguments: [
        "matchLabels: {team: 'not a label'}",
        "matchExpressions: [{key: a, operator: Near, values: [b]}]",
        "matchExpressions: [{key: a, operator: NotIn}]",
        "matchExpressions: [{key: a, operator: DoesNotExist, values: [b]}]",
    ])
    func aSelectorWithAMistakeSelectsNothing(_ selector: String) throws {
        let text = """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: g}
            spec:
              gatewayClassName: c
              listeners: [{name: a, port: 80, protocol: HTTP}]
              allowedListeners: {namespaces: {from: Selector, selector: {\(selector)}}}
            """
        #expect(decode(text).hasErrors)
        var lenient = ManifestDecoder(unknownValues: .keep)
        let manifest = lenient.decode(text.utf8, file: "a.yaml")
        #expect(manifest.diagnostics.map(\.severity) == [.warning])
        let gateway = try #require(manifest.resources.first?.content as? Gateway)
        let allowed = try #require(gateway.allowedListeners.namespaces.selector)
        for labels in [[:], ["team": "not a label"], ["a": "b"], ["a": "c"]] {
            #expect(!allowed.matches(labels), "\(labels)")
        }
    }
}
