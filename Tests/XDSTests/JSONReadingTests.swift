import Testing
import XDS

@Suite struct JSONReadingTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func whatIsPrintedIsReadBack(seed: UInt64) throws {
        var values = RandomValues(seed: seed, knownTypesOnly: seed % 2 == 0)
        for message in (0..<5).flatMap({ _ in values.everyMessage() }) {
            try comesBackEqual(message)
        }
    }

    private func comesBackEqual<Message: WireMessage>(_ message: Message) throws {
        let text = try message.json(pretty: true, redactsSecrets: false)
        let bytes = try protobufMessage(typeURL: Message.typeURL, json: Array(text.utf8))
        #expect(bytes == message.encoded(), "\(text)")
        #expect(try Message(json: text) == message)
    }

    /// Whatever the text, the reader answers with a value or an `XDSError`, and what it takes is
    /// printed and read back to the same.
    @Test(arguments: 0..<8 as Range<UInt64>)
    func brokenTexts(seed: UInt64) throws {
        var values = RandomValues(seed: seed, knownTypesOnly: true)
        for message in values.everyMessage() {
            let text = Array(try message.json(redactsSecrets: false).utf8)
            for _ in 0..<25 { read(mutated(text, &values), like: message) }
        }
    }

    private func mutated(_ text: [UInt8], _ values: inout RandomValues) -> [UInt8] {
        var broken = text
        for _ in 0..<Int.random(in: 1...3, using: &values.random) {
            let place = Int.random(in: 0..<broken.count, using: &values.random)
            switch Int.random(in: 0...3, using: &values.random) {
            case 0: broken[place] = UInt8.random(in: 0...255, using: &values.random)
            case 1: broken[place] = values.pick(Array("{}[],:\"\\0-.eEntu ".utf8))
            case 2: broken.insert(broken[place], at: place)
            default: if broken.count > 1 { broken.remove(at: place) }
            }
        }
        return broken
    }

    private func read<Message: WireMessage>(_ text: [UInt8], like message: Message) {
        guard let bytes = try? protobufMessage(typeURL: Message.typeURL, json: text) else { return }
        let printed = try? protobufJSON(
            typeURL: Message.typeURL, bytes: bytes, redactsSecrets: false)
        // A negative zero and what the printer refuses (a duration that is none) need not come back.
        guard let printed, !printed.contains("-0") else { return }
        let again = try? protobufMessage(typeURL: Message.typeURL, json: Array(printed.utf8))
        #expect(again == bytes, "\(printed)")
    }

    @Test(
        arguments: [
            #"{"connect_timeout":"1.5s","lb_policy":"MAGLEV"}"#,
            #"{"connectTimeout":"1.500s","lbPolicy":5}"#,
            #" { "connectTimeout" : "1.500000000s" , "lb_policy" : 5.0 , "name" : null } "#,
        ])
    func oneMessageHasManyForms(text: String) throws {
        let json = try protobufJSON(typeURL: clusterURL, bytes: cluster(text))
        #expect(json == #"{"connectTimeout":"1.500s","lbPolicy":"MAGLEV"}"#)
    }

    @Test(
        arguments: [
            (#"{"maxRequests":4294967295}"#, true), (#"{"maxRequests":"7"}"#, true),
            (#"{"maxRequests":1e2}"#, true), (#"{"maxRequests":1.20e1}"#, true),
            (#"{"maxRequests":4294967296}"#, false), (#"{"maxRequests":-1}"#, false),
            (#"{"maxRequests":1.5}"#, false), (#"{"maxRequests":"0x10"}"#, false),
            (#"{"maxRequests":1e99999999999}"#, false), (#"{"maxRequests":true}"#, false),
            (#"{"maxRequests":""}"#, false), (#"{"maxRequests":" 1"}"#, false),
        ])
    func numbersAreExact(threshold: String, isRead: Bool) {
        let text = #"{"circuitBreakers":{"thresholds":[\#(threshold)]}}"#
        let message = try? cluster(text)
        #expect((message != nil) == isRead, "\(threshold)")
    }

    @Test(
        arguments: [
            ("", "line 1, column 1"), ("{", "line 1, column 2"), ("[1,]", "line 1, column 4"),
            ("{\"a\":1,}", "line 1, column 8"), ("{\n  a: 1}", "line 2, column 3"),
            ("01", "line 1, column 2"), ("1.", "line 1, column 3"), ("+1", "line 1, column 1"),
            ("-", "line 1, column 2"), ("1e", "line 1, column 3"), ("nul", "line 1, column 1"),
            ("{} {}", "line 1, column 4"), ("\"\t\"", "line 1, column 2"),
            ("\"\\x\"", "line 1, column 4"), ("\"\\ud800\"", "line 1, column 8"),
            ("\"\\udc00\"", "line 1, column 8"), ("\"ü", "line 1, column 3"),
            ("{\"a\":1,\"a\":2}", "line 1, column 8"), ("// x", "line 1, column 1"),
            ("\"\\u12\"", "line 1, column 6"), ("NaN", "line 1, column 1"),
        ])
    func whatIsNotJSONIsRefusedWithItsPlace(text: String, place: String) {
        let error = failure { try JSONValue(parsing: Array(text.utf8)) }
        #expect(error?.code == .malformed)
        #expect(error?.message.hasPrefix(place + ":") == true, "\(error?.message ?? "")")
    }

    @Test func aTextIsReadToItsLastDetail() throws {
        let text = #"{"a":[1.50,-0,"\u00fc\ud83e\uddf5\/\n"],"b":{},"c":[],"d":null,"e":true}"#
        let members: [(String, JSONValue)] = [
            ("a", .array([.number("1.50"), .number("-0"), .string("ü🧵/\n")])), ("b", .object([])),
            ("c", .array([])), ("d", .null), ("e", .bool(true)),
        ]
        #expect(
            try JSONValue(parsing: Array(text.utf8))
                == .object(members.map { JSONValue.Member(name: $0, value: $1) }))
    }

    @Test func aTextHasLimits() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(failure { try JSONValue(parsing: deep) }?.code == .tooDeep)
        let large = failure { try JSONValue(parsing: deep, limits: DecodingLimits(size: 10)) }
        #expect(large?.code == .tooLarge)
        #expect(failure { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }?.code == .invalidText)
        #expect(failure { try JSONValue(parsing: [0x22, 0x00, 0x22]) }?.code == .invalidText)
        let lists = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(
            failure { try cluster(#"{"metadata":{"filterMetadata":{"k":{"v":\#(lists)}}}}"#) }?
                .code == .tooDeep, "each list is two messages on the wire")
    }

    @Test(
        arguments: [
            (#"{"conect_timeout":"1s"}"#, "conect_timeout", "did you mean connect_timeout"),
            (#"{"connect_timeout":1}"#, "connect_timeout", "1.5s"),
            (#"{"connect_timeout":"1","name":"c"}"#, "connect_timeout", "1.5s"),
            (#"{"lb_policy":"MAGLEVV"}"#, "lb_policy", "did you mean MAGLEV"),
            (#"{"name":7}"#, "name", "expected a string"),
            (#"{"name":"a\u0000"}"#, "name", "U+0000"),
            (#"{"type":"EDS","clusterType":{}}"#, "cluster_type", "oneof"),
            (#"{"connectTimeout":"1s","connect_timeout":"1s"}"#, "connect_timeout", "twice"),
            (#"{"filters":[{"name":"f"},{"nam":""}]}"#, "filters[1].nam", "did you mean name"),
            (#"{"filters":{}}"#, "filters", "expected an array"),
            (#"{"filters":[null]}"#, "filters[0]", "null"),
            (
                #"{"metadata":{"filter_metadata":{"k":1}}}"#,
                #"metadata.filter_metadata["k"]"#, "expected an object"
            ),
            (
                #"{"transport_socket":{"typed_config":{"name":""}}}"#,
                "transport_socket.typed_config", "@type"
            ),
            (
                #"{"transport_socket":{"typed_config":{"@type":"a/envoy.config.cluster.v3.Clustr","x":1}}}"#,
                "transport_socket.typed_config", "did you mean envoy.config.cluster.v3.Cluster"
            ),
            (
                #"{"transport_socket":{"typed_config":{"@type":"a/b.C","value":"!"}}}"#,
                "transport_socket.typed_config.value", "base64"
            ),
        ] as [(String, String, String)])
    func anErrorNamesThePlaceAndTheMend(text: String, path: String, mend: String) {
        let error = failure { try cluster(text) }
        #expect(error?.source == "envoy.config.cluster.v3.Cluster: " + path)
        #expect(error?.message.contains(mend) == true, "\(error?.message ?? "")")
    }

    @Test func aSecretThatWasRedactedIsNotReadBack() throws {
        let secret = Secret(name: "s", kind: .generic(.inlineString("key")))
        let error = failure { try Secret(json: secret.json()) }
        #expect(error?.source.hasSuffix("generic_secret.secret.inline_string") == true)
        #expect(try Secret(json: secret.json(redactsSecrets: false)) == secret)
        let bytes = Secret(name: "s", kind: .generic(.inlineBytes([1])))
        #expect(failure { try Secret(json: bytes.json()) }?.message.contains("left out") == true)
    }

    @Test(arguments: ["AQI=", "AQI", "-_8=", "+/8"])
    func base64HasTwoAlphabets(text: String) throws {
        let url = "type.example/unknown.Message"
        let read = try protobufMessage(
            typeURL: "google.protobuf.Any",
            json: Array(#"{"@type":"\#(url)","value":"\#(text)"}"#.utf8))
        let any = try #require(
            DeltaResource(
                decoding: DeltaResource(name: "", version: "", resource: nil).encoded()
                    + field(2, read)
            ).resource)
        #expect(any == AnyMessage(typeURL: url, value: text.hasPrefix("A") ? [1, 2] : [251, 255]))
    }

    private let clusterURL = Cluster.typeURL

    private func cluster(_ text: String) throws -> [UInt8] {
        try protobufMessage(typeURL: clusterURL, json: Array(text.utf8))
    }
}
