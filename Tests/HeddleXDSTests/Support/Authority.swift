import Foundation
import GRPC

/// An authority made with `openssl` for one test, and what it signs.
final class Authority: Sendable {
    private let directory: String

    init() async throws {
        directory = NSTemporaryDirectory() + "heddle-xds-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try await openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                + "-keyout ca.key -out ca.pem -days 2 -subj /CN=Authority")
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Its own certificate.
    var rootPEM: String {
        get throws { try read("ca.pem") }
    }

    /// A certificate with the names, such as `URI:spiffe://a/b,DNS:localhost`.
    func sign(_ names: String) async throws -> GRPCCertificate {
        let name = UUID().uuidString
        try "subjectAltName=\(names)\n".write(
            toFile: "\(directory)/\(name).ext", atomically: true, encoding: .utf8)
        try await openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                + "-keyout \(name).key -out \(name).csr -subj /CN=test")
        try await openssl(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial "
                + "-out \(name).pem -days 2 -extfile \(name).ext")
        return GRPCCertificate(
            certificateChainPEM: try read("\(name).pem"), privateKeyPEM: try read("\(name).key"))
    }

    /// A path of its directory.
    func path(_ name: String) -> String {
        "\(directory)/\(name)"
    }

    /// Puts a file there in place of the one before, at once.
    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    private func read(_ name: String) throws -> String {
        try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
    }

    private func openssl(_ arguments: String) async throws {
        _ = try await Program.run(
            "/usr/bin/env", ["sh", "-c", "cd \(directory) && openssl \(arguments)"])
    }
}
