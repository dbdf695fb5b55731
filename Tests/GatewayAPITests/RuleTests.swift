import Testing

@testable import GatewayAPI

/// The rules of the API, one mistake each: where it is said, and under which code.
@Suite struct RuleTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var spec: String
        var found: String
        var testDescription: String { found }

        init(_ spec: String, _ found: String) {
            self.spec = spec
            self.found = found
        }
    }

    private func check(_ kind: String, _ mistake: Mistake) {
        let manifest = decode(
            """
            {apiVersion: gateway.networking.k8s.io/v1, kind: \(kind), metadata: {name: x},
            spec: {\(mistake.spec)}}
            """)
        let found = manifest.diagnostics.map {
            "\($0.severity) \($0.code.rawValue) \($0.fieldPath.dropFirst("spec.".count))"
        }
        #expect(found == [mistake.found], "\(manifest.diagnostics)")
        #expect(manifest.diagnostics.allSatisfy { $0.location?.line == 2 })
        #expect(manifest.resources.isEmpty == mistake.found.hasPrefix("error"))
    }

    @Test(arguments: [
        Mistake("rules: []", "error outOfRange rules"),
        Mistake("hostnames: ['*']", "error invalidFormat hostnames[0]"),
        Mistake("hostnames: [a..b]", "error invalidFormat hostnames[0]"),
        Mistake("hostnames: [yes]", "error wrongType hostnames[0]"),
        Mistake("parentRefs: [{name: a}, {name: a}]", "error duplicate parentRefs[1]"),
        Mistake(
            "parentRefs: [{name: a}, {name: a, sectionName: s}]", "error conflict parentRefs[1]"),
        Mistake("parentRefs: [{}]", "error missingField parentRefs[0].name"),
        Mistake("parentRefs: [{name: a, port: 0}]", "error outOfRange parentRefs[0].port"),
        Mistake("rules: [{name: a}, {name: a}]", "error duplicate rules[1].name"),
        Mistake(
            "rules: [{matches: [{path: {value: a}}]}]",
            "error invalidFormat rules[0].matches[0].path.value"),
        Mistake(
            "rules: [{matches: [{path: {value: /a//b}}]}]",
            "error invalidFormat rules[0].matches[0].path.value"),
        Mistake(
            "rules: [{matches: [{path: {type: Exact, value: /a/..}}]}]",
            "error invalidFormat rules[0].matches[0].path.value"),
        Mistake(
            "rules: [{matches: [{path: {type: Exact, value: '/a b'}}]}]",
            "error invalidFormat rules[0].matches[0].path.value"),
        Mistake(
            "rules: [{matches: [{path: {value: '/a%2fb'}}]}]",
            "error invalidFormat rules[0].matches[0].path.value"),
        Mistake(
            "rules: [{matches: [{headers: [{name: 'a b', value: c}]}]}]",
            "error invalidFormat rules[0].matches[0].headers[0].name"),
        Mistake(
            "rules: [{matches: [{headers: [{name: a, value: ' c'}]}]}]",
            "error invalidFormat rules[0].matches[0].headers[0].value"),
        Mistake(
            "rules: [{matches: [{headers: [{name: a, value: b}, {name: a, value: c}]}]}]",
            "error duplicate rules[0].matches[0].headers[1].name"),
        Mistake(
            "rules: [{matches: [{queryParams: [{name: a, value: ''}]}]}]",
            "error missingField rules[0].matches[0].queryParams[0].value"),
        Mistake(
            "rules: [{filters: [{type: URLRewrite}]}]",
            "error missingField rules[0].filters[0].urlRewrite"),
        Mistake(
            "rules: [{filters: [{type: URLRewrite, urlRewrite: {}, cors: {}}]}]",
            "error conflict rules[0].filters[0].cors"),
        Mistake(
            "rules: [{filters: [{type: CORS, cors: {}}, {type: CORS, cors: {}}]}]",
            "error duplicate rules[0].filters[1].type"),
        Mistake(
            "rules: [{filters: [{type: URLRewrite, urlRewrite: {}}, {type: RequestRedirect, requestRedirect: {}}]}]",
            "error conflict rules[0].filters"),
        Mistake(
            "rules: [{filters: [{type: RequestRedirect, requestRedirect: {}}], backendRefs: [{name: a, port: 1}]}]",
            "error conflict rules[0].filters[0].requestRedirect"),
        Mistake(
            "rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 300}}]}]",
            "error unsupportedValue rules[0].filters[0].requestRedirect.statusCode"),
        Mistake(
            "rules: [{matches: [{path: {type: Exact}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]}]",
            "error conflict rules[0].filters[0].urlRewrite.path.type"),
        Mistake(
            "rules: [{filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath}}}]}]",
            "error missingField rules[0].filters[0].urlRewrite.path.replaceFullPath"),
        Mistake(
            "rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a}}}]}]",
            "error missingField rules[0].filters[0].requestMirror.backendRef.port"),
        Mistake(
            "rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a, port: 1}, fraction: {numerator: 2, denominator: 1}}}]}]",
            "error outOfRange rules[0].filters[0].requestMirror.fraction.numerator"),
        Mistake(
            "rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: a, port: 1}, percent: 1, fraction: {numerator: 1}}}]}]",
            "error conflict rules[0].filters[0].requestMirror.fraction"),
        Mistake(
            "rules: [{filters: [{type: CORS, cors: {allowOrigins: ['*', 'http://a']}}]}]",
            "error conflict rules[0].filters[0].cors.allowOrigins"),
        Mistake(
            "rules: [{filters: [{type: CORS, cors: {allowOrigins: ['a.example']}}]}]",
            "error invalidFormat rules[0].filters[0].cors.allowOrigins[0]"),
        Mistake(
            "rules: [{backendRefs: [{name: a}]}]",
            "error missingField rules[0].backendRefs[0].port"),
        Mistake(
            "rules: [{backendRefs: [{name: a, port: 1, weight: 1000001}]}]",
            "error outOfRange rules[0].backendRefs[0].weight"),
        Mistake(
            "rules: [{backendRefs: [{name: a, port: 1, weigth: 5}]}]",
            "warning unknownField rules[0].backendRefs[0].weigth"),
        Mistake(
            "rules: [{timeouts: {request: 10}}]", "error wrongType rules[0].timeouts.request"),
        Mistake(
            "rules: [{timeouts: {request: 1.5s}}]",
            "error invalidFormat rules[0].timeouts.request"),
        Mistake(
            "rules: [{timeouts: {request: 1s, backendRequest: 2s}}]",
            "error conflict rules[0].timeouts.backendRequest"),
        Mistake("rules: [{retry: {codes: [200]}}]", "error outOfRange rules[0].retry.codes[0]"),
        Mistake(
            "rules: [{sessionPersistence: {}}]",
            "error missingField rules[0].sessionPersistence.cookie"),
        Mistake(
            "rules: [{sessionPersistence: {cookie: {lifetimeType: Permanent}}}]",
            "error missingField rules[0].sessionPersistence.absoluteTimeout"),
        Mistake(
            "rules: [" + Array(repeating: "{}", count: 17).joined(separator: ",") + "]",
            "warning outOfRange rules"),
    ])
    func route(_ mistake: Mistake) { check("HTTPRoute", mistake) }

    @Test(arguments: [
        Mistake("gatewayClassName: c", "error missingField listeners"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80}]",
            "error missingField listeners[0].protocol"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}]",
            "error duplicate listeners[1].name"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}]",
            "error duplicate listeners[1]"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP, tls: {mode: Passthrough}}]",
            "error conflict listeners[0].tls"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTPS, tls: {mode: Passthrough}}]",
            "error conflict listeners[0].tls.mode"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTPS, tls: {}}]",
            "error missingField listeners[0].tls.certificateRefs"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: TLS}]",
            "error missingField listeners[0].tls"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: TCP, hostname: a.example}]",
            "error conflict listeners[0].hostname"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Everywhere}}}]",
            "error unsupportedValue listeners[0].allowedRoutes.namespaces.from"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}], addresses: [{value: a.example}]",
            "error invalidFormat addresses[0].value"),
        Mistake(
            "gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}], addresses: [{value: '::1'}, {value: '::1'}]",
            "error duplicate addresses[1]"),
    ])
    func gateway(_ mistake: Mistake) { check("Gateway", mistake) }

    @Test(arguments: [
        ("0s", 0), ("1h1m1s1ms", 3_661_001), ("99999ms", 99_999), ("10m", 600_000),
    ])
    func durations(_ text: String, milliseconds: Int) {
        #expect(parseDuration(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "1", "s", "1.5s", "-1s", "100000s", "1s1s1s1s1s", "1d", "1 s", "٣s"])
    func notDurations(_ text: String) { #expect(parseDuration(text) == nil) }

    @Test(arguments: [
        ("Up", "name: Up"), ("a_b", "name: a_b"), ("number", "name: 7"), ("none", "labels: {}"),
        ("label", "name: a, labels: {'-': a}"), ("labelValue", "name: a, labels: {a: 'b c'}"),
        ("labelNumber", "name: a, labels: {version: 1}"),
        ("namespace", "name: a, namespace: a.b"), ("time", "name: a, creationTimestamp: now"),
    ])
    func metadata(_ name: String, _ text: String) {
        let manifest = decode(
            "{apiVersion: v1, kind: Service, metadata: {\(text)}, spec: {ports: [{port: 1}]}}")
        #expect(manifest.resources.isEmpty)
        #expect(manifest.diagnostics.count == 1, "\(manifest.diagnostics)")
        #expect(manifest.diagnostics.first?.fieldPath.hasPrefix("metadata.") == true)
    }
}
