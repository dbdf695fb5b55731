internal import CEnvoyAPI

// swift-format-ignore: the C names are longer than a line.
private enum C {
    typealias Options = Envoy__Extensions__Upstreams__Http__V3__HttpProtocolOptions
    typealias Explicit =
        Envoy__Extensions__Upstreams__Http__V3__HttpProtocolOptions__ExplicitHttpConfig
    static let explicit =
        ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__UPSTREAM_PROTOCOL_OPTIONS_EXPLICIT_HTTP_CONFIG
    static let auto =
        ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__UPSTREAM_PROTOCOL_OPTIONS_AUTO_CONFIG
    static let http1 =
        ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__EXPLICIT_HTTP_CONFIG__PROTOCOL_CONFIG_HTTP_PROTOCOL_OPTIONS
    static let http2 =
        ENVOY__EXTENSIONS__UPSTREAMS__HTTP__V3__HTTP_PROTOCOL_OPTIONS__EXPLICIT_HTTP_CONFIG__PROTOCOL_CONFIG_HTTP2_PROTOCOL_OPTIONS
    static let initializeOptions =
        envoy__extensions__upstreams__http__v3__http_protocol_options__init
    static let initializeExplicit =
        envoy__extensions__upstreams__http__v3__http_protocol_options__explicit_http_config__init
    static let initializeAuto =
        envoy__extensions__upstreams__http__v3__http_protocol_options__auto_http_config__init
}

/// `envoy.extensions.upstreams.http.v3.HttpProtocolOptions`: which HTTP a cluster speaks.
struct HTTPProtocolOptions: ConfigMessage {
    typealias CMessage = Envoy__Extensions__Upstreams__Http__V3__HttpProtocolOptions

    static let messageName = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

    var version: Cluster.HTTPVersion

    init(_ version: Cluster.HTTPVersion) { self.version = version }

    static func initialize(_ message: UnsafeMutablePointer<CMessage>) {
        C.initializeOptions(message)
    }

    init(_ message: CMessage, in arena: Arena) throws(XDSError) {
        try refuse(message, [4: "use_downstream_protocol_config"])
        switch message.upstream_protocol_options_case {
        case C.explicit: version = try Self.explicit(message.explicit_http_config)
        case C.auto:
            if message.auto_config?.pointee.http3_protocol_options != nil {
                throw .unsupported("auto_config.http3_protocol_options")
            }
            version = .auto
        default: throw .unknownCase(of: "upstream_protocol_options")
        }
    }

    private static func explicit(
        _ config: UnsafeMutablePointer<C.Explicit>?
    ) throws(XDSError) -> Cluster.HTTPVersion {
        switch config?.pointee.protocol_config_case {
        case C.http1: return .http1
        case C.http2: return .http2
        default: throw .unknownCase(of: "explicit_http_config.protocol_config")
        }
    }

    func fill(_ message: inout CMessage, in arena: Arena) {
        guard version != .auto else {
            message.upstream_protocol_options_case = C.auto
            message.auto_config = arena.cMessage(C.initializeAuto) { _ in }
            return
        }
        message.upstream_protocol_options_case = C.explicit
        message.explicit_http_config = arena.cMessage(C.initializeExplicit) {
            if version == .http2 {
                $0.protocol_config_case = C.http2
                $0.http2_protocol_options = arena.cMessage(
                    envoy__config__core__v3__http2_protocol_options__init
                ) { _ in }
            } else {
                $0.protocol_config_case = C.http1
                $0.http_protocol_options = arena.cMessage(
                    envoy__config__core__v3__http1_protocol_options__init
                ) { _ in }
            }
        }
    }
}
