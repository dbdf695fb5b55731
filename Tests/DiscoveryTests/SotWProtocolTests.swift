import Testing
import XDS

@testable import Discovery

/// Source: xDS protocol, "How the client specifies what resources to return", "Grouping Resources
/// into Responses".
@Suite struct SotWSubscriptionTests {
    @Test func listenersAndClustersAreSentWholeAtEachChange() {
        for type in [ResourceType.listener, .cluster] {
            sotw(
                [.opaque(type, "a"), .opaque(type, "b")],
                [
                    .ask(type), .expect(type, "a", "b", shape: .whole), .ack(type), .idle(),
                    .put(.opaque(type, "b", 2)), .expect(type, "a", "b"), .ack(type), .idle(),
                ])
        }
    }

    @Test func ofOtherTypesOnlyWhatChangedIsSent() {
        for type in [ResourceType.endpoints, .routeConfiguration, .secret, .unknown] {
            sotw(
                [.opaque(type, "a"), .opaque(type, "b")],
                [
                    .ask(type, "a", "b"), .expect(type, "a", "b", shape: .changed), .ack(type),
                    .put(.opaque(type, "b", 2), .opaque(type, "c")), .expect(type, "b"),
                    .ack(type), .idle(),
                ])
        }
    }

    @Test func aNewNameIsSentAloneAndOneThatIsLeftOutIsForgotten() {
        sotw(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .ask(.endpoints, "a", "b"), .expect(.endpoints, "b"), .ack(.endpoints),
                .ask(.endpoints, "b"), .idle(), .put(.endpoints("a", 2)), .idle(),
                .ask(.endpoints, "a", "b"), .expect(.endpoints, "a"), .ack(.endpoints), .idle(),
            ])
    }

    @Test func anotherSubscriptionToClustersIsAnsweredWhole() {
        sotw(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster, "a"), .expect(.cluster, "a"), .ack(.cluster),
                .ask(.cluster, "a", "b"), .expect(.cluster, "a", "b"), .ack(.cluster),
                .ask(.cluster, "b"), .expect(.cluster, "b"), .ack(.cluster), .idle(),
            ])
    }

    @Test func theSameSubscriptionAgainIsNotAnswered() {
        sotw(
            [.cluster("a"), .endpoints("a"), .endpoints("b")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .ack(.cluster), .ask(.cluster), .idle(),
                .ask(.endpoints, "a", "b"), .expect(.endpoints, "a", "b"), .ack(.endpoints),
                .ask(.endpoints, "b", "a", "a"), .idle(),
            ])
    }

    @Test func anEmptyFirstRequestAndAStarAreTheSame() {
        for names in [[], ["*"]] {
            sotw(
                [.listener("l")],
                [.send(Ask(type: .listener, names: names)), .expect(.listener, "l")])
        }
    }

    /// The example of "How the client specifies what resources to return".
    @Test func theWildcardIsLeftByNamingOthersAndAnEmptyListAsksForNothing() {
        sotw(
            [.cluster("A"), .cluster("B")],
            [
                .ask(.cluster), .expect(.cluster, "A", "B"), .ack(.cluster),
                .ask(.cluster, "*", "A"), .expect(.cluster, "A", "B"), .ack(.cluster),
                .ask(.cluster, "A"), .expect(.cluster, "A"), .ack(.cluster),
                .put(.cluster("B", 2)), .idle(),
                .ask(.cluster), .expect(.cluster), .ack(.cluster),
                .put(.cluster("A", 2)), .idle(),
                .ask(.cluster, "*"), .expect(.cluster, "A", "B"), .ack(.cluster), .idle(),
            ])
    }

    @Test func endpointsAskedForByNoNameAnyMoreAreSilent() {
        sotw(
            [.endpoints("a")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .ask(.endpoints), .idle(), .put(.endpoints("a", 2)), .idle(),
            ])
    }

    @Test func aSecondNodeChangesNothing() {
        sotw(
            [.cluster("a")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .ack(.cluster),
                .send(Ask(type: .cluster, node: Node(id: "another"))), .idle(),
            ])
    }
}

