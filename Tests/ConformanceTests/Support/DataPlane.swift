import Foundation

/// What carries the traffic.
enum DataPlane: String, CaseIterable, Sendable, CustomStringConvertible {
    case agent
    case envoy

    var description: String { rawValue }

    /// Starts a proxy of a Gateway.
    ///
    /// - Parameters:
    ///   - gateway: `NAMESPACE/NAME`.
    ///   - xdsPort: The control plane's port at 127.0.0.1.
    ///   - adminAddress: An address for its admin port that nobody else uses.
    ///   - directory: Where its configuration may be written.
    func start(
        gateway: String, xdsPort: Int, adminAddress: String, directory: URL
    ) throws -> Program {
        switch self {
        case .agent:
            return try Program(
                Place.program("heddle-agent"),
                [
                    "--gateway", gateway, "--xds-address", "127.0.0.1:\(xdsPort)",
                    "--admin-address", "\(adminAddress):19000", "--workers", "1",
                ])
        case .envoy:
            let parts = gateway.split(separator: "/")
            let bootstrap = try String(
                contentsOfFile: Place.file("examples/envoy/bootstrap-delta.yaml"), encoding: .utf8
            ).replacing("bookinfo/bookinfo-proxy", with: gateway)
                .replacing("bookinfo~bookinfo-proxy", with: "\(parts[0])~\(parts[1])")
                .replacing(
                    "address: 127.0.0.1\n      port_value: 19000",
                    with: "address: \(adminAddress)\n      port_value: 19000"
                )
                .replacing("15010", with: "\(xdsPort)")
            let file = directory.appending(path: "envoy-\(adminAddress).yaml")
            try Data(bootstrap.utf8).write(to: file)
            return try Program(
                try Place.tool("HEDDLE_TEST_ENVOY"),
                [
                    "-c", file.path, "--log-level", "warn", "--concurrency", "1",
                    "--use-dynamic-base-id", "--drain-time-s", "0", "--drain-strategy",
                    "immediate",
                ])
        }
    }
}
