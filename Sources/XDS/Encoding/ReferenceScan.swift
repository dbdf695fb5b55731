/// A walk over a resource's bytes along the few fields that lead to names of other resources.
///
/// Source: the published protos of Envoy's API v3, for the numbers.
struct ReferenceScan {
    /// A message on the way to a name.
    enum Kind {
        case apiListener, cluster, clusterWeight, combinedValidation, commonTLS, connectionManager
        case downstreamTLS, downstreamWrapper, filter, filterChain, listener, mirrorPolicy, route
        case routeAction, routeConfiguration, socketMatch, socketWrapper, tcpProxy, transportSocket
        case upstreamTLS, upstreamWrapper, virtualHost, weightedClusters
        case listenerFilter, udpProxy, udpRoute, matcher, matcherList, fieldMatcher, matcherTree
        case matchMap, matchMapEntry, onMatch, typedExtension
        case httpFilter, filterConfigEntry, extAuthz, extAuthzPerRoute, checkSettings, grpcService
        case envoyGRPC, httpService, httpURI
    }

    /// What a field holds.
    private enum Step {
        case message(Kind)
        case any
        /// The name of a cluster.
        case clusterName
        /// `Cluster.EdsClusterConfig`, `Rds` and `SdsSecretConfig`: a name and where it is asked for.
        case routes, secret
    }

    /// Deeper than any message that means something.
    private static let deepest = 32

    private(set) var found: [ResourceReference] = []
    private var seen: Set<ResourceReference> = []

    /// Walks one message as far as its bytes are whole.
    mutating func message(_ bytes: UnsafeRawBufferPointer, _ kind: Kind, depth: Int) {
        guard depth <= Self.deepest else { return }
        if kind == .cluster { endpoints(of: bytes) }
        for (number, content) in LengthDelimitedFields(bytes) {
            guard let step = Self.step(kind, number) else { continue }
            switch step {
            case .message(let kind): message(content, kind, depth: depth + 1)
            case .any: any(content, depth: depth + 1)
            case .clusterName: add(.cluster, content)
            case .routes:
                let (name, source) = Self.pair(content, name: 2, source: 1)
                if source?.isFile != true { add(.routeConfiguration, name) }
            case .secret:
                let (name, source) = Self.pair(content, name: 1, source: 2)
                if let source, !source.isFile { add(.secret, name) }
            }
        }
    }

    /// A packed message of a type that leads to names.
    private mutating func any(_ bytes: UnsafeRawBufferPointer, depth: Int) {
        let (url, value) = Self.pair(bytes, name: 1, source: 2)
        guard let url, let value else { return }
        let name = DescriptorTable.messageName(ofTypeURL: String(decoding: url, as: UTF8.self)[...])
        if let kind = Kind(messageName: name) { message(value, kind, depth: depth) }
    }

    /// A cluster whose type is EDS refers to `service_name`, or to its own name.
    private mutating func endpoints(of cluster: UnsafeRawBufferPointer) {
        guard Self.isEDS(cluster) else { return }
        let (name, config) = Self.pair(cluster, name: 1, source: 3)
        let (serviceName, source) = config.map { Self.pair($0, name: 2, source: 1) } ?? (nil, nil)
        guard source?.isFile != true else { return }
        add(.endpoints, serviceName.flatMap { $0.isEmpty ? nil : $0 } ?? name)
    }

    /// `type` is EDS (3) and not replaced by a later `cluster_type`, the other case of the oneof.
    private static func isEDS(_ cluster: UnsafeRawBufferPointer) -> Bool {
        var reader = WireReader(cluster)
        var result = false
        while let tag = try? reader.tag() {
            if tag.field == 2, tag.wireType == .varint {
                guard let type = try? reader.varint() else { break }
                result = type == 3
                continue
            }
            if tag.field == 38 { result = false }
            guard (try? reader.skip(tag.wireType)) != nil else { break }
        }
        return result
    }

    /// The last occurrence of each of two fields.
    private static func pair(
        _ bytes: UnsafeRawBufferPointer, name: UInt32, source: UInt32
    ) -> (name: UnsafeRawBufferPointer?, source: UnsafeRawBufferPointer?) {
        var result: (name: UnsafeRawBufferPointer?, source: UnsafeRawBufferPointer?)
        for (number, content) in LengthDelimitedFields(bytes) {
            if number == name { result.name = content }
            if number == source { result.source = content }
        }
        return result
    }

    private mutating func add(_ type: ResourceType, _ name: UnsafeRawBufferPointer?) {
        guard let name, !name.isEmpty, name.isTextWithoutNUL else { return }
        let reference = ResourceReference(type: type, name: String(decoding: name, as: UTF8.self))
        if seen.insert(reference).inserted { found.append(reference) }
    }
}

