import Foundation
import XDS

/// An Envoy of the group `test/proxy`, with two servers inside that answer with their name, `one`
/// and `two`.
final class Envoy: Sendable {
    /// How it asks for its configuration.
    struct Discovery: Hashable, Sendable, CustomStringConvertible {
        var isAggregated: Bool
        var isDelta: Bool

        var description: String {
            (isAggregated ? "ADS" : "separate services") + (isDelta ? ", delta" : ", SotW")
        }

        static let all = [true, false].flatMap { isAggregated in
            [true, false].map { Discovery(isAggregated: isAggregated, isDelta: $0) }
        }

        /// The `ConfigSource` that its resources name.
        var source: String {
            if isAggregated { return #"{"ads": {}, "resource_api_version": "V3"}"# }
            return #"{"api_config_source": \#(api), "resource_api_version": "V3"}"#
        }

        fileprivate var api: String {
            """
            {"api_type": "\(isDelta ? "DELTA_GRPC" : "GRPC")", "transport_api_version": "V3",
             "grpc_services": [{"envoy_grpc": {"cluster_name": "heddled"}}]}
            """
        }

        fileprivate var bootstrap: String {
            let ads = isAggregated ? #""ads_config": \#(api),"# : ""
            return #"{\#(ads) "lds_config": \#(source), "cds_config": \#(source)}"#
        }
    }

    let discovery: Discovery
    /// Where the listeners of a test may be.
    let port: Int
    let securePort: Int
    /// Where the servers inside are.
    let ports: [String: Int]
    private let adminPort: Int
    private let program: Program

    /// Starts it.
    ///
    /// - Parameter features: What its node says that it can take.
    init(_ discovery: Discovery, server: Int, features: [String] = []) throws {
        let free = try freePorts(5)
        self.discovery = discovery
        (port, securePort, adminPort) = (free[0], free[1], free[2])
        ports = ["one": free[3], "two": free[4]]
        let servers = ports.map { Self.answering($0.key, port: $0.value) }
        let names = features.map { "\"\($0)\"" }.joined(separator: ",")
        let bootstrap = """
            {"node": {"id": "proxy-1", "cluster": "test/proxy", "client_features": [\(names)]},
             "dynamic_resources": \(discovery.bootstrap),
             "static_resources": {
               "listeners": [\(servers.joined(separator: ","))],
               "clusters": [\(Self.controlPlane(port: server))]},
             "admin": {"address": \(Self.address(adminPort))}}
            """
        program = try Program(
            try tool("HEDDLE_TEST_ENVOY"),
            [
                "--config-yaml", bootstrap, "--log-level", "error", "--concurrency", "1",
                "--use-dynamic-base-id", "--drain-time-s", "0", "--drain-strategy", "immediate",
            ])
    }

    func stop() async {
        await program.stop()
    }

    /// All that it has printed.
    var log: String { program.text }

    /// A request to the listener: the body, or the status where that is not 200.
    func answer(host: String = "test.example") async throws -> String {
        try await answer(["-H", "Host: \(host)", "http://127.0.0.1:\(port)/"])
    }

    /// A request over TLS: the body and the common name of the certificate.
    func secureAnswer() async throws -> (body: String, certificate: String) {
        let body = try await answer(["-k", "https://127.0.0.1:\(securePort)/"])
        let text = try await Program.run(
            "/usr/bin/env",
            [
                "curl", "-skv", "--max-time", "5", "-o", "/dev/null",
                "https://127.0.0.1:\(securePort)/",
            ])
        let subject = text.split(separator: "\n").first { $0.contains("subject: CN=") } ?? ""
        return (body, String(subject.split(separator: "CN=").last ?? ""))
    }

    /// Waits until the listener answers so.
    func until(_ answer: String, host: String = "test.example") async throws {
        try await eventually("\(answer) from \(host); Envoy: \(log)") {
            try await self.answer(host: host) == answer
        }
    }

    /// The numbers whose names match.
    func stats(_ filter: String) async throws -> [String: Int] {
        let text = try await admin("stats?filter=\(filter)")
        return text.split(separator: "\n").reduce(into: [:]) { stats, line in
            let parts = line.split(separator: ": ")
            if parts.count == 2 { stats[String(parts[0])] = Int(parts[1]) }
        }
    }

    /// A page of the admin port.
    func admin(_ path: String) async throws -> String {
        try await Program.run(
            "/usr/bin/env",
            ["curl", "-sS", "--max-time", "5", "http://127.0.0.1:\(adminPort)/\(path)"])
    }

