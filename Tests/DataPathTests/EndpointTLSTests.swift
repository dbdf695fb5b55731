import Foundation
import Glibc
import Routing
import Testing
import XDS

@testable import DataPath

@Suite("TLS with endpoints")
struct EndpointTLSTests {
    /// A proxy that says its chain's name over TLS: what is tested connects to it.
    private func backend(
        _ authority: TestAuthority, names: String = "DNS:one.test,URI:spiffe://td/one",
        configure: (inout DownstreamTLSContext) -> Void = { _ in }
    ) async throws -> TestProxy {
        try await authority.sign("one", names: names)
        var tls = DownstreamTLSContext(
            common: CommonTLSContext(
                tlsCertificateSDSSecrets: ["one"], alpnProtocols: ["h2", "http/1.1"]))
        configure(&tls)
        func chain(_ name: String, _ match: FilterChainMatch) -> FilterChain {
            FilterChain(
                name: name, match: match,
                filters: [
                    .httpConnectionManager(
                        HTTPConnectionManager(statPrefix: "in", routeSpecifier: .rds(name)))
                ], transportSocket: .downstreamTLS(tls))
        }
        let routes = ["named", "unnamed"].map { name in
            RouteConfiguration(
                name: name,
                virtualHosts: [
                    VirtualHost(
                        name: "all", domains: ["*"],
                        routes: [
                            Route(
                                name: "r", match: RouteMatch(),
                                action: .directResponse(
                                    DirectResponseAction(status: 200, body: name)))
                        ])
                ])
        }
        return try await TestProxy(
            .chains(
                [
                    chain("named", FilterChainMatch(serverNames: ["one.test"])),
                    chain("unnamed", FilterChainMatch()),
                ], routes: routes, clusters: [:],
                secrets: [try authority.secret("one"), try authority.trust()]))
    }

    /// Everything goes to one endpoint, by TLS.
    private func inputs(
        _ port: Int, secrets: [Secret], http2: Bool = false, _ tls: UpstreamTLSContext?
    ) -> RoutingInputs {
        var inputs = RoutingInputs.routes(
            [
                Route(
                    name: "r", match: RouteMatch(),
                    action: .route(RouteAction(cluster: .cluster("one"))))
            ], clusters: ["one": [port]])
        inputs.clusters["one"]?.resource.transportSocket = tls.map { .upstreamTLS($0) }
        inputs.clusters["one"]?.resource.usesHTTP2 = http2
        for secret in secrets { inputs.secrets[secret.name] = Versioned(secret) }
        return inputs
    }

    private func trusting(_ names: [SubjectAltNameMatcher] = []) -> UpstreamTLSContext {
        UpstreamTLSContext(
            common: CommonTLSContext(
                validationContext: .combined(
                    CertificateValidationContext(
                        trustedCA: nil, matchTypedSubjectAltNames: names), sds: "ca")),
            sni: "one.test")
    }

    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("a trusted endpoint is asked by its server name, over connections that are used again")
    func trusted() async throws {
        let authority = try await TestAuthority()
        let backend = try await backend(authority)
        for http2 in [false, true] {
            let before = backend.proxy.statistics.handshakes
            let inputs = inputs(
                backend.port, secrets: [try authority.trust()], http2: http2,
                trusting([SubjectAltNameMatcher(.dns, StringMatcher(.exact("one.test")))]))
            try await TestProxy.with(inputs) { proxy in
                for _ in 0..<5 {
                    let answer = try proxy.ask(get)
                    #expect(answer.text == "named", "\(answer.text)")
                }
                #expect(proxy.proxy.statistics.upstreamConnections == 1)
            }
            #expect(backend.proxy.statistics.handshakes == before + 1)
        }
        await backend.proxy.stop()
    }

