import Discovery
import GRPC
import Glibc
import XDS

/// The client status discovery service (CSDS): what each connected proxy has been sent, and how it
/// stands to it.
///
/// Who shows a certificate sees the proxies of the groups that it may have itself.
///
/// Source: `envoy.service.status.v3.ClientStatusDiscoveryService`.
struct ClientStatusService: Sendable {
    private static let name = ServedServices.clientStatus.fullName

    let proxies: ConnectedProxies
    let authorization: ProxyAuthorization

    /// The methods by path, for a server.
    var handlers: [String: GRPCServer.Handler] {
        [
            "/\(Self.name)/FetchClientStatus": { call in
                let request = try await call.request(as: ClientStatusRequest.self)
                try await call.respond(try response(to: request, of: call))
            },
            "/\(Self.name)/StreamClientStatus": { call in
                while let message = try await call.receive() {
                    let request = try message.decoded(as: ClientStatusRequest.self)
                    try await call.respond(try response(to: request, of: call))
                }
            },
        ]
    }

    private func response(
        to request: ClientStatusRequest, of call: GRPCServerCall
    ) throws(GRPCStatus) -> ClientStatusResponse {
        let matchers = try request.nodeMatchers.map { matcher throws(GRPCStatus) in
            try NodeSelection(matcher)
        }
        let identity = call.peerIdentity
        var config: [ClientConfig] = []
        for (proxy, resources) in proxies.resources(where: { proxy in
            (matchers.isEmpty || matchers.contains { $0.matches(proxy.node) })
                && authorization.permits(identity, proxy.group)
        }) {
            config.append(
                ClientConfig(
                    proxy, resources, withContents: !request.excludeResourceContents))
        }
        return ClientStatusResponse(config: config)
    }
}

extension ProxyAuthorization {
    fileprivate func permits(_ identity: PeerIdentity?, _ group: ProxyGroup) -> Bool {
        do {
            try authorize(identity, group)
            return true
        } catch {
            return false
        }
    }
}

/// Which nodes a matcher means.
private struct NodeSelection {
    private let matches: (String) -> Bool

    init(_ matcher: NodeMatcher) throws(GRPCStatus) {
        guard let id = matcher.nodeID else {
            matches = { _ in true }
            return
        }
        func folded(_ text: String) -> String { id.ignoreCase ? text.lowercased() : text }
        switch id.pattern {
        case .exact(let text): matches = { folded($0) == folded(text) }
        case .prefix(let text): matches = { folded($0).hasPrefix(folded(text)) }
        case .suffix(let text): matches = { folded($0).hasSuffix(folded(text)) }
        case .contains(let text): matches = { folded($0).contains(folded(text)) }
        case .safeRegex:
            throw GRPCStatus(
                .unimplemented,
                "node matchers by regular expression; use exact, prefix, suffix or contains")
        }
    }

    func matches(_ node: Node) -> Bool {
        matches(node.id)
    }
}

extension ClientConfig {
    fileprivate init(
        _ proxy: ProxyStatus, _ resources: [ResourceType: [ProxyStatus.Resource]],
        withContents: Bool
    ) {
        var configs: [GenericXDSConfig] = []
        for status in proxy.types {
            for held in resources[status.type] ?? [] {
                configs.append(GenericXDSConfig(held, of: status, withContents: withContents))
            }
        }
        self.init(node: proxy.node, genericXDSConfigs: configs)
    }
}

extension GenericXDSConfig {
    fileprivate init(
        _ held: ProxyStatus.Resource, of status: ProxyStatus.TypeStatus, withContents: Bool
    ) {
        let resource = held.resource
        let contents =
            withContents
            ? AnyMessage(typeURL: resource.type.rawValue, value: resource.message) : nil
        let time = status.lastAcknowledged.map { Timestamp($0) }
        switch held.state {
        case .synced:
            self.init(
                type: resource.type, name: resource.name, versionInfo: resource.version,
                xdsConfig: contents, lastUpdated: time, configStatus: .synced,
                clientStatus: .acked)
        case .stale, .notSent:
            self.init(
                type: resource.type, name: resource.name, xdsConfig: contents,
                configStatus: .stale, clientStatus: .requested)
        case .rejected:
            self.init(
                type: resource.type, name: resource.name, lastUpdated: time,
                configStatus: .error, clientStatus: .nacked,
                errorState: UpdateFailureState(
                    failedConfiguration: contents, details: status.rejection ?? "",
                    versionInfo: resource.version))
        }
    }
}

extension Timestamp {
    /// A moment of this process.
    init(_ moment: ContinuousClock.Instant) {
        let ago = (ContinuousClock.now - moment).components
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var seconds = Int64(now.tv_sec) - ago.seconds
        var nanoseconds = Int64(now.tv_nsec) - ago.attoseconds / 1_000_000_000
        if nanoseconds < 0 {
            nanoseconds += 1_000_000_000
            seconds -= 1
        }
        self.init(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }
}