/// Source: xDS protocol, "Deleting Resources", "Knowing When a Requested Resource Does Not Exist".
@Suite struct SotWExistenceTests {
    @Test func absenceRemovesAListener() {
        sotw(
            [.listener("a"), .listener("b")],
            [
                .ask(.listener), .expect(.listener, "a", "b"), .ack(.listener),
                .remove(.listener, "a"), .expect(.listener, "b"), .ack(.listener),
                .remove(.listener, "b"), .expect(.listener), .ack(.listener), .idle(),
            ])
    }

    @Test func whatHasNothingIsAnsweredForListenersAndClustersOnly() {
        sotw([.ask(.cluster), .expect(.cluster), .ack(.cluster), .idle()])
        sotw([.ask(.listener, "a"), .expect(.listener), .ack(.listener), .idle()])
        for type in [ResourceType.endpoints, .routeConfiguration, .secret, .unknown] {
            sotw([.ask(type, "a"), .idle()])
        }
    }

    @Test func aListenerThatDoesNotExistIsLeftOutUntilItDoes() {
        sotw(
            [.listener("a")],
            [
                .ask(.listener, "a", "b"), .expect(.listener, "a"), .ack(.listener), .idle(),
                .put(.listener("b")), .expect(.listener, "a", "b"),
            ])
    }

    @Test func otherTypesAreSilentOfWhatDoesNotExistUntilItDoes() {
        for type in [ResourceType.endpoints, .routeConfiguration, .secret, .unknown] {
            sotw(
                [.opaque(type, "a")],
                [
                    .ask(type, "a", "b"), .expect(type, "a"), .ack(type), .idle(),
                    .put(.opaque(type, "b")), .expect(type, "b"), .ack(type),
                    .remove(type, "b"), .idle(), .put(.opaque(type, "b")), .expect(type, "b"),
                ])
        }
    }
}

/// Source: xDS protocol, "ACK/NACK and resource type instance version", "Resource updates".
@Suite struct SotWAnswerTests {
    @Test func aResponseWaitsForTheAnswerToTheOneBefore() {
        sotw(
            [.endpoints("a")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .put(.endpoints("a", 2)),
                .idle(), .ack(.endpoints), .expect(.endpoints, "a"),
            ])
    }

    @Test func eachTypeOfAStreamIsAnsweredByItself() {
        sotw(
            [.cluster("a"), .endpoints("a"), .opaque(.secret, "s")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .ask(.endpoints, "a"),
                .expect(.endpoints, "a"), .ask(.secret, "s"), .expect(.secret, "s"),
                .nack(.secret, "no"), .ack(.endpoints),
                .put(.opaque(.secret, "s", 2), .endpoints("a", 2)),
                .expect(.endpoints, "a"), .expect(.secret, "s"),
                .status(.secret) { $0.rejection?.message == "no" },
                .status(.endpoints) { $0.rejection == nil && $0.acknowledged == 1 },
                .ack(.cluster), .ack(.endpoints), .ack(.secret), .idle(),
            ])
    }

