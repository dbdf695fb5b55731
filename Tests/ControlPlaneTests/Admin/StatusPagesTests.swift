import AdminAPI
import Foundation
import GatewayAPI
import Testing

@testable import ControlPlane

@Suite struct StatusPagesTests {
    private static func fill(_ store: ManifestStatusStore) {
        let condition: GatewayAPI.JSONValue = [
            "type": "Accepted", "status": "True", "reason": "Accepted", "message": "fine",
            "observedGeneration": 2, "lastTransitionTime": "2026-01-01T00:00:00Z",
        ]
        let route: GatewayAPI.JSONValue = [
            "parents": [
                [
                    "parentRef": [
                        "kind": "Gateway", "group": "gateway.networking.k8s.io", "name": "edge",
                        "sectionName": "http",
                    ],
                    "controllerName": "example.com/other", "conditions": [condition],
                ]
            ]
        ]
        let gateway: GatewayAPI.JSONValue = [
            "conditions": [condition], "addresses": [["type": "IPAddress", "value": "10.0.0.1"]],
            "listeners": [["name": "http", "attachedRoutes": 3, "conditions": [condition]]],
        ]
        for (namespace, name) in [("shop", "a"), ("shop", "b"), ("other", "a")] {
            let object = ObjectReference(.httpRoute, namespace: namespace, name: name)
            _ = store.update(JudgedObject(object, generation: 2)) { _ in route }
        }
        let edge = ObjectReference(.gateway, namespace: "shop", name: "edge")
        _ = store.update(JudgedObject(edge)) { _ in gateway }
        let mesh = ObjectReference(.xMesh, name: "mesh")
        _ = store.update(JudgedObject(mesh)) { _ in ["conditions": [condition]] }
    }

    private func names(_ body: String) throws -> [String] {
        let value = try JSONSerialization.jsonObject(with: Data(body.utf8))
        return (value as? [[String: Any]] ?? []).map { document in
            let metadata = document["metadata"] as? [String: Any]
            return "\(metadata?["namespace"] ?? "-")/\(metadata?["name"] ?? "")"
        }
    }

    @Test func aKindANamespaceOrOneObject() async throws {
        try await AdminFixture.serve { admin in
            Self.fill(admin.statuses)
            for kind in ["HTTPRoute", "httproutes", "httproute"] {
                let page = try await admin.get("/status/\(kind)")
                #expect(page.status == 200)
                #expect(try names(page.body) == ["other/a", "shop/a", "shop/b"])
            }
            #expect(
                try names(try await admin.get("/status/httproute/shop").body) == [
                    "shop/a", "shop/b",
                ])
            let one = try await admin.get("/status/httproute/shop/b")
            #expect(
                one.body == """
                    {"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute",\
                    "metadata":{"generation":2,"name":"b","namespace":"shop"},\
                    "status":{"parents":[{"conditions":[{"lastTransitionTime":\
                    "2026-01-01T00:00:00Z","message":"fine","observedGeneration":2,\
                    "reason":"Accepted","status":"True","type":"Accepted"}],\
                    "controllerName":"example.com/other","parentRef":{"group":\
                    "gateway.networking.k8s.io","kind":"Gateway","name":"edge",\
                    "sectionName":"http"}}]}}

                    """)
            let mesh = try await admin.get("/status/mesh/mesh")
            #expect(mesh.body.hasPrefix("{\"apiVersion\":\"gateway.networking.x-k8s.io/v1alpha1\""))
            #expect(try await admin.get("/status/gtw/shop/edge").status == 200)
            #expect(try await admin.get("/status/udproute").body == "[]\n")
            #expect(try await admin.get("/status/httproute/shop/none").status == 404)
            #expect(try await admin.get("/status/httproute/shop/a/b").status == 404)
            #expect(try await admin.request("POST", "/status/httproute").status == 405)
        }
    }

    @Test func theReportTellsOfEveryPart() async throws {
        try await AdminFixture.serve { admin in
            Self.fill(admin.statuses)
            let page = try await admin.get("/status")
            let report = try JSONDecoder().decode(StatusReport.self, from: Data(page.body.utf8))
            let edge = try #require(report.objects.first { $0.kind == "Gateway" })
            #expect(edge.addresses == ["10.0.0.1"])
            #expect(edge.parts.map(\.name) == ["listener http"])
            #expect(edge.parts[0].attachedRoutes == 3)
            #expect(edge.conditions[0].lastTransitionTime == "2026-01-01T00:00:00Z")
            #expect(edge.conditions[0].observedGeneration == 2)
            let route = try #require(report.objects.first { $0.kind == "HTTPRoute" })
            #expect(route.parts.map(\.name) == ["Gateway edge http"])
            #expect(route.parts[0].controller == "example.com/other")
        }
    }

    @Test func metricsTellTheAgesOfEndpoints() async throws {
        let text = Metrics.text(
            endpointAges: [("shop/web/80", .milliseconds(12_034)), ("a\"b\\c", .zero)], proxies: 2,
            counts: .init(translations: 1, objects: 7, resources: 9))
        #expect(text.contains("heddled_endpoints_age_seconds{cluster=\"shop/web/80\"} 12.034\n"))
        #expect(text.contains("heddled_endpoints_age_seconds{cluster=\"a\\\"b\\\\c\"} 0.000\n"))
        #expect(text.contains("# TYPE heddled_translated_objects_total counter\n"))
        #expect(text.contains("heddled_translated_objects_total 7\n"))
        #expect(text.contains("heddled_streams 2\n"))
        try await AdminFixture.serve { admin in
            let page = try await admin.get("/metrics")
            #expect(page.status == 200 && page.head.contains("version=0.0.4"))
        }
    }
}
