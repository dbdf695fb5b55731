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
            userAgent: agent.joined(separator: "/"), stream: proxy.variant.rawValue,
            isKnown: proxy.isKnown,
            types: proxy.types.map { type in
                StatusReport.ResourceTypeStatus(
                    type: type.type.description, state: type.state.rawValue,
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
