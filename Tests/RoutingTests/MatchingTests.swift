import Testing
import XDS

@testable import Routing

@Suite("Matching a request")
struct MatchingTests {
    private func table(_ hosts: [VirtualHost], ignoringPort: Bool = false) throws -> RoutingTable {
        try RoutingTable.compile(inputs(hosts, ignoringPort: ignoringPort))
    }

    @Test("exact host, then the longest suffix, then the longest prefix, then any")
    func hosts() throws {
        let all = ["a.example.com", "*.example.com", "*.com", "a.*", "a.b.*", "*", "*-x.test"]
        let table = try table(
            all.map {
                VirtualHost(name: $0, domains: [$0], routes: [.to("r", .prefix("/"))])
            })
        let expected = [
            "a.example.com": "a.example.com", "A.EXAMPLE.com": "a.example.com",
            "b.example.com": "*.example.com", "x.y.example.com": "*.example.com",
            "example.com": "*.com", ".com": "*", "a.org": "a.*", "a.b.org": "a.b.*", "a.": "*",
            "q-x.test": "*-x.test", "other": "*", "": "*", "a.example.com:80": "a.*",
        ]
        for (host, name) in expected {
            #expect(table.find(SampleRequest(authority: host)) == "\(name)/r", "\(host)")
        }
    }

    @Test("the port is looked at only when it should be")
    func ports() throws {
        let host = VirtualHost(
            name: "h", domains: ["a", "[::1]"], routes: [.to("r", .prefix("/"))])
        #expect(try table([host]).find(SampleRequest(authority: "a:9080")) == "-")
        let ignoring = try table([host], ignoringPort: true)
        #expect(ignoring.find(SampleRequest(authority: "a:9080")) == "h/r")
        #expect(ignoring.find(SampleRequest(authority: "[::1]:80")) == "h/r")
        #expect(ignoring.find(SampleRequest(authority: "[::1]")) == "h/r")
        #expect(ignoring.find(SampleRequest(authority: "b:80")) == "-")
    }

    @Test("prefixes, whole elements, whole paths and expressions")
    func paths() throws {
        let table = try table([
            VirtualHost(
                name: "h", domains: ["*"],
                routes: [
                    .to("exact", .path("/abc")), .to("separated", .pathSeparatedPrefix("/abc")),
                    .to("prefix", .prefix("/ab")), .to("regex", .safeRegex("/r[0-9]+")),
                ])
        ])
        let expected = [
            "/abc": "exact", "/abc?x=1": "exact", "/abc/": "separated", "/abc/d": "separated",
            "/abcd": "prefix", "/r12": "regex", "/r12?y": "regex", "/r12/": "-", "/": "-",
        ]
        for (target, name) in expected {
            #expect(table.find(SampleRequest(target: target)) == "h/\(name)", "\(target)")
        }
    }

    @Test("methods, headers and query parameters")
    func conditions() throws {
        func header(_ name: String, _ condition: HeaderMatcher.Condition, _ invert: Bool = false)
            -> HeaderMatcher
        { HeaderMatcher(name: name, condition: condition, invertMatch: invert) }
        func query(_ condition: QueryParameterMatcher.Condition) -> QueryParameterMatcher {
            QueryParameterMatcher(name: "q", condition: condition)
        }
        let cases: [(HeaderMatcher?, QueryParameterMatcher?, SampleRequest, Bool)] = [
            (header(":method", .string(.init(.exact("POST")))), nil, .init(method: "POST"), true),
            (header(":method", .string(.init(.exact("POST")))), nil, .init(method: "GET"), false),
            (header("x", .present(true)), nil, .init(headers: [("X", "")]), true),
            (header("x", .present(true)), nil, .init(), false),
            (header("x", .present(false)), nil, .init(), true),
            (header("x", .present(true), true), nil, .init(), true),
            (header("x", .string(.init(.exact("1"))), true), nil, .init(), false),
            (
                header("x", .string(.init(.exact("1"))), true), nil, .init(headers: [("x", "2")]),
                true
            ),
            (
                header("x", .string(.init(.exact("1,2")))), nil,
                .init(headers: [("x", "1"), ("y", "z"), ("X", "2")]), true
            ),
            (
                header("x", .string(.init(.prefix("AB"), ignoreCase: true))), nil,
                .init(headers: [("x", "abc")]), true
            ),
            (header("x", .string(.init(.suffix("c")))), nil, .init(headers: [("x", "ac")]), true),
            (header("x", .string(.init(.contains("b")))), nil, .init(headers: [("x", "a")]), false),
            (
                header("x", .string(.init(.safeRegex("a+")))), nil, .init(headers: [("x", "aa")]),
                true
            ),
            (nil, query(.string(.init(.exact("1")))), .init(target: "/?a=2&q=1"), true),
            (nil, query(.string(.init(.exact("1")))), .init(target: "/?q=2&q=1"), false),
            (nil, query(.string(.init(.exact("")))), .init(target: "/?q"), true),
            (nil, query(.present(true)), .init(target: "/?qq=1"), false),
            (nil, query(.present(false)), .init(target: "/"), true),
        ]
        for (index, (header, query, request, expected)) in cases.enumerated() {
            let route = Route.to(
                "r", .prefix("/"), headers: header.map { [$0] } ?? [],
                query: query.map { [$0] } ?? [])
            let host = VirtualHost(name: "h", domains: ["*"], routes: [route])
            let found = try table([host]).find(request)
            #expect(found == (expected ? "h/r" : "h/-"), "case \(index)")
        }
    }

    @Test("the index finds what going through the routes one by one finds")
    func againstScan() throws {
        for seed in UInt64(0)..<40 {
            var random = RandomSource(seed: seed)
            func pick(_ bound: Int) -> Int { Int(random.next(below: UInt64(bound))) }
            func path() -> String {
                (0..<(1 + pick(3))).map { _ in "/" + ["a", "b", "ab", ""][pick(4)] }.joined()
            }
            let routes = (0..<(1 + pick(20))).map { index in
                var literal = path()
                let match: RouteMatch.Path
                switch pick(4) {
                case 0: match = .path(literal)
                case 1: match = .prefix(literal)
                case 2: match = .safeRegex(literal + "?.*b")
                default:
                    while literal.hasSuffix("/") { literal.removeLast() }
                    match = .pathSeparatedPrefix(literal.isEmpty ? "/a" : literal)
                }
                let header = HeaderMatcher(name: "x", condition: .present(pick(2) == 0))
                return Route.to("\(index)", match, headers: pick(2) == 0 ? [header] : [])
            }
            let table = try table([VirtualHost(name: "h", domains: ["*"], routes: routes)])
            for _ in 0..<40 {
                let request = SampleRequest(
                    target: path() + ["", "?q=1"][pick(2)],
                    headers: pick(2) == 0 ? [("x", "1")] : [])
                #expect(table.find(request) == "h/\(scan(routes, request))", "seed \(seed)")
            }
        }
    }

    private func scan(_ routes: [Route], _ request: SampleRequest) -> String {
        let path = String(request.target.prefix { $0 != "?" })
        for route in routes {
            let matches: Bool
            switch route.match.path {
            case .path(let literal): matches = path == literal
            case .prefix(let literal): matches = path.hasPrefix(literal)
            case .pathSeparatedPrefix(let literal):
                matches = path == literal || path.hasPrefix(literal + "/")
            case .safeRegex(let pattern):
                matches = (try? RegularExpression(pattern).matches(path)) ?? false
            }
            let holds = route.match.headers.allSatisfy {
                $0.condition == .present(!request.headers.isEmpty)
            }
            if matches && holds { return route.name }
        }
        return "-"
    }
}
