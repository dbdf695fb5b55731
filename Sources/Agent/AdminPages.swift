import AdminAPI
import DataPath
import Discovery
import XDS

/// The pages of the agent's admin port.
struct AdminPages: Sendable {
    let state: AgentState
    let proxy: Proxy
    let node: Node

    /// The answer to a request; quick, since it is made on a worker.
    func answer(_ request: LocalRequest) -> LocalResponse {
        guard request.method == "GET" || request.method == "HEAD" else {
            return LocalResponse(status: 405, "use GET\n")
        }
        switch request.path {
        case "/": return LocalResponse(Self.index)
        case "/ready": return ready()
        case "/stats": return LocalResponse(statistics())
        case "/config_dump": return dump()
        default:
            return LocalResponse(status: 404, "no page \(request.path); / lists them\n")
        }
    }

    private static let index = """
        heddle-agent \(heddleVersion)
        /ready        200 when a whole configuration is served
        /stats        counters
        /config_dump  the accepted resources, as JSON

        """

    private func ready() -> LocalResponse {
        state.isReady
            ? LocalResponse("ready\n")
            : LocalResponse(status: 503, "waiting for the first whole configuration\n")
    }

    private func statistics() -> String {
        let counts = proxy.statistics
        var lines = [
            "server.ready: \(state.isReady ? 1 : 0)",
            "control_plane.connected: \(state.isConnected ? 1 : 0)",
            "control_plane.installs: \(state.installs)",
            "http.downstream_cx_total: \(counts.connections)",
            "http.downstream_cx_active: \(counts.activeConnections)",
            "tls.handshake_total: \(counts.handshakes)",
            "tls.handshake_error: \(counts.handshakeFailures)",
            "udp.downstream_sess_total: \(counts.sessions)",
            "udp.downstream_sess_active: \(counts.activeSessions)",
            "udp.downstream_rx_datagrams_dropped: \(counts.droppedDatagrams)",
            "http.downstream_rq_total: \(counts.requests)",
        ]
        for (index, count) in counts.statuses.enumerated() {
            lines.append("http.downstream_rq_\(index + 2)xx: \(count)")
        }
        lines += [
            "upstream_cx_total: \(counts.upstreamConnections)",
            "upstream_cx_connect_fail: \(counts.upstreamFailures)",
            "upstream_rq_timeout: \(counts.timeouts)",
            "upstream_rq_retry: \(counts.retries)",
        ]
        for (name, counts) in counts.clusters.sorted(by: { $0.key < $1.key }) {
            lines.append("cluster.\(name).upstream_rq_total: \(counts.requests)")
            lines.append("cluster.\(name).upstream_rq_failed: \(counts.failures)")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func dump() -> LocalResponse {
        var parts: [String] = []
        let resources = state.resources
        for type in ResourceType.inOrderOfAddition {
            for (_, entry) in (resources[type] ?? [:]).sorted(by: { $0.key < $1.key }) {
                do throws(XDSError) {
                    let json = try protobufJSON(typeURL: type.rawValue, bytes: entry.message.value)
                    parts.append(
                        "{\"type\":\"\(type)\",\"version\":\"\(entry.version)\",\"resource\":\(json)}"
                    )
                } catch {
                    return LocalResponse(status: 500, "\(error)\n")
                }
            }
        }
        return LocalResponse(
            contentType: "application/json",
            "{\"resources\":[\n\(parts.joined(separator: ",\n"))\n]}\n")
    }
}
