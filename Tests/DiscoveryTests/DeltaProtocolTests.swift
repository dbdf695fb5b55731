import Testing
import XDS

@testable import Discovery

/// Source: xDS protocol, "Incremental xDS".
@Suite struct DeltaSubscriptionTests {
    @Test func aWildcardGetsEverythingOnceAndThenOnlyWhatChanged() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster), .expect(.cluster, "a", "b"), .idle(), .ack(.cluster), .idle(),
                .put(.cluster("b", 2)), .expect(.cluster, "b"), .ack(.cluster), .idle(),
            ])
    }

    @Test func anEmptyFirstRequestAndAStarAreTheSame() {
        for names in [[], ["*"]] {
            delta(
                [.listener("l")],
                [.send(Ask(type: .listener, names: names)), .expect(.listener, "l")])
        }
    }

    @Test func aWildcardThatHasNothingIsAnsweredSoThatTheClientCanGoOn() {
        delta([.ask(.listener), .expect(.listener), .ack(.listener), .idle()])
    }

    @Test func aWildcardOfAnyTypeCoversWhatComesLater() {
        delta([
            .ask(.secret, "*"), .expect(.secret), .ack(.secret),
            .put(.opaque(.secret, "s")), .expect(.secret, "s"),
        ])
    }

    @Test func onlyWhatIsAskedForIsSent() {
        delta(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .put(.endpoints("b", 2), .endpoints("c")), .idle(),
            ])
    }

    @Test func aNameThatIsAddedIsSentAloneAndOneThatIsLeftIsForgotten() {
        delta(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .ask(.endpoints, "b"), .expect(.endpoints, "b"), .ack(.endpoints),
                .leave(.endpoints, "a"), .idle(), .put(.endpoints("a", 2)), .idle(),
                .remove(.endpoints, "a"), .idle(),
                .put(.endpoints("b", 2)), .expect(.endpoints, "b"),
            ])
    }

    @Test func aNameThatIsLeftAndAskedForAgainIsSentAgain() {
        delta(
            [.endpoints("a")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .leave(.endpoints, "a"), .ask(.endpoints, "a"), .expect(.endpoints, "a"),
            ])
    }

    @Test func oneRequestMayAddAndTakeOff() {
        delta(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .send(Ask(type: .endpoints, names: ["b"], leaving: ["a"])),
                .expect(.endpoints, "b"), .ack(.endpoints),
                .put(.endpoints("a", 2)), .idle(),
            ])
    }

    @Test func takingOffWhatWasNeverAskedForChangesNothing() {
        delta(
            [.endpoints("a")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints),
                .leave(.endpoints, "x", "y"), .idle(), .put(.endpoints("a", 2)),
                .expect(.endpoints, "a"),
            ])
        delta([.cluster("a")], [.leave(.cluster, "a"), .idle()])
    }

    @Test func aNameThatTheClientIsThoughtToHaveIsSentAgainWhenItIsAskedForAgain() {
        delta(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a", "b"), .expect(.endpoints, "a", "b"), .ack(.endpoints),
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .ack(.endpoints), .idle(),
            ])
    }

    @Test func aNameThatIsAskedForTwiceInOneRequestIsSentOnce() {
        delta(
            [.endpoints("a")],
            [.ask(.endpoints, "a", "a"), .expect(.endpoints, "a"), .ack(.endpoints), .idle()])
    }

    @Test func aSecondNodeChangesNothing() {
        delta(
            [.cluster("a")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .ack(.cluster),
                .send(Ask(type: .cluster, node: Node(id: "another"))), .idle(),
            ])
    }

    @Test func aTypeThatTheLibraryDoesNotKnowIsServedLikeAnyOther() {
        delta(
            [.opaque(.unknown, "u")],
            [
                .ask(.unknown, "u", "v"), .expect(.unknown, "u", removed: ["v"]), .ack(.unknown),
                .put(.opaque(.unknown, "v")), .expect(.unknown, "v"), .ack(.unknown),
                .remove(.unknown, "u"), .expect(.unknown, removed: ["u"]),
            ])
    }
}

