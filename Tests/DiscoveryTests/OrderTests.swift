import Testing
import XDS

@testable import Discovery

/// Source: xDS protocol, "Eventual consistency considerations".
@Suite struct DeltaOrderTests {
    /// A client that has one of each, and has acknowledged it.
    private let settled: [Step] = [
        .ask(.cluster, "*"), .expect(.cluster, "old"), .ask(.endpoints, "old"),
        .expect(.endpoints, "old"), .ack(.cluster), .ack(.endpoints),
        .ask(.listener, "*"), .expect(.listener, "l"), .ack(.listener),
        .ask(.routeConfiguration, "r"), .expect(.routeConfiguration, "r"),
        .ack(.routeConfiguration), .ask(.virtualHost, "r"), .expect(.virtualHost, "r/h"),
        .ack(.virtualHost), .idle(),
    ]
    private let resources: [EncodedResource] = [
        .cluster("old"), .endpoints("old"), .listener("l"), .routes("r"), .host("r/h", to: "old"),
    ]

    private func play(_ steps: [Step]) {
        delta(resources, settled + steps)
    }

    @Test func typesGoInOrderEachWhenTheOnesBeforeAreAcknowledged() {
        delta(
            resources,
            [
                .ask(.virtualHost, "r"), .ask(.routeConfiguration, "r"), .ask(.listener),
                .ask(.endpoints, "old"), .ask(.cluster),
                .expect(.cluster, "old"), .expect(.endpoints, "old"), .idle(),
                .ack(.cluster), .idle(), .ack(.endpoints), .expect(.listener, "l"), .idle(),
                .ack(.listener), .expect(.routeConfiguration, "r"), .idle(),
                .ack(.routeConfiguration), .expect(.virtualHost, "r/h"), .idle(),
            ])
    }

    @Test func aRouteMovesWhenItsNewClusterIsThereAndTheOldOneGoesLast() {
        play([
            .put(
                .cluster("new"), .endpoints("new"), .host("r/h", to: "new"),
                removing: [.cluster: ["old"], .endpoints: ["old"]]),
            .expect(.cluster, "new"), .idle(),
            .ask(.endpoints, "new"), .expect(.endpoints, "new"), .idle(),
            .ack(.endpoints), .idle(), .ack(.cluster), .expect(.virtualHost, "r/h"), .idle(),
            .ack(.virtualHost), .expect(.cluster, removed: ["old"]), .idle(),
            .ack(.cluster), .expect(.endpoints, removed: ["old"]), .ack(.endpoints), .idle(),
        ])
    }

    @Test func theAnswersMayComeInAnyOrder() {
        play([
            .put(
                .cluster("new"), .endpoints("new"), .endpoints("old", 2),
                .host("r/h", to: "new"), removing: [.cluster: ["old"]]),
            .expect(.cluster, "new"), .ask(.endpoints, "new"),
            .expect(.endpoints, "new", "old"), .ack(.cluster), .idle(), .ack(.endpoints),
            .expect(.virtualHost, "r/h"), .ack(.virtualHost), .expect(.cluster, removed: ["old"]),
        ])
    }

    @Test func aRemovalWaitsForARouteThatIsUnderWay() {
        play([
            .put(.cluster("new"), .host("r/h", to: "new")),
            .expect(.cluster, "new"), .ack(.cluster), .expect(.virtualHost, "r/h"),
            .put(.host("r/h", to: "old"), removing: [.cluster: ["new"]]), .idle(),
            .ack(.virtualHost), .expect(.virtualHost, "r/h"), .idle(), .ack(.virtualHost),
            .expect(.cluster, removed: ["new"]), .ack(.cluster), .idle(),
        ])
    }

    @Test func aRemovalThatWaitsIsForgottenWhenTheClusterComesBack() {
        play([
            .put(.listener("l", 2), removing: [.cluster: ["old"]]), .expect(.listener, "l"),
            .put(.cluster("old")), .ack(.listener), .idle(),
        ])
    }

