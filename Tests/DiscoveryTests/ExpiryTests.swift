import Testing
import XDS

@testable import Discovery

/// Source: xDS protocol, "TTL".
@Suite struct DeltaExpiryTests {
    private static let life: Duration = .seconds(10)
    private let a = EncodedResource.endpoints("a", ttl: life)
    private let b = EncodedResource.endpoints("b", ttl: life)

    private func play(_ resources: [EncodedResource], _ steps: [Step]) {
        delta(resources, features: [ClientFeature.resourceTTL], steps)
    }

    @Test func whatExpiresIsKeptAliveWithoutTheResource() {
        play(
            [a, .endpoints("lasting")],
            [
                .ask(.endpoints, "*"), .expect(.endpoints, "a", "lasting", shape: .delta),
                .ack(.endpoints), .waits(.seconds(5)), .pass(.seconds(5)),
                .expect(.endpoints, "a", shape: .heartbeat), .idle(), .ack(.endpoints),
                .waits(.seconds(5)),
            ])
    }

    @Test func aClientThatTakesNoHeartbeatsGetsNone() {
        delta(
            [a],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints), .idle(),
                .pass(.seconds(5)), .idle(),
            ])
    }

    @Test func theShortestLifeCounts() {
        play(
            [a, .endpoints("b", ttl: .seconds(4))],
            [
                .ask(.endpoints, "a", "b"), .expect(.endpoints, "a", "b"), .ack(.endpoints),
                .waits(.seconds(2)),
            ])
    }

    @Test func aChangeOfOneResourceDoesNotStarveTheOthers() {
        play(
            [a, b],
            [
                .ask(.endpoints, "a", "b"), .expect(.endpoints, "a", "b"), .ack(.endpoints),
                .pass(.seconds(4)), .put(.endpoints("b", 2, ttl: Self.life)),
                .expect(.endpoints, "b"), .ack(.endpoints), .waits(.seconds(1)),
                .pass(.seconds(1)), .expect(.endpoints, "a", "b", shape: .heartbeat),
            ])
    }

    @Test func whatAReturningClientHasIsKeptAliveAtOnce() {
        play(
            [a],
            [
                .send(Ask(type: .endpoints, names: ["a"], has: ["a": a.version])),
                .expect(.endpoints, "a", shape: .heartbeat), .ack(.endpoints), .waits(.seconds(5)),
            ])
        play(
            [a],
            [
                .send(Ask(type: .endpoints, names: ["*"], has: ["a": a.version])),
                .expect(.endpoints), .ack(.endpoints),
                .expect(.endpoints, "a", shape: .heartbeat), .ack(.endpoints), .waits(.seconds(5)),
            ])
    }

    @Test func aLifeThatChangesOrEndsIsToldLikeAnyChange() {
        play(
            [a],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .put(.endpoints("a", ttl: .seconds(20))), .expect(.endpoints, "a", shape: .delta),
                .ack(.endpoints), .waits(.seconds(10)),
                .put(.endpoints("a")), .expect(.endpoints, "a", shape: .delta), .ack(.endpoints),
                .idle(),
            ])
    }

    @Test func whatIsNoLongerAskedForOrGoneIsNotKeptAlive() {
        play(
            [a],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .leave(.endpoints, "a"), .pass(.seconds(5)), .idle(),
            ])
        play(
            [a],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .remove(.endpoints, "a"), .expect(.endpoints, removed: ["a"]), .ack(.endpoints),
                .idle(),
            ])
    }
}

/// Source: xDS protocol, "SotW TTL". Envoy takes a heartbeat by state of the world for a resource
/// without content, so that what expires is sent once more in full.
@Suite struct SotWExpiryTests {
    private let features = [ClientFeature.resourceTTL, ClientFeature.resourceInSotW]

    @Test func endpointsThatExpireAreSentOnceMore() {
        sotw(
            [.endpoints("a", ttl: .seconds(10)), .endpoints("lasting")], features: features,
            [
                .ask(.endpoints, "a", "lasting"), .expect(.endpoints, "a", "lasting"),
                .ack(.endpoints), .waits(.seconds(5)), .pass(.seconds(5)),
                .expect(.endpoints, "a", shape: .changed), .ack(.endpoints), .waits(.seconds(5)),
            ])
    }

    /// What a response lacks is gone.
    @Test func clustersAreSentWholeOnceMore() {
        sotw(
            [.cluster("a", ttl: .seconds(10)), .cluster("lasting")], features: features,
            [
                .ask(.cluster), .expect(.cluster, "a", "lasting"), .ack(.cluster),
                .pass(.seconds(5)), .expect(.cluster, "a", "lasting", shape: .whole),
                .ack(.cluster), .waits(.seconds(5)),
            ])
    }

    @Test func aClientThatTakesNoWrappedResourcesIsSentNothingMore() {
        sotw(
            [.cluster("a", ttl: .seconds(10))], features: [ClientFeature.resourceTTL],
            [.ask(.cluster), .expect(.cluster, "a"), .ack(.cluster), .pass(.seconds(5)), .idle()])
    }

    @Test func aReturningClientsClustersAreKeptAliveAtOnce() {
        let clusters = [EncodedResource.cluster("a", ttl: .seconds(10))]
        let version = Snapshot(clusters)[.cluster].version
        sotw(
            clusters, features: features,
            [
                .send(Ask(type: .cluster, version: version)),
                .expect(.cluster, "a", shape: .whole), .ack(.cluster), .waits(.seconds(5)),
            ])
    }
}
