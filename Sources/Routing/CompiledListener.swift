package import XDS

/// A listener: where it listens, and what becomes of what arrives there.
package final class CompiledListener: Sendable {
    /// What becomes of what arrives.
    package enum Content: Sendable {
        /// Connections, each by its filter chain.
        case connections(CompiledFilterChains)
        /// Datagrams.
        case datagrams(CompiledUDPProxy)
    }

    /// The listener's name.
    package let name: String
    /// Where it listens.
    package let address: SocketAddress
    /// Where it listens as text, `127.0.0.1:80` or `[::1]:80`.
    package let addressText: String
    /// Where it listens, as the system takes it.
    package let socketAddress: InternetAddress
    /// What becomes of what arrives.
    package let content: Content

    let source: Listener
    let version: String

    init(
        _ source: Listener, version: String, address: SocketAddress,
        socketAddress: InternetAddress, content: Content
    ) {
        self.source = source
        self.version = version
        name = source.name
        self.address = address
        addressText = address.description
        self.socketAddress = socketAddress
        self.content = content
    }

    /// What arrives are datagrams.
    package var isDatagram: Bool {
        if case .datagrams = content { true } else { false }
    }

    /// Its filter chains, none of a listener for datagrams.
    package var filterChains: [CompiledFilterChain] {
        switch content {
        case .connections(let chains): chains.all
        case .datagrams: []
        }
    }

    /// The slots of its filter chains' splits.
    var splitSlots: [Int] { tcpProxies.compactMap { $0.split?.slot } }

    /// The clusters that it goes to without a route, in the order of the resource.
    var clusterReferences: [String] {
        switch content {
        case .connections:
            filterChains.flatMap { chain in
                switch chain.filter {
                case .http(let manager): manager.filters.clusterReferences
                case .tcp(let proxy): proxy.backends.map(\.cluster)
                }
            }
        case .datagrams(let proxy): [proxy.cluster]
        }
    }

    private var tcpProxies: [CompiledTCPProxy] {
        filterChains.compactMap { chain in
            if case .tcp(let proxy) = chain.filter { proxy } else { nil }
        }
    }
}

/// The filter chains of a listener.
package struct CompiledFilterChains: Sendable {
    /// The chains; the default chain, if there is one, is the last.
    package let all: [CompiledFilterChain]
    let index: FilterChainIndex
    let defaultChain: Int?

    init(_ all: [CompiledFilterChain], index: FilterChainIndex, defaultChain: Int?) {
        self.all = all
        self.index = index
        self.defaultChain = defaultChain
    }

    /// No chains.
    package static let none = CompiledFilterChains(
        [], index: FilterChainIndex(), defaultChain: nil)

    /// The first bytes of a connection must be seen before its chain is picked.
    package var needsClientHello: Bool { index.needsClientHello }
    /// The local address of a connection must be known before its chain is picked.
    package var needsDestination: Bool { index.needsDestination }

    /// One chain takes every connection, whatever is known of it.
    package var takesAll: Bool { all.count == 1 && (index.hasCatchAll || defaultChain == 0) }

    /// The position of the chain that takes a connection; nil when none does.
    package func find(_ facts: ConnectionFacts) -> Int? {
        index.find(facts) ?? defaultChain
    }
}

/// What becomes of the connections that match it.
package final class CompiledFilterChain: Sendable {
    /// What carries the bytes.
    package enum Filter: Sendable {
        /// HTTP.
        case http(CompiledConnectionManager)
        /// Anything.
        case tcp(CompiledTCPProxy)
    }

    /// Tells it from the other chains of its listener; the same from table to table.
    package let name: String
    /// What carries the bytes.
    package let filter: Filter
    /// TLS with the client; nil for plain text.
    package let tls: CompiledDownstreamTLS?

    init(name: String, filter: Filter, tls: CompiledDownstreamTLS?) {
        self.name = name
        self.filter = filter
        self.tls = tls
    }
}

/// HTTP on a filter chain: the routes it serves, and how requests are read.
package final class CompiledConnectionManager: Sendable {
    /// The connection manager as it was received.
    package let source: HTTPConnectionManager
    /// The listener's name.
    package let name: String
    /// Its routes.
    package let routes: CompiledRouteConfiguration
    /// The upgrades that are let through, in lower case.
    package let upgradeTypes: [[UInt8]]
    /// The peer's address is appended to `X-Forwarded-For`; only `false` turns it off.
    package let appendsForwardedFor: Bool
    /// The path is normalised (RFC 3986 §6.2.2) before it is matched and forwarded.
    package let normalizesPath: Bool
    /// Adjacent slashes are merged before the path is matched and forwarded.
    package let mergesSlashes: Bool
    /// How long a request may be silent, in nanoseconds, where its route says nothing; nil is the
    /// data path's default, zero is none.
    package let idleTimeout: UInt64?
    /// The HTTP filters.
    package let filters: HTTPFilterChain

    init(
        _ manager: HTTPConnectionManager, of listener: String, routes: CompiledRouteConfiguration,
        filters: HTTPFilterChain
    ) {
        self.filters = filters
        source = manager
        name = listener
        self.routes = routes
        upgradeTypes = manager.upgradeTypes.map(lowercasedBytes)
        appendsForwardedFor = manager.useRemoteAddress ?? true
        normalizesPath = manager.normalizePath ?? false
        mergesSlashes = manager.mergeSlashes
        idleTimeout = manager.streamIdleTimeout.map(\.wholeNanoseconds)
    }
}
