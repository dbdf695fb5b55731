import Foundation
import Testing

extension EndToEnd {
    /// `heddlectl` beside real proxies.
    @Suite(.serialized) struct ProxyTools {
        @Test func showsWhatAnAgentHas() async throws {
            let controlPlane = try await ControlPlane()
            try await controlPlane.startAgent()
            let status = try await controlPlane.heddlectl(until: ["proxy-status"]) {
                $0.status == 0 && $0.output.contains("VHDS")
            }
            for type in ["CDS", "EDS", "LDS", "RDS", "VHDS"] {
                let pattern = try Regex("gateway~bookinfo~bookinfo-proxy\\S+ .*\(type) +SYNCED")
                #expect(status.output.contains(pattern), "\(status.output)")
            }
            let proxy = "bookinfo/bookinfo-proxy"
            let expected = [
                "listeners": "waypoint", "clusters": "bookinfo/reviews-v1/9080 +EDS",
                "endpoints": "bookinfo/reviews-v1/9080 +127.0.10.11:9080 +HEALTHY",
                "routes": "bookinfo/reviews-v1/9080 \\(50\\), bookinfo/reviews-v2/9080 \\(50\\)",
                "secrets": "no secrets", "all": "ENDPOINTS",
            ]
            for (part, pattern) in expected {
                let result = try await controlPlane.heddlectl(["proxy-config", part, proxy])
                #expect(result.status == 0)
                #expect(result.output.contains(try Regex(pattern)), "\(result.output)")
            }
            let json = try await controlPlane.heddlectl([
                "proxy-config", "clusters", proxy, "--name", "bookinfo/reviews-v1/9080", "-o",
                "json",
            ])
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
            let resources = (object as? [String: Any])?["resources"] as? [[String: Any]]
            #expect(resources?.compactMap { $0["status"] as? String } == ["SYNCED"])

            let unknown = try await controlPlane.heddlectl(["proxy-status", "nobody"])
            #expect(unknown.status == 1)
            #expect(unknown.output.contains("gateway~bookinfo~bookinfo-proxy"))
            let taken = try await controlPlane.push(Self.snapshot(port: 1), to: proxy)
            #expect(taken.status == 1)
            #expect(taken.output.contains("translated from the Gateway bookinfo/bookinfo-proxy"))
            await controlPlane.stop()
        }

        @Test func pushesASnapshotToEnvoyAndShowsARefusal() async throws {
            let controlPlane = try await ControlPlane()
            let port = try FreePort.find()
            try controlPlane.startEnvoy()

            let push = try await controlPlane.push(Self.snapshot(port: port), to: "shop/edge")
            #expect(push.status == 0, "\(push.output)")
            #expect(push.output.contains("pushed to shop/edge: 1 CDS, 1 LDS, 1 RDS"))
            #expect(push.output.contains("warning: CDS shop refers to EDS shop-endpoints"))
            #expect(try await served(port) == "first")
            _ = try await controlPlane.heddlectl(until: ["proxy-status", "edge-1"]) {
                $0.status == 0
            }
            for (part, text) in [
                ("listeners", "public +127.0.0.1 +\(port) +shop-routes"),
                ("routes", "shop-routes +all +\\* +/\\* +respond 200"),
                ("clusters", "shop +EDS +ROUND_ROBIN +missing"),
            ] {
                let result = try await controlPlane.heddlectl(["proxy-config", part, "edge-1"])
                #expect(result.output.contains(try Regex(text)), "\(result.output)")
            }

            let bad = Self.snapshot(port: port, address: "256.0.0.1")
            let refused = try await controlPlane.push(bad, to: "shop/edge")
            #expect(refused.status == 0, "\(refused.output)")
            let status = try await controlPlane.heddlectl(until: ["proxy-status", "shop/edge"]) {
                $0.output.contains("NACKED")
            }
            #expect(status.status == 1)
            #expect(status.output.contains("edge-1 refused LDS: "))
            #expect(status.output.contains("256.0.0.1"))
            #expect(try await served(port) == "first")

            let mended = Self.snapshot(port: port, answer: "second")
            _ = try await controlPlane.push(mended, to: "shop/edge")
            _ = try await controlPlane.heddlectl(until: ["proxy-status"]) { $0.status == 0 }
            #expect(try await served(port) == "second")
            await controlPlane.stop()
        }

