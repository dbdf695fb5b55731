import GRPC
import Testing

extension GRPCSuite {
    @Suite(.timeLimit(.minutes(1))) struct TLSTests {
        /// Replies with what the server knows of the client.
        private static let whoAmI: GRPCServer.Handler = { call in
            let identity = call.peerIdentity
            _ = try await call.receive()
            try await call.send(
                GRPCMessage(
                    """
                    \(identity?.spiffeID ?? "nobody") \(identity?.uriNames ?? []) \
                    \(identity?.dnsNames ?? []) \(identity?.commonName ?? "")
                    """))
        }

        private static func ask(
            _ server: GRPCServerCredentials, _ client: GRPCChannelCredentials
        ) async throws -> String {
            try await withChannel(
                .init(credentials: server), client: .init(credentials: client), handler: whoAmI
            ) { channel in
                try await channel.unary("/test/WhoAmI", GRPCMessage("?")).text
            }
        }

        @Test func serverReadsTheClientsNames() async throws {
            let authority = try TestCertificates()
            let server = try authority.sign(commonName: "server", names: "DNS:heddled.test")
            let client = try authority.sign(
                commonName: "client", names: "URI:spiffe://test/ns/bookinfo/sa/proxy,DNS:proxy.test"
            )
            let reply = try await Self.ask(
                .mtls(server, clientCAPEM: authority.rootPEM),
                .tls(rootsPEM: authority.rootPEM, certificate: client, serverName: "heddled.test"))
            #expect(
                reply == """
                    spiffe://test/ns/bookinfo/sa/proxy ["spiffe://test/ns/bookinfo/sa/proxy"] \
                    ["proxy.test"] client
                    """)
        }

        @Test func clientWithoutCertificate() async throws {
            let authority = try TestCertificates()
            let server = try authority.sign(commonName: "server", names: "DNS:heddled.test")
            let anonymous = GRPCChannelCredentials.tls(
                rootsPEM: authority.rootPEM, serverName: "heddled.test")
            let reply = try await Self.ask(
                .mtls(server, clientCAPEM: authority.rootPEM, require: false), anonymous)
            #expect(reply == "nobody [] [] ")
            let status = try await thrownStatus {
                _ = try await Self.ask(.mtls(server, clientCAPEM: authority.rootPEM), anonymous)
            }
            #expect(status?.code == .unavailable)
        }

        @Test func strangersCertificateIsRefused() async throws {
            let authority = try TestCertificates()
            let server = try authority.sign(commonName: "server", names: "DNS:heddled.test")
            let stranger = try TestCertificates().sign(
                commonName: "x", names: "URI:spiffe://test/x")
            let status = try await thrownStatus {
                _ = try await Self.ask(
                    .mtls(server, clientCAPEM: authority.rootPEM, require: false),
                    .tls(
                        rootsPEM: authority.rootPEM, certificate: stranger,
                        serverName: "heddled.test")
                )
            }
            #expect(status?.code == .unavailable)
        }

        @Test func serverOfAnotherNameIsRefused() async throws {
            let authority = try TestCertificates()
            let server = try authority.sign(commonName: "server", names: "DNS:heddled.test")
            let status = try await thrownStatus {
                _ = try await Self.ask(
                    .tls(server), .tls(rootsPEM: authority.rootPEM, serverName: "other.test"))
            }
            #expect(status?.code == .unavailable)
        }

        @Test func targetsAddressIsCheckedWithoutServerName() async throws {
            let authority = try TestCertificates()
            let server = try authority.sign(commonName: "server", names: "IP:127.0.0.1")
            let reply = try await Self.ask(.tls(server), .tls(rootsPEM: authority.rootPEM))
            #expect(reply == "nobody [] [] ")
        }

        @Test func uselessCertificatesAreClearErrors() async throws {
            let useless = GRPCCertificate(certificateChainPEM: "not", privateKeyPEM: "PEM")
            let server = GRPCServer(configuration: .init(credentials: .tls(useless)), handler: echo)
            let error = #expect(throws: GRPCStatus.self) { try server.start() }
            #expect(error?.code == .invalidArgument)
            let channel = GRPCChannel(
                target: "127.0.0.1:1",
                configuration: .init(credentials: .tls(rootsPEM: "no", certificate: useless)))
            defer { channel.close() }
            let status = try await thrownStatus {
                _ = try await channel.unary("/t", GRPCMessage(""))
            }
            #expect(status != nil)
            #expect(status?.message.isEmpty == false)
        }
    }
}