extension ReferenceScan {
    private static func step(_ kind: Kind, _ field: UInt32) -> Step? {
        switch (kind, field) {
        case (.listener, 3), (.listener, 25): .message(.filterChain)
        case (.listener, 19): .message(.apiListener)
        case (.listener, 9): .message(.listenerFilter)
        case (.apiListener, 1), (.filter, 4), (.transportSocket, 3), (.listenerFilter, 3),
            (.typedExtension, 2), (.httpFilter, 4), (.filterConfigEntry, 2):
            .any
        case (.udpProxy, 2), (.udpRoute, 1): .clusterName
        case (.udpProxy, 9), (.onMatch, 1): .message(.matcher)
        case (.matcher, 1): .message(.matcherList)
        case (.matcherList, 1): .message(.fieldMatcher)
        case (.matcher, 2): .message(.matcherTree)
        case (.matcherTree, 2), (.matcherTree, 3): .message(.matchMap)
        case (.matchMap, 1): .message(.matchMapEntry)
        case (.matcher, 3), (.fieldMatcher, 2), (.matchMapEntry, 2): .message(.onMatch)
        case (.onMatch, 2): .message(.typedExtension)
        case (.filterChain, 3): .message(.filter)
        case (.filterChain, 6), (.cluster, 24), (.socketMatch, 3), (.socketWrapper, 2):
            .message(.transportSocket)
        case (.cluster, 43): .message(.socketMatch)
        case (.connectionManager, 3): .routes
        case (.connectionManager, 5): .message(.httpFilter)
        case (.route, 13), (.virtualHost, 15), (.routeConfiguration, 16), (.clusterWeight, 10):
            .message(.filterConfigEntry)
        case (.extAuthz, 1), (.checkSettings, 4): .message(.grpcService)
        case (.extAuthz, 3), (.checkSettings, 5): .message(.httpService)
        case (.extAuthzPerRoute, 2): .message(.checkSettings)
        case (.grpcService, 1): .message(.envoyGRPC)
        case (.httpService, 1): .message(.httpURI)
        case (.envoyGRPC, 1), (.httpURI, 2): .clusterName
        case (.connectionManager, 4): .message(.routeConfiguration)
        case (.tcpProxy, 2): .clusterName
        case (.tcpProxy, 10): .message(.weightedClusters)
        case (.routeConfiguration, 2): .message(.virtualHost)
        case (.routeConfiguration, 13), (.virtualHost, 22), (.routeAction, 30):
            .message(.mirrorPolicy)
        case (.virtualHost, 3): .message(.route)
        case (.route, 2): .message(.routeAction)
        case (.routeAction, 1), (.clusterWeight, 1), (.mirrorPolicy, 1): .clusterName
        case (.routeAction, 3): .message(.weightedClusters)
        case (.weightedClusters, 1): .message(.clusterWeight)
        case (.upstreamWrapper, 1), (.upstreamWrapper, 2): .message(.upstreamTLS)
        case (.downstreamWrapper, 1), (.downstreamWrapper, 2): .message(.downstreamTLS)
        case (.upstreamTLS, 1), (.downstreamTLS, 1): .message(.commonTLS)
        case (.downstreamTLS, 5), (.commonTLS, 6), (.commonTLS, 7), (.combinedValidation, 2):
            .secret
        case (.commonTLS, 8): .message(.combinedValidation)
        default: nil
        }
    }
}

extension ReferenceScan.Kind {
    /// Nil for a type whose resources refer to no other.
    init?(_ type: ResourceType) {
        switch type {
        case .listener: self = .listener
        case .cluster: self = .cluster
        case .routeConfiguration: self = .routeConfiguration
        case .virtualHost: self = .virtualHost
        default: return nil
        }
    }

    /// A message that stands in an `Any` on the way to a name.
    fileprivate init?(messageName: String) {
        let network = "envoy.extensions.filters.network."
        let socket = "envoy.extensions.transport_sockets."
        switch messageName {
        case network + "http_connection_manager.v3.HttpConnectionManager": self = .connectionManager
        case network + "tcp_proxy.v3.TcpProxy": self = .tcpProxy
        case "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig": self = .udpProxy
        case "envoy.extensions.filters.udp.udp_proxy.v3.Route": self = .udpRoute
        case ExtAuthz.messageName: self = .extAuthz
        case ExtAuthzPerRoute.messageName: self = .extAuthzPerRoute
        case socket + "tls.v3.UpstreamTlsContext": self = .upstreamTLS
        case socket + "tls.v3.DownstreamTlsContext": self = .downstreamTLS
        // Their other field, for clear text, is a message without fields.
        case socket + "quic.v3.QuicUpstreamTransport",
            socket + "starttls.v3.UpstreamStartTlsConfig":
            self = .upstreamWrapper
        case socket + "quic.v3.QuicDownstreamTransport", socket + "starttls.v3.StartTlsConfig":
            self = .downstreamWrapper
        case socket + "proxy_protocol.v3.ProxyProtocolUpstreamTransport", socket + "tap.v3.Tap":
            self = .socketWrapper
        default: return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// A `ConfigSource` that is a file of the client's (`path`, `path_config_source`).
    fileprivate var isFile: Bool {
        LengthDelimitedFields(self).contains { $0.number == 1 || $0.number == 8 }
    }
}

/// The length-delimited fields of a message in their order, until its end or what is broken.
private struct LengthDelimitedFields: Sequence, IteratorProtocol {
    private var reader: WireReader

    init(_ bytes: UnsafeRawBufferPointer) { reader = WireReader(bytes) }

    mutating func next() -> (number: UInt32, content: UnsafeRawBufferPointer)? {
        while let tag = try? reader.tag() {
            if tag.wireType == .lengthDelimited {
                guard let content = try? reader.lengthDelimited() else { return nil }
                return (tag.field, content)
            }
            guard (try? reader.skip(tag.wireType)) != nil else { return nil }
        }
        return nil
    }
}