        @Test(arguments: ["json", "yaml"])
        func givesBackWhatWasPushed(format: String) async throws {
            let controlPlane = try await ControlPlane()
            let push = try await controlPlane.push(Self.snapshot(port: 8080), to: "shop/edge")
            #expect(push.status == 0, "\(push.output)")
            let first = try await controlPlane.heddlectl([
                "snapshot", "get", "shop/edge", "-o", format,
            ])
            #expect(first.status == 0)
            let again = try await controlPlane.push(
                first.output, to: "shop/copy", as: "snapshot.\(format)")
            #expect(again.status == 0, "\(again.output)")
            let second = try await controlPlane.heddlectl([
                "snapshot", "get", "shop/copy", "-o", format,
            ])
            #expect(first.output == second.output)
            #expect(first.output.contains("127.0.0.1"))

            let gone = try await controlPlane.heddlectl(["snapshot", "delete", "shop/edge"])
            #expect(gone.status == 0)
            let missing = try await controlPlane.heddlectl(["snapshot", "get", "shop/edge"])
            #expect(missing.status == 1)
            #expect(missing.output.contains("group shop/copy"))
            await controlPlane.stop()
        }

        @Test func saysWhatIsWrongWithASnapshot() async throws {
            let controlPlane = try await ControlPlane()
            let text = """
                resources:
                - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
                  name: shop
                  connect_timeuot: 1s
                - "@type": type.googleapis.com/no.such.Message
                """
            let result = try await controlPlane.push(text, to: "shop/edge")
            #expect(result.status == 1)
            #expect(result.output.contains("resources[0]"), "\(result.output)")
            #expect(result.output.contains("connect_timeuot"))
            #expect(result.output.contains("resources[1]"))
            let broken = try await controlPlane.push("resources: [", to: "shop/edge")
            #expect(broken.status == 1)
            #expect(broken.output.contains("line "))
            await controlPlane.stop()
        }

        @Test func showsSecretsWithoutTheirKeys() async throws {
            let controlPlane = try await ControlPlane()
            let port = try FreePort.find()
            try controlPlane.startEnvoy()
            let push = try await controlPlane.push(
                try await secureSnapshot(controlPlane, port: port), to: "shop/edge")
            #expect(push.output.contains("1 SDS"), "\(push.output)")
            let table = try await controlPlane.heddlectl(
                until: ["proxy-config", "secrets", "edge-1"]
            ) { $0.output.contains("server") }
            #expect(table.output.contains(/server +TLS certificate/))
            let get = try await controlPlane.heddlectl([
                "snapshot", "get", "shop/edge", "-o", "yaml",
            ])
            let config = try await controlPlane.heddlectl([
                "proxy-config", "secrets", "edge-1", "-o", "json",
            ])
            for shown in [get.output, config.output] {
                #expect(shown.contains("[redacted]"))
                #expect(!shown.contains("PRIVATE KEY"))
            }
            let again = try await controlPlane.push(get.output, to: "shop/edge")
            #expect(again.status == 1)
            #expect(again.output.contains("put the secret in"))
            await controlPlane.stop()
        }

        private func served(_ port: Int) async throws -> String {
            for _ in 0..<300 {
                if let text = try? await curl(["http://127.0.0.1:\(port)/"]) { return text }
                try await Task.sleep(for: .milliseconds(50))
            }
            throw Problem("Envoy never listened on \(port)")
        }

        private static func snapshot(
            port: Int, address: String = "127.0.0.1", answer: String = "first"
        ) -> String {
            """
            resources:
            - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
              name: shop
              type: EDS
              connect_timeout: 1.5s
              eds_cluster_config:
                service_name: shop-endpoints
                eds_config: {ads: {}, resource_api_version: V3}
            - "@type": type.googleapis.com/envoy.config.listener.v3.Listener
              name: public
              address: {socket_address: {address: \(address), port_value: \(port)}}
              filter_chains:
              - filters: [\(connectionManager)]
            \(routes(answer))
            """
        }

        private static let connectionManager = """
            {name: http, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.\
            network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: public, rds: \
            {route_config_name: shop-routes, config_source: {ads: {}, resource_api_version: V3}}, \
            http_filters: [{name: router, typed_config: {"@type": type.googleapis.com/envoy.\
            extensions.filters.http.router.v3.Router}}]}}
            """

        private static func routes(_ answer: String) -> String {
            """
            - "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration
              name: shop-routes
              virtual_hosts:
              - name: all
                domains: ["*"]
                routes:
                - match: {prefix: /}
                  direct_response: {status: 200, body: {inline_string: \(answer)}}
            """
        }

