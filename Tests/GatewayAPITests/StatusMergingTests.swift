import Testing

@testable import GatewayAPI

@Suite struct StatusMergingTests {
    private static let ours = "heddle.example.net/gateway-controller"
    private static let theirs = "other.example.net/controller"

    private func merge(
        _ existing: JSONValue?, _ status: ObjectStatus, now: String = "2025-01-01T00:00:01Z"
    ) -> JSONValue {
        mergedStatus(existing: existing, ours: status, controllerNames: [Self.ours], now: now)
    }

    private func parent(
        _ name: String, _ status: Condition.Status = .true, generation: Int? = 1
    ) -> RouteParentStatus {
        RouteParentStatus(
            parentRef: ParentReference(name: name), controllerName: Self.ours,
            conditions: [
                Condition(.accepted, status, .accepted, observedGeneration: generation)
            ])
    }

    @Test func aFreshStatusHasTheTimeAndWhatWasJudged() {
        let merged = merge(nil, ObjectStatus(parents: [parent("a")]))
        #expect(
            merged == [
                "parents": [
                    [
                        "controllerName": .string(Self.ours),
                        "parentRef": [
                            "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "a",
                        ],
                        "conditions": [
                            [
                                "type": "Accepted", "status": "True", "reason": "Accepted",
                                "message": "", "observedGeneration": 1,
                                "lastTransitionTime": "2025-01-01T00:00:01Z",
                            ]
                        ],
                    ]
                ]
            ])
        #expect(merge(nil, ObjectStatus()) == [:])
        #expect(merge(["parents": []], ObjectStatus()) == ["parents": []])
    }

    @Test func entriesOfOthersStayInTheirPlaces() {
        let foreign: JSONValue = [
            "controllerName": .string(Self.theirs), "parentRef": ["name": "a"],
            "conditions": [["type": "Accepted", "status": "False", "own": [1, 2]]],
        ]
        let strange: JSONValue = ["what": "ever"]
        let first = merge(["parents": [strange, foreign]], ObjectStatus(parents: [parent("a")]))
        #expect(first["parents"]?.array?.count == 3)
        #expect(first["parents"]?[0] == strange)
        #expect(first["parents"]?[1] == foreign)
        // Ours goes, theirs stays; twice the same entry of ours counts once.
        let second = merge(first, ObjectStatus(parents: [parent("b"), parent("b", .false)]))
        #expect(second["parents"]?.array?.count == 3)
        #expect(second["parents"]?[2]?["parentRef"]?["name"] == "b")
        #expect(second["parents"]?[2]?["conditions"]?[0]?["status"] == "True")
        #expect(merge(second, ObjectStatus()) == ["parents": [strange, foreign]])
    }

    @Test func aTimeMovesWithItsStatusOnly() {
        let first = merge(nil, ObjectStatus(parents: [parent("a")]))
        let again = merge(first, ObjectStatus(parents: [parent("a")]), now: "later")
        #expect(again == first)
        let bumped = merge(
            first, ObjectStatus(parents: [parent("a", generation: 2)]), now: "later")
        let condition = bumped["parents"]?[0]?["conditions"]?[0]
        #expect(condition?["observedGeneration"] == 2)
        #expect(condition?["lastTransitionTime"] == "2025-01-01T00:00:01Z")
        let turned = merge(
            bumped, ObjectStatus(parents: [parent("a", .false, generation: 2)]), now: "later")
        #expect(turned["parents"]?[0]?["conditions"]?[0]?["lastTransitionTime"] == "later")
    }

    @Test func whatWasJudgedLaterStays() {
        let newer = merge(nil, ObjectStatus(parents: [parent("a", .false, generation: 5)]))
        #expect(merge(newer, ObjectStatus(parents: [parent("a", generation: 4)])) == newer)
        #expect(
            merge(newer, ObjectStatus(parents: [parent("b", generation: 4)]))["parents"]?[0]
                == newer["parents"]?[0])
        let gateway = ObjectStatus(
            conditions: [Condition(.accepted, .true, .accepted, observedGeneration: 5)],
            listeners: [
                ListenerStatus(name: "a", attachedRoutes: 2, supportedKinds: [], conditions: [])
            ])
        let stale = ObjectStatus(
            conditions: [Condition(.accepted, .false, .invalid, observedGeneration: 4)])
        let status = merge(nil, gateway)
        #expect(merge(status, stale) == status)
    }

    @Test func conditionsOfOthersStayAndOursThatNoLongerHoldGo() {
        let own = ObjectStatus(conditions: [
            Condition(.accepted, .true, .accepted),
            Condition(.insecureFrontendValidationMode, .true, .configurationChanged),
        ])
        let foreign: JSONValue = ["type": "example.net/Reviewed", "status": "True"]
        var status = merge(["conditions": [foreign]], own)
        #expect(
            status["conditions"]?.array?.map { $0["type"]?.string } == [
                "example.net/Reviewed", "Accepted", "InsecureFrontendValidationMode",
            ])
        status = merge(
            status, ObjectStatus(conditions: [Condition(.accepted, .true, .accepted)]))
        #expect(
            status["conditions"]?.array?.map { $0["type"]?.string } == [
                "example.net/Reviewed", "Accepted",
            ])
    }

    @Test func aGatewaysAddressesListenersAndCountsAreReplaced() throws {
        var address = Gateway.Address()
        address.value = "10.0.0.1"
        var status = ObjectStatus(
            conditions: [Condition(.programmed, .true, .programmed)],
            listeners: [
                ListenerStatus(
                    name: "a", attachedRoutes: 1, supportedKinds: [.httpRoute],
                    conditions: [Condition(.accepted, .true, .accepted)])
            ],
            addresses: [address, Gateway.Address()], attachedListenerSets: 2)
        let first = merge(["other": true], status)
        #expect(first["other"] == true)
        #expect(first["addresses"] == [["type": "IPAddress", "value": "10.0.0.1"]])
        #expect(first["attachedListenerSets"] == 2)
        #expect(first["listeners"]?[0]?["conditions"]?[0]?["lastTransitionTime"] != nil)
        #expect(merge(first, status, now: "later") == first)
        status.listeners[0].name = "b"
        status.addresses = []
        let second = merge(first, status, now: "later")
        #expect(second["addresses"] == nil)
        #expect(second["listeners"]?.array?.map { $0["name"]?.string } == ["b"])
        #expect(second["listeners"]?[0]?["conditions"]?[0]?["lastTransitionTime"] == "later")
        #expect(second["conditions"] == first["conditions"])
    }

    @Test func featuresAreSorted() {
        let status = ObjectStatus(
            conditions: [Condition(.accepted, .true, .accepted)],
            supportedFeatures: ["HTTPRoute", "Gateway"])
        #expect(
            merge(nil, status)["supportedFeatures"] == [["name": "Gateway"], ["name": "HTTPRoute"]])
        #expect(status.json["supportedFeatures"] == merge(nil, status)["supportedFeatures"])
    }

    @Test func limits() {
        let many = ObjectStatus(parents: (0..<40).map { parent("p\($0)") })
        #expect(merge(nil, many)["parents"]?.array?.count == 32)
        let foreign = (0..<15).map { index -> JSONValue in
            ["controllerName": .string(Self.theirs), "ancestorRef": ["name": .string("\(index)")]]
        }
        let ancestors = (0..<3).map {
            PolicyAncestorStatus(
                ancestorRef: ParentReference(name: "g\($0)"), controllerName: Self.ours,
                conditions: [Condition(.accepted, .true, .accepted)])
        }
        let merged = merge(["ancestors": .array(foreign)], ObjectStatus(ancestors: ancestors))
        #expect(merged["ancestors"]?.array?.count == 16)
        #expect(merged["ancestors"]?.array?.prefix(15) == foreign[...])
        let conditions = (0..<12).map { Condition(.init(rawValue: "T\($0)"), .true, .accepted) }
        let full = merge(nil, ObjectStatus(conditions: conditions))
        #expect(full["conditions"]?.array?.count == 8)
        let long = String(repeating: "é", count: 40_000)
        let cut = merge(
            nil, ObjectStatus(conditions: [Condition(.accepted, .true, .accepted, message: long)]))
        #expect(cut["conditions"]?[0]?["message"]?.string?.unicodeScalars.count == 32_768)
    }

    @Test func malformedStatusesAreWrittenOver() {
        let status = ObjectStatus(
            conditions: [Condition(.accepted, .true, .accepted)], parents: [parent("a")])
        for existing: JSONValue in [
            nil, 5, "text", [], ["parents": 5, "conditions": "x"], ["parents": ["x", nil, [1]]],
            ["conditions": [["type": 5], "x"]],
        ] {
            let merged = merge(existing, status)
            #expect(merged["parents"]?.array?.last?["controllerName"] == .string(Self.ours))
            #expect(merged["conditions"]?.array?.last?["type"] == "Accepted")
            #expect(merge(merged, status, now: "later") == merged)
        }
    }
}

