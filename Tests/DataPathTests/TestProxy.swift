import Foundation
import Routing
import Testing
import XDS

@testable import DataPath

/// A proxy with one listener `in` on a free port.
final class TestProxy: Sendable {
    let proxy: Proxy
    let port: Int

    init(
        _ inputs: RoutingInputs, workers: Int = 1,
        configure: (inout ProxyConfiguration) -> Void = { _ in }
    ) async throws {
        var configuration = ProxyConfiguration(workers: workers)
        // A busy machine is no reason to fail.
        configuration.timeouts.head = .seconds(120)
        configuration.timeouts.request = .seconds(120)
        configure(&configuration)
        proxy = try Proxy(configuration)
        try await proxy.install(RoutingTable.compile(inputs))
        port = proxy.boundPorts["in"] ?? 0
    }

    /// Runs a test against a proxy, and stops it.
    static func with(
        _ inputs: RoutingInputs, workers: Int = 1,
        configure: (inout ProxyConfiguration) -> Void = { _ in },
        _ test: (TestProxy) async throws -> Void
    ) async throws {
        let proxy = try await TestProxy(inputs, workers: workers, configure: configure)
        do {
            try await test(proxy)
        } catch {
            await proxy.proxy.stop()
            throw error
        }
        await proxy.proxy.stop()
    }

    func client() throws -> TestStream { try TestStream(port: port) }

    /// One request on a connection of its own.
    func ask(_ request: String, hasBody: Bool = true) throws -> TestStream.Message {
        let client = try client()
        defer { client.close() }
        try client.send(request)
        return try client.response(hasBody: hasBody)
    }
}

extension RoutingInputs {
    /// One listener `in`, with the given routes for every host.
    static func routes(
        _ routes: [Route], clusters: [String: [Int]],
        configure: (inout HTTPConnectionManager) -> Void = { _ in }
    ) -> RoutingInputs {
        var manager = HTTPConnectionManager(
            statPrefix: "in", routeSpecifier: .rds("routes"), upgradeTypes: ["websocket"],
            useRemoteAddress: true, normalizePath: true, mergeSlashes: true)
        configure(&manager)
        let listener = Listener(
            name: "in", address: SocketAddress(address: "127.0.0.1", port: 0),
            filterChains: [
                FilterChain(filters: [
                    NetworkFilter(name: "hcm", config: .httpConnectionManager(manager))
                ])
            ])
        let host = VirtualHost(name: "all", domains: ["*"], routes: routes)
        return RoutingInputs(
            listeners: ["in": Versioned(listener)],
            routeConfigurations: [
                "routes": Versioned(RouteConfiguration(name: "routes", virtualHosts: [host]))
            ],
            clusters: Dictionary(
                uniqueKeysWithValues: clusters.keys.map { ($0, Versioned(Cluster(name: $0))) }),
            endpoints: Dictionary(
                uniqueKeysWithValues: clusters.map { name, ports in
                    (name, Versioned(Self.assignment(name, ports)))
                }))
    }

    /// Everything goes to one server.
    static func everything(
        to server: TestServer, configure: (inout RouteAction) -> Void = { _ in }
    ) -> RoutingInputs {
        var action = RouteAction(cluster: .cluster("one"))
        configure(&action)
        return routes(
            [Route(name: "r", match: RouteMatch(), action: .route(action))],
            clusters: ["one": [server.port]])
    }

    static func assignment(_ name: String, _ ports: [Int]) -> ClusterLoadAssignment {
        ClusterLoadAssignment(
            clusterName: name,
            endpoints: [
                LocalityLbEndpoints(
                    lbEndpoints: ports.map {
                        LbEndpoint(
                            address: SocketAddress(address: "127.0.0.1", port: UInt32($0)))
                    })
            ])
    }
}

/// Runs something that blocks on a thread of its own, so that tasks go on meanwhile.
func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// A port that nothing listens on.
func closedPort() throws -> Int {
    let server = try TestServer { _, _ in }
    server.stop()
    return server.port
}

/// Bytes that are easy to compare.
func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
}
