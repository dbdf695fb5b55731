import Discovery
import GRPC
import XDS

/// A response in wire format: the nonce, which is the stream's own, and a body that every stream
/// with the same content shares. A message's fields may come in any order (Protocol Buffers,
/// "Encoding").
func message(_ response: StreamResponse) -> GRPCMessage {
    let body = response.content.transportForm { ResponseBody($0) }
    return GRPCMessage(segments: [
        GRPCMessage.Segment(copying: nonceField(response.nonce)),
        GRPCMessage.Segment(pointer: body.bytes, owner: body),
    ])
}

/// `nonce` is field 5 of both kinds of response.
private func nonceField(_ nonce: String) -> [UInt8] {
    let text = Array(nonce.utf8)
    return [5 << 3 | 2, UInt8(text.count)] + text
}

/// All of a response but its nonce.
///
/// `@unchecked Sendable`: the bytes are written in `init`, never after, and freed in `deinit`.
final class ResponseBody: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(_ content: ResponseContent) {
        let header = Self.header(content).encoded()
        let resources = Self.resources(content)
        let fields = resources.map { Self.field($0, content) }
        let size = fields.reduce(header.count) { $0 + $1.count }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 1)
        bytes.copyBytes(from: header)
        var offset = header.count
        for field in fields {
            UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: field)
            offset += field.count
        }
        withExtendedLifetime(resources) {}
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<size])
    }

    deinit { bytes.deallocate() }

    private static func header(_ content: ResponseContent) -> ResponseHeader {
        switch content.shape {
        case .delta, .heartbeat:
            .delta(
                systemVersion: content.version, type: content.type, removed: content.removed,
                nonce: "")
        case .changed, .whole:
            .sotw(version: content.version, type: content.type, nonce: "")
        }
    }

    /// What a client that takes no heartbeats is sent must not expire.
    private static func resources(_ content: ResponseContent) -> [EncodedResource] {
        guard content.shape == .delta, !content.tellsExpiry else { return content.resources }
        return content.resources.map { resource in
            if resource.ttl == nil { return resource }
            return EncodedResource(
                type: resource.type, name: resource.name, message: resource.message)
        }
    }

    private static func field(
        _ resource: EncodedResource, _ content: ResponseContent
    ) -> UnsafeRawBufferPointer {
        switch content.shape {
        case .delta: resource.deltaField
        case .changed, .whole: content.tellsExpiry ? resource.wrappedField : resource.sotwField
        case .heartbeat: resource.deltaHeartbeatField ?? resource.deltaField
        }
    }
}
