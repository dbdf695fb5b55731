import AdminAPI
import Discovery
import Foundation
import GRPC
import NIOCore
import Testing
import XDS

@testable import ControlPlane

@Suite struct AdminServerTests {
    private let cluster = """
        {"resources":[{"@type":"type.googleapis.com/envoy.config.cluster.v3.Cluster",\
        "name":"shop","type":"EDS"}]}
        """

    @Test func tellsWhichMethodsAPageHas() async throws {
        try await AdminFixture.serve { admin in
            #expect(try await admin.get("/").status == 200)
            #expect(try await admin.get("/nowhere").status == 404)
            let status = try await admin.request("POST", "/proxies")
            #expect(status.status == 405)
            #expect(status.head.contains("allow: GET, HEAD"))
            let snapshot = try await admin.request("POST", "/snapshots/shop/edge")
            #expect(snapshot.head.contains("allow: GET, HEAD, PUT, DELETE"))
            let head = try await admin.request("HEAD", "/")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
        }
    }

    @Test(arguments: ["localhost", "LOCALHOST:15014", "127.0.0.1", "127.1.2.3:1", "[::1]:15014"])
    func servesPrograms(host: String) async throws {
        try await AdminFixture.serve { admin in
            let answer = try await admin.get("/ready", host: host)
            #expect(answer.status == 503)
        }
    }

    @Test(arguments: [
        "evil.example", "127.0.0.1.evil.example:15014", "10.0.0.1", "localhost.evil.example",
    ])
    func refusesANameThatResolvesHere(host: String) async throws {
        try await AdminFixture.serve { admin in
            #expect(try await admin.get("/status", host: host).status == 403)
            let put = try await admin.request(
                "PUT", "/snapshots/shop/edge", host: host, body: cluster)
            #expect(put.status == 403)
            #expect(admin.cache.groups == [.mesh])
        }
    }

    @Test func refusesARequestWithoutAHostAndATargetThatIsNoPath() async throws {
        try await AdminFixture.serve { admin in
            let nameless = try await admin.get("/status", host: nil)
            #expect(nameless.status == 400)
            #expect(try await admin.get("http://localhost/status").status == 400)
            #expect(try await admin.get("/snapshots/%zz").status == 400)
        }
    }

    @Test func changesNothingForAWebPage() async throws {
        try await AdminFixture.serve { admin in
            for method in ["PUT", "DELETE", "POST"] {
                let answer = try await admin.request(
                    method, "/snapshots/shop/edge", headers: ["Origin: https://evil.example"],
                    body: cluster)
                #expect(answer.status == 403)
            }
            #expect(admin.cache.groups == [.mesh])
        }
    }

    @Test func takesAndGivesBackASnapshot() async throws {
        try await AdminFixture.serve { admin in
            let put = try await admin.request("PUT", "/snapshots/shop/edge", body: cluster)
            #expect(put.status == 200, "\(put.body)")
            let receipt = try JSONDecoder().decode(
                SnapshotReceipt.self, from: Data(put.body.utf8))
            #expect(receipt.resources == ["CDS": 1])
            #expect(receipt.warnings == ["CDS shop refers to EDS shop, which the snapshot lacks"])

            let list = try await admin.get("/snapshots")
            let groups = try JSONDecoder().decode(
                [SnapshotSummary].self, from: Data(list.body.utf8))
            #expect(groups.map(\.group) == ["mesh", "shop/edge"])
            #expect(groups.map(\.source) == ["translated", "pushed"])

            let get = try await admin.get("/snapshots/shop%2Fedge")
            #expect(get.body.contains("\"name\":\"shop\""))
            let again = try await admin.request("PUT", "/snapshots/shop/copy", body: get.body)
            #expect(again.status == 200, "\(again.body)")
            let first = admin.cache.snapshot(of: ProxyGroup("shop/edge"))
            let second = admin.cache.snapshot(of: ProxyGroup("shop/copy"))
            #expect(first?[.cluster].version == second?[.cluster].version)

            #expect(try await admin.request("DELETE", "/snapshots/shop/edge").status == 200)
            #expect(try await admin.get("/snapshots/shop/edge").status == 404)
            #expect(try await admin.request("DELETE", "/snapshots/shop/edge").status == 404)
        }
    }

    @Test func leavesTranslatedGroupsAlone() async throws {
        try await AdminFixture.serve { admin in
            let gateway = ProxyGroup("bookinfo/edge")
            let resource = EncodedResource(Cluster(name: "a", connectTimeout: .seconds(1)))
            admin.cache.update(gateway, SnapshotChange(upserts: [resource]))
            for method in ["PUT", "DELETE"] {
                let answer = try await admin.request(
                    method, "/snapshots/bookinfo/edge", body: method == "PUT" ? cluster : "")
                #expect(answer.status == 409)
                #expect(answer.body.contains("Gateway bookinfo/edge"))
                #expect(answer.body.contains("choose another group"))
            }
            #expect(admin.cache.snapshot(of: gateway)?[.cluster]["a"] != nil)
        }
    }

    @Test func leavesAGroupAloneThatAGatewayHasTakenOver() async throws {
        try await AdminFixture.serve { admin in
            let put = try await admin.request("PUT", "/snapshots/shop/edge", body: cluster)
            #expect(put.status == 200)
            let resource = EncodedResource(Cluster(name: "a", connectTimeout: .seconds(1)))
            admin.cache.update(ProxyGroup("shop/edge"), SnapshotChange(upserts: [resource]))
            let again = try await admin.request("PUT", "/snapshots/shop/edge", body: cluster)
            #expect(again.status == 409)
        }
    }

