import Testing
import XDS

@Suite struct EncodedResourceTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func bothViewsAreFieldsOfAResponse(seed: UInt64) throws {
        var values = RandomValues(seed: seed)
        let resources = (0..<5).map { _ in values.resource() }
        let encoded = resources.map { EncodedResource($0) }
        let type = values.type()

        var delta = ResponseHeader.delta(
            systemVersion: "7", type: type, removed: ["gone", "lost"], nonce: "n1"
        ).encoded()
        var sotw = ResponseHeader.sotw(version: "7", type: type, nonce: "n1").encoded()
        withExtendedLifetime(encoded) {
            for resource in encoded {
                delta += resource.deltaField
                sotw += resource.sotwField
            }
        }

        #expect(
            try DeltaDiscoveryResponse(decoding: delta)
                == DeltaDiscoveryResponse(
                    systemVersionInfo: "7",
                    resources: resources.enumerated().map { index, resource in
                        DeltaResource(
                            name: resource.resourceName, version: encoded[index].version,
                            resource: AnyMessage(packing: resource))
                    }, type: type, removedResources: ["gone", "lost"], nonce: "n1"))
        #expect(
            try DiscoveryResponse(decoding: sotw)
                == DiscoveryResponse(
                    versionInfo: "7", resources: resources.map { AnyMessage(packing: $0) },
                    type: type, nonce: "n1"))
    }

    @Test func aResourceThatExpiresHasHeartbeats() throws {
        let cluster = Cluster(name: "a", connectTimeout: .seconds(1))
        let plain = EncodedResource(cluster)
        let expiring = EncodedResource(cluster, ttl: .milliseconds(1500))
        #expect(expiring.ttl == .milliseconds(1500))
        #expect(expiring.version == plain.version && expiring.message == plain.message)

        let whole = DeltaResource(
            name: "a", version: plain.version, resource: AnyMessage(packing: cluster),
            ttl: .milliseconds(1500))
        var alive = whole
        alive.resource = nil
        #expect(try delta(expiring.deltaField) == [whole])
        #expect(try delta(#require(expiring.deltaHeartbeatField)) == [alive])
        #expect(try sotw(expiring.sotwField) == [AnyMessage(packing: cluster)])
        #expect(try sotw(expiring.wrappedField).map { try $0.unpacked() } == [whole])

        #expect(plain.ttl == nil && plain.deltaHeartbeatField == nil)
        #expect(try sotw(plain.wrappedField) == [AnyMessage(packing: cluster)])
        #expect(EncodedResource(cluster, ttl: .zero).ttl == nil)
        withExtendedLifetime((plain, expiring)) {}
    }

    private func delta(_ field: UnsafeRawBufferPointer) throws -> [DeltaResource] {
        try DeltaDiscoveryResponse(decoding: Array(field)).resources
    }

    private func sotw(_ field: UnsafeRawBufferPointer) throws -> [AnyMessage] {
        try DiscoveryResponse(decoding: Array(field)).resources
    }

    @Test func theVersionIsTheContent() throws {
        var cluster = Cluster(name: "a")
        let first = EncodedResource(cluster)
        #expect(first.version.utf8.count == 16)
        #expect(first.version == EncodedResource(cluster).version)
        #expect(first == EncodedResource(cluster))
        cluster.usesHTTP2 = true
        #expect(first.version != EncodedResource(cluster).version)
        #expect(try first.decoded(as: Cluster.self) == Cluster(name: "a"))
        #expect(first.message == Cluster(name: "a").encoded())
        #expect(first.type == .cluster && first.name == "a")
    }

    /// `xxhsum -H1` prints these; the first two are in the xxHash repository's own self-test.
    @Test(
        arguments: [
            ("", 0xEF46_DB37_51D8_E999),
            ("a", 0xD24E_C4F1_A98C_6E5B),
            ("abc", 0x44BC_2CF5_AD77_0999),
            ("abcdefgh", 0x3AD3_5177_5B46_34B7),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
            ("0123456789abcdef0123456789abcdef", 0x642A_9495_8E71_E6C5),
        ] as [(String, UInt64)])
    func hashesAsPublished(text: String, hash: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { xxHash64($0) } == hash)
    }
}
