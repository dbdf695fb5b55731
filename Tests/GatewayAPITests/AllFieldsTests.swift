import Testing

@testable import GatewayAPI

/// Every field of every kind, read once.
@Suite struct AllFieldsTests {
    private func content<Content: TypedContent>(
        _ text: String, _ type: Content.Type = Content.self
    ) throws -> Content {
        let manifest = decode(text)
        #expect(manifest.diagnostics.map(\.description) == [])
        let resource = manifest.resources.first { $0.reference.groupKind == type.groupKind }
        return try #require(resource?.content as? Content)
    }

    @Test func route() throws {
        let resource = try #require(decode(AllFields.route).resources.first)
        #expect(resource.metadata.creationTimestamp == "2025-01-31T09:30:00Z")
        #expect(resource.metadata.generation == 3)
        #expect(resource.metadata.uid == "0a1b")
        #expect(resource.metadata.resourceVersion == "17")
        #expect(resource.metadata.annotations == ["example.net/note": "any text"])

        let route: HTTPRoute = try content(AllFields.route)
        #expect(route.useDefaultGateways == .all)
        #expect(route.parentRefs[0].sectionName == "http")
        #expect(route.parentRefs[0].reference(from: "x").namespace == "infra")
        #expect(
            route.parentRefs[1].reference(from: "bookinfo").description
                == "Service bookinfo/reviews")
        #expect(route.hostnames == ["reviews.example.net", "*.example.org"])
        let match = route.rules[0].matches[0]
        #expect(match.path == HTTPRoute.PathMatch(.pathPrefix, "/reviews"))
        #expect(match.method == .get)
        #expect(match.headers.map(\.type) == [.exact, .regularExpression])
        #expect(match.queryParams.map(\.value) == ["1", "[0-9]+"])
        #expect(route.rules[0].name == "first")
        #expect(route.rules[0].backendRefs.map(\.weight) == [90, 10])
        #expect(route.rules[0].backendRefs[0].namespace == "other")
        #expect(route.rules[0].backendRefs[1].filters[0].requestHeaderModifier?.remove == ["g"])
        #expect(route.rules[0].timeouts?.request == .seconds(10))
        #expect(route.rules[0].timeouts?.backendRequest == .milliseconds(500))
        #expect(route.rules[0].retry?.codes == [500, 503])
        #expect(route.rules[0].retry?.attempts == 2)
        #expect(route.rules[0].retry?.backoff == .milliseconds(100))
        let session = route.rules[0].sessionPersistence
        #expect(session?.absoluteTimeout == .seconds(5400))
        #expect(session?.cookie?.name == "session")
        #expect(session?.cookie?.lifetimeType == .permanent)
        #expect(route.rules[1].sessionPersistence?.header?.name == "x-session")
    }

    @Test func filters() throws {
        let route: HTTPRoute = try content(AllFields.route)
        let filters = route.rules[0].filters
        #expect(filters[0].requestHeaderModifier?.add.first?.value == "d e")
        #expect(filters[1].responseHeaderModifier?.set.first?.name == "a")
        #expect(filters[2].requestMirror?.percent == 50)
        #expect(filters[3].requestMirror?.fraction?.denominator == 3)
        #expect(filters[3].requestMirror?.backendRef.namespace == "other")
        #expect(filters[4].urlRewrite?.path?.replacePrefixMatch == "/v2")
        #expect(filters[5].cors?.maxAge == .seconds(60))
        #expect(filters[5].cors?.allowCredentials == true)
        #expect(filters[6].externalAuth?.protocol == .grpc)
        #expect(filters[6].externalAuth?.forwardBody?.maxSize == 1024)
        #expect(filters[7].externalAuth?.http?.allowedResponseHeaders == ["x-b"])
        #expect(filters[8].extensionRef?.kind == "Filter")
        let redirect = route.rules[1].filters[0].requestRedirect
        #expect(redirect?.statusCode == 301)
        #expect(redirect?.path?.replaceFullPath == "/new")
    }

    @Test func gateway() throws {
        let gateway: Gateway = try content(AllFields.gateway)
        #expect(gateway.gatewayClassName == "heddle")
        #expect(gateway.defaultScope == Gateway.DefaultScope.none)
        #expect(gateway.addresses.map(\.value) == ["10.0.0.1", "edge.example.net", nil])
        #expect(gateway.statusAddresses.map(\.value) == ["10.0.0.1"])
        #expect(gateway.infrastructure?.parametersRef?.name == "p")
        let selector = gateway.allowedListeners.namespaces.selector
        #expect(selector?.matches(["team": "web", "stage": "prod"]) == true)
        #expect(selector?.matches(["team": "web", "stage": "dev"]) == false)
        #expect(selector?.matches(["team": "web", "stage": "test", "legacy": ""]) == false)
        #expect(gateway.tls?.backend?.clientCertificateRef?.name == "client")
        #expect(gateway.tls?.frontend?.default.validation?.mode == .allowInsecureFallback)
        #expect(gateway.tls?.frontend?.perPort.first?.port == 8443)
        #expect(
            gateway.listeners.map(\.protocol) == [.http, .https, .tls, .hbone, "example.net/chat"])
        #expect(
            gateway.listeners[0].allowedRoutes.kinds.map(\.groupKind) == [.httpRoute, .grpcRoute])
        #expect(gateway.listeners[1].allowedRoutes == Gateway.AllowedRoutes())
        #expect(gateway.listeners[1].tls?.certificateRefs.first?.kind == "Secret")
        #expect(gateway.listeners[2].tls?.mode == .passthrough)
    }

    @Test func theRest() throws {
        let text = AllFields.others
        #expect(try content(text, GatewayClass.self).parametersRef?.namespace == "infra")
        #expect(try content(text, ReferenceGrant.self).to.map(\.name) == [nil, "s"])
        let service: Service = try content(text)
        #expect(service.ports.map(\.targetPort) == [.name("web"), .number(9091)])
        #expect(service.ports[0].appProtocol == "kubernetes.io/h2c")
        #expect(service.publishNotReadyAddresses)
        let slice: EndpointSlice = try content(text)
        #expect(slice.endpoints[0].targetRef?.description == "Pod bookinfo/reviews-1")
        #expect(slice.endpoints[0].conditions.ready == true)
        #expect(slice.ports[0].port == 9080)
        let pod: Pod = try content(text)
        #expect(pod.podIPs == ["10.0.0.1", "fd00::1"])
        #expect(pod.isReady)
        #expect(pod.containers[0].ports[0].name == "web")
        let entry: WorkloadEntry = try content(text)
        #expect(entry.ports == ["http": 9080])
        #expect(entry.weight == 2)
    }

    @Test func defaultsAreTheAPIs() throws {
        let route: HTTPRoute = try content(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: HTTPRoute
            metadata: {name: r}
            spec: {parentRefs: [{name: g}]}
            """)
        #expect(route.rules == [HTTPRoute.Rule()])
        #expect(route.rules[0].matches[0].path == HTTPRoute.PathMatch(.pathPrefix, "/"))
        #expect(route.parentRefs[0].groupKind == .gateway)
        #expect(HTTPRoute.RequestRedirect().statusCode == 302)

        let gateway: Gateway = try content(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: g}
            spec: {gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}]}
            """)
        #expect(gateway.listeners[0].allowedRoutes.namespaces.from == .same)
        #expect(gateway.allowedListeners.namespaces.from == .none)
    }
}
