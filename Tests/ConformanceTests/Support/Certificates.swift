import Foundation

/// The certificates of the tests, made anew for each run.
///
/// `ca` issues what is trusted, `other-ca` what is not.
struct Certificates {
    /// One certificate to make.
    private struct Wish {
        var name: String
        var issuer: String
        /// Subject alternative names, as openssl spells them.
        var names: String
    }

    private static let wishes = [
        Wish(
            name: "backend", issuer: "ca",
            names: "DNS:abc.example.com,DNS:backend.example.com,DNS:other.example.com,"
                + "URI:spiffe://abc.example.com/test-identity"),
        Wish(
            name: "listener", issuer: "ca",
            names: "DNS:example.org,DNS:*.example.org,DNS:second-example.org,"
                + "DNS:*.wildcard.org,DNS:abc.example.com,DNS:backend.example.com"),
        Wish(name: "second", issuer: "ca", names: "DNS:second-example.org,DNS:*.wildcard.org"),
        Wish(name: "gateway", issuer: "ca", names: "DNS:gateway.example.org"),
        Wish(name: "client", issuer: "ca", names: "DNS:client.example.org"),
        Wish(name: "stranger", issuer: "other-ca", names: "DNS:stranger.example.org"),
    ]

    let directory: URL

    /// Makes them all in a directory.
    init(in directory: URL) async throws {
        self.directory = directory
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for authority in ["ca", "other-ca"] { try await Self.makeAuthority(authority, directory) }
        for wish in Self.wishes { try await Self.make(wish, directory) }
        let all = try ["ca", "other-ca"].map { try text("\($0).crt") }.joined()
        try Data(all.utf8).write(to: directory.appending(path: "all-ca.crt"))
    }

    /// A file's text, such as that of `listener.crt`.
    func text(_ name: String) throws -> String {
        try String(contentsOf: directory.appending(path: name), encoding: .utf8)
    }

    private static func makeAuthority(_ name: String, _ directory: URL) async throws {
        try await openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=\(name)", "-addext", "basicConstraints=critical,CA:TRUE",
            "-keyout", "\(directory.path)/\(name).key", "-out", "\(directory.path)/\(name).crt",
        ])
    }

    private static func make(_ wish: Wish, _ directory: URL) async throws {
        let path = "\(directory.path)/\(wish.name)"
        try await openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=\(wish.name)", "-addext", "subjectAltName=\(wish.names)",
            "-addext", "basicConstraints=CA:FALSE", "-CA", "\(directory.path)/\(wish.issuer).crt",
            "-CAkey", "\(directory.path)/\(wish.issuer).key", "-keyout", path + ".key", "-out",
            path + ".crt",
        ])
    }

    private static func openssl(_ arguments: [String]) async throws {
        let result = try await Program.run("/usr/bin/env", ["openssl"] + arguments)
        guard result.status == 0 else { throw Problem("openssl \(arguments): \(result.output)") }
    }
}
