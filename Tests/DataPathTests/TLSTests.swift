import Foundation
import Routing
import Synchronization
import Testing
import XDS

@testable import DataPath

@Suite("TLS with clients")
struct TLSTests {
    /// A TLS listener's chain for server names, with a certificate by its secret's name.
    private func chain(
        _ names: [String], _ secrets: [String], _ filter: NetworkFilter,
        configure: (inout DownstreamTLSContext) -> Void = { _ in }
    ) -> FilterChain {
        var tls = DownstreamTLSContext(
            common: CommonTLSContext(
                tlsCertificateSDSSecrets: secrets, alpnProtocols: ["h2", "http/1.1"]))
        configure(&tls)
        return FilterChain(
            name: names.first ?? "",
            match: FilterChainMatch(serverNames: names, transportProtocol: "tls"),
            filters: [filter], transportSocket: .downstreamTLS(tls))
    }

    private func http(_ routes: String) -> NetworkFilter {
        .httpConnectionManager(
            HTTPConnectionManager(
                statPrefix: "in", routeSpecifier: .rds(routes), useRemoteAddress: true))
    }

    private func tcp(_ cluster: String) -> NetworkFilter {
        .tcpProxy(TCPProxy(statPrefix: "in", cluster: .cluster(cluster)))
    }

    private func routes(_ name: String, _ action: Route.Action) -> RouteConfiguration {
        RouteConfiguration(
            name: name,
            virtualHosts: [
                VirtualHost(
                    name: "all", domains: ["*"],
                    routes: [Route(name: "r", match: RouteMatch(), action: action)])
            ])
    }

    private func saying(_ text: String) -> Route.Action {
        .directResponse(DirectResponseAction(status: 200, body: text))
    }

    private func curl(
        _ proxy: TestProxy, _ authority: TestAuthority, _ url: String, _ more: String...
    ) async throws -> ToolOutput {
        let host = URL(string: url)?.host() ?? ""
        return try await run(
            [
                "curl", "-sS", "--max-time", "60", "--cacert", authority.path, "--connect-to",
                "\(host):443:127.0.0.1:\(proxy.port)",
            ] + more + [url])
    }

