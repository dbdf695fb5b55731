import Testing
import XDS

@Suite struct DiscoveryRequestOutlineTests {
    private func outlined(_ request: DiscoveryRequest) -> DiscoveryRequestOutline? {
        request.encoded().withUnsafeBytes { DiscoveryRequestOutline($0) }
    }

    private func request(
        _ names: [String], version: String = "1", nonce: String = "2", error: RPCStatus? = nil
    ) -> DiscoveryRequest {
        DiscoveryRequest(
            versionInfo: version, node: Node(id: "n", cluster: "c"), resourceNames: names,
            type: .endpoints, responseNonce: nonce, errorDetail: error)
    }

    @Test func saysWhatARequestSaysButForItsNames() throws {
        let refused = request(["a", "b"], error: RPCStatus(code: 3, message: "no"))
        let outline = try #require(outlined(refused))
        #expect(outline.type == .endpoints)
        #expect(outline.responseNonce == "2")
        #expect(outline.isRefusal)
        #expect(try #require(outlined(request(["a"]))).isRefusal == false)
    }

    @Test func theDigestTellsOtherNamesAndNothingElse() throws {
        let known = try #require(outlined(request(["a", "b"]))).namesDigest
        let same = request(["a", "b"], version: "other", nonce: "77")
        #expect(outlined(same)?.namesDigest == known)
        for names in [[], ["a"], ["b", "a"], ["a", "b", "c"], ["ab"], ["a", "b", ""]] {
            #expect(outlined(request(names))?.namesDigest != known, "\(names)")
        }
    }

    @Test func outlinesIncrementalRequestsThatChangeNoSubscription() throws {
        func outlined(_ request: DeltaDiscoveryRequest) -> DiscoveryRequestOutline? {
            request.encoded().withUnsafeBytes { DiscoveryRequestOutline(delta: $0) }
        }
        let answer = DeltaDiscoveryRequest(
            node: Node(id: "n"), type: .cluster, responseNonce: "7")
        let outline = try #require(outlined(answer))
        #expect(outline.type == .cluster)
        #expect(outline.responseNonce == "7")
        #expect(!outline.isRefusal)
        var refusal = answer
        refusal.errorDetail = RPCStatus(code: 3, message: "no")
        #expect(outlined(refusal)?.isRefusal == true)
        var changes = [answer, answer, answer]
        changes[0].resourceNamesSubscribe = ["a"]
        changes[1].resourceNamesUnsubscribe = ["a"]
        changes[2].initialResourceVersions = ["a": "1"]
        for change in changes { #expect(outlined(change) == nil) }
    }

    /// Whatever the bytes: no trap, and what is outlined is a request that decodes alike, or none.
    @Test func anyBytesAreOutlinedAsTheyDecodeOrNotAtAll() throws {
        var random = SystemRandomNumberGenerator()
        let whole = request((0..<20).map { "name-\($0)" }).encoded()
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...3, using: &random))
            let outline = bytes.withUnsafeBytes { DiscoveryRequestOutline($0) }
            guard let outline, let decoded = try? DiscoveryRequest(decoding: bytes) else {
                continue
            }
            #expect(outline.type == decoded.type, "\(bytes)")
            #expect(outline.responseNonce == decoded.responseNonce, "\(bytes)")
            #expect(outline.isRefusal == (decoded.errorDetail != nil), "\(bytes)")
        }
    }
}
