import Testing

@testable import GatewayAPI

/// Every field of the kinds beside HTTPRoute and Gateway, read once.
@Suite struct AllKindsTests {
    private func contents<Content: TypedContent>(
        _ text: String, _ type: Content.Type = Content.self
    ) throws -> [Content] {
        let manifest = decode(text)
        #expect(manifest.diagnostics.map(\.description) == [])
        return manifest.resources.compactMap { $0.content as? Content }
    }

    @Test func grpcRoute() throws {
        let route = try #require(try contents(AllFields.routes, GRPCRoute.self).first)
        #expect(route.useDefaultGateways == .all)
        #expect(route.hostnames == ["grpc.example.net"])
        #expect(route.parentRefs.first?.sectionName == "http")
        let rule = try #require(route.rules.first)
        #expect(rule.name == "first")
        #expect(
            rule.matches.first?.method
                == GRPCRoute.MethodMatch(service: "helloworld.Greeter", method: "SayHello"))
        #expect(rule.matches.first?.headers.map(\.type) == [.exact, .regularExpression])
        #expect(rule.matches.first?.headers.first?.value == "any  text")
        #expect(rule.matches.last?.method?.type == .regularExpression)
        #expect(rule.matches.last?.method?.method == nil)
        #expect(
            rule.filters.map(\.httpFilter.type) == [
                .requestHeaderModifier, .responseHeaderModifier, .requestMirror, .extensionRef,
            ])
        #expect(rule.filters[0].httpFilter.requestHeaderModifier?.set.first?.value == "b")
        #expect(rule.filters[2].requestMirror?.percent == 10)
        #expect(rule.backendRefs.map(\.weight) == [3, 1])
        #expect(rule.backendRefs[1].backendRef.namespace == "other")
        #expect(rule.backendRefs[1].filters.first?.requestHeaderModifier?.add.first?.name == "a")
        #expect(rule.sessionPersistence?.cookie?.path == "/")
    }

    @Test func forwardingRoutes() throws {
        let tls = try contents(AllFields.routes, TLSRoute.self)
        #expect(
            tls.map(\.hostnames) == [["a.example.net", "*.example.org"], ["a.example.net"], []])
        #expect(tls[0].rules.first?.name == "only")
        #expect(tls[0].rules.first?.backendRefs.map(\.weight) == [0, 1])
        #expect(tls[0].rules.first?.backendRefs.last?.backendRef.namespace == "other")
        #expect(tls[0].useDefaultGateways == HTTPRoute.DefaultGateways.none)
        #expect(tls[2].rules.count == 2)
        let tcp = try contents(AllFields.routes, TCPRoute.self)
        #expect(tcp[0].parentRefs.first?.port == 9000)
        #expect(tcp[0].rules[0].backendRefs == [BackendRef(name: "a", port: 9000, weight: 2)])
        #expect(tcp[1].rules.count == 2)
        let udp = try contents(AllFields.routes, UDPRoute.self)
        #expect(udp.map { $0.rules[0].backendRefs[0].backendRef.port } == [53, 53])
    }

    @Test func listenerSet() throws {
        let set = try #require(try contents(AllFields.extensions, ListenerSet.self).first)
        #expect(set.parentRef.reference(from: "x").description == "Gateway infra/edge")
        #expect(set.listeners.map(\.protocol) == [.https, .tcp])
        #expect(set.listeners[0].tls?.certificateRefs.first?.name == "c")
        #expect(set.listeners[0].allowedRoutes.namespaces.from == .all)
    }

    @Test func policies() throws {
        let policies = try contents(AllFields.extensions, BackendTLSPolicy.self)
        #expect(policies[0].targetRefs.map(\.sectionName) == ["https", nil])
        #expect(
            policies[0].targetRefs[0].reference(from: "bookinfo").description
                == "Service bookinfo/reviews")
        #expect(policies[0].validation.caCertificateRefs.map(\.kind) == ["ConfigMap"])
        #expect(policies[0].validation.subjectAltNames.map(\.hostname) == ["*.example.net", nil])
        #expect(
            policies[0].validation.subjectAltNames.last?.uri == "spiffe://example.net/ns/a/sa/b")
        #expect(policies[0].options == ["example.net/minimum-version": "1.3"])
        #expect(policies[1].validation.wellKnownCACertificates == .system)

        let traffic = try #require(
            try contents(AllFields.extensions, XBackendTrafficPolicy.self).first)
        #expect(traffic.retryConstraint?.budget.percent == 10)
        #expect(traffic.retryConstraint?.budget.interval == .seconds(30))
        #expect(traffic.retryConstraint?.minRetryRate.count == 5)
        #expect(traffic.sessionPersistence?.header?.name == "x-session")
        #expect(XBackendTrafficPolicy.RetryConstraint().budget.percent == 20)
        #expect(XBackendTrafficPolicy.RetryConstraint().minRetryRate.interval == .seconds(1))
    }

    @Test func experimentalKinds() throws {
        let backend = try #require(try contents(AllFields.extensions, XBackend.self).first)
        #expect(backend.type == .externalHostname)
        #expect(backend.externalHostname == "api.partner.example")
        #expect(backend.port == 443)
        #expect(backend.portName == "https")
        #expect(backend.protocol == .http2)
        #expect(backend.tls?.mode == .clientAndServer)
        #expect(backend.tls?.clientCertificateRef?.kind == "Secret")
        #expect(backend.tls?.validation?.wellKnownCACertificates == .system)
        let resources = decode(AllFields.extensions).resources
        let mesh = try #require(resources.first { $0.reference.groupKind == .xMesh })
        #expect(mesh.reference.namespace.isEmpty)
        let content = try #require(mesh.content as? XMesh)
        #expect(content.controllerName == "heddle.example.net/mesh-controller")
        #expect(content.parametersRef?.namespace == "infra")
        #expect(content.description == "The mesh")
    }

    @Test func secretsAndConfigMaps() throws {
        let secrets = try contents(AllFields.core, Secret.self)
        #expect(secrets[0].type == .tls)
        #expect(secrets[0].data["tls.crt"] == Array("cert".utf8))
        #expect(secrets[0].data["tls.key"] == Array("keykey".utf8))
        #expect(secrets[1].type == .opaque)
        #expect(
            secrets[1].data == ["a": [], "b": Array("over".utf8), "c": Array("text".utf8)])
        let map = try #require(try contents(AllFields.core, ConfigMap.self).first)
        #expect(map.data == ["ca.crt": "-----BEGIN CERTIFICATE-----"])
        #expect(map.bytes("ca.crt")?.count == 27)
        #expect(map.bytes("der") == [0, 1, 2, 255])
        #expect(map.bytes("nothing") == nil)
    }

    @Test func aSecretTellsNobodyItsBytes() throws {
        let secret = Secret(type: .tls, data: ["tls.key": Array("hunter2".utf8)])
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("104"), "\(text)")
        }
        #expect("\(secret)" == "kubernetes.io/tls (tls.key: 7 bytes)")
    }

    @Test func definitionsOfKinds() throws {
        let manifest = decode(AllFields.core)
        let resource = try #require(
            manifest.resources.first { $0.reference.groupKind == .customResourceDefinition })
        let definition = try #require(resource.content as? CustomResourceDefinition)
        #expect(definition.bundleVersion == "v1.6.1")
        #expect(definition.channel == "experimental")
        #expect(resource.reference.namespace.isEmpty)
    }

    @Test func aStatusIsKeptAsItWasReadAndChangesNothing() throws {
        let status = """
            status:
              parents:
              - {parentRef: {name: a}, controllerName: other.example/c, conditions: [], own: [1]}

            """
        let route = ManifestDecoderTests.split
        let resource = try #require(decode(route + status).resources.first)
        #expect(resource.status?["parents"]?[0]?["own"] == [1])
        let without = try #require(decode(route).resources.first)
        #expect(without.status == nil)
        #expect(without.contentHash == resource.contentHash)
        let mesh =
            "{apiVersion: gateway.networking.x-k8s.io/v1alpha1, kind: XMesh, "
            + "metadata: {name: m}, spec: {controllerName: a.example/b}"
        #expect(
            decode(mesh + "}").resources.first?.contentHash
                == decode(mesh + ", status: {conditions: []}}").resources.first?.contentHash)
    }
}
