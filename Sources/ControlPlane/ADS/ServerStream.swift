import Discovery
import GRPC
import XDS

/// What both forms of ADS have in common: bytes in, bytes out, over a pure machine.
protocol ServerStream: ~Copyable, Sendable {
    /// `delta` or `sotw`, for status pages.
    static var form: String { get }

    init(snapshot: Snapshot)

    /// Who asks, where the request says so.
    ///
    /// - Throws: Where the bytes are no such request.
    static func node(of request: GRPCMessage) throws(XDSError) -> Node?

    /// - Returns: The refusal, where the request is one.
    mutating func received(_ request: GRPCMessage) throws(XDSError) -> Rejection?
    mutating func changed(to snapshot: Snapshot, _ names: ChangedNames)
    mutating func nextStep(now: ContinuousClock.Instant) -> ServerStep
    var progress: [ResourceType: TypeProgress] { get }
}

/// What the owner of a stream does next.
enum ServerStep {
    /// Send this message.
    case send(GRPCMessage)
    /// Nothing before this time, unless something happens.
    case wait(until: ContinuousClock.Instant)
    /// Nothing until something happens.
    case idle
}

extension DeltaServerStream: ServerStream {
    static var form: String { "delta" }

    static func node(of request: GRPCMessage) throws(XDSError) -> Node? {
        try decoded(request, as: DeltaDiscoveryRequest.self).node
    }

    mutating func received(_ request: GRPCMessage) throws(XDSError) -> Rejection? {
        received(try decoded(request, as: DeltaDiscoveryRequest.self))
    }

    mutating func nextStep(now: ContinuousClock.Instant) -> ServerStep {
        switch next(now: now) {
        case .respond(let response):
            let header = ResponseHeader.delta(
                systemVersion: "", type: response.type, removed: response.removed,
                nonce: response.nonce)
            return .send(message(header, response.resources) { $0.deltaField })
        case .wait(let time): return .wait(until: time)
        case .idle: return .idle
        }
    }
}

extension SotWServerStream: ServerStream {
    static var form: String { "sotw" }

    static func node(of request: GRPCMessage) throws(XDSError) -> Node? {
        try decoded(request, as: DiscoveryRequest.self).node
    }

    mutating func received(_ request: GRPCMessage) throws(XDSError) -> Rejection? {
        received(try decoded(request, as: DiscoveryRequest.self))
    }

    mutating func nextStep(now: ContinuousClock.Instant) -> ServerStep {
        switch next(now: now) {
        case .respond(let response):
            let header = ResponseHeader.sotw(
                version: response.version, type: response.type, nonce: response.nonce)
            return .send(message(header, response.resources) { $0.sotwField })
        case .wait(let time): return .wait(until: time)
        case .idle: return .idle
        }
    }
}

private func decoded<Message: WireMessage>(
    _ message: GRPCMessage, as type: Message.Type
) throws(XDSError) -> Message {
    let result: Result<Message, XDSError> = message.withUnsafeBytes { bytes in
        do throws(XDSError) {
            return .success(try Message(decoding: bytes))
        } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

/// A response is the header's bytes and the resources' own, which every stream shares: a
/// message's fields may come in any order (Protocol Buffers, "Encoding").
private func message(
    _ header: ResponseHeader, _ resources: [EncodedResource],
    _ field: (EncodedResource) -> UnsafeRawBufferPointer
) -> GRPCMessage {
    var segments = [GRPCMessage.Segment(copying: header.encoded())]
    segments.reserveCapacity(resources.count + 1)
    for resource in resources {
        segments.append(GRPCMessage.Segment(pointer: field(resource), owner: resource))
    }
    return GRPCMessage(segments: segments)
}
