import Testing
import XDS

@testable import Routing

@Suite("Filter chains")
struct FilterChainTests {
    private func chain(_ name: String, _ match: FilterChainMatch) -> FilterChain {
        FilterChain(
            name: name, match: match,
            filters: [.tcpProxy(TCPProxy(statPrefix: "x", cluster: .cluster("one")))])
    }

    private func listener(_ chains: [FilterChain], default: FilterChain? = nil) -> Listener {
        Listener(
            name: "l", address: SocketAddress(address: "0.0.0.0", port: 443),
            filterChains: chains, defaultFilterChain: `default`)
    }

    private func compiled(
        _ chains: [FilterChain], default: FilterChain? = nil
    ) throws -> CompiledFilterChains {
        var inputs = inputs([])
        inputs.listeners = ["l": Versioned(listener(chains, default: `default`))]
        let table = try RoutingTable.compile(inputs)
        guard case .connections(let chains) = table.listeners[0].content else {
            preconditionFailure("no connections")
        }
        return chains
    }

    private func find(
        _ chains: CompiledFilterChains, from source: String = "10.0.0.1",
        to destination: String = "192.0.2.1", port: UInt16 = 443, name: String = "",
        isTLS: Bool = true, protocols: [String] = []
    ) throws -> String? {
        var facts = ConnectionFacts(
            destination: try #require(InternetAddress(literal: destination, port: port)),
            source: try #require(InternetAddress(literal: source, port: 1)))
        facts.serverName = Array(name.utf8)
        facts.isTLS = isTLS
        facts.protocols = protocols.map { Array($0.utf8) }
        return chains.find(facts).map { chains.all[$0].name }
    }

    @Test("server names: exact, then the longest suffix, then none")
    func serverNames() throws {
        let chains = try compiled([
            chain("exact", FilterChainMatch(serverNames: ["a.b.test", "B.test"])),
            chain("near", FilterChainMatch(serverNames: ["*.b.test"])),
            chain("far", FilterChainMatch(serverNames: ["*.test"])),
            chain("none", FilterChainMatch()),
        ])
        for (name, expected) in [
            ("a.b.test", "exact"), ("b.test", "exact"), ("c.b.test", "near"),
            ("d.c.b.test", "near"), ("test", "none"), ("x.test", "far"), ("", "none"),
            (".b.test", "none"), ("example", "none"), ("ab.test", "far"),
        ] {
            #expect(try find(chains, name: name) == expected, "\(name)")
        }
    }

    @Test("the more specific criterion decides, and there is no turning back")
    func order() throws {
        let chains = try compiled([
            chain("name", FilterChainMatch(serverNames: ["a.test"], transportProtocol: "tls")),
            chain("plain", FilterChainMatch(transportProtocol: "raw_buffer")),
            chain("alpn", FilterChainMatch(serverNames: ["b.test"], applicationProtocols: ["h2"])),
            chain("any", FilterChainMatch()),
        ])
        #expect(try find(chains, name: "a.test") == "name")
        #expect(try find(chains, name: "c.test") == "any")
        #expect(try find(chains, isTLS: false) == "plain")
        #expect(try find(chains, name: "b.test", protocols: ["x", "h2"]) == "alpn")
        // The name leads to a chain that then wants another protocol: nobody takes it.
        #expect(try find(chains, name: "b.test", protocols: ["http/1.1"]) == nil)
        #expect(chains.needsClientHello)
        #expect(!chains.needsDestination)
    }

    @Test("addresses: the longest range, of IPv4, IPv6 and IPv4 in IPv6 clothes")
    func addresses() throws {
        func from(_ name: String, _ ranges: [(String, UInt32)]) -> FilterChain {
            chain(
                name,
                FilterChainMatch(
                    sourcePrefixRanges: ranges.map {
                        CIDRRange(addressPrefix: $0.0, prefixLength: $0.1)
                    }))
        }
        let chains = try compiled(
            [
                from("pod", [("10.0.0.7", 32), ("2001:db8::7", 128)]),
                from("net", [("10.0.0.0", 8)]), from("six", [("2001:db8::", 32)]),
            ], default: chain("rest", FilterChainMatch()))
        for (source, expected) in [
            ("10.0.0.7", "pod"), ("10.0.0.8", "net"), ("11.0.0.7", "rest"),
            ("2001:db8::7", "pod"), ("2001:db8::8", "six"), ("2001:db9::7", "rest"),
        ] {
            #expect(try find(chains, from: source) == expected, "\(source)")
        }
        let mapped = try #require(InternetAddress(literal: "::ffff:10.0.0.7", port: 1))
        #expect(mapped.unmapped == InternetAddress(literal: "10.0.0.7", port: 1))
        #expect(!chains.needsClientHello)
        let to = try compiled([
            chain("port", FilterChainMatch(destinationPort: 8443)),
            chain(
                "address",
                FilterChainMatch(
                    prefixRanges: [CIDRRange(addressPrefix: "192.0.2.0", prefixLength: 24)])),
        ])
        #expect(to.needsDestination)
        #expect(try find(to, port: 8443) == "port")
        #expect(try find(to) == "address")
        #expect(try find(to, to: "198.51.100.1") == nil)
    }

    @Test("many chains are found as quickly as few, and each is")
    func many() throws {
        let chains = try compiled(
            (0..<2000).map { chain("\($0)", FilterChainMatch(serverNames: ["h\($0).test"])) })
        for index in stride(from: 0, to: 2000, by: 37) {
            #expect(try find(chains, name: "h\(index).test") == "\(index)")
        }
        #expect(try find(chains, name: "h2000.test") == nil)
    }

    @Test("what cannot be told apart or served is refused by its place")
    func errors() {
        func paths(_ listener: Listener) -> [String] {
            RoutingTable.validate(listener).map(\.path)
        }
        let twice = [
            chain("a", FilterChainMatch(serverNames: ["a.test", "b.test"])),
            chain("b", FilterChainMatch(serverNames: ["b.test"])),
        ]
        #expect(paths(listener(twice)) == ["filter_chains[1].filter_chain_match"])
        #expect(paths(listener([])) == ["filter_chains"])
        for (match, field) in [
            (FilterChainMatch(serverNames: ["*"]), "server_names"),
            (FilterChainMatch(serverNames: ["a*.test"]), "server_names"),
            (FilterChainMatch(transportProtocol: "quic"), "transport_protocol"),
            (FilterChainMatch(destinationPort: 70_000), "destination_port"),
            (
                FilterChainMatch(
                    prefixRanges: [CIDRRange(addressPrefix: "10.0.0.0", prefixLength: 33)]),
                "prefix_ranges"
            ),
            (
                FilterChainMatch(
                    sourcePrefixRanges: [CIDRRange(addressPrefix: "x", prefixLength: 1)]),
                "source_prefix_ranges"
            ),
        ] {
            #expect(
                paths(listener([chain("a", match)]))
                    == ["filter_chains[0].filter_chain_match.\(field)"])
        }
        var other = listener([chain("a", FilterChainMatch())])
        other.listenerFilters = [
            ListenerFilter(name: "proxy", config: .other(AnyMessage(typeURL: "proxy")))
        ]
        #expect(paths(other) == ["listener_filters[0]"])
        var datagrams = listener([])
        datagrams.address?.transport = .udp
        #expect(paths(datagrams) == ["listener_filters"])
    }

