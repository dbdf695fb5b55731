import Foundation
import XDS

/// What a program printed and how it ended.
struct ToolOutput: Sendable {
    let status: Int32
    let output: [UInt8]
    let errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a program to its end.
func run(_ arguments: String..., input: String = "") async throws -> ToolOutput {
    try await run(arguments, input: input)
}

/// Runs a program to its end.
func run(_ arguments: [String], input: String = "") async throws -> ToolOutput {
    try await onThread {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        let errors = Pipe()
        let feed = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = feed
        try process.run()
        try? feed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try? feed.fileHandleForWriting.close()
        // Both are small enough for a pipe, or one of them is empty.
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return ToolOutput(
            status: process.terminationStatus, output: Array(bytes),
            errors: String(decoding: said, as: UTF8.self))
    }
}

/// An authority and what it signs, in a directory of its own.
final class TestAuthority: Sendable {
    let directory: String
    /// The authority's certificate.
    var path: String { "\(directory)/ca.pem" }

    init() async throws {
        directory = NSTemporaryDirectory() + "heddle-tls-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        try await openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=authority", "-keyout", "\(directory)/ca.key", "-out", path,
            "-addext", "basicConstraints=critical,CA:TRUE")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func openssl(_ arguments: String...) async throws {
        let done = try await run(["openssl"] + arguments)
        if done.status != 0 { throw TestStream.Failure(description: done.errors) }
    }

    /// Signs a certificate; it is in `NAME.pem` and its key in `NAME.key`.
    func sign(_ name: String, names: String, rsa: Bool = false) async throws {
        let key = rsa ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        let request =
            ["openssl", "req", "-newkey"] + key + [
                "-nodes", "-subj", "/CN=\(name)", "-keyout", "\(directory)/\(name).key", "-out",
                "\(directory)/\(name).csr", "-addext", "subjectAltName=\(names)",
            ]
        let done = try await run(request)
        if done.status != 0 { throw TestStream.Failure(description: done.errors) }
        try await openssl(
            "x509", "-req", "-in", "\(directory)/\(name).csr", "-CA", path, "-CAkey",
            "\(directory)/ca.key", "-CAcreateserial", "-days", "2", "-copy_extensions", "copyall",
            "-out", "\(directory)/\(name).pem")
    }

    private func bytes(_ file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(file)")))
    }

    /// A certificate that was signed, as a secret.
    func secret(_ name: String, as secret: String? = nil) throws -> Secret {
        Secret(
            name: secret ?? name,
            kind: .tlsCertificate(
                TLSCertificate(
                    certificateChain: .inlineBytes(try bytes("\(name).pem")),
                    privateKey: .inlineBytes(try bytes("\(name).key")))))
    }

    /// The authority, as a secret.
    func trust(as secret: String = "ca") throws -> Secret {
        Secret(
            name: secret,
            kind: .validationContext(
                CertificateValidationContext(trustedCA: .inlineBytes(try bytes("ca.pem")))))
    }
}
