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
        #expect(
            source(slash + field(9, field(1, field(2, 9 as UInt64))))
                == "\(object).match.runtime_fraction.default_value.denominator")
        #expect(source(slash + field(11, [])) == "\(object).match.tls_context")
        #expect(source(slash + field(4, [])) == "\(object).match.case_sensitive")
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
            source(field(2, text(1, "c") + field(9, field(10, []))))
                == "\(object).route.retry_policy.retriable_request_headers")
        #expect(
            source(field(2, text(1, "c") + field(30, text(5, "x-c"))))
                == "\(object).route.request_mirror_policies[0].cluster_header")
        #expect(
            source(field(2, text(1, "c") + field(15, field(6, []))))
                == "\(object).route.hash_policy[0].policy_specifier")
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

    @Test func filtersOfARoute() {
        let filters = "envoy.extensions.filters.http."
        func source(_ name: String, _ fields: [UInt8]) -> String? {
            let config = field(13, text(1, "f") + field(2, any(filters + name, fields)))
            return failure {
                try VirtualHost(decoding: host(action: field(2, text(1, "c")) + config))
            }?.source
        }
        let place = "\(object).typed_per_filter_config[\"f\"]."
        #expect(source("cors.v3.CorsPolicy", []) == nil)
        #expect(source("lua.v3.LuaPerRoute", field(1, 1 as UInt64)) == nil, "for others to judge")
        #expect(source("cors.v3.CorsPolicy", field(7, [])) == place + "filter_enabled")
        #expect(source("ext_authz.v3.ExtAuthzPerRoute", []) == place + "override")
        #expect(
            source("ext_authz.v3.ExtAuthzPerRoute", field(2, field(4, [])))
                == place + "check_settings.grpc_service.target_specifier")
        #expect(
            source("ext_authz.v3.ExtAuthzPerRoute", field(2, field(3, [])))
                == place + "check_settings.with_request_body.max_request_bytes")
        #expect(source("ext_authz.v3.ExtAuthz", field(9, [])) == place + "filter_enabled")
        let state = field(2, any("example.State", []))
        #expect(
            source("stateful_session.v3.StatefulSessionPerRoute", field(2, field(1, state)))
                == place + "stateful_session.session_state.typed_config.type_url")
    }

    @Test func clusters() {
        func error(_ more: [UInt8]) -> XDSError? {
            let start = Cluster(name: "c").encoded()
            return failure { try Cluster(decoding: start + more) }
        }
        let object = "envoy.config.cluster.v3.Cluster \"c\": "
        #expect(error(field(2, 4 as UInt64))?.source == object + "type", "ORIGINAL_DST")
        #expect(error(field(38, []))?.source == object + "cluster_type")
        #expect(error(field(6, 6 as UInt64))?.source == object + "lb_policy", "CLUSTER_PROVIDED")
        #expect(error(field(24, []))?.source == object + "transport_socket.config_type")
        #expect(
            error(field(24, field(3, any("example.Quic", []))))?.source
                == object + "transport_socket.typed_config.type_url")
        let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        let same = field(36, text(1, name) + field(2, any(name, field(4, []))))
        #expect(
            error(same)?.source
                == object + "typed_extension_protocol_options[\"\(name)\"]"
                + ".use_downstream_protocol_config")
        #expect(error(same)?.code == .unsupported)
        #expect(error(field(10, field(1, field(8, field(1, [])))))?.source == nil)
        let budget = field(8, field(1, [0x09, 0, 0, 0, 0, 0, 0, 0x5A, 0x40]))  // 104.0
        #expect(
            error(field(10, field(1, budget)))?.source
                == object + "circuit_breakers.thresholds[0].retry_budget.budget_percent.value")
    }

    @Test func listeners() {
        func source(_ fields: [UInt8]) -> String? {
            failure { try Listener(decoding: fields) }?.source
        }
        let object = "envoy.config.listener.v3.Listener: "
        #expect(
            source(field(3, field(1, text(4, "suffix"))))
                == object + "filter_chains[0].filter_chain_match.address_suffix")
        #expect(
            source(field(25, field(1, field(3, text(1, "::") + field(2, field(1, 129 as UInt64))))))
                == object
                + "default_filter_chain.filter_chain_match.prefix_ranges[0].prefix_len")
        #expect(source(field(9, text(1, "f"))) == object + "listener_filters[0].config_type")
        #expect(
            source(field(9, field(4, [])))
                == object + "listener_filters[0].filter_disabled")
        let network = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
        func tcp(_ fields: [UInt8]) -> String? {
            source(field(3, field(3, field(4, any(network, fields)))))
        }
        let proxy = object + "filter_chains[0].filters[0].typed_config."
        #expect(tcp([]) == proxy + "cluster_specifier")
        #expect(tcp(field(12, [])) == proxy + "tunneling_config")
        #expect(
            tcp(field(10, field(1, text(1, "c")))) == proxy + "weighted_clusters.clusters[0].weight"
        )
        let name = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig"
        func udp(_ fields: [UInt8]) -> String? {
            source(field(9, field(3, any(name, fields))))
        }
        let filter = object + "listener_filters[0].typed_config."
        #expect(udp([]) == filter + "route_specifier")
        #expect(udp(text(2, "c")) == nil, "the deprecated form")
        #expect(udp(text(2, "c") + field(12, [])) == filter + "tunneling_config")
        #expect(udp(field(9, field(1, []))) == filter + "matcher.matcher_list")
        #expect(udp(field(9, [])) == filter + "matcher.on_no_match.on_match")
        let api = field(19, field(1, any("example.Other", [])))
        #expect(failure { try Listener(decoding: api) }?.code == .unknownType)
    }

    @Test func transportSockets() {
        let tls = "envoy.extensions.transport_sockets.tls.v3."
        func source(_ name: String, _ fields: [UInt8]) -> String? {
            failure {
                try Listener(decoding: field(3, field(6, field(3, any(tls + name, fields)))))
            }?.source
        }
        let socket =
            "envoy.config.listener.v3.Listener: filter_chains[0].transport_socket.typed_config."
        func common(_ fields: [UInt8]) -> String? {
            source("DownstreamTlsContext", field(1, fields))
        }
        #expect(source("DownstreamTlsContext", []) == nil)
        #expect(
            source("DownstreamTlsContext", field(3, field(1, 1 as UInt64)))
                == socket + "require_sni")
        #expect(common(field(13, [])) == socket + "common_tls_context.custom_handshaker")
        #expect(common(field(10, [])) == socket + "common_tls_context.validation_context_type")
        #expect(
            common(field(6, text(1, "s")))
                == socket
                + "common_tls_context.tls_certificate_sds_secret_configs[0].sds_config",
            "a secret of the client's own configuration")
        #expect(
            common(field(3, field(8, 1 as UInt64)))
                == socket + "common_tls_context.validation_context.allow_expired_certificate")
        #expect(
            common(field(8, field(1, [])))
                == socket + "common_tls_context.combined_validation_context"
                + ".validation_context_sds_secret_config")
        #expect(
            common(field(1, field(1, 9 as UInt64)))
                == socket + "common_tls_context.tls_params.tls_minimum_protocol_version")
    }

    @Test func answersOfAnAuthorization() {
        func source(_ fields: [UInt8]) -> String? {
            failure { try CheckResponse(decoding: fields) }?.source
        }
        let object = "envoy.service.auth.v3.CheckResponse: "
        #expect(source([]) == nil)
        #expect(
            source(field(2, field(1, field(1, 600 as UInt64))))
                == object + "denied_response.status.code")
        #expect(source(field(3, field(2, []))) == object + "ok_response.headers[0].header")
        let bytes = field(1, text(1, "k") + field(3, [0xFF]))
        #expect(
            source(field(3, field(2, bytes)))
                == object + "ok_response.headers[0].header.raw_value")
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
