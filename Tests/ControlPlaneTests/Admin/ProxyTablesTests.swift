import AdminAPI
import Foundation
import Testing

@testable import heddlectl

@Suite struct ProxyTablesTests {
    private static func proxy(
        _ node: String, _ group: String, _ types: [StatusReport.ResourceTypeStatus] = [],
        isKnown: Bool = true
    ) -> StatusReport.Proxy {
        StatusReport.Proxy(
            node: node, group: group, address: "127.0.0.1:1", userAgent: "envoy", stream: "delta",
            isKnown: isKnown, types: types)
    }

    private let names = ProxyNames(proxies: [
        proxy("gateway~shop~edge~1", "shop/edge"), proxy("gateway~shop~edge~1", "shop/edge"),
        proxy("gateway~shop~way~1", "shop/way"), proxy("gateway~shop~way~2", "shop/way"),
        proxy("edge", "other/edge"),
    ])

    // MARK: Names

    @Test func findsAProxyByWhatAPersonCallsIt() throws {
        #expect(try names.node("gateway~shop~way~2") == "gateway~shop~way~2")
        #expect(try names.node("shop/edge") == "gateway~shop~edge~1")
        #expect(try names.node("way~2") == "gateway~shop~way~2")
        // A whole node id is meant before a part of another.
        #expect(try names.node("edge") == "edge")
    }

