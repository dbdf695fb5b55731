import Testing
import XDS

/// Whatever the bytes, a decoder answers with a value or an `XDSError`; it never crashes.
@Suite struct UntrustedInputTests {
    private let types: [any WireMessage.Type] = [
        Listener.self, HTTPConnectionManager.self, RouteConfiguration.self, VirtualHost.self,
        Cluster.self, ClusterLoadAssignment.self, Node.self, DiscoveryRequest.self,
        DiscoveryResponse.self, DeltaDiscoveryRequest.self, DeltaDiscoveryResponse.self,
        Secret.self, DeltaResource.self, ClientStatusRequest.self, ClientStatusResponse.self,
        HealthCheckRequest.self, HealthCheckResponse.self, HealthListResponse.self,
        ServerReflectionRequest.self, ServerReflectionResponse.self, CheckRequest.self,
        CheckResponse.self,
    ]

    /// Decodes, encodes again and prints. What decodes must also encode to something that decodes
    /// to the same.
    private func read<Message: WireMessage>(_ bytes: [UInt8], as type: Message.Type) {
        _ = try? protobufJSON(typeURL: Message.typeURL, bytes: bytes)
        guard let message = try? Message(decoding: bytes) else { return }
        let again = try? Message(decoding: message.encoded())
        #expect(again == message || "\(message)".contains("nan"), "\(bytes)")
    }

    private func read<Message: WireMessage>(_ bytes: [UInt8], like message: Message) {
        read(bytes, as: Message.self)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func randomBytes(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0...200, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            for type in types { read(bytes, as: type) }
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func flippedBits(seed: UInt64) {
        var values = RandomValues(seed: seed)
        for message in (0..<3).flatMap({ _ in values.everyMessage() }) {
            let bytes = message.encoded()
            guard !bytes.isEmpty else { continue }
            for _ in 0..<20 {
                var broken = bytes
                for _ in 0..<Int.random(in: 1...4, using: &values.random) {
                    let bit = Int.random(in: 0..<bytes.count * 8, using: &values.random)
                    broken[bit / 8] ^= 1 << UInt8(bit % 8)
                }
                read(broken, like: message)
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func truncations(seed: UInt64) {
        var values = RandomValues(seed: seed)
        for message in values.everyMessage() {
            let bytes = message.encoded()
            for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 60)) {
                read(Array(bytes[..<end]), like: message)
            }
        }
    }

    /// 34 KB of nesting overflow the stack of a parser without a limit.
    @Test(arguments: [99, 6000])
    func nestedLists(depth: Int) {
        let value = nested(depth) { field(6, field(1, $0)) }
        let metadata = field(1, field(1, Array("k".utf8)) + field(2, value))
        let error = failure { try Node(decoding: field(3, metadata)) }
        #expect(error?.code == .tooDeep)
    }

    @Test func nestingInsideAnAny() {
        let packed = nested(300) { any("google.protobuf.Any", $0) }
        let filter = field(1, Array("f".utf8)) + field(4, packed)
        let listener = field(3, field(3, filter))
        #expect(failure { try Listener(decoding: listener) }?.code == .tooDeep)

        let value = nested(6000) { field(6, field(1, $0)) }
        let bomb = field(4, any("google.protobuf.Value", value))
        #expect(failure { try Listener(decoding: field(3, field(3, bomb))) }?.code == .tooDeep)
    }

    private func nested(_ depth: Int, _ wrap: ([UInt8]) -> [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<depth { bytes = wrap(bytes) }
        return bytes
    }

    @Test func aResponseKeepsABrokenResourcePacked() throws {
        let resource = AnyMessage(typeURL: ResourceType.cluster.rawValue, value: [0xFF])
        let response = DiscoveryResponse(
            versionInfo: "1", resources: [resource], type: .cluster, nonce: "n")
        let decoded = try DiscoveryResponse(decoding: response.encoded())
        #expect(decoded == response, "its nonce is there to refuse it with")
        let error = failure { try decoded.resources[0].unpacked(as: Cluster.self) }
        #expect(error?.code == .malformed)
    }

    @Test func sizeAndMemoryAreBounded() {
        let host = VirtualHost(name: "host", domains: ["*"]).encoded()
        let error = failure { try VirtualHost(decoding: host, limits: DecodingLimits(size: 3)) }
        #expect(error?.code == .tooLarge)

        var manyEmptyRoutes = [UInt8](repeating: 0, count: 1 << 20)
        for index in stride(from: 0, to: manyEmptyRoutes.count, by: 2) {
            manyEmptyRoutes[index] = 0x1A
        }
        let answer = failure { try VirtualHost(decoding: manyEmptyRoutes) }
        #expect(answer?.code == .tooLarge)
    }

    @Test(
        arguments: [
            ([0x0A, 0x05, 0x61], .malformed),  // a length past the end
            ([0x0A, 0x80], .malformed),  // a varint cut short
            ([0x0A] + [UInt8](repeating: 0x80, count: 10) + [1], .malformed),  // of eleven bytes
            ([0x00, 0x01], .malformed),  // field 0
            ([0x0B, 0x0C], .malformed),  // a group
            ([0xA3, 0x06, 0xA4, 0x06], .malformed),  // a group of an unknown field
            ([0x08, 0x01], .malformed),  // a string's field with a number
            ([0x0A, 0x01, 0xFF], .invalidText),
            ([0x0A, 0x02, 0xC0, 0x80], .invalidText),  // NUL in two bytes
            ([0x0A, 0x03, 0xED, 0xA0, 0x80], .invalidText),  // a surrogate
            ([0x0A, 0x02, 0x61, 0x00], .invalidText),
        ] as [([UInt8], XDSError.Code)])
    func isRefused(bytes: [UInt8], code: XDSError.Code) {
        #expect(failure { try VirtualHost(decoding: bytes) }?.code == code)
    }

    @Test func unknownFieldsAreSkipped() throws {
        let host = VirtualHost(name: "host", domains: ["*"])
        let unknown = field(1000, [1, 2, 3]) + [0xC0, 0x3E, 0x07] + field(240, field(1, [0xFF]))
        #expect(try VirtualHost(decoding: unknown + host.encoded() + unknown) == host)
    }
}

/// A length-delimited field.
func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(content.count)) + content
}

/// A varint field.
func field(_ number: UInt64, _ value: UInt64) -> [UInt8] { varint(number << 3) + varint(value) }

func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80
        ? [UInt8(value)] : [UInt8(truncatingIfNeeded: value) | 0x80] + varint(value >> 7)
}

/// A `google.protobuf.Any`.
func any(_ name: String, _ value: [UInt8]) -> [UInt8] {
    field(1, Array((ResourceType.prefix + name).utf8)) + field(2, value)
}

/// The error that `body` throws; nil when it throws none, or one of another kind.
func failure<Value>(_ body: () throws -> Value) -> XDSError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? XDSError
    }
}
