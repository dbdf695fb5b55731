import AdminAPI
import Discovery
import HeddleXDS
import XDS

extension StatusReport.Proxy {
    /// A connected proxy as the admin port tells it.
    init(_ proxy: ProxyStatus) {
        let agent = [proxy.node.userAgentName, proxy.node.userAgentVersion].filter { !$0.isEmpty }
        self.init(
            node: proxy.node.id, group: proxy.group.description, address: proxy.peer,
            identity: proxy.identity, userAgent: agent.joined(separator: "/"),
            stream: proxy.variant.rawValue, connectedAt: Timestamp.text(proxy.connectedAt),
            isKnown: proxy.isKnown,
            types: proxy.types.map { type in
                StatusReport.ResourceTypeStatus(
                    type: type.type.description,
                    state: type.state.rawValue.replacing(" ", with: "_"),
                    version: type.version.isEmpty ? nil : type.version,
                    lastAcknowledged: type.lastAcknowledged.map { Timestamp.text($0) },
                    resources: type.resources, sent: type.sent, acknowledged: type.acknowledged,
                    rejection: type.rejection)
            })
    }
}

extension StatusReport.Refusal {
    init(_ refusal: ConnectedProxies.Refusal) {
        self.init(
            time: Timestamp.text(refusal.time), node: refusal.node,
            type: refusal.type.description, reason: refusal.reason)
    }
}