@Suite struct DeltaWildcardTests {
    @Test func aNameBesideTheWildcardIsAnsweredAndTheWildcardGoesOn() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster), .expect(.cluster, "a", "b"), .ack(.cluster),
                .ask(.cluster, "a"), .expect(.cluster, "a"), .ack(.cluster),
                .put(.cluster("b", 2)), .expect(.cluster, "b"),
            ])
    }

    @Test func leavingTheWildcardKeepsTheNames() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster, "*", "a"), .expect(.cluster, "a", "b"), .ack(.cluster),
                .leave(.cluster, "*"), .idle(), .put(.cluster("b", 2)), .idle(),
                .put(.cluster("a", 2)), .expect(.cluster, "a"),
            ])
    }

    @Test func leavingTheLastNameIsNoWildcard() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster), .expect(.cluster, "a", "b"), .ack(.cluster),
                .ask(.cluster, "a"), .expect(.cluster, "a"), .ack(.cluster),
                .leave(.cluster, "*"), .leave(.cluster, "a"), .idle(),
                .put(.cluster("a", 2), .cluster("b", 2)), .idle(),
                .send(Ask(type: .cluster)), .idle(),
            ])
    }

    @Test func takingUpTheWildcardSendsWhatTheClientLacks() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster, "a"), .expect(.cluster, "a"), .ack(.cluster),
                .ask(.cluster, "*"), .expect(.cluster, "b"), .ack(.cluster), .idle(),
                .remove(.cluster, "a"), .expect(.cluster, removed: ["a"]),
            ])
    }

    @Test func leavingTheWildcardAndTakingItUpAgainSendsWhatWasForgotten() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster, "*", "a"), .expect(.cluster, "a", "b"), .ack(.cluster),
                .leave(.cluster, "*"), .ask(.cluster, "*"), .expect(.cluster, "b"),
            ])
    }

    @Test func aStarAskedForAgainIsAnsweredWithNothingThatTheClientHas() {
        delta(
            [.cluster("a")],
            [
                .ask(.cluster, "*"), .expect(.cluster, "a"), .ack(.cluster),
                .ask(.cluster, "*"), .expect(.cluster), .ack(.cluster), .idle(),
            ])
    }

    @Test func takingUpTheWildcardTogetherWithAKnownNameSendsThatAgain() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster, "a"), .expect(.cluster, "a"), .ack(.cluster),
                .ask(.cluster, "*", "a"), .expect(.cluster, "a", "b"), .ack(.cluster), .idle(),
            ])
    }

    /// "Unsubscribing from Resources": the client cannot know whether it may keep it.
    @Test func leavingANameThatTheWildcardCoversTooIsAnswered() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster, "*", "a", "x"), .expect(.cluster, "a", "b", removed: ["x"]),
                .ack(.cluster),
                .leave(.cluster, "a"), .expect(.cluster, "a"), .ack(.cluster),
                .leave(.cluster, "x"), .expect(.cluster, removed: ["x"]), .ack(.cluster), .idle(),
                .put(.cluster("a", 2)), .expect(.cluster, "a"),
            ])
    }
}

@Suite struct DeltaAnswerTests {
    @Test func aResponseWaitsForTheAnswerToTheOneBefore() {
        delta(
            [.cluster("a")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .put(.cluster("a", 2)), .idle(),
                .ack(.cluster), .expect(.cluster, "a"),
            ])
    }

    @Test func eachTypeOfAStreamIsAnsweredByItself() {
        delta(
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
        delta(
            [.cluster("a")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .nack(.cluster, "no"), .idle(),
                .status(.cluster) { $0.rejection?.message == "no" && $0.acknowledged == 0 },
                .put(.cluster("b")), .expect(.cluster, "b"), .ack(.cluster), .idle(),
            ])
    }

    @Test func whatIsRefusedIsSentAgainWhenItIsMended() {
        delta(
            [.cluster("a")],
            [
                .ask(.cluster), .expect(.cluster, "a"), .nack(.cluster, "no"), .idle(),
                .put(.cluster("a", 2)), .expect(.cluster, "a"), .ack(.cluster), .idle(),
                .status(.cluster) { $0.rejection == nil && $0.acknowledged == 1 && $0.sent == 2 },
            ])
    }

    @Test func aStaleNonceIsNoAnswerButItsSubscriptionCounts() {
        delta(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"),
                .send(Ask(type: .endpoints, names: ["b"], nonce: "stale", error: "no")), .idle(),
                .status(.endpoints) { $0.rejection == nil && $0.isWaiting },
                .ack(.endpoints), .expect(.endpoints, "b"), .ack(.endpoints),
                .send(Ask(type: .endpoints, leaving: ["a"], nonce: "1")),
                .put(.endpoints("a", 2)), .idle(),
            ])
    }

    @Test func anAnswerMayChangeTheSubscription() {
        delta(
            [.endpoints("a"), .endpoints("b")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"),
                .send(Ask(type: .endpoints, names: ["b"], leaving: ["a"], nonce: "1")),
                .expect(.endpoints, "b"), .ack(.endpoints), .put(.endpoints("a", 2)), .idle(),
            ])
    }

