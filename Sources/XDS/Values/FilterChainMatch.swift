/// `envoy.config.listener.v3.FilterChainMatch`: which connections a filter chain takes.
///
/// A part that is empty takes every connection. Among the chains that take a connection, the most
/// specific is picked part by part: destination port, destination address, server name, transport
/// protocol, application protocol, source address.
public struct FilterChainMatch: Hashable, Sendable {
    /// The port the connection was meant for, before any redirection.
    public var destinationPort: UInt32?
    /// Where the connection was meant for.
    public var prefixRanges: [CIDRRange]
    /// Where the connection comes from.
    public var sourcePrefixRanges: [CIDRRange]
    /// Server names (SNI), in lower case: exact or `*.suffix`.
    public var serverNames: [String]
    /// `tls` or `raw_buffer`, as a listener filter found it.
    public var transportProtocol: String
    /// Protocols that the client offers (ALPN), one of which must be here.
    public var applicationProtocols: [String]

    /// A match; every connection by default.
    public init(
        destinationPort: UInt32? = nil, prefixRanges: [CIDRRange] = [],
        sourcePrefixRanges: [CIDRRange] = [], serverNames: [String] = [],
        transportProtocol: String = "", applicationProtocols: [String] = []
    ) {
        self.destinationPort = destinationPort
        self.prefixRanges = prefixRanges
        self.sourcePrefixRanges = sourcePrefixRanges
        self.serverNames = serverNames
        self.transportProtocol = transportProtocol
        self.applicationProtocols = applicationProtocols
    }
}

/// `envoy.config.core.v3.CidrRange`.
public struct CIDRRange: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address.
    public var addressPrefix: String
    /// How many of its bits count, 0 to 128.
    public var prefixLength: UInt32

    /// A range.
    public init(addressPrefix: String, prefixLength: UInt32) {
        self.addressPrefix = addressPrefix
        self.prefixLength = prefixLength
    }

    /// `10.0.0.0/8`.
    public var description: String { "\(addressPrefix)/\(prefixLength)" }
}
