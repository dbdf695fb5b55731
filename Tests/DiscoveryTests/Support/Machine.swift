import XDS

@testable import Discovery

/// The variants of the protocol.
enum Variant: CaseIterable, Hashable, Sendable {
    case delta
    case sotw
}

/// What a client says, in either variant.
struct Ask: Equatable {
    var type: ResourceType
    /// By state of the world: all names; incremental: names to add.
    var names: [String] = []
    /// Names to take off; incremental only.
    var leaving: [String] = []
    /// What the client has from an earlier stream, name to version; incremental only.
    var has: [String: String] = [:]
    /// The version that was accepted last; by state of the world only.
    var version = ""
    var nonce = ""
    var error: String?
    var node: Node?
}

/// The server's machine of either variant, so that one table and one model fit both.
protocol Machine: AnyObject {
    func received(_ ask: Ask, at now: ContinuousClock.Instant) -> Rejection?
    func changed(to snapshot: Snapshot, _ names: ChangedNames)
    func next(now: ContinuousClock.Instant) -> StreamStep
    var isSettled: Bool { get }
    var subscriptionCount: Int { get }
    var progress: [ResourceType: TypeProgress] { get }
    var clientResources: [ResourceType: [ClientResource]] { get }
}

extension Variant {
    /// - Parameter readsOutlines: Whether acknowledgements by state of the world are taken without
    ///   decoding them, as the server does.
    func machine(
        sharing: any StreamSharing = Unshared(), features: [String] = [],
        readsOutlines: Bool = true
    ) -> any Machine {
        switch self {
        case .delta: DeltaMachine(sharing: sharing, features: features)
        case .sotw:
            SotWMachine(sharing: sharing, features: features, readsOutlines: readsOutlines)
        }
    }
}

private final class DeltaMachine: Machine {
    private var stream: DeltaServerStream

    init(sharing: any StreamSharing, features: [String]) {
        stream = DeltaServerStream(sharing: sharing, features: features)
    }

    func received(_ ask: Ask, at now: ContinuousClock.Instant) -> Rejection? {
        let request = DeltaDiscoveryRequest(
            node: ask.node, type: ask.type, resourceNamesSubscribe: ask.names,
            resourceNamesUnsubscribe: ask.leaving, initialResourceVersions: ask.has,
            responseNonce: ask.nonce,
            errorDetail: ask.error.map { RPCStatus(code: 3, message: $0) })
        return stream.received(request, at: now)
    }

    func changed(to snapshot: Snapshot, _ names: ChangedNames) {
        stream.changed(to: snapshot, names)
    }

    func next(now: ContinuousClock.Instant) -> StreamStep { stream.next(now: now) }

    var isSettled: Bool { stream.isSettled }
    var subscriptionCount: Int { stream.subscriptionCount }
    var progress: [ResourceType: TypeProgress] { stream.progress }
    var clientResources: [ResourceType: [ClientResource]] { stream.clientResources }
}

private final class SotWMachine: Machine {
    private var stream: SotWServerStream
    private let readsOutlines: Bool

    init(sharing: any StreamSharing, features: [String], readsOutlines: Bool) {
        self.readsOutlines = readsOutlines
        stream = SotWServerStream(sharing: sharing, features: features)
    }

    func received(_ ask: Ask, at now: ContinuousClock.Instant) -> Rejection? {
        let request = DiscoveryRequest(
            versionInfo: ask.version, node: ask.node, resourceNames: ask.names, type: ask.type,
            responseNonce: ask.nonce,
            errorDetail: ask.error.map { RPCStatus(code: 3, message: $0) })
        if !readsOutlines { return stream.received(request, at: now) }
        let outline = request.encoded().withUnsafeBytes { DiscoveryRequestOutline($0) }
        if let outline, stream.acknowledged(by: outline, at: now) { return nil }
        return stream.received(request, outline: outline, at: now)
    }

    func changed(to snapshot: Snapshot, _ names: ChangedNames) {
        stream.changed(to: snapshot, names)
    }

    func next(now: ContinuousClock.Instant) -> StreamStep { stream.next(now: now) }

    var isSettled: Bool { stream.isSettled }
    var subscriptionCount: Int { stream.subscriptionCount }
    var progress: [ResourceType: TypeProgress] { stream.progress }
    var clientResources: [ResourceType: [ClientResource]] { stream.clientResources }
}