    @Test func aRefusalIsKeptAndWhatWasRefusedIsNotRepeated() {
        sotw(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .nack(.endpoints, "no"), .idle(),
                .status(.endpoints) { $0.rejection?.message == "no" && $0.acknowledged == 0 },
                .ask(.endpoints, "a", "b"), .expect(.endpoints, "b"), .ack(.endpoints), .idle(),
            ])
    }

    @Test func whatIsRefusedIsSentAgainWhenItIsMended() {
        sotw(
            [.cluster("a")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .nack(.cluster, "no"), .idle(),
                .put(.cluster("a", 2)), .expect(.cluster, "a"), .ack(.cluster), .idle(),
                .status(.cluster) { $0.rejection == nil && $0.acknowledged == 1 && $0.sent == 2 },
            ])
    }

    @Test func aRequestWithAStaleNonceIsIgnored() {
        sotw(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .put(.endpoints("a", 2)), .expect(.endpoints, "a"),
                .send(Ask(type: .endpoints, names: ["a", "b"], nonce: "1", error: "no")), .idle(),
                .status(.endpoints) { $0.rejection == nil && $0.isWaiting },
                .send(Ask(type: .endpoints, names: ["a", "b"], nonce: "2")),
                .expect(.endpoints, "b"), .ack(.endpoints),
                .send(Ask(type: .endpoints, names: ["a"], nonce: "2")), .put(.endpoints("b", 2)),
                .expect(.endpoints, "b"),
            ])
    }

    /// An acknowledgement need not be decoded when its names are those of the request before; of
    /// one that counted, that is.
    @Test func theNamesOfAnIgnoredRequestCountWhenTheyComeAgain() {
        sotw(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .put(.endpoints("a", 2)), .expect(.endpoints, "a"),
                .send(Ask(type: .endpoints, names: ["a", "b"], nonce: "1")), .idle(),
                .ack(.endpoints), .expect(.endpoints, "b"), .ack(.endpoints), .idle(),
            ])
    }

    @Test func severalRequestsAtOneVersionAllCount() {
        sotw(
            [.endpoints("a"), .endpoints("b"), .endpoints("c")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .ask(.endpoints, "a", "b"), .ask(.endpoints, "a", "b", "c"),
                .expect(.endpoints, "b", "c"),
            ])
    }

    @Test func aNonceOfAnEarlierStreamIsNoObstacle() {
        sotw([.cluster("a")], [.send(Ask(type: .cluster, nonce: "7")), .expect(.cluster, "a")])
    }

    @Test func aSlowClientGetsTheNewestOfAllChangesAtOnce() {
        sotw(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a", "b"), .expect(.endpoints, "a", "b"),
                .put(.endpoints("a", 2)), .put(.endpoints("a", 3)), .put(.endpoints("b", 2)),
                .idle(), .ack(.endpoints), .expect(.endpoints, "a", "b"), .ack(.endpoints), .idle(),
            ])
    }

    @Test func aChangeAndItsReversalCostNothing() {
        sotw(
            [.cluster("a"), .listener("l")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .put(.cluster("a", 2)),
                .put(.cluster("a")), .put(.cluster("b")), .remove(.cluster, "b"),
                .ack(.cluster), .idle(), .put(.cluster("a")), .idle(),
            ])
    }

    @Test func theVersionChangesWithTheContentAndIsTheSameForTheSameContent() {
        var versions: [String] = []
        for resources in [
            [EncodedResource.cluster("a"), .cluster("b")], [.cluster("b"), .cluster("a")],
            [.cluster("a")], [.cluster("a"), .cluster("b", 2)],
        ] {
            versions.append(version(of: resources))
        }
        #expect(versions[0] == versions[1])
        #expect(Set(versions).count == 3)
    }
}

/// Source: xDS protocol, "ACK/NACK and resource type instance version" on broken streams.
@Suite struct SotWReconnectionTests {
    private let resources: [EncodedResource] = [.cluster("a"), .cluster("b")]

    @Test func aClientThatComesBackWithTheVersionIsSentNothing() {
        let version = version(of: resources)
        sotw(
            resources,
            [
                .send(Ask(type: .cluster, version: version)), .idle(),
                .put(.cluster("c")), .expect(.cluster, "a", "b", "c"), .ack(.cluster),
                .remove(.cluster, "a"), .expect(.cluster, "b", "c"),
            ])
    }

    @Test func aRemovalAfterItIsSent() {
        let version = version(of: resources)
        sotw(
            resources,
            [
                .send(Ask(type: .cluster, version: version)), .remove(.cluster, "a"),
                .expect(.cluster, "b"),
            ])
    }

    @Test func anotherVersionOrAnotherSubscriptionIsAnswered() {
        let version = version(of: resources)
        sotw(resources, [.send(Ask(type: .cluster, version: "1")), .expect(.cluster, "a", "b")])
        sotw(
            resources,
            [.send(Ask(type: .cluster, names: ["a"], version: version)), .expect(.cluster, "a")])
    }

    @Test func endpointsAreSentWhateverTheVersion() {
        sotw(
            [.endpoints("a")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
            ])
        let version = version(of: [.endpoints("a")], .endpoints, ["a"])
        sotw(
            [.endpoints("a")],
            [
                .send(Ask(type: .endpoints, names: ["a"], version: version)),
                .expect(.endpoints, "a"),
            ])
    }
}

/// The version that a client by state of the world gets.
private func version(
    of resources: [EncodedResource], _ type: ResourceType = .cluster, _ names: [String] = []
) -> String {
    let machine = Variant.sotw.machine()
    machine.changed(to: Snapshot(resources), [:])
    _ = machine.received(Ask(type: type, names: names), at: .now)
    guard case .respond(let response) = machine.next(now: .now) else { return "" }
    return response.version
}