    @Test(
        "HTTP/1.1 and HTTP/2 over TLS, with the scheme told to the endpoint",
        arguments: ["1.1", "2"])
    func https(version: String) async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        let server = try TestServer.answering { request in
            (request.value("x-forwarded-proto") ?? "") + " " + (request.value("host") ?? "")
        }
        defer { server.stop() }
        let inputs = RoutingInputs.chains(
            [chain([], ["one"], http("r"))],
            routes: [routes("r", .route(RouteAction(cluster: .cluster("one"))))],
            clusters: ["one": [server.port]], secrets: [try authority.secret("one")])
        try await TestProxy.with(inputs) { proxy in
            for tls in ["1.2", "1.3"] {
                let answer = try await curl(
                    proxy, authority, "https://one.test/", "--http\(version)", "--tlsv\(tls)",
                    "--tls-max", tls, "-w", " %{http_version} %{http_code}")
                #expect(answer.text == "https one.test \(version) 200", "\(answer.errors)")
            }
            #expect(proxy.proxy.statistics.handshakes == 2)
            #expect(proxy.proxy.statistics.handshakeFailures == 0)
        }
    }

    @Test("the server name picks chain and certificate: exact, longest suffix, none")
    func serverNames() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("exact", names: "DNS:a.b.test")
        try await authority.sign("near", names: "DNS:*.b.test")
        try await authority.sign("far", names: "DNS:c.test,DNS:x.y.test")
        try await authority.sign("other", names: "DNS:other.example")
        let names = ["exact", "near", "far", "other"]
        let inputs = RoutingInputs.chains(
            [
                chain(["*.test"], ["far"], http("far")),
                chain(["*.b.test"], ["near"], http("near")),
                chain(["a.b.test"], ["exact"], http("exact")), chain([], ["other"], http("other")),
            ],
            routes: names.map { routes($0, saying($0)) }, clusters: [:],
            secrets: try names.map { try authority.secret($0) })
        try await TestProxy.with(inputs) { proxy in
            for (host, expected) in [
                ("a.b.test", "exact"), ("A.B.TEST", "exact"), ("c.b.test", "near"),
                ("c.test", "far"), ("x.y.test", "far"), ("other.example", "other"),
            ] {
                let answer = try await curl(proxy, authority, "https://\(host)/")
                #expect(answer.text == expected, "\(host): \(answer.errors)")
            }
        }
    }

    @Test("a client that is no TLS, or has no chain, is closed and counted")
    func refusals() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        let events = AsyncStream<ProxyEvent>.makeStream()
        let inputs = RoutingInputs.chains(
            [chain(["one.test"], ["one"], http("r"))], routes: [routes("r", saying("hi"))],
            clusters: [:], secrets: [try authority.secret("one")])
        try await TestProxy.with(
            inputs, configure: { $0.report = { events.continuation.yield($0) } }
        ) { proxy in
            let plain = try proxy.client()
            try plain.send("GET / HTTP/1.1\r\nHost: one.test\r\n\r\n")
            #expect(plain.isAtEnd())
            let unknown = try await curl(proxy, authority, "https://two.test/")
            #expect(unknown.status == 35, "\(unknown.errors)")
            #expect(proxy.proxy.statistics.flags["NR"] == 2)
            let untrusting = try await run(
                "curl", "-sS", "--connect-to", "one.test:443:127.0.0.1:\(proxy.port)",
                "https://one.test/")
            #expect(untrusting.status == 60)
            var reported = events.stream.makeAsyncIterator()
            guard
                case .handshakeFailed("in", "one.test", "127.0.0.1", let reason) =
                    await reported.next()
            else {
                Issue.record("no report")
                return
            }
            #expect(reason.contains("unknown ca"))
            #expect(proxy.proxy.statistics.handshakeFailures == 1)
        }
    }

    @Test("a ClientHello that comes byte by byte is put together")
    func slowHello() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        let inputs = RoutingInputs.chains(
            [chain(["one.test"], ["one"], http("r"))], routes: [routes("r", saying("hi"))],
            clusters: [:], secrets: [try authority.secret("one")])
        try await TestProxy.with(inputs) { proxy in
            // What is between curl and the proxy passes one byte at a time.
            let between = try TestServer { client, _ in
                let upstream = try TestStream(port: proxy.port)
                Thread.detachNewThread {
                    while let byte = try? upstream.read(1) { try? client.send(byte) }
                    client.close()
                }
                while true { try upstream.send(client.read(1)) }
            }
            defer { between.stop() }
            let answer = try await run(
                "curl", "-sS", "--cacert", authority.path, "--connect-to",
                "one.test:443:127.0.0.1:\(between.port)", "https://one.test/")
            #expect(answer.text == "hi", "\(answer.errors)")
        }
    }

    @Test("large bodies both ways")
    func bodies() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        let server = try TestServer { stream, _ in
            while let request = try stream.readMessage() {
                try stream.send(
                    Array(
                        "HTTP/1.1 200 OK\r\nContent-Length: \(request.body.count)\r\n\r\n".utf8)
                        + request.body)
            }
        }
        defer { server.stop() }
        let inputs = RoutingInputs.chains(
            [chain([], ["one"], http("r"))],
            routes: [routes("r", .route(RouteAction(cluster: .cluster("one"))))],
            clusters: ["one": [server.port]], secrets: [try authority.secret("one")])
        let body = pattern(5_000_000)
        let file = authority.directory + "/body"
        try Data(body).write(to: URL(fileURLWithPath: file))
        try await TestProxy.with(inputs) { proxy in
            for version in ["--http1.1", "--http2"] {
                let answer = try await curl(
                    proxy, authority, "https://one.test/", version, "--data-binary", "@\(file)",
                    "--limit-rate", "4M")
                #expect(answer.output == body, "\(version) \(answer.errors)")
            }
        }
    }

    @Test("TLS ends here and the bytes go on as they are; TLS 1.3 may end one side first")
    func terminate() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        let server = try TestServer { stream, _ in
            let text = try stream.readToEnd()
            try stream.send(Array("got \(text.count)".utf8))
        }
        defer { server.stop() }
        let inputs = RoutingInputs.chains(
            [chain(["one.test"], ["one"], tcp("one"))], clusters: ["one": [server.port]],
            secrets: [try authority.secret("one")])
        try await TestProxy.with(inputs) { proxy in
            let script = """
                import socket, ssl
                context = ssl.create_default_context(cafile="\(authority.path)")
                raw = socket.create_connection(("127.0.0.1", \(proxy.port)))
                incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                tls = context.wrap_bio(incoming, outgoing, server_hostname="one.test")
                def turn(call):
                    while True:
                        try:
                            result = call()
                            raw.sendall(outgoing.read())
                            return result
                        except ssl.SSLWantReadError:
                            raw.sendall(outgoing.read())
                            data = raw.recv(65536)
                            if data: incoming.write(data)
                            else: incoming.write_eof()
                turn(tls.do_handshake)
                for _ in range(100): turn(lambda: tls.write(b"x" * 10000))
                try: tls.unwrap()
                except ssl.SSLWantReadError: pass
                raw.sendall(outgoing.read())
                answer = b""
                try:
                    while True:
                        part = turn(lambda: tls.read(1000))
                        if not part: break
                        answer += part
                except ssl.SSLZeroReturnError: answer += b" end"
                print(answer.decode(), tls.version())
                """
            let answer = try await run("python3", "-c", script)
            #expect(answer.text.hasPrefix("got 1000000"), "\(answer.text) \(answer.errors)")
        }
    }

    @Test("passed through, the handshake is the endpoint's")
    func passthrough() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        try await authority.sign("two", names: "DNS:two.test")
        func backend(_ name: String) async throws -> TestProxy {
            try await TestProxy(
                .chains(
                    [chain([], [name], http("r"))], routes: [routes("r", saying(name))],
                    clusters: [:], secrets: [try authority.secret(name)]))
        }
        let one = try await backend("one")
        let two = try await backend("two")
        func through(_ names: [String], _ cluster: String) -> FilterChain {
            FilterChain(
                name: cluster,
                match: FilterChainMatch(serverNames: names, transportProtocol: "tls"),
                filters: [tcp(cluster)])
        }
        let inputs = RoutingInputs.chains(
            [through(["one.test"], "one"), through(["*.test"], "two")],
            clusters: ["one": [one.port], "two": [two.port]])
        try await TestProxy.with(inputs) { proxy in
            for name in ["one", "two"] {
                let answer = try await curl(proxy, authority, "https://\(name).test/")
                #expect(answer.text == name, "\(answer.errors)")
            }
            #expect(proxy.proxy.statistics.handshakes == 0)
        }
        await one.proxy.stop()
        await two.proxy.stop()
    }

    @Test("a client must show a certificate that is trusted, or may show any")
    func clientCertificates() async throws {
        let authority = try await TestAuthority()
        let stranger = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test,DNS:two.test")
        try await authority.sign("client", names: "DNS:client.test")
        try await stranger.sign("client", names: "DNS:client.test")
        let inputs = RoutingInputs.chains(
            [
                chain(["one.test"], ["one"], http("r")) {
                    $0.common.validationContext = .sds("ca")
                    $0.requiresClientCertificate = true
                },
                chain(["two.test"], ["one"], http("r")) {
                    var context = CertificateValidationContext(trustedCA: nil)
                    context.trustChainVerification = .acceptUntrusted
                    $0.common.validationContext = .combined(context, sds: "ca")
                },
            ],
            routes: [routes("r", saying("hi"))], clusters: [:],
            secrets: [try authority.secret("one"), try authority.trust()])
        func shown(_ authority: TestAuthority) -> [String] {
            [
                "--cert", "\(authority.directory)/client.pem", "--key",
                "\(authority.directory)/client.key",
            ]
        }
        try await TestProxy.with(inputs) { proxy in
            for tls in ["1.2", "1.3"] {
                for (host, client, isServed) in [
                    ("one", [], false), ("one", shown(stranger), false),
                    ("one", shown(authority), true), ("two", [], true),
                    ("two", shown(stranger), true), ("two", shown(authority), true),
                ] as [(String, [String], Bool)] {
                    let answer = try await run(
                        [
                            "curl", "-sS", "--cacert", authority.path, "--tls-max", tls,
                            "--connect-to", "\(host).test:443:127.0.0.1:\(proxy.port)",
                        ] + client + ["https://\(host).test/"])
                    #expect((answer.text == "hi") == isServed, "\(host) \(client) \(tls)")
                }
            }
        }
    }

    @Test("a new certificate is for new handshakes; connections stay")
    func renewal() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("old", names: "DNS:one.test")
        try await authority.sign("new", names: "DNS:one.test")
        let server = try TestServer { stream, _ in
            while true { try stream.send(stream.read(1)) }
        }
        defer { server.stop() }
        func inputs(_ name: String) throws -> RoutingInputs {
            .chains(
                [chain([], ["certificate"], tcp("one"))], clusters: ["one": [server.port]],
                secrets: [try authority.secret(name, as: "certificate")])
        }
        func subject(_ proxy: TestProxy) async throws -> String {
            try await run(
                "openssl", "s_client", "-connect", "127.0.0.1:\(proxy.port)", "-servername",
                "one.test"
            ).text
        }
        let table = try RoutingTable.compile(inputs("old"))
        try await TestProxy.with(inputs("old")) { proxy in
            try await proxy.proxy.install(table)
            #expect(try await subject(proxy).contains("subject=CN = old"))
            let script = """
                import socket, ssl, sys
                context = ssl.create_default_context(cafile="\(authority.path)")
                raw = socket.create_connection(("127.0.0.1", \(proxy.port)))
                tls = context.wrap_socket(raw, server_hostname="one.test")
                for line in sys.stdin.buffer:
                    tls.sendall(line[:1]); sys.stdout.buffer.write(tls.recv(1)); sys.stdout.flush()
                """
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script]
            let input = Pipe()
            let output = Pipe()
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            func ask(_ letter: String) throws -> String {
                try input.fileHandleForWriting.write(contentsOf: Data("\(letter)\n".utf8))
                let answer = try output.fileHandleForReading.read(upToCount: 1) ?? Data()
                return String(decoding: answer, as: UTF8.self)
            }
            #expect(try ask("a") == "a")
            try await proxy.proxy.install(RoutingTable.compile(inputs("new"), reusing: table))
            #expect(try await subject(proxy).contains("subject=CN = new"))
            #expect(try ask("b") == "b")
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
    }

    @Test("a certificate that cannot be used is refused by name, and the former goes on")
    func badCertificate() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        try await authority.sign("two", names: "DNS:two.test")
        var mixed = try authority.secret("one")
        if case .tlsCertificate(var certificate) = mixed.kind,
            case .tlsCertificate(let other) = try authority.secret("two").kind
        {
            certificate.privateKey = other.privateKey
            mixed.kind = .tlsCertificate(certificate)
        }
        let good = RoutingInputs.chains(
            [chain([], ["one"], http("r"))], routes: [routes("r", saying("hi"))], clusters: [:],
            secrets: [try authority.secret("one")])
        var bad = good
        bad.secrets["one"] = Versioned(mixed)
        try await TestProxy.with(good) { proxy in
            do {
                try await proxy.proxy.install(RoutingTable.compile(bad))
                Issue.record("a key that does not fit was taken")
            } catch let error as DataPathError {
                #expect(error.code == .badCertificate(origin: "secret one"))
                #expect(error.message.contains("the private key does not fit the certificate"))
            }
            #expect(try await curl(proxy, authority, "https://one.test/").text == "hi")
        }
    }

    @Test("sessions are taken up again, also on another worker", arguments: ["-tls1_2", "-tls1_3"])
    func resumption(version: String) async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        let inputs = RoutingInputs.chains(
            [chain([], ["one"], http("r"))], routes: [routes("r", saying("hi"))], clusters: [:],
            secrets: [try authority.secret("one")])
        try await TestProxy.with(inputs, workers: 2) { proxy in
            let file = "\(authority.directory)/session"
            let request = "GET / HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n"
            let client = [
                "openssl", "s_client", "-connect", "127.0.0.1:\(proxy.port)", "-servername",
                "one.test", version, "-ign_eof",
            ]
            let first = try await run(client + ["-sess_out", file], input: request)
            #expect(first.text.contains("New, TLSv"))
            for _ in 0..<4 {
                let again = try await run(client + ["-sess_in", file], input: request)
                #expect(again.text.contains("Reused, TLSv"))
                #expect(again.text.contains("hi"))
            }
        }
    }

    @Test("the end of a connection is told in TLS, after a response and after a silence")
    func closeNotify() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        let inputs = RoutingInputs.chains(
            [chain([], ["one"], http("r"))], routes: [routes("r", saying("hi"))], clusters: [:],
            secrets: [try authority.secret("one")])
        try await TestProxy.with(
            inputs, configure: { $0.timeouts.keepAlive = .milliseconds(200) }
        ) { proxy in
            // Raises when the end comes without a word.
            let script = """
                import socket, ssl
                context = ssl.create_default_context(cafile="\(authority.path)")
                for header in ["Connection: close\\r\\n", ""]:
                    raw = socket.create_connection(("127.0.0.1", \(proxy.port)))
                    tls = context.wrap_socket(
                        raw, server_hostname="one.test", suppress_ragged_eofs=False)
                    tls.sendall(f"GET / HTTP/1.1\\r\\nHost: one.test\\r\\n{header}\\r\\n".encode())
                    answer = b""
                    while part := tls.recv(1000): answer += part
                    print(answer[-2:].decode())
                """
            let answer = try await run("python3", "-c", script)
            #expect(answer.text == "hi\nhi\n", "\(answer.errors)")
        }
    }

    @Test("several certificates on one chain are told apart by name and by kind of key")
    func severalCertificates() async throws {
        let authority = try await TestAuthority()
        try await authority.sign("one", names: "DNS:one.test")
        try await authority.sign("two", names: "DNS:two.test")
        try await authority.sign("rsa", names: "DNS:one.test,DNS:two.test", rsa: true)
        let inputs = RoutingInputs.chains(
            [chain([], ["one", "two", "rsa"], http("r"))], routes: [routes("r", saying("hi"))],
            clusters: [:],
            secrets: try ["one", "two", "rsa"].map { try authority.secret($0) })
        try await TestProxy.with(inputs) { proxy in
            for (name, algorithms, expected) in [
                ("one.test", "ECDSA+SHA256", "one"), ("two.test", "ECDSA+SHA256", "two"),
                ("two.test", "RSA-PSS+SHA256", "rsa"),
            ] {
                let answer = try await run(
                    "openssl", "s_client", "-connect", "127.0.0.1:\(proxy.port)", "-servername",
                    name, "-sigalgs", algorithms)
                #expect(answer.text.contains("subject=CN = \(expected)"))
            }
        }
    }
}
