import AdminAPI
import Testing
import XDS

@testable import heddlectl

@Suite struct StatusTablesTests {
    private static func condition(
        _ type: String, _ status: String, _ reason: String, _ message: String = ""
    ) -> StatusReport.Condition {
        .init(
            type: type, status: status, reason: reason, message: message, observedGeneration: 3,
            lastTransitionTime: "2026-01-01T00:00:00Z")
    }

    private static let report = StatusReport(
        version: "0",
        objects: [
            .init(
                kind: "Gateway", namespace: "shop", name: "edge", location: "a.yaml:1",
                conditions: [condition("Programmed", "False", "Pending", "no proxy")],
                parts: [
                    .init(
                        name: "listener http",
                        conditions: [condition("Conflicted", "False", "NoConflicts")],
                        attachedRoutes: 1)
                ], addresses: ["10.0.0.1"]),
            .init(
                kind: "HTTPRoute", namespace: "shop", name: "r", location: nil, conditions: [],
                parts: [
                    .init(
                        name: "Service web",
                        conditions: [
                            condition(
                                "ResolvedWaypoints", "False", "MissingUseWaypointLabel",
                                "enrolled with none")
                        ], controller: "heddle.dev/gateway-controller"),
                    .init(
                        name: "Gateway other", conditions: [condition("Accepted", "True", "Fine")],
                        controller: "example.com/other"),
                ]),
            .init(
                kind: "XMesh", namespace: "", name: "mesh", location: nil,
                conditions: [condition("Accepted", "True", "Accepted")], parts: []),
        ], problems: [], proxies: [], refusals: [])

    private func text(_ kind: String, _ object: String? = nil, isWide: Bool = false) -> String {
        StatusText(
            Self.report, choice: StatusChoice(kind: kind, object: object), isWide: isWide
        ).text
    }

    @Test func showsAKindWithItsFacts() {
        #expect(
            text("gateways") == """
                  KIND      NAMESPACE   NAME   PART   CONDITION    STATUS   REASON
                  Gateway   shop        edge   -      Programmed   False    Pending
                  a.yaml:1: Gateway shop/edge: no proxy
                  Gateway shop/edge listens at 10.0.0.1
                  Gateway shop/edge: listener http has 1 route

                """)
    }

    @Test func saysWhoJudgedAndWhatGivesAWaypoint() {
        #expect(
            text("httproute", "shop/r")
                == """
                  KIND        NAMESPACE   NAME   PART                               CONDITION           STATUS   REASON
                  HTTPRoute   shop        r      Service web                        ResolvedWaypoints   False    MissingUseWaypointLabel
                  HTTPRoute   shop        r      Gateway other by example.com/other   Accepted            True     Fine
                  HTTPRoute shop/r, Service web: enrolled with none
                    to get one: heddlectl waypoint generate --enroll-namespace --namespace shop > MANIFESTS/waypoint.yaml

                """.replacing(
                    "PART                               ",
                    with: "PART                                 "
                )
                .replacing("web                        ", with: "web                          "))
    }

    @Test func theWideFormHasTimes() {
        #expect(
            text("xmesh", "mesh", isWide: true) == """
                  KIND    NAMESPACE   NAME   PART   CONDITION   STATUS   REASON     SINCE                  GENERATION   MESSAGE
                  XMesh               mesh   -      Accepted    True     Accepted   2026-01-01T00:00:00Z   3            

                """)
    }

    @Test(
        arguments: [
            ("gtw", nil, ["edge"]), ("GATEWAY", "shop/edge", ["edge"]),
            ("gateway", "shop/", ["edge"]),
            ("gateway", "other/", []), ("gateway", "shop/none", []), ("mesh", "mesh", ["mesh"]),
            ("httproutes", nil, ["r"]), ("httproutes.gateway.networking.k8s.io", nil, ["r"]),
            ("route", nil, []),
        ] as [(String, String?, [String])])
    func findsWhatAPersonMeans(_ kind: String, _ object: String?, _ names: [String]) {
        let choice = StatusChoice(kind: kind, object: object)
        #expect(Self.report.objects.filter(choice.includes).map(\.name) == names)
    }

    @Test func asksForTheSamePages() {
        #expect(StatusChoice(kind: "gtw", object: nil).path == ["gtw"])
        #expect(StatusChoice(kind: "gtw", object: "shop/").path == ["gtw", "shop"])
        #expect(StatusChoice(kind: "gtw", object: "shop/edge").path == ["gtw", "shop", "edge"])
        #expect(StatusChoice(kind: "mesh", object: "mesh").path == ["mesh", "mesh"])
        #expect(
            StatusChoice(kind: "gtw", object: "shop/x").absence
                == "no gtw shop/x has a status; heddlectl status gtw lists those that have one")
    }

    @Test func documentsFollowOneAnother() throws {
        let list = JSON.array([.object([.init(name: "a", value: .number("1"))]), .object([])])
        #expect(Status.yaml(list) == "a: 1\n---\n{}\n")
    }
}
