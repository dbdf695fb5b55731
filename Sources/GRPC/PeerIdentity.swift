import CGRPC

/// Who the peer is, by the certificate that it has proved to hold.
public struct PeerIdentity: Hashable, Sendable {
    /// The URI subject alternative names, a SPIFFE ID among them.
    public var uriNames: [String]
    /// The DNS subject alternative names.
    public var dnsNames: [String]
    /// The common name of the subject.
    public var commonName: String?

    /// The first `spiffe://` URI.
    public var spiffeID: String? { uriNames.first { $0.hasPrefix("spiffe://") } }

    /// An identity.
    public init(uriNames: [String] = [], dnsNames: [String] = [], commonName: String? = nil) {
        self.uriNames = uriNames
        self.dnsNames = dnsNames
        self.commonName = commonName
    }

    /// The identity of a call's peer; nil when it has shown no certificate that was verified.
    init?(call: OpaquePointer) {
        guard let context = grpc_call_auth_context(call) else { return nil }
        defer { grpc_auth_context_release(context) }
        guard grpc_auth_context_peer_is_authenticated(context) != 0 else { return nil }
        uriNames = Self.values(GRPC_PEER_URI_PROPERTY_NAME, context)
        dnsNames = Self.values(GRPC_PEER_DNS_PROPERTY_NAME, context)
        commonName = Self.values(GRPC_X509_CN_PROPERTY_NAME, context).first
    }

    private static func values(_ name: String, _ context: OpaquePointer) -> [String] {
        // The iterator keeps the pointer to the name, not a copy.
        name.withCString { name in
            var values: [String] = []
            var iterator = grpc_auth_context_find_properties_by_name(context, name)
            while let property = grpc_auth_property_iterator_next(&iterator) {
                let bytes = UnsafeRawBufferPointer(
                    start: property.pointee.value, count: property.pointee.value_length)
                values.append(String(decoding: bytes, as: UTF8.self))
            }
            return values
        }
    }
}

/// What a server's call says of itself on arrival.
struct CallRequest {
    let path: String
    let metadata: GRPCMetadata
    let peer: String
    let deadline: ContinuousClock.Instant?
    let peerIdentity: PeerIdentity?

    init(_ c: UnsafeMutablePointer<cgrpc_call>) {
        path = String(slice: c.pointee.details.method)
        metadata = GRPCMetadata(c.pointee.received_initial)
        let remaining = cgrpc_call_remaining_ns(c)
        deadline = remaining == .max ? nil : .now + .nanoseconds(remaining)
        guard let call = c.pointee.call else { preconditionFailure("the call has not arrived") }
        peerIdentity = PeerIdentity(call: call)
        if let text = grpc_call_get_peer(call) {
            peer = String(cString: text)
            gpr_free(text)
        } else {
            peer = ""
        }
    }
}