    @Test func anAnswerBeforeAnyResponseIsTakenForASubscription() {
        delta(
            [.cluster("a")],
            [.send(Ask(type: .cluster, nonce: "7", error: "no")), .expect(.cluster, "a")])
    }

    @Test func emptyRequestsChangeNothing() {
        delta(
            [.endpoints("a")],
            [
                .ask(.endpoints, "a"), .expect(.endpoints, "a"), .send(Ask(type: .endpoints)),
                .idle(), .ack(.endpoints), .send(Ask(type: .endpoints)), .idle(),
            ])
    }

    @Test func aSlowClientGetsTheNewestOfAllChangesAtOnce() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster), .expect(.cluster, "a", "b"),
                .put(.cluster("a", 2)), .put(.cluster("a", 3), .cluster("c")),
                .put(.cluster("b", 2)), .remove(.cluster, "c"), .idle(),
                .ack(.cluster), .expect(.cluster, "a", "b"), .ack(.cluster), .idle(),
            ])
    }

    @Test func aChangeAndItsReversalCostNothing() {
        delta(
            [.cluster("a"), .cluster("b")],
            [
                .ask(.cluster), .expect(.cluster, "a", "b"), .put(.cluster("a", 2)),
                .put(.cluster("a")), .remove(.cluster, "b"), .put(.cluster("b")),
                .ack(.cluster), .idle(), .put(.cluster("a")), .idle(),
            ])
    }
}

@Suite struct DeltaExistenceTests {
    @Test func aNameThatDoesNotExistIsToldAtOnceAndSentWhenItComes() {
        for type in ResourceType.inOrderOfAddition + [.unknown] {
            delta([
                .ask(type, "a"), .expect(type, removed: ["a"]), .ack(type), .idle(),
                .put(.opaque(type, "a")), .expect(type, "a"), .ack(type),
                .remove(type, "a"), .expect(type, removed: ["a"]), .ack(type),
                .put(.opaque(type, "a")), .expect(type, "a"),
            ])
        }
    }

    @Test func whatExistsAndWhatDoesNotComeInOneResponse() {
        delta(
            [.endpoints("a")],
            [.ask(.endpoints, "b", "a"), .expect(.endpoints, "a", removed: ["b"])])
    }

    @Test func aRemovalIsToldOnceAndToThoseWhoHaveTheResource() {
        delta(
            [.listener("a"), .listener("b")],
            [
                .ask(.listener, "a"), .expect(.listener, "a"), .ack(.listener),
                .remove(.listener, "a", "b"), .expect(.listener, removed: ["a"]), .ack(.listener),
                .idle(), .ask(.listener, "a"), .expect(.listener, removed: ["a"]),
            ])
    }

    @Test func aResourceThatComesAndGoesUnseenIsNotTold() {
        delta([
            .ask(.listener), .expect(.listener), .put(.listener("a")), .remove(.listener, "a"),
            .ack(.listener), .idle(),
        ])
    }
}

/// Source: xDS protocol, "Incremental xDS", `initial_resource_versions`.
@Suite struct DeltaReconnectionTests {
    private static let kept = EncodedResource.cluster("kept")
    private static let stale = EncodedResource.cluster("stale")

    @Test func aClientThatComesBackGetsWhatItLacksAndIsToldWhatIsGone() {
        let has = ["kept": Self.kept.version, "stale": Self.stale.version, "gone": "1"]
        delta(
            [Self.kept, .cluster("new"), .cluster("stale", 2)],
            [
                .send(Ask(type: .cluster, names: ["*"], has: has)),
                .expect(.cluster, "new", "stale"), .ack(.cluster),
                .expect(.cluster, removed: ["gone"]), .ack(.cluster), .idle(),
            ])
    }

    @Test func aClientThatLacksNothingIsSentNothing() {
        let has = ["kept": Self.kept.version]
        delta(
            [Self.kept],
            [
                .send(Ask(type: .cluster, has: has)), .expect(.cluster), .ack(.cluster), .idle(),
                .put(.cluster("kept", 2)), .expect(.cluster, "kept"),
            ])
        delta(
            [Self.kept],
            [
                .send(Ask(type: .cluster, names: ["kept"], has: has)), .idle(),
                .put(.cluster("kept", 2)), .expect(.cluster, "kept"),
            ])
    }

    @Test func aNamedResourceThatIsGoneIsTold() {
        delta([
            .send(Ask(type: .endpoints, names: ["a"], has: ["a": "1"])),
            .expect(.endpoints, removed: ["a"]), .ack(.endpoints), .idle(),
        ])
    }

