import Foundation
import GRPC

/// An authority made with the `openssl` command for one test, and what it signs.
final class TestCertificates: Sendable {
    private let directory: String
    /// The authority's certificate.
    let rootPEM: String

    init() throws {
        directory = NSTemporaryDirectory() + "heddle-grpc-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try Self.openssl(
            directory,
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority")
        rootPEM = try Self.read(directory, "ca.pem")
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// A certificate with the names, such as `URI:spiffe://a/b,DNS:localhost`.
    func sign(commonName: String, names: String) throws -> GRPCCertificate {
        let name = UUID().uuidString
        try "subjectAltName=\(names)\n".write(
            toFile: "\(directory)/\(name).ext", atomically: true, encoding: .utf8)
        try Self.openssl(
            directory,
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(commonName)")
        try Self.openssl(
            directory,
            "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "\(name).pem", "-days", "2", "-extfile", "\(name).ext")
        return GRPCCertificate(
            certificateChainPEM: try Self.read(directory, "\(name).pem"),
            privateKeyPEM: try Self.read(directory, "\(name).key"))
    }

    private static func read(_ directory: String, _ name: String) throws -> String {
        try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
    }

    private static func openssl(_ directory: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw GRPCStatus(.internal, "openssl: \(String(decoding: text, as: UTF8.self))")
        }
    }
}
