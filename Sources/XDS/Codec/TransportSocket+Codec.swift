internal import CEnvoyAPI

extension TransportSocket: CRepresentable {
    typealias CMessage = Envoy__Config__Core__V3__TransportSocket

    private static let rawBufferName =
        "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__config__core__v3__transport_socket__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        guard let any = message.typed_config?.pointee else {
            throw .unknownCase(of: "config_type")
        }
        do throws(XDSError) {
            if any.holds(DownstreamTLSContext.self) {
                self = .downstreamTLS(try arena.read(any, as: DownstreamTLSContext.self))
            } else if any.holds(UpstreamTLSContext.self) {
                self = .upstreamTLS(try arena.read(any, as: UpstreamTLSContext.self))
            } else if any.messageName == Self.rawBufferName {
                self = .rawBuffer
            } else {
                throw .unknownType(String(any.type_url))
            }
        } catch {
            throw error.inside("typed_config")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        let (name, config) =
            switch self {
            case .rawBuffer: ("raw_buffer", AnyMessage(emptyConfig: Self.rawBufferName))
            case .downstreamTLS(let context): ("tls", AnyMessage(config: context))
            case .upstreamTLS(let context): ("tls", AnyMessage(config: context))
            }
        message.name = arena.text("envoy.transport_sockets." + name)
        message.config_type_case =
            ENVOY__CONFIG__CORE__V3__TRANSPORT_SOCKET__CONFIG_TYPE_TYPED_CONFIG
        message.typed_config = config.make(in: arena)
    }
}

extension DownstreamTLSContext: ConfigMessage {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__DownstreamTlsContext

    static let messageName = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__downstream_tls_context__init(message)
    }

    /// Session tickets and stapling are not read: without them, a handshake is only slower.
    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        if message.require_sni?.pointee.value == 1 { throw .unsupported("require_sni") }
        if message.ocsp_staple_policy.rawValue != 0 { throw .unsupported("ocsp_staple_policy") }
        self.init(
            common: try arena.read(message.common_tls_context, "common_tls_context")
                ?? CommonTLSContext(),
            requiresClientCertificate: message.require_client_certificate?.pointee.value == 1)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.common_tls_context = common.make(in: arena)
        if requiresClientCertificate { message.require_client_certificate = arena.wrapped(true) }
    }
}

extension UpstreamTLSContext: ConfigMessage {
    typealias CMessage = Envoy__Extensions__TransportSockets__Tls__V3__UpstreamTlsContext

    static let messageName = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        envoy__extensions__transport_sockets__tls__v3__upstream_tls_context__init(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        self.init(
            common: try arena.read(message.common_tls_context, "common_tls_context")
                ?? CommonTLSContext(),
            sni: String(message.sni), usesAutoHostSNI: message.auto_host_sni != 0,
            usesAutoSNISANValidation: message.auto_sni_san_validation != 0)
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        message.common_tls_context = common.make(in: arena)
        message.sni = arena.text(sni)
        message.auto_host_sni = usesAutoHostSNI ? 1 : 0
        message.auto_sni_san_validation = usesAutoSNISANValidation ? 1 : 0
    }
}