    @Test func whatTheClientHasAndDoesNotAskForIsTakenFromIt() {
        delta(
            [.listener("a"), .listener("b")],
            [
                .send(
                    Ask(
                        type: .listener, names: ["a"],
                        has: ["b": EncodedResource.listener("b").version])),
                .expect(.listener, "a", removed: ["b"]), .ack(.listener), .idle(),
            ])
    }

    @Test func aNameAskedForOnceMoreIsSentEvenIfTheClientSaidThatItHasIt() {
        delta(
            [.listener("a")],
            [
                .send(
                    Ask(
                        type: .listener, names: ["a"],
                        has: ["a": EncodedResource.listener("a").version])),
                .ask(.listener, "a"), .expect(.listener, "a"), .ack(.listener), .idle(),
            ])
    }

    @Test func onlyTheFirstRequestOfATypeSaysWhatTheClientHas() {
        delta([
            .ask(.endpoints, "a"), .expect(.endpoints, removed: ["a"]), .ack(.endpoints),
            .put(.endpoints("b")),
            .send(
                Ask(
                    type: .endpoints, names: ["b"],
                    has: ["b": EncodedResource.endpoints("b").version])),
            .expect(.endpoints, "b"),
        ])
    }

    /// A cluster that is updated is warm only when its endpoints come after it.
    @Test func endpointsThatTheClientHasFollowAClusterThatItLacks() {
        let has = EncodedResource.endpoints("a").version
        delta(
            [.cluster("a", 2), .endpoints("a")],
            [
                .send(
                    Ask(
                        type: .cluster, names: ["*"],
                        has: ["a": EncodedResource.cluster("a").version])),
                .send(Ask(type: .endpoints, names: ["a"], has: ["a": has])),
                .expect(.cluster, "a"), .expect(.endpoints, "a"),
            ])
    }

    /// What comes back while its removal waits is something that the client has.
    @Test func aReturningClientLosesWhatGoesTwice() {
        delta(
            [Self.kept, .listener("l")],
            [
                .ask(.listener), .expect(.listener, "l"),
                .send(
                    Ask(
                        type: .cluster, names: ["*"],
                        has: ["kept": Self.kept.version, "a": EncodedResource.cluster("a").version])
                ),
                .expect(.cluster), .ack(.cluster), .remove(.cluster, "kept"), .idle(),
                .put(.cluster("a")), .idle(), .remove(.cluster, "a"), .idle(), .ack(.listener),
                .expect(.cluster, removed: ["a", "kept"]), .ack(.cluster), .idle(),
            ])
    }

    /// A removal that waits must not make the machine forget what else the client has.
    @Test func whatGoesWhileAnotherRemovalWaitsIsTold() {
        delta(
            [Self.kept, .listener("l")],
            [
                .ask(.listener), .expect(.listener, "l"),
                .send(
                    Ask(
                        type: .cluster, names: ["*"],
                        has: ["kept": Self.kept.version, "gone": "1"])),
                .expect(.cluster), .ack(.cluster), .idle(),
                .remove(.cluster, "kept"), .idle(), .ack(.listener),
                .expect(.cluster, removed: ["gone", "kept"]), .ack(.cluster), .idle(),
            ])
    }
}

/// Source: Envoy, "Virtual Host Discovery Service (VHDS)".
@Suite struct VirtualHostDiscoveryTests {
    @Test func aRouteConfigurationsNameGetsAllItsVirtualHosts() {
        delta(
            [.routes("r"), .host("r/a", to: "x"), .host("r/b", to: "x"), .host("s/c", to: "x")],
            [
                .ask(.virtualHost, "r"), .expect(.virtualHost, "r/a", "r/b"), .ack(.virtualHost),
                .put(.host("r/c", to: "x"), .host("s/d", to: "x")),
                .expect(.virtualHost, "r/c"), .ack(.virtualHost),
                .remove(.virtualHost, "r/a"), .expect(.virtualHost, removed: ["r/a"]),
            ])
    }

    @Test func oneVirtualHostIsAskedForByItsOwnName() {
        delta(
            [.routes("r"), .host("r/a", to: "x"), .host("r/b", to: "x")],
            [
                .ask(.virtualHost, "r/a", "r/x"),
                .expect(.virtualHost, "r/a", removed: ["r/x"]), .ack(.virtualHost),
                .put(.host("r/b", to: "y")), .idle(),
                .put(.host("r/x", to: "y")), .expect(.virtualHost, "r/x"),
            ])
    }

