import Foundation

/// The bookinfo example with a control plane, in a directory of its own.
///
/// The instances listen on fixed loopback addresses, so the suites that use it run one after the
/// other.
final class Bookinfo {
    let directory: URL
    let services: Program
    private(set) var heddled: Program
    private(set) var xdsPort: Int
    let adminURL: String
    let waypointPort: Int
    private var proxies: [Program] = []

    private var manifests: URL { directory.appending(path: "manifests") }

    /// Starts the services and the control plane, and provisions the waypoint as the walk-through
    /// does.
    init() async throws {
        directory = FileManager.default.temporaryDirectory
            .appending(path: "heddle-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory.appending(path: "manifests"), withIntermediateDirectories: true)
        waypointPort = try FreePort.find()
        services = try Program(Place.program("bookinfo"), ["serve", "--all"])
        _ = try await services.line("bookinfo: ready")
        let example = Place.root.appending(path: "examples/bookinfo")
        let platform = example.appending(path: "platform")
        for name in try FileManager.default.contentsOfDirectory(atPath: platform.path) {
            try FileManager.default.copyItem(
                at: platform.appending(path: name),
                to: directory.appending(path: "manifests/\(name)"))
        }
        heddled = try Self.start(directory, waypointPort, xdsPort: 0)
        xdsPort = try await Self.port(heddled)
        adminURL = try await heddled.line("heddled: admin listening on ")
        try apply("waypoint.yaml")
        try apply("namespace-enrolled.yaml", as: "namespace.yaml")
    }

    /// Copies a manifest of the example into the watched directory, whole, by a rename.
    func apply(_ file: String, as name: String? = nil) throws {
        try apply(
            text: String(contentsOfFile: Place.file("examples/bookinfo/\(file)"), encoding: .utf8),
            as: name ?? file)
    }

    /// Writes a manifest into the watched directory, whole, by a rename.
    func apply(text: String, as name: String) throws {
        let target = manifests.appending(path: name)
        try Data(text.utf8).write(to: target, options: .atomic)
    }

    /// Starts an agent of the waypoint and waits until it is ready.
    func startAgent(_ arguments: [String] = []) async throws -> Program {
        let agent = try Program(
            Place.program("heddle-agent"),
            [
                "--gateway", "bookinfo/bookinfo-proxy", "--xds-address", "127.0.0.1:\(xdsPort)",
                "--admin-address", "127.0.0.1:0", "--access-log", "off",
                "--state-dir", directory.appending(path: "state").path,
            ] + arguments)
        proxies.append(agent)
        _ = try await agent.line("heddle-agent: ready")
        return agent
    }

    /// Starts a program that `stop` ends.
    func start(_ path: String, _ arguments: [String]) throws -> Program {
        let program = try Program(path, arguments)
        proxies.append(program)
        return program
    }

    /// Ends the control plane.
    func stopControlPlane() async {
        await heddled.stop()
    }

    /// Starts the control plane again, at the same address.
    func restartControlPlane() async throws {
        heddled = try Self.start(directory, waypointPort, xdsPort: xdsPort)
        _ = try await Self.port(heddled)
    }

    /// Ends everything and removes the directory.
    func stop() async {
        for proxy in proxies { await proxy.stop() }
        await heddled.stop()
        await services.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    /// One request as the walk-through makes it; the `podname` of the answer.
    func podname(host: String = "reviews.bookinfo:9080", _ arguments: [String] = []) async throws
        -> String
    {
        let result = try await curl(
            ["-x", "127.0.0.1:\(waypointPort)", "http://\(host)/reviews/123"] + arguments)
        guard
            let object = try JSONSerialization.jsonObject(with: Data(result.utf8))
                as? [String: Any], let name = object["podname"] as? String
        else { throw Problem("no podname in \(result)") }
        return name
    }

    /// The counts of answers by version over a number of requests.
    func split(requests: Int, connections: Int = 1) async throws -> LoadResult {
        try await Load(self, ["--requests", "\(requests)", "--connections", "\(connections)"])
            .finish()
    }

    /// The control plane's status.
    func status() async throws -> String {
        try await curl(["\(adminURL)/status"])
    }

    /// Waits until the status says something, polling it as an operator would.
    func waitForStatus(_ condition: (String) -> Bool) async throws {
        for _ in 0..<200 {
            if condition(try await status()) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Problem("the status never said so: \(try await status())")
    }

    private static func start(
        _ directory: URL, _ waypointPort: Int, xdsPort: Int
    ) throws -> Program {
        try Program(
            Place.program("heddled"),
            [
                "--manifests", directory.appending(path: "manifests").path,
                "--xds-address", "127.0.0.1:\(xdsPort)", "--admin-address", "127.0.0.1:0",
                "--bind-address", "127.0.0.1", "--waypoint-port", "\(waypointPort)",
            ])
    }

    private static func port(_ heddled: Program) async throws -> Int {
        let address = try await heddled.line("heddled: xds listening on ")
        guard let port = address.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw Problem("no port in \(address)")
        }
        return port
    }
}

/// Runs curl.
func curl(_ arguments: [String]) async throws -> String {
    let result = try await Program.run(
        "/usr/bin/env", ["curl", "-sS", "--max-time", "10"] + arguments)
    guard result.status == 0 else {
        throw Problem("curl \(arguments) ended with \(result.status): \(result.output)")
    }
    return result.output
}

/// What `bookinfo load --json` says at the end.
struct LoadResult: Decodable {
    var total: Int
    var failed: Int
    var versions: [String: Int]
}

/// A load generator that runs until it is told to stop, or has made its requests.
struct Load {
    private let program: Program

    /// Starts it.
    init(_ bookinfo: Bookinfo, _ arguments: [String]) throws {
        program = try Program(
            Place.program("bookinfo"),
            [
                "load", "--url", "http://reviews.bookinfo:9080/reviews/123",
                "--proxy", "127.0.0.1:\(bookinfo.waypointPort)", "--json",
            ] + arguments)
    }

    /// Waits until it has printed a line.
    func line(_ prefix: String) async throws {
        _ = try await program.line(prefix)
    }

    /// Ends it, and gives its counts.
    func stop() async throws -> LoadResult {
        await program.stop()
        return try await result()
    }

    /// Waits for its end.
    func finish() async throws -> LoadResult {
        await program.exit()
        return try await result()
    }

    private func result() async throws -> LoadResult {
        let json = try await program.line("{")
        return try JSONDecoder().decode(LoadResult.self, from: Data("{\(json)".utf8))
    }
}

/// Free ports.
enum FreePort {
    /// A port of 127.0.0.1 that nobody listens on now.
    static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard bound else { throw Problem("no free port: \(String(cString: strerror(errno)))") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
