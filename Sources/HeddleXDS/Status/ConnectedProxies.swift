package import Discovery
import Synchronization
public import XDS

/// Who is connected, how far each is, and what was refused lately.
public final class ConnectedProxies: Sendable {
    /// A refusal that was noted.
    public struct Refusal: Sendable {
        /// When it came.
        public var time: ContinuousClock.Instant
        /// The node that refused.
        public var node: String
        /// The type of the resources.
        public var type: ResourceType
        /// The proxy's reason.
        public var reason: String
    }

    /// A stream, as far as a status page asks it.
    struct Entry: Sendable {
        /// All but the types.
        var proxy: ProxyStatus
        var progress: @Sendable () -> [ResourceType: TypeProgress]
        var resources: @Sendable () -> [ResourceType: [ClientResource]]
        var answers: @Sendable () -> [ResourceType: ClientAnswers]
    }

    /// Told that the proxies of a group have come, gone, or answered; may be called on any thread.
    package typealias Observer = @Sendable (ProxyGroup) -> Void

    private struct State {
        var streams: [UInt64: Entry] = [:]
        var next: UInt64 = 0
        var refusals: [Refusal] = []
        var observer: Observer?
    }

    private static let keptRefusals = 100
    private let state = Mutex(State())

    /// Nobody is connected.
    init() {}

    /// The connected proxies, a stream each, by group, node and address.
    public var statuses: [ProxyStatus] {
        let entries = state.withLock { Array($0.streams.values) }
        // A stream's progress takes the stream's lock, so it is asked outside of this one.
        return entries.map(\.status).sorted(by: ProxyStatus.isBefore)
    }

    /// What the streams of a node have been sent, by type; none where none is connected.
    public func resources(
        of nodeID: String
    ) -> [(proxy: ProxyStatus, resources: [ResourceType: [ProxyStatus.Resource]])] {
        resources { $0.node.id == nodeID }
    }

    /// What some streams have been sent, by type.
    func resources(
        where isMeant: (ProxyStatus) -> Bool
    ) -> [(proxy: ProxyStatus, resources: [ResourceType: [ProxyStatus.Resource]])] {
        let entries = state.withLock { state in
            state.streams.values.filter { isMeant($0.proxy) }
        }
        return entries.map { entry in
            (entry.status, entry.resources().mapValues { $0.map { ProxyStatus.Resource($0) } })
        }.sorted { ProxyStatus.isBefore($0.proxy, $1.proxy) }
    }

    /// The latest hundred refusals, oldest first.
    public var refusals: [Refusal] {
        state.withLock { $0.refusals }
    }

    /// How many streams are connected.
    public var count: Int {
        state.withLock { $0.streams.count }
    }

    /// Tells of changes from now on; the former observer is told no more.
    package func observe(_ observer: @escaping Observer) {
        state.withLock { $0.observer = observer }
    }

    /// What the proxies of a group have answered, a stream each, by node, the older stream first.
    package func answers(of group: ProxyGroup) -> [ProxyAnswers] {
        let entries = state.withLock { state in
            state.streams.values.filter { $0.proxy.group == group }
        }
        return entries.map { ProxyAnswers(proxy: $0.proxy, types: $0.answers()) }.sorted {
            ($0.proxy.node.id, $0.proxy.connectedAt) < ($1.proxy.node.id, $1.proxy.connectedAt)
        }
    }

    /// Notes a stream.
    ///
    /// - Returns: A handle for ``remove(_:)``.
    func add(_ entry: Entry) -> UInt64 {
        let (handle, observer) = state.withLock { state in
            state.next += 1
            state.streams[state.next] = entry
            return (state.next, state.observer)
        }
        observer?(entry.proxy.group)
        return handle
    }

    /// Forgets a stream.
    func remove(_ handle: UInt64) {
        let (entry, observer) = state.withLock { state in
            (state.streams.removeValue(forKey: handle), state.observer)
        }
        if let entry { observer?(entry.proxy.group) }
    }

    /// A proxy of a group has answered something that its listeners depend on.
    func moved(_ group: ProxyGroup) {
        state.withLock { $0.observer }?(group)
    }

    /// Keeps a refusal, the newest hundred of them.
    func refused(_ rejection: Rejection, node: String) {
        let refusal = Refusal(
            time: .now, node: node, type: rejection.type, reason: rejection.message)
        state.withLock { state in
            state.refusals.append(refusal)
            if state.refusals.count > Self.keptRefusals { state.refusals.removeFirst() }
        }
    }
}

extension ConnectedProxies.Entry {
    fileprivate var status: ProxyStatus {
        var proxy = proxy
        proxy.types = progress().sorted { ResourceType.isAddedBefore($0.key, $1.key) }
            .map { ProxyStatus.TypeStatus($0.key, $0.value) }
        return proxy
    }
}

extension ProxyStatus {
    fileprivate static func isBefore(_ left: ProxyStatus, _ right: ProxyStatus) -> Bool {
        (left.group, left.node.id, left.peer) < (right.group, right.node.id, right.peer)
    }
}