    @Test("a table waits for secrets, and a changed one changes what names it and nothing else")
    func secrets() throws {
        func secure(_ name: String, _ secret: String) -> FilterChain {
            var chain = chain(name, FilterChainMatch(serverNames: [name]))
            chain.transportSocket = .downstreamTLS(
                DownstreamTLSContext(
                    common: CommonTLSContext(tlsCertificateSDSSecrets: [secret])))
            return chain
        }
        func secret(_ name: String, _ text: String) -> Versioned<Secret> {
            Versioned(
                Secret(
                    name: name,
                    kind: .tlsCertificate(
                        TLSCertificate(
                            certificateChain: .inlineString(text), privateKey: .inlineString(text)))
                ), version: text)
        }
        var inputs = inputs([])
        inputs.listeners = [
            "l": Versioned(listener([secure("a", "one"), secure("b", "two")]), version: "1")
        ]
        inputs.secrets["one"] = secret("one", "1")
        do throws(RoutingFailure) {
            _ = try RoutingTable.compile(inputs)
            Issue.record("a table without its secret")
        } catch {
            #expect(error.errors.map(\.code) == [.unresolved(.secret, name: "two")])
            #expect(error.isOnlyUnresolved)
        }
        inputs.secrets["two"] = secret("two", "1")
        let first = try RoutingTable.compile(inputs)
        inputs.secrets["two"] = secret("two", "2")
        var changes = RoutingChanges()
        changes.secrets = true
        let second = try RoutingTable.compile(inputs, reusing: first, changes: changes)
        let old = first.listeners[0].filterChains
        let new = second.listeners[0].filterChains
        #expect(old[0] === new[0])
        #expect(old[1].tls !== new[1].tls)
        changes.secrets = false
        let third = try RoutingTable.compile(inputs, reusing: second, changes: changes)
        #expect(third.listeners[0] === second.listeners[0])
        // A secret of another kind than it is used for.
        inputs.secrets["two"]?.resource.kind = .generic(.inlineString("x"))
        #expect(throws: RoutingFailure.self) { try RoutingTable.compile(inputs) }
    }

    @Test("connections are split by chains that keep their schedule")
    func splits() throws {
        let weights = [
            TCPProxy.WeightedCluster(name: "one", weight: 1),
            TCPProxy.WeightedCluster(name: "two", weight: 2),
        ]
        func filters(_ weights: [TCPProxy.WeightedCluster]) -> [NetworkFilter] {
            [.tcpProxy(TCPProxy(statPrefix: "x", cluster: .weightedClusters(weights)))]
        }
        var inputs = inputs([])
        inputs.listeners = ["l": Versioned(listener([FilterChain(filters: filters(weights))]))]
        func split(_ table: RoutingTable) -> CompiledRoute.Split? {
            guard case .tcp(let proxy) = table.listeners[0].filterChains[0].filter else {
                return nil
            }
            return proxy.split
        }
        let first = try RoutingTable.compile(inputs)
        inputs.listeners["l"]?.resource.listenerFilters = [.tlsInspector]
        let second = try RoutingTable.compile(inputs, reusing: first)
        #expect(split(first)?.identity == split(second)?.identity)
        inputs.listeners["l"]?.resource.filterChains[0].filters = filters(weights.reversed())
        let third = try RoutingTable.compile(inputs, reusing: second)
        #expect(split(third)?.identity != split(second)?.identity)
        #expect(third.splitSlotCount <= 2)
        inputs.clusters["two"] = nil
        #expect(throws: RoutingFailure.self) { try RoutingTable.compile(inputs, reusing: third) }
    }
}
