import Routing

/// TLS with the endpoints of a cluster: made once for all workers.
final class EndpointTLS: Sendable {
    let compiled: CompiledUpstreamTLS
    let context: TLSContext

    init(_ compiled: CompiledUpstreamTLS, context: TLSContext) {
        self.compiled = compiled
        self.context = context
    }

    /// Why a stream whose handshake is complete must not be used; nil when it may be.
    func problem(of tls: TLSStream) -> String? {
        if compiled.dnsNames.isEmpty && compiled.uris.isEmpty { return nil }
        if compiled.dnsNames.contains(where: { tls.peerHas(dnsName: $0) }) { return nil }
        if compiled.uris.contains(where: { tls.peerHas(uri: $0) }) { return nil }
        let names = compiled.dnsNames + compiled.uris
        return "the certificate is not for \(names.joined(separator: " or "))"
    }
}
