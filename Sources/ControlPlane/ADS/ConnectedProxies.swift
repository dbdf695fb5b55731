import AdminAPI
import Discovery
import Synchronization
import XDS

/// Who is connected, how far each is, and what was refused lately.
final class ConnectedProxies: Sendable {
    /// A stream's own account of how far it is.
    typealias Progress = @Sendable () -> [ResourceType: TypeProgress]

    private struct State {
        var streams: [UInt64: (proxy: StatusReport.Proxy, progress: Progress)] = [:]
        var next: UInt64 = 0
        var refusals: [StatusReport.Refusal] = []
    }

    private static let keptRefusals = 100
    private let state = Mutex(State())

    /// Nobody is connected.
    init() {}

    /// Notes a stream.
    ///
    /// - Returns: A handle for ``remove(_:)``.
    func add(_ proxy: StatusReport.Proxy, progress: @escaping Progress) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.streams[state.next] = (proxy, progress)
            return state.next
        }
    }

    /// Forgets a stream.
    func remove(_ handle: UInt64) {
        state.withLock { state in
            state.streams[handle] = nil
        }
    }

    /// Keeps a refusal, the newest hundred of them.
    func refused(_ rejection: Rejection, node: String) {
        let refusal = StatusReport.Refusal(
            time: Timestamp.now(), node: node, type: rejection.type.description,
            reason: rejection.message)
        state.withLock { state in
            state.refusals.append(refusal)
            if state.refusals.count > Self.keptRefusals { state.refusals.removeFirst() }
        }
    }

    /// The latest refusals, oldest first.
    var refusals: [StatusReport.Refusal] {
        state.withLock { $0.refusals }
    }

    /// The connected proxies, by group and node.
    var report: [StatusReport.Proxy] {
        let streams = state.withLock { Array($0.streams.values) }
        // A stream's progress takes the stream's lock, so it is asked outside of this one.
        let proxies = streams.map { proxy, progress in
            var proxy = proxy
            proxy.types = Self.types(progress())
            return proxy
        }
        return proxies.sorted { ($0.group, $0.node, $0.address) < ($1.group, $1.node, $1.address) }
    }

    private static func types(
        _ progress: [ResourceType: TypeProgress]
    ) -> [StatusReport.ResourceTypeStatus] {
        let known = ResourceType.inOrderOfAddition
        let order =
            known
            + progress.keys.filter { !known.contains($0) }
            .sorted { $0.rawValue < $1.rawValue }
        return order.compactMap { type in
            progress[type].map { progress in
                let state =
                    progress.rejection != nil ? "NACKED" : progress.isWaiting ? "STALE" : "SYNCED"
                return StatusReport.ResourceTypeStatus(
                    type: type.description, state: state, resources: progress.resources,
                    sent: progress.sent, acknowledged: progress.acknowledged,
                    rejection: progress.rejection?.message)
            }
        }
    }
}

extension ADSStream where Machine: ~Copyable {
    /// The stream's client, for the status page.
    func proxy(isKnown: Bool) -> StatusReport.Proxy {
        let agent = [node.userAgentName, node.userAgentVersion].filter { !$0.isEmpty }
        return StatusReport.Proxy(
            node: node.id, group: group.description, address: peer,
            userAgent: agent.joined(separator: "/"), stream: Machine.form, isKnown: isKnown,
            types: [])
    }
}
