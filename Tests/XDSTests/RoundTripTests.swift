import Testing
import XDS

@Suite struct RoundTripTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func everyTypeComesBackEqual(seed: UInt64) throws {
        var values = RandomValues(seed: seed)
        for _ in 0..<5 {
            for message in values.everyMessage() { try comesBackEqual(message) }
        }
    }

    private func comesBackEqual<Message: WireMessage>(_ message: Message) throws {
        let bytes = message.encoded()
        let decoded = try Message(decoding: bytes)
        #expect(decoded == message)
        #expect(decoded.encoded() == bytes, "the same value encodes to the same bytes")
    }

    @Test func mapsEncodeInTheOrderOfTheirKeys() throws {
        let names = (0..<200).map { "name-\($0)" }
        let forward = Node(
            metadata: Dictionary(uniqueKeysWithValues: names.map { ($0, .bool(true)) }))
        var backward = Node()
        for name in names.reversed() { backward.metadata[name] = .bool(true) }
        #expect(forward.encoded() == backward.encoded())
    }

    @Test func nulBecomesTheReplacementCharacter() throws {
        let host = VirtualHost(name: "a\0b", domains: ["*"])
        #expect(try VirtualHost(decoding: host.encoded()).name == "a\u{FFFD}b")
    }

    @Test func emptyOneofCasesSurvive() throws {
        let match = RouteMatch(
            path: .prefix(""),
            headers: [
                HeaderMatcher(name: "x", condition: .string(StringMatcher(.exact("")))),
                HeaderMatcher(name: "y", condition: .present(false)),
            ])
        let route = Route(match: match, action: .route(RouteAction(cluster: .cluster(""))))
        let host = VirtualHost(name: "h", domains: ["*"], routes: [route])
        #expect(try VirtualHost(decoding: host.encoded()) == host)
    }

    @Test func aDurationKeepsItsNanosecondsAndItsBounds() throws {
        func timeout(_ duration: Duration) throws -> Duration? {
            let cluster = Cluster(name: "c", connectTimeout: duration)
            return try Cluster(decoding: cluster.encoded()).connectTimeout
        }
        #expect(try timeout(.zero) == .zero)
        #expect(try timeout(.nanoseconds(1)) == .nanoseconds(1))
        #expect(try timeout(.milliseconds(-1500)) == .milliseconds(-1500))
        #expect(try timeout(.seconds(Int64.max)) == .seconds(315_576_000_000))
    }
}