/// Two controllers write one status, in any order: none ever harms the other's part.
@Suite struct StatusMergingPropertyTests {
    private static let names = ["a.example/ours", "b.example/theirs"]

    private struct Model {
        var random: SeededGenerator
        var status: JSONValue?
        var clock = 0

        mutating func judgement(by controller: Int, generation: Int) -> ObjectStatus {
            let count = Int.random(in: 0...4, using: &random)
            let references = (0..<6).shuffled(using: &random).prefix(count)
            return ObjectStatus(
                parents: references.map { index in
                    var reference = ParentReference(name: "g\(index % 3)")
                    reference.sectionName = index > 2 ? "s" : nil
                    return RouteParentStatus(
                        parentRef: reference, controllerName: names[controller],
                        conditions: [ConditionType.accepted, .resolvedRefs].map { type in
                            Condition(
                                type, Bool.random(using: &random) ? .true : .false, .accepted,
                                message: "m\(Int.random(in: 0...1, using: &random))",
                                observedGeneration: generation)
                        })
                })
        }

        /// Another writer adds a condition of its own to any entry.
        mutating func annotate() {
            guard var entries = status?["parents"]?.array, !entries.isEmpty else { return }
            let index = Int.random(in: entries.indices, using: &random)
            var members = entries[index].object ?? [:]
            let own: JSONValue = ["type": "example.net/Own", "status": "True", "extra": 1]
            let others = (members["conditions"]?.array ?? []).filter { $0["type"] != own["type"] }
            members["conditions"] = .array([own] + others)
            entries[index] = .object(members)
            status = ["parents": .array(entries)]
        }
    }