        /// A listener with TLS, whose certificate comes by SDS.
        private func secureSnapshot(_ controlPlane: ControlPlane, port: Int) async throws -> String
        {
            let key = controlPlane.directory.appending(path: "key.pem").path
            let certificate = controlPlane.directory.appending(path: "certificate.pem").path
            let result = try await Program.run(
                "/usr/bin/env",
                [
                    "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=shop",
                    "-keyout", key, "-out", certificate,
                ])
            #expect(result.status == 0, "\(result.output)")
            func text(_ path: String) throws -> String {
                try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                    .map { "        \($0)" }.joined(separator: "\n")
            }
            return """
                resources:
                - "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret
                  name: server
                  tls_certificate:
                    certificate_chain:
                      inline_string: |
                \(try text(certificate))
                    private_key:
                      inline_string: |
                \(try text(key))
                - "@type": type.googleapis.com/envoy.config.listener.v3.Listener
                  name: secure
                  address: {socket_address: {address: 127.0.0.1, port_value: \(port)}}
                  filter_chains:
                  - filters: [\(Self.connectionManager)]
                    transport_socket:
                      name: tls
                      typed_config:
                        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                        common_tls_context:
                          tls_certificate_sds_secret_configs:
                          - name: server
                            sds_config: {ads: {}, resource_api_version: V3}
                \(Self.routes("secret"))
                """
        }
    }
}

/// A control plane with the manifests of bookinfo, whose services need not run for this.
private final class ControlPlane {
    let directory: URL
    private let heddled: Program
    private let xdsPort: Int
    private let adminURL: String
    private var proxies: [Program] = []

    init() async throws {
        directory = FileManager.default.temporaryDirectory
            .appending(path: "heddle-e2e-\(UUID().uuidString)")
        let manifests = directory.appending(path: "manifests")
        let example = Place.root.appending(path: "examples/bookinfo")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: example.appending(path: "platform"), to: manifests)
        for name in ["waypoint.yaml", "namespace-enrolled.yaml", "reviews-split.yaml"] {
            try FileManager.default.copyItem(
                at: example.appending(path: name), to: manifests.appending(path: "z-\(name)"))
        }
        try FileManager.default.removeItem(at: manifests.appending(path: "namespace.yaml"))
        heddled = try Program(
            Place.program("heddled"),
            [
                "--manifests", manifests.path, "--xds-address", "127.0.0.1:0", "--admin-address",
                "127.0.0.1:0", "--bind-address", "127.0.0.1", "--waypoint-port",
                "\(try FreePort.find())",
            ])
        let address = try await heddled.line("heddled: xds listening on ")
        xdsPort = address.split(separator: ":").last.flatMap { Int($0) } ?? 0
        adminURL = try await heddled.line("heddled: admin listening on ")
    }

    /// Ends everything and removes the directory.
    func stop() async {
        for proxy in proxies { await proxy.stop() }
        await heddled.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    /// Starts an agent of the waypoint and waits until it is ready.
    func startAgent() async throws {
        let agent = try Program(
            Place.program("heddle-agent"),
            [
                "--gateway", "bookinfo/bookinfo-proxy", "--xds-address", "127.0.0.1:\(xdsPort)",
                "--admin-address", "127.0.0.1:0", "--access-log", "off", "--state-dir",
                directory.appending(path: "state").path,
            ])
        proxies.append(agent)
        _ = try await agent.line("heddle-agent: ready")
    }

    /// Starts Envoy as the proxy `edge-1` of the group `shop/edge`.
    func startEnvoy() throws {
        let example = Place.file("examples/envoy/bootstrap-delta.yaml")
        let bootstrap = try String(contentsOfFile: example, encoding: .utf8)
            .replacing("gateway~bookinfo~bookinfo-proxy~envoy-1", with: "edge-1")
            .replacing("bookinfo/bookinfo-proxy", with: "shop/edge")
            .replacing("15010", with: "\(xdsPort)")
            .replacing("19000", with: "\(try FreePort.find())")
        let file = directory.appending(path: "envoy.yaml")
        try Data(bootstrap.utf8).write(to: file)
        let envoy = try Program(
            try Place.tool("HEDDLE_TEST_ENVOY"),
            [
                "-c", file.path, "--log-level", "warn", "--concurrency", "1",
                "--use-dynamic-base-id",
            ])
        proxies.append(envoy)
    }

    /// Runs heddlectl against the control plane.
    func heddlectl(
        _ arguments: [String]
    ) async throws -> (status: Int32, output: String) {
        try await Program.run(
            Place.program("heddlectl"), arguments + ["--address", adminURL])
    }

    /// Runs heddlectl until it says something, as a person would.
    func heddlectl(
        until arguments: [String], _ condition: ((status: Int32, output: String)) -> Bool
    ) async throws -> (status: Int32, output: String) {
        var last = try await heddlectl(arguments)
        for _ in 0..<200 {
            if condition(last) { return last }
            try await Task.sleep(for: .milliseconds(50))
            last = try await heddlectl(arguments)
        }
        throw Problem("heddlectl \(arguments) never said so: \(last.output)")
    }

    /// Pushes a text as the snapshot of a group.
    func push(
        _ text: String, to group: String, as name: String = "snapshot.yaml"
    ) async throws -> (status: Int32, output: String) {
        let file = directory.appending(path: name)
        try Data(text.utf8).write(to: file)
        return try await heddlectl(["snapshot", "push", file.path, "--node", group])
    }
}