    @Test func aListenerAndAVirtualHostGoInTheirTurnAndNotLast() {
        play([
            .put(
                .cluster("new"), removing: [.listener: ["l"], .virtualHost: ["r/h"]]),
            .expect(.cluster, "new"), .idle(), .ack(.cluster), .expect(.listener, removed: ["l"]),
            .idle(), .ack(.listener), .expect(.virtualHost, removed: ["r/h"]),
        ])
    }

    @Test func endpointsAndSecretsAreNeverHeldUp() {
        play([
            .ask(.secret, "s"), .expect(.secret, removed: ["s"]), .ack(.secret),
            .put(.cluster("new"), .host("r/h", to: "new")), .expect(.cluster, "new"),
            .put(.endpoints("old", 2), .opaque(.secret, "s")), .expect(.endpoints, "old"),
            .expect(.secret, "s"), .ack(.endpoints), .ack(.secret), .ack(.cluster),
            .expect(.virtualHost, "r/h"),
            .put(.endpoints("old", 3), .opaque(.secret, "s", 2), .cluster("old", 2)),
            .expect(.cluster, "old"), .expect(.endpoints, "old"), .expect(.secret, "s"), .idle(),
        ])
    }

    @Test func aTypeThatTheLibraryDoesNotKnowNeitherWaitsNorHoldsUp() {
        play([
            .put(.cluster("new"), .opaque(.unknown, "u")), .expect(.cluster, "new"),
            .ask(.unknown, "u"), .expect(.unknown, "u"), .put(.listener("l", 2)), .ack(.cluster),
            .expect(.listener, "l"),
        ])
    }

    @Test func aRefusalCountsAsAnAnswerAndHoldsUpNothing() {
        play([
            .put(.cluster("new"), .listener("l", 2)), .expect(.cluster, "new"),
            .nack(.cluster, "no"), .expect(.listener, "l"), .ack(.listener), .idle(),
        ])
    }

    @Test func endpointsOfAClusterThatStaysGoLastToo() {
        play([
            .put(.host("r/h", to: "x"), removing: [.endpoints: ["old"]]),
            .expect(.virtualHost, "r/h"), .idle(), .ack(.virtualHost),
            .expect(.endpoints, removed: ["old"]),
        ])
    }

    /// The endpoints are due once more because of the cluster's update, and are gone by then.
    @Test func endpointsDueAfterAClustersUpdateGoLastToo() {
        play([
            .put(.endpoints("old", 2)), .expect(.endpoints, "old"),
            .put(.cluster("old", 2)), .expect(.cluster, "old"), .ack(.cluster),
            .put(
                .cluster("new"), .host("r/h", to: "new"),
                removing: [.cluster: ["old"], .endpoints: ["old"]]),
            .expect(.cluster, "new"), .ack(.endpoints), .idle(), .ack(.cluster),
            .expect(.virtualHost, "r/h"), .ack(.virtualHost),
            .expect(.cluster, removed: ["old"]), .ack(.cluster),
            .expect(.endpoints, removed: ["old"]), .ack(.endpoints), .idle(),
        ])
    }
}

/// Source: xDS protocol, "Eventual consistency considerations", with whole responses.
@Suite struct SotWOrderTests {
    private let settled: [Step] = [
        .ask(.cluster), .expect(.cluster, "old"), .ask(.endpoints, "old"),
        .expect(.endpoints, "old"), .ack(.cluster), .ack(.endpoints),
        .ask(.listener), .expect(.listener, "l"), .ack(.listener),
        .ask(.routeConfiguration, "r"), .expect(.routeConfiguration, "r"),
        .ack(.routeConfiguration), .idle(),
    ]
    private let resources: [EncodedResource] = [
        .cluster("old"), .endpoints("old"), .listener("l"), .routes("r", to: "old"),
    ]

    private func play(_ steps: [Step]) {
        sotw(resources, settled + steps)
    }

    @Test func typesGoInOrderEachWhenTheOnesBeforeAreAcknowledged() {
        sotw(
            resources,
            [
                .ask(.routeConfiguration, "r"), .ask(.listener), .ask(.endpoints, "old"),
                .ask(.cluster), .expect(.cluster, "old"), .expect(.endpoints, "old"), .idle(),
                .ack(.cluster), .idle(), .ack(.endpoints), .expect(.listener, "l"), .idle(),
                .ack(.listener), .expect(.routeConfiguration, "r"), .idle(),
            ])
    }