    private func entries(_ status: JSONValue?, of controller: Int) -> [JSONValue] {
        (status?["parents"]?.array ?? []).filter {
            $0["controllerName"]?.string == Self.names[controller]
        }
    }

    private func key(_ entry: JSONValue) -> ParentReference? {
        entry["parentRef"].flatMap(ParentReference.init(json:))
    }

    @Test(arguments: 0..<20) func neitherHarmsTheOther(seed: UInt64) throws {
        var model = Model(random: SeededGenerator(seed: seed))
        for step in 0..<100 {
            if Int.random(in: 0...5, using: &model.random) == 0 { model.annotate() }
            let controller = step % 2
            let before = model.status
            // The object's generation grows; a controller may be behind by one.
            let generation = step / 10 + Int.random(in: 0...1, using: &model.random)
            let judged = model.judgement(by: controller, generation: generation)
            model.clock += 1
            let after = mergedStatus(
                existing: before, ours: judged, controllerNames: [Self.names[controller]],
                now: "t\(model.clock)")
            let comment: Comment = "seed \(seed), step \(step)"
            #expect(
                entries(after, of: 1 - controller) == entries(before, of: 1 - controller), comment)
            check(before, after, judged, of: controller, comment)
            let again = mergedStatus(
                existing: after, ours: judged, controllerNames: [Self.names[controller]],
                now: "never")
            #expect(again == after, comment)
            model.status = after
        }
    }

    private func check(
        _ before: JSONValue?, _ after: JSONValue, _ judged: ObjectStatus, of controller: Int,
        _ comment: Comment
    ) {
        let old = Dictionary(
            uniqueKeysWithValues: entries(before, of: controller).map { (key($0), $0) })
        let known = judged.parents.first?.conditions.first?.observedGeneration
        var expected = Set<ParentReference?>(judged.parents.map(\.parentRef))
        for (reference, entry) in old where generation(of: entry) > known ?? .max {
            expected.insert(reference)
        }
        let new = entries(after, of: controller)
        #expect(Set(new.map(key)) == expected, comment)
        #expect(new.count == expected.count, comment)
        for entry in new {
            let conditions = entry["conditions"]?.array ?? []
            let previous = old[key(entry)]?["conditions"]?.array ?? []
            if let present = old[key(entry)], generation(of: present) > known ?? .max {
                #expect(present == entry, comment)
                continue
            }
            for condition in conditions {
                let same = previous.first { $0["type"] == condition["type"] }
                if condition["type"] == "example.net/Own" {
                    #expect(condition == same, comment)
                } else if let same, same["status"] == condition["status"] {
                    #expect(same["lastTransitionTime"] == condition["lastTransitionTime"], comment)
                } else {
                    #expect(condition["lastTransitionTime"]?.string?.hasPrefix("t") == true)
                }
            }
            #expect(Set(conditions.map { $0["type"] }).count == conditions.count, comment)
            let foreign = previous.filter { $0["type"] == "example.net/Own" }
            #expect(conditions.filter { $0["type"] == "example.net/Own" } == foreign, comment)
        }
    }

    private func generation(of entry: JSONValue) -> Int {
        (entry["conditions"]?.array ?? []).compactMap { $0["observedGeneration"]?.integer }.max()
            ?? 0
    }
}