    private func answer(_ arguments: [String]) async throws -> String {
        let text = try await Program.run(
            "/usr/bin/env",
            ["sh", "-c", #"curl -s --max-time 5 -w '\n%{http_code}' "$@" || true"#, "curl"]
                + arguments)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let status = String(lines.last ?? "")
        return status == "200" ? lines.dropLast().joined(separator: "\n") : status
    }

    private static func address(_ port: Int) -> String {
        #"{"socket_address": {"address": "127.0.0.1", "port_value": \#(port)}}"#
    }

    private static func answering(_ name: String, port: Int) -> String {
        """
        {"name": "server-\(name)", "address": \(address(port)), "filter_chains": [{"filters": [{
          "name": "http", "typed_config": {
            "@type": "\(ResourceType.prefix)\(httpConnectionManager)", "stat_prefix": "\(name)",
            "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
              {"match": {"prefix": "/"},
               "direct_response": {"status": 200, "body": {"inline_string": "\(name)"}}}]}]},
            "http_filters": [\(router)]}}]}]}
        """
    }

    private static func controlPlane(port: Int) -> String {
        """
        {"name": "heddled", "type": "STATIC", "connect_timeout": "1s",
         "typed_extension_protocol_options": {
           "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
             "@type": "\(ResourceType.prefix)envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
             "explicit_http_config": {"http2_protocol_options": {}}}},
         "load_assignment": {"cluster_name": "heddled", "endpoints": [{"lb_endpoints": [
           {"endpoint": {"address": \(address(port))}}]}]}}
        """
    }
}

private let httpConnectionManager =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
private let router = """
    {"name": "router", "typed_config": {
      "@type": "\(ResourceType.prefix)envoy.extensions.filters.http.router.v3.Router"}}
    """

/// Resources as JSON, for this Envoy.
extension Envoy {
    /// A cluster whose endpoints come by EDS under its name.
    func cluster(_ name: String, timeout: Int = 1) -> String {
        """
        {"@type": "\(ResourceType.cluster.rawValue)", "name": "\(name)", "type": "EDS",
         "connect_timeout": "\(timeout)s",
         "eds_cluster_config": {"eds_config": \(discovery.source)}}
        """
    }

    /// Endpoints at servers inside.
    func endpoints(_ name: String, at servers: String...) -> String {
        let endpoints = servers.compactMap { ports[$0] }.map {
            #"{"endpoint": {"address": \#(Self.address($0))}}"#
        }
        return """
            {"@type": "\(ResourceType.endpoints.rawValue)", "cluster_name": "\(name)",
             "endpoints": [{"lb_endpoints": [\(endpoints.joined(separator: ","))]}]}
            """
    }

    /// A route configuration that sends all to a cluster.
    func routes(_ name: String, to cluster: String) -> String {
        """
        {"@type": "\(ResourceType.routeConfiguration.rawValue)", "name": "\(name)",
         "virtual_hosts": [\(Self.host("all", "*", to: cluster))]}
        """
    }

    /// A route configuration whose virtual hosts come by VHDS.
    func routes(_ name: String, virtualHostsFrom source: String) -> String {
        """
        {"@type": "\(ResourceType.routeConfiguration.rawValue)", "name": "\(name)",
         "vhds": {"config_source": \(source)}}
        """
    }

    /// A virtual host that comes by VHDS.
    func virtualHost(_ name: String, domain: String, to cluster: String) -> String {
        let fields = Self.host(name, domain, to: cluster).dropFirst()
        return #"{"@type": "\#(ResourceType.virtualHost.rawValue)", \#(fields)"#
    }

    /// A listener whose route configuration comes by RDS.
    ///
    /// - Parameter secret: The name of its certificate, which comes by SDS; nil for plain text.
    /// - Parameter buffer: For changes that are not in a filter chain: after one that is, Envoy
    ///   still shows the version before.
    func listener(
        _ name: String, routes: String, secret: String? = nil, buffer: Int = 32768
    ) -> String {
        let tls = secret.map { #", "transport_socket": \#(transportSocket($0))"# } ?? ""
        return """
            {"@type": "\(ResourceType.listener.rawValue)", "name": "\(name)",
             "address": \(Self.address(secret == nil ? port : securePort)),
             "per_connection_buffer_limit_bytes": \(buffer),
             "filter_chains": [{"filters": [{"name": "http", "typed_config": {
               "@type": "\(ResourceType.prefix)\(httpConnectionManager)",
               "stat_prefix": "test",
               "rds": {"route_config_name": "\(routes)", "config_source": \(discovery.source)},
               "http_filters": [\(router)]}}]\(tls)}]}
            """
    }

    /// A listener that no Envoy takes: there is no such filter.
    func badListener(_ name: String) -> String {
        """
        {"@type": "\(ResourceType.listener.rawValue)", "name": "\(name)",
         "address": \(Self.address(port)),
         "filter_chains": [{"filters": [{"name": "no-such-filter", "typed_config": {
           "@type": "type.googleapis.com/google.protobuf.Empty"}}]}]}
        """
    }

    /// A certificate.
    func secret(_ name: String, _ certificate: (chain: String, key: String)) -> String {
        func text(_ pem: String) -> String { pem.replacing("\n", with: "\\n") }
        return """
            {"@type": "\(ResourceType.secret.rawValue)", "name": "\(name)", "tls_certificate": {
             "certificate_chain": {"inline_string": "\(text(certificate.chain))"},
             "private_key": {"inline_string": "\(text(certificate.key))"}}}
            """
    }

    private func transportSocket(_ secret: String) -> String {
        """
        {"name": "tls", "typed_config": {
          "@type": "\(ResourceType.prefix)envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
          "common_tls_context": {"tls_certificate_sds_secret_configs": [
            {"name": "\(secret)", "sds_config": \(discovery.source)}]}}}
        """
    }

    private static func host(_ name: String, _ domain: String, to cluster: String) -> String {
        """
        {"name": "\(name)", "domains": ["\(domain)"],
         "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "\(cluster)"}}]}
        """
    }
}