    @Test func oldClustersAreSentTooUntilTheRoutesHaveMoved() {
        play([
            .put(
                .cluster("new"), .endpoints("new"), .routes("r", to: "new"),
                removing: [.cluster: ["old"], .endpoints: ["old"]]),
            .expect(.cluster, "new", "old"), .idle(),
            .ask(.endpoints, "new", "old"), .expect(.endpoints, "new"), .ack(.endpoints), .idle(),
            .ack(.cluster), .expect(.routeConfiguration, "r"), .idle(),
            .ack(.routeConfiguration), .expect(.cluster, "new"), .ack(.cluster), .idle(),
        ])
    }

    @Test func whileARemovalWaitsOtherClustersStillChange() {
        play([
            .put(.routes("r", to: "x"), removing: [.cluster: ["old"]]),
            .expect(.routeConfiguration, "r"), .put(.cluster("new")),
            .expect(.cluster, "new", "old"), .ack(.cluster), .idle(),
            .ack(.routeConfiguration), .expect(.cluster, "new"), .ack(.cluster), .idle(),
        ])
    }

    @Test func aRemovalThatWaitsIsForgottenWhenTheClusterComesBack() {
        play([
            .put(.listener("l", 2), removing: [.cluster: ["old"]]), .expect(.listener, "l"),
            .put(.cluster("old")), .ack(.listener), .idle(),
        ])
    }

    @Test func takingUpTheWildcardKeepsAClusterThatRoutesMayStillUse() {
        sotw(
            [.cluster("a"), .cluster("b"), .routes("r", to: "a")],
            [
                .ask(.cluster, "a"), .expect(.cluster, "a"), .ack(.cluster),
                .ask(.routeConfiguration, "r"), .expect(.routeConfiguration, "r"),
                .ack(.routeConfiguration),
                .put(.routes("r", to: "b"), removing: [.cluster: ["a"]]), .ask(.cluster, "*", "a"),
                .expect(.cluster, "a", "b"), .ack(.cluster), .expect(.routeConfiguration, "r"),
                .ack(.routeConfiguration), .expect(.cluster, "b"), .ack(.cluster), .idle(),
            ])
    }

    @Test func endpointsThatAreGoneAreNotTakenFromTheClient() {
        play([.remove(.endpoints, "old"), .idle()])
    }

    @Test func endpointsAndSecretsAreNeverHeldUp() {
        play([
            .ask(.secret, "s"), .put(.cluster("new"), .routes("r", to: "new")),
            .expect(.cluster, "new", "old"),
            .put(.endpoints("old", 2), .opaque(.secret, "s")), .expect(.endpoints, "old"),
            .expect(.secret, "s"), .ack(.endpoints), .ack(.secret), .ack(.cluster),
            .expect(.routeConfiguration, "r"),
            .put(.endpoints("old", 3), .opaque(.secret, "s", 2)),
            .expect(.endpoints, "old"), .expect(.secret, "s"), .idle(),
        ])
    }

    @Test func aRefusalCountsAsAnAnswerAndHoldsUpNothing() {
        play([
            .put(.cluster("new"), .listener("l", 2)), .expect(.cluster, "new", "old"),
            .nack(.cluster, "no"), .expect(.listener, "l"), .ack(.listener), .idle(),
        ])
    }
}

/// Source: xDS protocol, "Resource warming".
@Suite struct WarmingTests {
    private let resources: [EncodedResource] = [
        .cluster("a"), .cluster("b"), .endpoints("a"), .endpoints("b"),
    ]
    private let settled: [Step] = [
        .ask(.cluster), .expect(.cluster, "a", "b"), .ask(.endpoints, "a", "b"),
        .expect(.endpoints, "a", "b"), .ack(.cluster), .ack(.endpoints), .idle(),
    ]