    @Test("one of the names must be the certificate's")
    func names() async throws {
        let authority = try await TestAuthority()
        let backend = try await backend(authority)
        for (names, problem) in [
            ([("dns", "two.test"), ("uri", "spiffe://td/one")], nil),
            ([("uri", "spiffe://td/on")], "spiffe://td/on"),
            ([("dns", "two.test"), ("dns", "one")], "two.test or one"),
            ([("dns", "spiffe://td/one")], "spiffe://td/one"),
        ] as [([(String, String)], String?)] {
            let matchers = names.map { kind, name in
                SubjectAltNameMatcher(kind == "dns" ? .dns : .uri, StringMatcher(.exact(name)))
            }
            let table = inputs(
                backend.port, secrets: [try authority.trust()], trusting(matchers))
            try await TestProxy.with(table) { proxy in
                let answer = try proxy.ask(get)
                #expect(answer.status == (problem == nil ? 200 : 503))
                guard let problem else { return }
                #expect(
                    answer.text.contains(
                        "127.0.0.1:\(backend.port): the certificate is not for \(problem)\n"))
                #expect(proxy.proxy.statistics.flags == ["UF": 1])
            }
        }
        await backend.proxy.stop()
    }

    @Test("an endpoint of another authority is not asked, in either version of HTTP")
    func untrusted() async throws {
        let authority = try await TestAuthority()
        let stranger = try await TestAuthority()
        let backend = try await backend(stranger)
        for http2 in [false, true] {
            let table = inputs(
                backend.port, secrets: [try authority.trust()], http2: http2, trusting())
            try await TestProxy.with(table) { proxy in
                let answer = try proxy.ask(get)
                #expect(answer.status == 503)
                #expect(answer.text.contains("the certificate is not trusted: "))
                #expect(proxy.proxy.statistics.flags == ["UF": 1])
            }
        }
        #expect(backend.proxy.statistics.requests == 0)
        await backend.proxy.stop()
    }

    @Test("an endpoint without TLS never sees a request in plain text")
    func plainEndpoint() async throws {
        let authority = try await TestAuthority()
        let received = AsyncStream<[UInt8]>.makeStream()
        let server = try TestServer { stream, _ in
            received.continuation.yield(try stream.read(3))
            try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            stream.close()
        }
        defer { server.stop() }
        let table = inputs(server.port, secrets: [try authority.trust()], trusting())
        try await TestProxy.with(table) { proxy in
            let answer = try proxy.ask(get)
            #expect(answer.status == 503)
            #expect(answer.text.contains("wrong version number"))
            var first = received.stream.makeAsyncIterator()
            #expect(await first.next() == [22, 3, 1])
        }
    }

    @Test("the proxy shows its own certificate")
    func clientCertificate() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("client", names: "DNS:client.test")
        let backend = try await backend(authority) {
            $0.common.validationContext = .sds("ca")
            $0.requiresClientCertificate = true
        }
        var tls = trusting()
        let secrets = [try authority.trust(), try authority.secret("client")]
        try await TestProxy.with(inputs(backend.port, secrets: secrets, tls)) { proxy in
            let answer = try proxy.ask(get)
            #expect(answer.status == 503)
        }
        tls.common.tlsCertificateSDSSecrets = ["client"]
        try await TestProxy.with(inputs(backend.port, secrets: secrets, tls)) { proxy in
            let answer = try proxy.ask(get)
            #expect(answer.text == "named")
        }
        await backend.proxy.stop()
    }

    @Test("a cluster that becomes secure uses no connection from before, and back")
    func becomesSecure() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        // Both on one port: what begins like TLS is TLS.
        func chain(_ name: String, _ transport: String, tls: DownstreamTLSContext?) -> FilterChain {
            FilterChain(
                name: name, match: FilterChainMatch(transportProtocol: transport),
                filters: [
                    .httpConnectionManager(
                        HTTPConnectionManager(
                            statPrefix: "in",
                            routeSpecifier: .routeConfig(
                                RouteConfiguration(
                                    name: name,
                                    virtualHosts: [
                                        VirtualHost(
                                            name: "all", domains: ["*"],
                                            routes: [
                                                Route(
                                                    match: RouteMatch(),
                                                    action: .directResponse(
                                                        DirectResponseAction(
                                                            status: 200, body: name)))
                                            ])
                                    ]))))
                ], transportSocket: tls.map { .downstreamTLS($0) })
        }
        let both = try await TestProxy(
            .chains(
                [
                    chain("plain", "raw_buffer", tls: nil),
                    chain(
                        "secure", "tls",
                        tls: DownstreamTLSContext(
                            common: CommonTLSContext(tlsCertificateSDSSecrets: ["one"]))),
                ], clusters: [:], secrets: [try authority.secret("one")]))
        let secrets = [try authority.trust()]
        let plain = inputs(both.port, secrets: secrets, nil)
        let secure = inputs(both.port, secrets: secrets, trusting())
        try await TestProxy.with(plain) { proxy in
            var table = try RoutingTable.compile(plain)
            #expect(try proxy.ask(get).text == "plain")
            for (next, expected) in [(secure, "secure"), (plain, "plain"), (secure, "secure")] {
                table = try RoutingTable.compile(next, reusing: table)
                try await proxy.proxy.install(table)
                #expect(try proxy.ask(get).text == expected)
            }
        }
        await both.proxy.stop()
    }

    @Test("connections that are forwarded as they are may be secured on the way")
    func tcp() async throws {
        let authority = try await TestAuthority()
        let backend = try await backend(authority)
        var inputs = RoutingInputs.tcp(["one": 1], clusters: ["one": [backend.port]])
        inputs.clusters["one"]?.resource.transportSocket = .upstreamTLS(trusting())
        inputs.secrets["ca"] = Versioned(try authority.trust())
        try await TestProxy.with(inputs) { proxy in
            let answer = try proxy.ask(get)
            #expect(answer.text == "named")
        }
        inputs.secrets["ca"] = Versioned(try await TestAuthority().trust())
        try await TestProxy.with(inputs) { proxy in
            let client = try proxy.client()
            #expect(throws: TestStream.Failure.self) {
                try client.send(get)
                _ = try client.response()
            }
            #expect(proxy.proxy.statistics.flags == ["UF": 1])
        }
        await backend.proxy.stop()
    }

    @Test(
        "a response that ends with the connection is whole only when TLS says so; sessions are taken up again"
    )
    func ends() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        let script = """
            import socket, ssl, sys
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("\(authority.directory)/one.pem", "\(authority.directory)/one.key")
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            while True:
                raw, _ = listener.accept()
                try:
                    tls = context.wrap_socket(raw, server_side=True)
                    request = tls.recv(65536)
                    if not request: continue
                    tls.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n")
                    tls.sendall(b"reused" if tls.session_reused else b"new")
                    if b"GET /clean" in request:
                        try: tls.unwrap()
                        except (ssl.SSLError, OSError): pass
                    tls.close()
                except OSError: pass
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer {
            // It may have been started with other signals blocked.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(Int(line.trimmingCharacters(in: .newlines)))
        let table = inputs(port, secrets: [try authority.trust()], trusting())
        try await TestProxy.with(table) { proxy in
            func ask(_ path: String) throws -> TestStream.Message {
                try proxy.ask("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            let first = try ask("/clean")
            let second = try ask("/clean")
            #expect(first.text == "new")
            #expect(second.text == "reused")
            let last: TestStream.Message?
            do { last = try ask("/cut") } catch is TestStream.Failure { last = nil }
            #expect(last == nil)
        }
    }
}
