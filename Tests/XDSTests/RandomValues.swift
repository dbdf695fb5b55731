import XDS

/// SplitMix64: the same values from the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Makes values of every type, with each optional part there half of the time.
struct RandomValues {
    var random: SeededGenerator
    /// An `Any` holds a message of the subset; else bytes of an unknown type.
    var knownTypesOnly = false

    init(seed: UInt64, knownTypesOnly: Bool = false) {
        random = SeededGenerator(seed: seed)
        self.knownTypesOnly = knownTypesOnly
    }

    mutating func chance() -> Bool { Bool.random(using: &random) }

    mutating func pick<T>(_ choices: [T]) -> T {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    mutating func maybe<T>(_ make: (inout Self) -> T) -> T? { chance() ? make(&self) : nil }

    mutating func list<T>(_ most: Int = 3, _ make: (inout Self) -> T) -> [T] {
        (0..<Int.random(in: 0...most, using: &random)).map { _ in make(&self) }
    }

    mutating func number(_ range: ClosedRange<UInt32> = 0...UInt32.max) -> UInt32 {
        chance() ? UInt32.random(in: range, using: &random) : range.lowerBound
    }

    mutating func text() -> String {
        let alphabet: [String] = [
            "a", "Z", "0", "-", ".", "/", " ", "ü", "世", "🧵", "\u{1}", "\"", "\\",
        ]
        let length = pick([0, 1, 3, 9, 40])
        return (0..<length).map { _ in pick(alphabet) }.joined()
    }

    mutating func duration() -> Duration {
        let seconds = Int64.random(in: 0...pick([0, 5, 100_000]), using: &random)
        let nanos = pick([0, 500_000_000, 1_000_000, 1_000, 1, 999_999_999])
        return .seconds(seconds) + .nanoseconds(nanos)
    }

    mutating func value(depth: Int = 0) -> Value {
        switch Int.random(in: 0...(depth < 3 ? 5 : 3), using: &random) {
        case 0: .null
        case 1: .number(pick([0, -0.5, 1e300, 3, 123_456_789_012, Double.leastNonzeroMagnitude]))
        case 2: .string(text())
        case 3: .bool(chance())
        case 4: .object(structure(depth: depth + 1))
        default: .list(list { $0.value(depth: depth + 1) })
        }
    }

    mutating func structure(depth: Int = 0) -> [String: Value] {
        let pairs = list { ($0.text(), $0.value(depth: depth)) }
        return Dictionary(pairs) { first, _ in first }
    }

    mutating func metadata() -> Metadata {
        let pairs = list { ($0.text(), $0.structure()) }
        return Metadata(filterMetadata: Dictionary(pairs) { first, _ in first })
    }

    mutating func address() -> SocketAddress {
        SocketAddress(
            address: pick(["127.0.0.1", "::1", "reviews"]), port: number(0...65535),
            transport: pick([.tcp, .udp]))
    }

    mutating func locality() -> Locality { Locality(region: text(), zone: text(), subZone: text()) }

    mutating func header() -> HeaderValueOption {
        HeaderValueOption(
            key: text(), value: text(),
            action: pick([.append, .overwrite, .addIfAbsent, .overwriteIfExists]))
    }

    mutating func stringMatcher() -> StringMatcher {
        let text = text()
        return StringMatcher(
            pick([.exact(text), .prefix(text), .suffix(text), .contains(text), .safeRegex(text)]),
            ignoreCase: chance())
    }

    mutating func node() -> Node {
        Node(
            id: text(), cluster: text(), metadata: structure(), locality: maybe { $0.locality() },
            userAgentName: text(), userAgentVersion: text(), clientFeatures: list { $0.text() })
    }
}

extension RandomValues {
    mutating func endpoints() -> ClusterLoadAssignment {
        ClusterLoadAssignment(
            clusterName: text(),
            endpoints: list {
                LocalityLbEndpoints(
                    locality: $0.locality(), loadBalancingWeight: $0.number(1...UInt32.max),
                    priority: $0.number(0...9),
                    lbEndpoints: $0.list {
                        LbEndpoint(
                            address: $0.address(),
                            healthStatus: $0.pick([.unknown, .healthy, .unhealthy, .draining]),
                            loadBalancingWeight: $0.number(1...128))
                    })
            })
    }

    mutating func resource() -> any ResourceMessage {
        switch Int.random(in: 0...5, using: &random) {
        case 0: listener()
        case 5: secret()
        case 1: routeConfiguration()
        case 2: virtualHost()
        case 3: cluster()
        default: endpoints()
        }
    }
}

extension RandomValues {
    mutating func type() -> ResourceType { pick(ResourceType.inOrderOfAddition) }

    mutating func status() -> RPCStatus {
        RPCStatus(code: pick([0, 3, -1, .max]), message: text())
    }

    mutating func discoveryRequest() -> DiscoveryRequest {
        DiscoveryRequest(
            versionInfo: text(), node: maybe { $0.node() }, resourceNames: list { $0.text() },
            type: type(), responseNonce: text(), errorDetail: maybe { $0.status() })
    }

    mutating func discoveryResponse() -> DiscoveryResponse {
        DiscoveryResponse(
            versionInfo: text(), resources: list { AnyMessage(packing: $0.resource()) },
            type: type(), nonce: text())
    }

    mutating func deltaDiscoveryRequest() -> DeltaDiscoveryRequest {
        let versions = list { ($0.text(), $0.text()) }
        return DeltaDiscoveryRequest(
            node: maybe { $0.node() }, type: type(), resourceNamesSubscribe: list { $0.text() },
            resourceNamesUnsubscribe: list { $0.text() },
            initialResourceVersions: Dictionary(versions) { first, _ in first },
            responseNonce: text(), errorDetail: maybe { $0.status() })
    }

    mutating func deltaResource() -> DeltaResource {
        DeltaResource(
            name: text(), version: text(),
            resource: maybe { AnyMessage(packing: $0.resource()) }, ttl: maybe { $0.duration() },
            aliases: list { $0.text() })
    }

    mutating func deltaDiscoveryResponse() -> DeltaDiscoveryResponse {
        DeltaDiscoveryResponse(
            systemVersionInfo: text(),
            resources: list { $0.deltaResource() },
            type: type(), removedResources: list { $0.text() }, nonce: text())
    }

    /// One value of every type.
    mutating func everyMessage() -> [any WireMessage] {
        [
            listener(), connectionManager(), routeConfiguration(), virtualHost(), cluster(),
            endpoints(), secret(), node(), discoveryRequest(), discoveryResponse(),
            deltaDiscoveryRequest(), deltaDiscoveryResponse(), deltaResource(),
            clientStatusRequest(), clientStatusResponse(), HealthCheckRequest(service: text()),
            HealthCheckResponse(status: servingStatus()), HealthListRequest(),
            healthListResponse(), reflectionRequest(), reflectionResponse(), checkRequest(),
            checkResponse(),
        ]
    }
}