    @Test func endpointsFollowAnUpdatedClusterEvenIfTheyAreTheSame() {
        delta(
            resources,
            settled + [
                .put(.cluster("b", 2)), .expect(.cluster, "b"), .expect(.endpoints, "b"),
                .ack(.endpoints), .ack(.cluster), .idle(),
            ])
        sotw(
            resources,
            settled + [
                .put(.cluster("b", 2)), .expect(.cluster, "a", "b"), .expect(.endpoints, "b"),
                .ack(.endpoints), .ack(.cluster), .idle(),
            ])
    }

    @Test func endpointsThatDoNotExistAreToldAgainAfterAnUpdateOfTheirCluster() {
        delta(
            [.cluster("a")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .ask(.endpoints, "a"),
                .expect(.endpoints, removed: ["a"]), .ack(.endpoints), .ack(.cluster),
                .put(.cluster("a", 2)), .expect(.cluster, "a"),
                .expect(.endpoints, removed: ["a"]),
            ])
    }

    @Test(arguments: Variant.allCases)
    func endpointsUnderWayAreSentOnceMoreAfterTheCluster(variant: Variant) {
        Dialogue(variant, resources).run(
            settled + [
                .put(.endpoints("b", 2)), .expect(.endpoints, "b"), .put(.cluster("b", 2)),
                variant == .delta ? .expect(.cluster, "b") : .expect(.cluster, "a", "b"), .idle(),
                .ack(.endpoints), .expect(.endpoints, "b"), .ack(.endpoints), .ack(.cluster),
                .idle(),
            ])
    }

    @Test(arguments: Variant.allCases)
    func routesWaitForTheEndpointsOfANewClusterToBeAskedFor(variant: Variant) {
        Dialogue(variant, [.routes("r", to: "x")]).run([
            .ask(.cluster), .expect(.cluster), .ack(.cluster), .ask(.routeConfiguration, "r"),
            .expect(.routeConfiguration, "r"), .ack(.routeConfiguration),
            .put(.cluster("a"), .endpoints("a"), .routes("r", to: "a")), .expect(.cluster, "a"),
            .ack(.cluster), .waits(DeltaServerStream.warmingLimit),
            .ask(.endpoints, "a"), .expect(.endpoints, "a"), .idle(), .ack(.endpoints),
            .expect(.routeConfiguration, "r"),
        ])
    }

    @Test(arguments: Variant.allCases)
    func routesDoNotWaitForEver(variant: Variant) {
        Dialogue(variant, [.cluster("a"), .endpoints("a"), .routes("r", to: "a")]).run([
            .ask(.cluster), .ask(.routeConfiguration, "r"), .expect(.cluster, "a"), .ack(.cluster),
            .pass(.milliseconds(400)), .waits(.milliseconds(600)), .pass(.milliseconds(600)),
            .expect(.routeConfiguration, "r"), .ack(.routeConfiguration), .idle(),
        ])
    }

    @Test(arguments: Variant.allCases)
    func nobodyWaitsTwiceForAClientThatGetsEndpointsElsewhere(variant: Variant) {
        Dialogue(variant, [.cluster("a"), .endpoints("a"), .routes("r", to: "a")]).run([
            .ask(.cluster), .ask(.routeConfiguration, "r"), .expect(.cluster, "a"), .ack(.cluster),
            .waits(.seconds(1)), .pass(.seconds(1)), .expect(.routeConfiguration, "r"),
            .ack(.routeConfiguration), .put(.cluster("a", 2), .routes("r", to: "x")),
            .expect(.cluster, "a"), .ack(.cluster), .expect(.routeConfiguration, "r"),
        ])
    }

    @Test(arguments: Variant.allCases)
    func nobodyWaitsForEndpointsThatDoNotExistOrOfAClusterAskedForByName(variant: Variant) {
        Dialogue(variant, [.cluster("a"), .routes("r", to: "a")]).run([
            .ask(.cluster), .ask(.routeConfiguration, "r"), .expect(.cluster, "a"), .ack(.cluster),
            .expect(.routeConfiguration, "r"),
        ])
        Dialogue(variant, [.cluster("a"), .endpoints("a"), .routes("r", to: "a")]).run([
            .ask(.cluster, "a"), .ask(.routeConfiguration, "r"), .expect(.cluster, "a"),
            .ack(.cluster), .expect(.routeConfiguration, "r"),
        ])
    }
}
