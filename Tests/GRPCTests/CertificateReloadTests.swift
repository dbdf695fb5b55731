import Foundation
import GRPC
import Synchronization
import Testing

extension GRPCSuite {
    @Suite(.timeLimit(.minutes(1))) struct CertificateReloadTests {
        private let directory = FileManager.default.temporaryDirectory
            .appending(path: "heddle-certificates-\(UUID().uuidString)")

        private func path(_ name: String) -> String { directory.appending(path: name).path }

        private func write(_ certificate: GRPCCertificate) throws {
            try certificate.certificateChainPEM.write(
                toFile: path("tls.crt"), atomically: true, encoding: .utf8)
            try certificate.privateKeyPEM.write(
                toFile: path("tls.key"), atomically: true, encoding: .utf8)
        }

        /// What a new connection gets that trusts one authority.
        private func reply(_ port: Int, trusting authority: TestCertificates) async throws -> String
        {
            let channel = GRPCChannel(
                target: "127.0.0.1:\(port)",
                configuration: .init(
                    credentials: .tls(rootsPEM: authority.rootPEM, serverName: "heddled.test")))
            defer { channel.close() }
            return try await channel.unary("/test/Echo", GRPCMessage("hello")).text
        }

        @Test func newConnectionsGetTheNewCertificateAndOpenStreamsGoOn() async throws {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            let (old, new) = (try TestCertificates(), try TestCertificates())
            try write(try old.sign(commonName: "old", names: "DNS:heddled.test"))
            let reports = Mutex<[GRPCStatus?]>([])
            let files = GRPCCertificateFiles(
                certificatePath: path("tls.crt"), keyPath: path("tls.key")
            ) { report in reports.withLock { $0.append(report) } }
            let configuration = GRPCServerConfiguration(credentials: .files(files))
            try await withServer(configuration, handler: echo) { _, port in
                let channel = GRPCChannel(
                    target: "127.0.0.1:\(port)",
                    configuration: .init(
                        credentials: .tls(rootsPEM: old.rootPEM, serverName: "heddled.test")))
                defer { channel.close() }
                try await channel.withCall("/test/Echo") { stream in
                    try await stream.send(GRPCMessage("before"))
                    #expect(try await stream.receive()?.text == "before")

                    // A file that is no certificate changes nothing, and is reported once.
                    try "nothing".write(
                        toFile: path("tls.crt"), atomically: true, encoding: .utf8)
                    #expect(try await reply(port, trusting: old) == "hello")
                    #expect(try await reply(port, trusting: old) == "hello")
                    let failures = reports.withLock { $0.compactMap { $0?.message } }
                    #expect(failures == ["\(path("tls.crt")) holds no PEM block"])

                    try write(try new.sign(commonName: "new", names: "DNS:heddled.test"))
                    #expect(try await reply(port, trusting: new) == "hello")
                    let refused = try await thrownStatus {
                        _ = try await reply(port, trusting: old)
                    }
                    #expect(refused?.code == .unavailable)

                    // A key that does not fit leaves the certificate before in use.
                    let other = try old.sign(commonName: "other", names: "DNS:heddled.test")
                    try other.privateKeyPEM.write(
                        toFile: path("tls.key"), atomically: true, encoding: .utf8)
                    #expect(try await reply(port, trusting: new) == "hello")

                    try await stream.send(GRPCMessage("after"))
                    #expect(try await stream.receive()?.text == "after")
                }
            }
        }

        @Test func aMissingFileIsAnErrorAtStartThatNamesIt() throws {
            let files = GRPCCertificateFiles(
                certificatePath: "/nowhere/tls.crt", keyPath: "/nowhere/tls.key")
            let server = GRPCServer(
                configuration: .init(credentials: .files(files)), handler: echo)
            let error = #expect(throws: GRPCStatus.self) { try server.start() }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("/nowhere/tls.crt") == true)
        }
    }
}
