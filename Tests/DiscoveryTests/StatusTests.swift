import Testing
import XDS

@testable import Discovery

/// What status pages tell of a stream.
@Suite struct StatusTests {
    @Test(arguments: Variant.allCases)
    func countsWhatWasSentAndAccepted(variant: Variant) {
        Dialogue(variant, [.endpoints("a"), .endpoints("b")]).run([
            .ask(.endpoints, "a", "b"),
            .status(.endpoints) { $0.isWaiting && $0.sent == 0 && $0.version.isEmpty },
            .expect(.endpoints, "a", "b"),
            .status(.endpoints) {
                $0.isWaiting && $0.sent == 1 && $0.acknowledged == 0 && $0.resources == 2
                    && !$0.version.isEmpty && $0.acknowledgedVersion.isEmpty
                    && $0.lastAcknowledged == nil
            },
            .client(.endpoints, ["a": .stale, "b": .stale]), .ack(.endpoints),
            .status(.endpoints) {
                !$0.isWaiting && $0.acknowledged == 1 && $0.version == $0.acknowledgedVersion
                    && $0.lastAcknowledged != nil
            },
            .client(.endpoints, ["a": .synced, "b": .synced]),
            .put(.endpoints("b", 2)), .status(.endpoints) { $0.isWaiting },
            .expect(.endpoints, "b"), .client(.endpoints, ["a": .synced, "b": .stale]),
        ])
    }

    @Test(arguments: Variant.allCases)
    func aRefusalShowsUntilWhatWasRefusedIsAccepted(variant: Variant) {
        Dialogue(variant, [.endpoints("a"), .endpoints("b")]).run([
            .ask(.endpoints, "a", "b"), .expect(.endpoints, "a", "b"), .ack(.endpoints),
            .put(.endpoints("a", 2)), .expect(.endpoints, "a"), .nack(.endpoints, "no"),
            .status(.endpoints) {
                $0.rejection == Rejection(type: .endpoints, message: "no") && !$0.isWaiting
                    && $0.version != $0.acknowledgedVersion
            },
            .client(.endpoints, ["a": .rejected, "b": .synced]),
            .put(.endpoints("b", 2)), .expect(.endpoints, "b"),
            .client(.endpoints, ["a": .rejected, "b": .stale]), .ack(.endpoints),
            .status(.endpoints) { $0.rejection == nil },
            .client(.endpoints, ["a": .rejected, "b": .synced]),
            .put(.endpoints("a", 3)), .expect(.endpoints, "a"),
            .client(.endpoints, ["a": .stale, "b": .synced]), .ack(.endpoints),
            .client(.endpoints, ["a": .synced, "b": .synced]),
        ])
    }

    @Test func whatIsGoneOrLeftIsNotShown() {
        delta(
            [.listener("a"), .listener("b"), .listener("c")],
            [
                .ask(.listener, "a", "b", "x"), .expect(.listener, "a", "b", removed: ["x"]),
                .ack(.listener), .leave(.listener, "a"), .client(.listener, ["b": .synced]),
                .remove(.listener, "b"), .expect(.listener, removed: ["b"]), .ack(.listener),
                .client(.listener, [:]), .status(.listener) { $0.resources == 0 },
            ])
    }

    @Test(arguments: Variant.allCases)
    func countsTypesAndNames(variant: Variant) {
        let machine = variant.machine()
        _ = machine.received(Ask(type: .endpoints, names: ["a", "b", "a"]), at: .now)
        _ = machine.received(Ask(type: .cluster, names: ["*"]), at: .now)
        #expect(machine.subscriptionCount == 4)
    }
}
