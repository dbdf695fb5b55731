import Testing

@testable import GatewayAPI

@Suite struct StableHashTests {
    /// Test vectors of the reference implementation.
    @Test func agreesWithXXH64() {
        #expect(stableHash(of: "") == 0xEF46_DB37_51D8_E999)
        #expect(stableHash(of: "a") == 0xD24E_C4F1_A98C_6E5B)
        #expect(stableHash(of: "abc") == 0x44BC_2CF5_AD77_0999)
        #expect(
            stableHash(of: "Nobody inspects the spammish repetition")
                == 0xFBCE_A83C_8A37_8BF1)
    }

    @Test func isTheSameForAnyCollectionOfBytes() {
        let text = String(repeating: "heddle ", count: 20)
        #expect(stableHash(of: Array(text.utf8)) == stableHash(of: text))
        #expect(stableHash(of: AnySequence(text.utf8)) == stableHash(of: text))
    }
}
