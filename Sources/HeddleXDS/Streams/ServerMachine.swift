import Discovery
import GRPC
import XDS

/// What both variants of the protocol have in common: bytes in, bytes out, over a pure machine.
protocol ServerMachine: ~Copyable, Sendable {
    associatedtype Request: WireMessage & Sendable

    /// The variant, for status pages.
    static var variant: ProxyStatus.Variant { get }

    init(sharing: any StreamSharing, features: [String])

    /// - Returns: The refusal, where the request is one.
    mutating func received(
        _ request: Request, outline: DiscoveryRequestOutline?, at now: ContinuousClock.Instant
    ) -> Rejection?
    mutating func changed(to snapshot: Snapshot, _ names: ChangedNames)
    mutating func next(now: ContinuousClock.Instant) -> StreamStep
    var isSettled: Bool { get }
    var subscriptionCount: Int { get }
    var progress: [ResourceType: TypeProgress] { get }
    var clientResources: [ResourceType: [ClientResource]] { get }
    func answers(of type: ResourceType, withResources: Bool) -> ClientAnswers?

    /// Takes a request that is nothing but an acknowledgement, without decoding it.
    ///
    /// - Returns: Whether it was one.
    mutating func acknowledged(
        by request: DiscoveryRequestOutline, at now: ContinuousClock.Instant
    ) -> Bool
    static func outline(of request: UnsafeRawBufferPointer) -> DiscoveryRequestOutline?

    static func node(of request: Request) -> Node?
    static func type(of request: Request) -> ResourceType
    /// The request as if it had named this type.
    static func typed(_ request: Request, _ type: ResourceType) -> Request
}

extension DeltaServerStream: ServerMachine {
    static var variant: ProxyStatus.Variant { .delta }

    mutating func received(
        _ request: DeltaDiscoveryRequest, outline _: DiscoveryRequestOutline?,
        at now: ContinuousClock.Instant
    ) -> Rejection? {
        received(request, at: now)
    }

    static func outline(of request: UnsafeRawBufferPointer) -> DiscoveryRequestOutline? {
        DiscoveryRequestOutline(delta: request)
    }

    static func node(of request: DeltaDiscoveryRequest) -> Node? { request.node }

    static func type(of request: DeltaDiscoveryRequest) -> ResourceType { request.type }

    static func typed(
        _ request: DeltaDiscoveryRequest, _ type: ResourceType
    ) -> DeltaDiscoveryRequest {
        var request = request
        request.type = type
        return request
    }
}

extension SotWServerStream: ServerMachine {
    static var variant: ProxyStatus.Variant { .sotw }

    static func outline(of request: UnsafeRawBufferPointer) -> DiscoveryRequestOutline? {
        DiscoveryRequestOutline(request)
    }

    static func node(of request: DiscoveryRequest) -> Node? { request.node }

    static func type(of request: DiscoveryRequest) -> ResourceType { request.type }

    static func typed(_ request: DiscoveryRequest, _ type: ResourceType) -> DiscoveryRequest {
        var request = request
        request.type = type
        return request
    }
}