    @Test func aRouteConfigurationsNameMayHaveSlashes() {
        delta(
            [.routes("r/s"), .host("r/s/a", to: "x"), .host("r/b", to: "x")],
            [
                .ask(.virtualHost, "r/s"), .expect(.virtualHost, "r/s/a"), .ack(.virtualHost),
                .put(.host("r/s/c/d", to: "x")), .expect(.virtualHost, "r/s/c/d"),
            ])
    }

    @Test func aRouteConfigurationWithoutVirtualHostsIsAnsweredWithNothing() {
        delta(
            [.routes("r")],
            [
                .ask(.virtualHost, "r"), .expect(.virtualHost), .ack(.virtualHost), .idle(),
                .put(.host("r/a", to: "x")), .expect(.virtualHost, "r/a"),
            ])
    }

    @Test func aNameThatIsNeitherIsToldToBeAbsent() {
        delta([.ask(.virtualHost, "r"), .expect(.virtualHost, removed: ["r"])])
    }

    @Test func leavingTheRouteConfigurationKeepsWhatWasAskedForByName() {
        delta(
            [.routes("r"), .host("r/a", to: "x"), .host("r/b", to: "x")],
            [
                .ask(.virtualHost, "r", "r/a"), .expect(.virtualHost, "r/a", "r/b"),
                .ack(.virtualHost), .leave(.virtualHost, "r"), .idle(),
                .put(.host("r/b", to: "y")), .idle(),
                .put(.host("r/a", to: "y")), .expect(.virtualHost, "r/a"),
            ])
    }

    /// As with a wildcard: the client cannot know whether it may keep it.
    @Test func leavingAVirtualHostOfAKnownRouteConfigurationIsAnswered() {
        delta(
            [.routes("r"), .host("r/a", to: "x"), .host("r/b", to: "x")],
            [
                .ask(.virtualHost, "r", "r/a"), .expect(.virtualHost, "r/a", "r/b"),
                .ack(.virtualHost), .leave(.virtualHost, "r/a"), .expect(.virtualHost, "r/a"),
                .ack(.virtualHost), .idle(), .put(.host("r/a", to: "y")),
                .expect(.virtualHost, "r/a"),
            ])
    }

    @Test func leavingBothTheVirtualHostAndItsRouteConfigurationIsNotAnswered() {
        delta(
            [.routes("r"), .host("r/a", to: "x")],
            [
                .ask(.virtualHost, "r", "r/a"), .expect(.virtualHost, "r/a"), .ack(.virtualHost),
                .leave(.virtualHost, "r/a"), .leave(.virtualHost, "r"), .idle(),
            ])
    }

    @Test func aRouteConfigurationAskedForAgainIsSentWhole() {
        delta(
            [.routes("r"), .host("r/a", to: "x"), .host("r/b", to: "x")],
            [
                .ask(.virtualHost, "r"), .expect(.virtualHost, "r/a", "r/b"), .ack(.virtualHost),
                .ask(.virtualHost, "r"), .expect(.virtualHost, "r/a", "r/b"),
            ])
    }

    @Test func aVirtualHostThatIsGoneWhenItsRouteConfigurationIsAskedForComesBack() {
        delta(
            [.routes("r"), .host("r/a", to: "x"), .host("r/b", to: "x")],
            [
                .ask(.virtualHost, "r/b"), .expect(.virtualHost, "r/b"), .ack(.virtualHost),
                .remove(.virtualHost, "r/a"), .ask(.virtualHost, "r"),
                .put(.host("r/a", to: "x")), .expect(.virtualHost, "r/a", "r/b"),
            ])
    }

    @Test func takingUpAWildcardLosesNoRemovalOfAVirtualHost() {
        delta(
            [.routes("r"), .host("r/a", to: "x"), .host("s/b", to: "x")],
            [
                .ask(.virtualHost, "r"), .expect(.virtualHost, "r/a"), .ack(.virtualHost),
                .remove(.virtualHost, "r/a"), .ask(.virtualHost, "*"),
                .expect(.virtualHost, "s/b", removed: ["r/a"]), .ack(.virtualHost), .idle(),
            ])
    }

    @Test func leavingAWildcardLosesNoChangeOfAVirtualHost() {
        delta(
            [.routes("r"), .host("r/a", to: "x"), .host("s/b", to: "x")],
            [
                .ask(.virtualHost, "r", "*"), .expect(.virtualHost, "r/a", "s/b"),
                .put(.host("r/a", to: "y"), .host("s/b", to: "y")), .leave(.virtualHost, "*"),
                .ack(.virtualHost), .expect(.virtualHost, "r/a"), .ack(.virtualHost), .idle(),
            ])
    }
}
