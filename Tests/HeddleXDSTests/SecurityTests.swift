import Discovery
import GRPC
import HeddleXDS
import Logging
import Testing
import XDS

extension HeddleXDSSuite {
    /// Who may have what.
    @Suite struct Security {
        private let cache = SnapshotCache()

        init() {
            cache.updateResources([.cluster("a")], of: .test)
            cache.updateResources([.cluster("m")], of: .mesh)
        }

        /// The clusters that a client with these names in its certificate gets.
        private func clusters(
            _ server: RunningServer, _ authority: Authority, names: String, node: Node
        ) async throws -> [String] {
            let certificate = try await authority.sign(names)
            let credentials = GRPCChannelCredentials.tls(
                rootsPEM: try authority.rootPEM, certificate: certificate, serverName: "localhost")
            return try await server.withChannel(.init(credentials: credentials)) { channel in
                try await channel.withCall(Method.delta) { call in
                    try await call.send(DeltaDiscoveryRequest(node: node, type: .cluster))
                    return try await call.delta().resources.map(\.name)
                }
            }
        }

        private func serve(
            trustDomain: String? = nil,
            _ body: (RunningServer, Authority) async throws -> Void
        ) async throws {
            let authority = try await Authority()
            let certificate = try await authority.sign("DNS:localhost")
            let root = try authority.rootPEM
            try await withServer(cache) {
                $0.credentials = .mtls(certificate, clientCAPEM: root)
                $0.authorization = .spiffe(trustDomain: trustDomain)
            } _: {
                try await body($0, authority)
            }
        }

        @Test func aProxyGetsWhatItsIdentitySays() async throws {
            try await serve(trustDomain: "cluster.local") { server, authority in
                let own = "URI:spiffe://cluster.local/ns/test/sa/proxy"
                #expect(
                    try await clusters(server, authority, names: own, node: .test) == ["a"])
                let mesh = Node(id: "mesh~test~~python-1")
                #expect(try await clusters(server, authority, names: own, node: mesh) == ["m"])
                let foreign = Node(id: "proxy-1", cluster: "other/gateway")
                let refusal = await status {
                    _ = try await clusters(server, authority, names: own, node: foreign)
                }
                #expect(refusal?.code == .permissionDenied)
                #expect(refusal?.message.contains("test/proxy") == true)
                #expect(refusal?.message.contains("other/gateway") == true)
                try await server.untilNobodyIsConnected()
            }
        }

        @Test(arguments: [
            ("URI:spiffe://elsewhere/ns/test/sa/proxy", "cluster.local"),
            ("DNS:proxy.test", "no SPIFFE ID"),
            ("URI:spiffe://cluster.local/test/proxy", "not of the form"),
        ])
        func anIdentityThatSaysNothingHereGetsNothing(names: String, reason: String) async throws {
            try await serve(trustDomain: "cluster.local") { server, authority in
                for node in [Node.test, Node(id: "mesh~test~~python-1")] {
                    let refusal = await status {
                        _ = try await clusters(server, authority, names: names, node: node)
                    }
                    #expect(refusal?.code == .permissionDenied)
                    #expect(refusal?.message.contains(reason) == true, "\(refusal?.message ?? "")")
                }
                try await server.untilNobodyIsConnected()
            }
        }

        @Test func aClientWithoutACertificateGetsNoConnection() async throws {
            try await serve { server, authority in
                let credentials = GRPCChannelCredentials.tls(
                    rootsPEM: try authority.rootPEM, serverName: "localhost")
                let end = await status {
                    try await server.withChannel(.init(credentials: credentials)) { channel in
                        try await channel.withCall(Method.delta) { call in
                            try await call.send(DeltaDiscoveryRequest(node: .test, type: .cluster))
                            _ = try await call.delta()
                        }
                    }
                }
                #expect(end?.code == .unavailable)
            }
        }

        @Test func plainTextIsForLoopbackOnly() async throws {
            let server = DiscoveryServer(
                cache: cache,
                configuration: DiscoveryServerConfiguration(addresses: ["0.0.0.0:0"]),
                logger: Logger(label: "test", factory: SwiftLogNoOpLogHandler.init))
            let refusal = await status { try server.start() }
            #expect(refusal?.code == .failedPrecondition)
            #expect(refusal?.message.contains("0.0.0.0:0") == true)
        }

        @Test func aRenewedCertificateDropsNoStream() async throws {
            let old = try await Authority()
            let new = try await Authority()
            try install(try await old.sign("DNS:localhost"), in: old)
            let files = GRPCCertificateFiles(
                certificatePath: old.path("tls.crt"), keyPath: old.path("tls.key"))
            try await withServer(cache) {
                $0.credentials = .files(files)
            } _: { server in
                try await server.withChannel(trust(old)) { channel in
                    try await channel.withCall(Method.delta) { call in
                        try await call.send(DeltaDiscoveryRequest(node: .test, type: .cluster))
                        _ = try await call.acknowledgedDelta()
                        try install(try await new.sign("DNS:localhost"), in: old)
                        // Who connects now sees the new certificate, and only that.
                        try await server.withChannel(trust(new)) { channel in
                            try await channel.withCall(Method.delta) { call in
                                try await call.send(
                                    DeltaDiscoveryRequest(node: .test, type: .cluster))
                                #expect(try await call.delta().resources.map(\.name) == ["a"])
                            }
                        }
                        cache.updateResources([.cluster("b")], of: .test)
                        #expect(try await call.delta().resources.map(\.name) == ["b"])
                    }
                }
            }
        }

        private func install(_ certificate: GRPCCertificate, in authority: Authority) throws {
            try authority.write(certificate.privateKeyPEM, to: "tls.key")
            try authority.write(certificate.certificateChainPEM, to: "tls.crt")
        }

        private func trust(_ authority: Authority) throws -> GRPCChannelConfiguration {
            .init(
                credentials: .tls(rootsPEM: try authority.rootPEM, serverName: "localhost"))
        }
    }
}
