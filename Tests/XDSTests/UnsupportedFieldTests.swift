import Testing
import XDS

/// A field that must not be skipped is refused, and the error says where it is.
@Suite struct UnsupportedFieldTests {
    private func text(_ number: UInt64, _ text: String) -> [UInt8] {
        field(number, Array(text.utf8))
    }

    /// A virtual host `edge/shop` with one sound route and one that is made of `match` and `action`.
    private func host(match: [UInt8]? = nil, action: [UInt8]? = nil) -> [UInt8] {
        let sound = Route(match: RouteMatch(), action: .route(RouteAction(cluster: .cluster("c"))))
        let start = VirtualHost(name: "edge/shop", domains: ["*"], routes: [sound]).encoded()
        let second =
            field(1, match ?? text(1, "/")) + (action ?? field(2, text(1, "c")))
        return start + field(3, second)
    }

    private let object = "envoy.config.route.v3.VirtualHost \"edge/shop\": routes[1]"

    @Test func theSoundHostIsRead() throws {
        #expect(try VirtualHost(decoding: host()).routes.count == 2)
    }

    @Test func conditionsOfAMatch() {
        func source(_ match: [UInt8]) -> String? {
            let error = failure { try VirtualHost(decoding: host(match: match)) }
            #expect(error?.code == .unsupported)
            return error?.source
        }
        let slash = text(1, "/")
        #expect(source([]) == "\(object).match.path_specifier")
        #expect(source(field(12, [])) == "\(object).match.connect_matcher")
        #expect(source(slash + field(9, [])) == "\(object).match.runtime_fraction")
        #expect(source(slash + field(4, [])) == "\(object).match.case_sensitive")
        #expect(source(slash + field(8, [])) == "\(object).match.grpc")
        let range = text(1, "x-a") + field(6, [])
        #expect(source(slash + field(6, range)) == "\(object).match.headers[0].range_match")
        let unset = text(1, "x-a")
        #expect(
            source(slash + field(6, unset)) == "\(object).match.headers[0].header_match_specifier")
        let custom = text(1, "q") + field(5, field(8, []))
        #expect(
            source(slash + field(7, custom))
                == "\(object).match.query_parameters[0].string_match.custom")
        #expect(source(slash + field(99, [])) == "\(object).match.field 99", "not of the subset")
    }

    @Test func actions() {
        func source(_ action: [UInt8]) -> String? {
            let error = failure { try VirtualHost(decoding: host(action: action)) }
            #expect(error?.code == .unsupported)
            return error?.source
        }
        #expect(source([]) == "\(object).action")
        #expect(source(field(18, [])) == "\(object).action", "non-forwarding")
        #expect(source(field(2, [])) == "\(object).route.cluster_specifier")
        #expect(source(field(2, text(2, "x-c"))) == "\(object).route.cluster_header")
        #expect(
            source(field(2, text(1, "c") + field(32, []))) == "\(object).route.regex_rewrite")
        #expect(
            source(field(2, text(1, "c") + text(29, "x-h")))
                == "\(object).route.host_rewrite_header")
        #expect(source(field(3, field(3, 9 as UInt64))) == "\(object).redirect.response_code")
        #expect(
            source(field(2, text(1, "c") + field(35, [])))
                == "\(object).route.host_rewrite_path_regex")
        #expect(
            source(field(7, field(2, text(1, "/f")))) == "\(object).direct_response.body.specifier")
    }

    @Test func clusters() {
        func error(_ more: [UInt8]) -> XDSError? {
            let start = Cluster(name: "c").encoded()
            return failure { try Cluster(decoding: start + more) }
        }
        let object = "envoy.config.cluster.v3.Cluster \"c\": "
        #expect(error(field(2, 2 as UInt64))?.source == object + "type", "LOGICAL_DNS")
        #expect(error(field(38, []))?.source == object + "cluster_type")
        #expect(error(field(6, 5 as UInt64))?.source == object + "lb_policy", "MAGLEV")
        #expect(error(field(24, []))?.source == object + "transport_socket")
        let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        let auto = field(36, text(1, name) + field(2, any(name, field(5, []))))
        #expect(
            error(auto)?.source
                == object + "typed_extension_protocol_options[\"\(name)\"].auto_config")
        #expect(error(auto)?.code == .unsupported)
    }

    @Test func listeners() {
        let chain = field(3, field(6, []))
        #expect(
            failure { try Listener(decoding: text(1, "l") + chain) }?.source
                == "envoy.config.listener.v3.Listener \"l\": filter_chains[0].transport_socket")
        let narrow = field(3, field(1, text(11, "example.com")))
        #expect(
            failure { try Listener(decoding: narrow) }?.source
                == "envoy.config.listener.v3.Listener: filter_chains[0].filter_chain_match")
        let api = field(19, field(1, any("example.Other", [])))
        #expect(failure { try Listener(decoding: api) }?.code == .unknownType)
    }

    @Test func endpoints() {
        func error(_ endpoint: [UInt8]) -> XDSError? {
            failure { try ClusterLoadAssignment(decoding: field(2, field(2, endpoint))) }
        }
        let at = "envoy.config.endpoint.v3.ClusterLoadAssignment: endpoints[0].lb_endpoints[0]."
        #expect(error([])?.source == at + "host_identifier")
        #expect(error(field(1, []))?.source == at + "endpoint.address")
        let port = field(1, field(1, field(1, text(2, "::1") + field(3, 65536 as UInt64))))
        #expect(error(port)?.code == .invalid)
        let sound = field(1, field(1, field(1, text(2, "::1") + field(3, 80 as UInt64))))
        #expect(error(sound) == nil)
        #expect(error(sound + field(4, field(1, 0 as UInt64)))?.code == .invalid, "weight 0")
    }

    @Test func olderFormsAreUnderstood() throws {
        func condition(_ specifier: [UInt8]) throws -> HeaderMatcher.Condition? {
            let match = text(1, "/") + field(6, text(1, "x-a") + specifier)
            return try VirtualHost(decoding: host(match: match)).routes[1].match.headers.first?
                .condition
        }
        #expect(try condition(text(4, "v")) == .string(StringMatcher(.exact("v"))))
        #expect(try condition(text(9, "v")) == .string(StringMatcher(.prefix("v"))))
        #expect(try condition(text(10, "v")) == .string(StringMatcher(.suffix("v"))))
        #expect(try condition(text(12, "v")) == .string(StringMatcher(.contains("v"))))
        #expect(
            try condition(field(11, text(2, "v+"))) == .string(StringMatcher(.safeRegex("v+"))))

        let header = field(9, field(1, text(1, "k") + text(2, "v")) + field(2, []))
        let route = try VirtualHost(decoding: host(action: field(2, text(1, "c")) + header)).routes[
            1]
        #expect(
            route.requestHeadersToAdd == [
                HeaderValueOption(key: "k", value: "v", action: .overwrite)
            ], "append: false")

        let version = field(1, 1 as UInt64) + field(2, 40 as UInt64)
        #expect(try Node(decoding: field(8, field(1, version))).userAgentVersion == "1.40.0")
        let cluster = Cluster(name: "c").encoded() + field(14, [])
        #expect(try Cluster(decoding: cluster).usesHTTP2)
        #expect(try !Cluster(decoding: Cluster(name: "c").encoded()).usesHTTP2)
    }
}
