/// What a listener knows of a connection when it picks a filter chain.
package struct ConnectionFacts: Sendable {
    /// Where the client has connected to.
    package var destination: InternetAddress
    /// Where the client connects from.
    package var source: InternetAddress
    /// The client begins with a TLS handshake.
    package var isTLS = false
    /// The server name of the handshake, in lower case; empty when there is none.
    package var serverName: [UInt8] = []
    /// The protocols that the client offers (ALPN), in its order.
    package var protocols: [[UInt8]] = []

    /// A connection of which only the addresses are known.
    package init(destination: InternetAddress, source: InternetAddress) {
        self.destination = destination
        self.source = source
    }
}

/// Finds the filter chain of a connection: criterion by criterion (destination port, destination
/// address, server name, transport protocol, application protocol, source address), each time by
/// the most specific value that any chain names, without turning back.
///
/// Source: `envoy.config.listener.v3.FilterChainMatch`.
struct FilterChainIndex: Sendable {
    /// One chain's criteria; an empty one holds for every connection.
    struct Criteria: Equatable {
        var destinationPort: UInt16?
        var destinations: [AddressPrefix] = []
        /// In lower case: exact, or a suffix with its dot in front.
        var serverNames: [String] = []
        var transport = Transport.any
        var protocols: [[UInt8]] = []
        var sources: [AddressPrefix] = []
    }

    /// What the first bytes of a connection look like.
    enum Transport: Hashable {
        case any
        case tls
        case raw
    }

    private typealias BySource = PrefixTable<Int>
    private typealias ByProtocol = [[UInt8]: BySource]
    private typealias ByTransport = [Transport: ByProtocol]
    private typealias ByName = [[UInt8]: ByTransport]
    private typealias ByDestination = PrefixTable<ByName>

    /// By port; 0 is any.
    private var ports: [UInt16: ByDestination] = [:]
    /// The first bytes of a connection decide.
    private(set) var needsClientHello = false
    /// The local address of a connection decides.
    private(set) var needsDestination = false

    /// A chain has no criteria.
    private(set) var hasCatchAll = false

    /// Adds a chain.
    ///
    /// - Returns: The chain that has a connection's place already; nil when the place was free.
    mutating func add(_ chain: Int, _ criteria: Criteria) -> Int? {
        needsClientHello =
            needsClientHello || criteria.transport != .any || !criteria.serverNames.isEmpty
            || !criteria.protocols.isEmpty
        hasCatchAll = hasCatchAll || criteria == Criteria()
        needsDestination =
            needsDestination || criteria.destinationPort != nil || !criteria.destinations.isEmpty
        let port = criteria.destinationPort ?? 0
        let names =
            criteria.serverNames.isEmpty ? [[]] : criteria.serverNames.map { Array($0.utf8) }
        let protocols = criteria.protocols.isEmpty ? [[]] : criteria.protocols
        var byDestination = ports[port] ?? ByDestination()
        // Taken out while it grows, so that it is not copied.
        ports[port] = nil
        defer { ports[port] = byDestination }
        for destination in Self.orAny(criteria.destinations) {
            var byName = byDestination[destination] ?? [:]
            byDestination[destination] = nil
            defer { byDestination[destination] = byName }
            for name in names {
                for word in protocols {
                    for source in Self.orAny(criteria.sources) {
                        let owner = byName[name]?[criteria.transport]?[word]?[source]
                        if let owner { return owner }
                        byName[name, default: [:]][criteria.transport, default: [:]][
                            word, default: BySource()][source] = chain
                    }
                }
            }
        }
        return nil
    }

    private static func orAny(_ prefixes: [AddressPrefix]) -> [AddressPrefix?] {
        prefixes.isEmpty ? [nil] : prefixes
    }

    /// The chain for a connection; nil when none takes it.
    ///
    /// - Complexity: O(labels of the server name + protocols + lengths of address ranges),
    ///   whatever the number of chains.
    func find(_ facts: ConnectionFacts) -> Int? {
        guard let destinations = ports[facts.destination.port] ?? ports[0],
            let names = destinations.find(facts.destination),
            let transports = Self.find(facts.serverName, in: names),
            let protocols = transports[facts.isTLS ? .tls : .raw] ?? transports[.any]
        else { return nil }
        let agreed = facts.protocols.first { !$0.isEmpty && protocols[$0] != nil }
        return protocols[agreed ?? []]?.find(facts.source)
    }

    private static func find(_ name: [UInt8], in names: ByName) -> ByTransport? {
        let dot = UInt8(ascii: ".")
        // A name with a dot in front is no host's, and must not pass for a suffix.
        guard name.first != dot else { return names[[]] }
        if !name.isEmpty, let exact = names[name] { return exact }
        for index in name.indices where name[index] == dot {
            if let suffix = names[Array(name[index...])] { return suffix }
        }
        return names[[]]
    }
}