    @Test func listsTheCandidatesOfANameThatIsNotOneProxys() {
        let ambiguous = #expect(throws: Failure.self) { try names.node("shop/way") }
        #expect(
            ambiguous?.description == """
                shop/way may be one of several proxies:
                  gateway~shop~way~1
                  gateway~shop~way~2
                """)
        let unknown = #expect(throws: Failure.self) { try names.node("nope") }
        #expect(
            unknown?.description == """
                no proxy nope; these are connected:
                  edge
                  gateway~shop~edge~1
                  gateway~shop~way~1
                  gateway~shop~way~2
                """)
        let none = #expect(throws: Failure.self) { try ProxyNames(proxies: []).node("x") }
        #expect(none?.description == "no proxy x: none is connected")
    }

    // MARK: proxy-status

    @Test func showsHowFarEachProxyIs() throws {
        let now = try Date("2026-01-01T12:00:00Z", strategy: .iso8601)
        func type(
            _ type: String, _ state: String, _ version: String?, _ time: String?,
            _ rejection: String? = nil
        ) -> StatusReport.ResourceTypeStatus {
            StatusReport.ResourceTypeStatus(
                type: type, state: state, version: version, lastAcknowledged: time, resources: 3,
                sent: 1, acknowledged: 1, rejection: rejection)
        }
        let proxies = [
            Self.proxy(
                "edge-1", "shop/edge",
                [
                    type("CDS", "SYNCED", "00ff", "2026-01-01T11:59:57Z"),
                    type("EDS", "STALE", "00aa", "2026-01-01T11:50:00Z"),
                    type("LDS", "NACKED", "00bb", nil, "port 0 is taken"),
                    type("RDS", "NOT_SENT", nil, nil),
                ]), Self.proxy("new", "no/such", isKnown: false),
        ]
        #expect(
            ProxyStatusText(proxies, now: now).text == """
                  NODE     GATEWAY     TYPE   STATE      VERSION   RESOURCES   LAST ACK
                  edge-1   shop/edge   CDS    SYNCED     00ff      3           3s ago
                  edge-1   shop/edge   EDS    STALE      00aa      3           10m ago
                  edge-1   shop/edge   LDS    NACKED     00bb      3           -
                  edge-1   shop/edge   RDS    NOT SENT   -         3           -
                  new      no/such     -      NOT SENT   -         0           -
                  edge-1 refused LDS: port 0 is taken
                  new: when it connected, no gateway no/such existed

                """)
        #expect(ProxyStatusText([], now: now).text == "  no proxy is connected\n")
    }

    // MARK: proxy-config

    @Test func showsListeners() throws {
        let text = ConfigurationText(try configuration())
        #expect(
            text.text(.listeners) == """
                  NAME     ADDRESS       PORT   ROUTES
                  public   0.0.0.0       8080   public
                  mixed    ::            9000   inline local, tcp shop/db
                  split    /run/socket   -      tcp a (1), b (3)
                  api      -             -      mesh
                  odd      internal in   -      -
                  split is STALE: the proxy has not answered yet
                  odd is NACKED: the proxy goes on with what it had

                """)
    }

    @Test func showsRoutes() throws {
        let text = ConfigurationText(try configuration())
        #expect(
            text.text(.routes) == """
                  ROUTE CONFIG       VIRTUAL HOST   DOMAINS          MATCH                     TO
                  public             shop           shop, www.shop   /cart/*                   shop/cart
                  public             shop           shop, www.shop   /a user=jason !x ?q=~^1   shop/a (90), shop/b (10)
                  public             shop           shop, www.shop   ~^/old/.*                 redirect 301 https://new.shop:444/x
                  public             shop           shop, www.shop   /*                        respond 404
                  public             empty          *                -                         -
                  way                -              -                -                         -
                  a/b                c/d            x, y + 1 more    CONNECT                   cluster of header x-to
                  local (in mixed)   here           *                /*                        redirect 302 /login

                """)
    }

    @Test func showsClusters() throws {
        let text = ConfigurationText(try configuration())
        #expect(
            text.text(.clusters) == """
                  NAME      TYPE           LB              ENDPOINTS
                  shop/a    EDS            LEAST_REQUEST   2
                  shop/b    EDS            ROUND_ROBIN     missing
                  fixed     STATIC         Maglev          1
                  strange   my.discovery   ROUND_ROBIN     0

                """)
    }

    @Test func showsEndpointsAndSecrets() throws {
        let text = ConfigurationText(try configuration())
        #expect(
            text.text(.endpoints) == """
                  CLUSTER   ADDRESS            HEALTH     WEIGHT   LOCALITY
                  service   10.0.0.1:80        HEALTHY    3        eu/a (weight 80)
                  service   [2001:db8::1]:80   DRAINING   1        eu//x (priority 1)
                  fixed     /run/a             UNKNOWN    1        -

                """)
        #expect(
            text.text(.secrets) == """
                  NAME     TYPE
                  server   TLS certificate
                  ca       validation context

                """)
    }

    @Test func showsOnlyWhatHasTheName() throws {
        let configuration = try configuration()
        #expect(
            ConfigurationText(configuration, name: "shop/a").text(.clusters) == """
                  NAME     TYPE   LB              ENDPOINTS
                  shop/a   EDS    LEAST_REQUEST   2

                """)
        let parts = configuration.filtered([.clusters], name: "shop").resources
        #expect(parts.map(\.name) == ["shop/a", "shop/b"])
        #expect(ConfigurationText(configuration, name: "no").text(.secrets) == "  no secrets\n")
        #expect(ConfigurationText(configuration, name: "zzz").all == "  no resources\n")
        let all = ConfigurationText(configuration).all
        #expect(all.hasPrefix("LISTENERS\n  NAME"))
        #expect(all.contains("\n\nSECRETS\n"))
    }

    @Test func makesOfAConfigurationWhatCanBePushed() throws {
        let configuration = try configuration().filtered([.secrets], name: "ca")
        #expect(
            configuration.snapshot.compactText
                == #"{"resources":[{"@type":"x/Secret","name":"ca","validationContext":{}}]}"#)
        let snapshot = ProxyConfiguration(snapshot: try wrapped(), of: "shop/edge")
        #expect(snapshot.resources.map(\.name) == ["plain", "inside"])
        #expect(snapshot.resources.map(\.type) == ["CDS", "EDS"])
        #expect(snapshot.snapshot == (try wrapped()))
    }

    private func wrapped() throws -> JSON {
        try JSON(
            yaml: """
                resources:
                - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
                  name: plain
                - "@type": type.googleapis.com/envoy.service.discovery.v3.Resource
                  ttl: 5s
                  resource:
                    "@type": type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment
                    clusterName: inside
                """)
    }

    private func configuration() throws -> ProxyConfiguration {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "proxy.config.yaml")
        return ProxyConfiguration(try JSON(yaml: String(contentsOf: file, encoding: .utf8)))
    }
}