    @Test func tellsAllThatIsWrongWithASnapshot() async throws {
        try await AdminFixture.serve { admin in
            let document = """
                {"resources":[{"@type":"type.googleapis.com/no.such.Message","name":"a"}]}
                """
            let answer = try await admin.request("PUT", "/snapshots/shop/edge", body: document)
            #expect(answer.status == 400)
            let refusal = try JSONDecoder().decode(
                SnapshotRefusal.self, from: Data(answer.body.utf8))
            #expect(refusal.errors.first?.hasPrefix("resources[0]") == true)
            let none = try await admin.request("PUT", "/snapshots/shop/edge", body: "nonsense")
            #expect(none.status == 400)
            #expect(admin.cache.groups == [.mesh])
        }
    }

    @Test func refusesTwoResourcesOfOneNameAndSecretsThatWereLeftOut() async throws {
        try await AdminFixture.serve { admin in
            let element = "{\"@type\":\"\(ResourceType.cluster.rawValue)\",\"name\":\"shop\"}"
            let twins = try await admin.request(
                "PUT", "/snapshots/a/b", body: "{\"resources\":[\(element),\(element)]}")
            #expect(twins.status == 400)
            #expect(twins.body.contains("resources[1]"))
            let redacted = try await admin.request(
                "PUT", "/snapshots/a/b", body: "{\"resources\":[{\"name\":\"[redacted]\"}]}")
            #expect(redacted.body.contains("put the secret in"))
        }
    }

    @Test func refusesABodyThatIsTooLarge() async throws {
        var limits = AdminServer.Limits()
        limits.bodyBytes = 2 << 20
        try await AdminFixture.serve(limits: limits) { admin in
            let announced = try await admin.request(
                "PUT", "/snapshots/a/b", headers: ["Content-Length: 2097153"])
            #expect(announced.status == 413)
            #expect(announced.body.contains("2 MiB"))
            let size = 3 << 20
            let chunk =
                String(size, radix: 16) + "\r\n" + String(repeating: " ", count: size)
                + "\r\n0\r\n\r\n"
            let chunked = try await admin.request(
                "PUT", "/snapshots/a/b", headers: ["Transfer-Encoding: chunked"], body: chunk)
            #expect(chunked.status == 413)
        }
    }

    @Test func tellsAClientThatWaitsToSendItsBody() async throws {
        try await AdminFixture.serve { admin in
            let answer = try await admin.exchange(
                "PUT /snapshots/a/b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Expect: 100-continue\r\nContent-Length: \(cluster.utf8.count)\r\n\r\n"
                    + cluster)
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), "\(answer)")
        }
    }

    @Test(arguments: [
        "", "GET /status HTTP/1.1\r\nHost: loc",
        "PUT /snapshots/a/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{",
    ])
    func dropsASlowClient(text: String) async throws {
        var limits = AdminServer.Limits()
        limits.patience = .milliseconds(100)
        try await AdminFixture.serve(limits: limits) { admin in
            // A connection that is reset before its bytes were read is dropped as well.
            let answer = try? await admin.exchange(text)
            #expect(answer ?? "" == "")
        }
    }

    @Test func servesManyRequestsOfOneConnection() async throws {
        try await AdminFixture.serve { admin in
            let one = "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let last = "GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            let answers = try await admin.exchange(one + one + last)
            #expect(answers.ranges(of: "HTTP/1.1 503").count == 3)
        }
    }

    @Test func tellsWhatAProxyHas() async throws {
        try await AdminFixture.serve { admin in
            let group = ProxyGroup("shop/edge")
            let resource = EncodedResource(Cluster(name: "a", connectTimeout: .seconds(1)))
            admin.cache.update(group, SnapshotChange(upserts: [resource]))
            let node = Node(id: "edge/1 ü", cluster: "shop/edge")
            try await admin.connect(node) { call, first in
                let stale = try await proxy(admin)
                #expect(stale.types.map(\.state) == ["STALE"])
                #expect(stale.types.first?.lastAcknowledged == nil)

                let reason = RPCStatus(code: 3, message: "no such thing")
                let nack = DeltaDiscoveryRequest(
                    type: .cluster, responseNonce: first.nonce, errorDetail: reason)
                try await call.send(GRPCMessage(copying: nack.encoded()))
                // The answer to a further change shows that the refusal has been read.
                let other = EncodedResource(Cluster(name: "b", connectTimeout: .seconds(1)))
                admin.cache.update(group, SnapshotChange(upserts: [other]))
                _ = try await call.receive()

                let path = "/proxies/edge%2F1%20%C3%BC/config"
                let config = try await admin.get(path)
                #expect(config.status == 200)
                let json = try JSONSerialization.jsonObject(with: Data(config.body.utf8))
                let object = try #require(json as? [String: Any])
                #expect(object["node"] as? String == "edge/1 ü")
                #expect(object["group"] as? String == "shop/edge")
                let resources = try #require(object["resources"] as? [[String: Any]])
                #expect(resources.compactMap { $0["name"] as? String } == ["a", "b"])
                #expect(resources.first?["type"] as? String == "CDS")
                let content = try #require(resources.first?["resource"] as? [String: Any])
                #expect(content["@type"] as? String == ResourceType.cluster.rawValue)
            }
            #expect(try await admin.get("/proxies/nobody/config").status == 404)
        }
    }

    private func proxy(_ admin: AdminFixture) async throws -> StatusReport.Proxy {
        let answer = try await admin.get("/proxies")
        let proxies = try JSONDecoder().decode(
            [StatusReport.Proxy].self, from: Data(answer.body.utf8))
        return try #require(proxies.first)
    }
}

extension AdminFixture {
    func get(_ path: String, host: String? = "localhost") async throws -> Answer {
        try await request("GET", path, host: host)
    }
}
