import Testing
import XDS

@testable import Routing

@Suite("Rewriting a path by an expression")
struct PathRewriteTests {
    private func replaceAll(
        _ pattern: String, _ substitution: String, _ text: String
    ) throws -> String {
        let rewrite = try PathRewrite(
            RegexMatchAndSubstitute(pattern: pattern, substitution: substitution))
        return String(
            decoding: Array(text.utf8).withUnsafeBytes { rewrite.replaceAll($0) }, as: UTF8.self)
    }

    @Test(
        "every match is replaced, as by RE2",
        arguments: [
            ("^/a/(.*)$", "/b/\\1", "/a/x/y", "/b/x/y"), ("^/a", "/b", "/a/a", "/b/a"),
            ("a", "b", "/a/a", "/b/b"), ("x*", "-", "abxxc", "-a-b-c-"), ("$", "/", "/a", "/a/"),
            (
                "^/service/([^/]+)(/.*)$", "\\2/instance/\\1", "/service/foo/v1/api",
                "/v1/api/instance/foo"
            ),
            ("(?i)/aaa/", "/bbb/", "/x/AaA/y", "/x/bbb/y"), ("^.*$", "/new", "/any/path", "/new"),
            ("a|ab", "x", "ab", "xb"), ("ab|a", "x", "ab", "x"), ("a+?", "x", "aaa", "xxx"),
            ("(a+?)(a*)", "[\\1,\\2]", "aaa", "[a,aa]"), ("(a+)(a*)", "[\\1,\\2]", "aaa", "[aaa,]"),
            ("(?U)(a+)(a*)", "[\\1,\\2]", "aaa", "[a,][a,][a,]"), ("(a)|b", "<\\1>", "ab", "<a><>"),
            ("\\.html$", "", "/i.html", "/i"), ("(?P<n>/[0-9]+)", "\\0\\0", "/1/2", "/1/1/2/2"),
            ("/", "\\\\", "/a/", "\\a\\"), ("(ab)*", "[\\1]", "ababx", "[ab]x[]"),
            ("^/foo/?$", "/", "/foo/", "/"), ("none", "x", "/a", "/a"),
        ])
    func replacing(_ pattern: String, _ substitution: String, _ text: String, _ expected: String)
        throws
    {
        #expect(try replaceAll(pattern, substitution, text) == expected)
    }

    @Test("a path stays a path")
    func paths() throws {
        func rewrite(_ pattern: String, _ substitution: String, _ path: String) throws -> String {
            let rewrite = try PathRewrite(
                RegexMatchAndSubstitute(pattern: pattern, substitution: substitution))
            return String(
                decoding: Array(path.utf8).withUnsafeBytes { rewrite.rewrite($0) }, as: UTF8.self)
        }
        #expect(try rewrite(".*", "", "/a") == "/a")
        #expect(try rewrite("^/a", "b", "/a/c") == "/b/c")
        #expect(try rewrite("^/a/?", "/", "/a/c") == "/c")
    }

    @Test("wrong ones are refused", arguments: ["\\1", "\\2", "\\a", "x\\"])
    func refusals(_ substitution: String) {
        let pattern = substitution == "\\2" ? "(a)" : "a"
        #expect(throws: RegularExpression.SyntaxError.self) {
            try PathRewrite(
                RegexMatchAndSubstitute(pattern: pattern, substitution: substitution))
        }
        let route = Route(
            match: RouteMatch(),
            action: .route(
                RouteAction(
                    cluster: .cluster("one"),
                    regexRewrite: RegexMatchAndSubstitute(
                        pattern: pattern, substitution: substitution))))
        let errors = RoutingTable.validate(
            RouteConfiguration(
                name: "r", virtualHosts: [VirtualHost(name: "h", domains: ["*"], routes: [route])]))
        #expect(errors.map(\.path) == ["virtual_hosts[0].routes[0].route.regex_rewrite"])
    }

    /// A pattern of one part, in words that a few lines can follow.
    private indirect enum Shape {
        case letter(Character)
        case any
        case sequence(Shape, Shape)
        case choice(Shape, Shape)
        case star(Shape, isGreedy: Bool)
        case group(Shape)

        var pattern: String {
            switch self {
            case .letter(let letter): String(letter)
            case .any: "."
            case .sequence(let one, let other): one.pattern + other.pattern
            case .choice(let one, let other): "(?:\(one.pattern)|\(other.pattern))"
            case .star(let part, let isGreedy): "(?:\(part.pattern))*" + (isGreedy ? "" : "?")
            case .group(let part): "(\(part.pattern))"
            }
        }

        /// Each end of a match from `start` in the order of preference, until one is taken.
        func match(
            _ text: [Character], _ start: Int, _ group: Range<Int>?,
            _ take: (Int, Range<Int>?) -> Bool
        ) -> Bool {
            switch self {
            case .letter(let letter):
                return start < text.count && text[start] == letter && take(start + 1, group)
            case .any: return start < text.count && take(start + 1, group)
            case .sequence(let one, let other):
                return one.match(text, start, group) { other.match(text, $0, $1, take) }
            case .choice(let one, let other):
                return one.match(text, start, group, take) || other.match(text, start, group, take)
            case .star(let part, let isGreedy):
                func again() -> Bool {
                    part.match(text, start, group) { end, group in
                        end > start && self.match(text, end, group, take)
                    }
                }
                return isGreedy
                    ? again() || take(start, group) : take(start, group) || again()
            case .group(let part):
                return part.match(text, start, group) { end, _ in take(end, start..<end) }
            }
        }
    }

    /// What is expected, by backtracking.
    private func reference(_ shape: Shape, _ text: [Character]) -> String {
        var result = ""
        var position = 0
        var lastEnd = -1
        while position <= text.count {
            var found: (Range<Int>, Range<Int>?)?
            for start in position...text.count where found == nil {
                _ = shape.match(text, start, nil) { end, group in
                    found = (start..<end, group)
                    return true
                }
            }
            guard let (range, group) = found else { break }
            result += String(text[position..<range.lowerBound])
            if range.isEmpty && range.lowerBound == lastEnd {
                if position < text.count { result.append(text[position]) }
                position += 1
                continue
            }
            result += "<" + String(text[group ?? 0..<0]) + ">"
            position = range.upperBound
            lastEnd = position
        }
        return position < text.count ? result + String(text[position...]) : result
    }

    @Test("agrees with backtracking, on random expressions and paths", arguments: [1, 7, 1234])
    func agreement(_ seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        func pick(_ bound: Int) -> Int { Int(random.next(below: UInt64(bound))) }
        func single() -> Shape { pick(4) == 0 ? .any : .letter(["a", "b", "/"][pick(3)]) }
        // What is repeated takes a byte: engines differ in what they make of repeated nothing.
        func shape(_ depth: Int) -> Shape {
            switch pick(depth == 0 ? 1 : 5) {
            case 0: return single()
            case 1: return .sequence(shape(depth - 1), shape(depth - 1))
            case 2: return .choice(shape(depth - 1), shape(depth - 1))
            default:
                return .sequence(
                    .star(
                        .sequence(single(), pick(2) == 0 ? single() : .choice(single(), single())),
                        isGreedy: pick(2) == 0),
                    shape(depth - 1))
            }
        }
        for _ in 0..<1000 {
            var made = shape(3)
            made = .sequence(
                .group(made), pick(2) == 0 ? shape(1) : .star(single(), isGreedy: true))
            let text = (0..<pick(12)).map { _ -> Character in ["a", "b", "/"][pick(3)] }
            let expected = reference(made, text)
            let found = try replaceAll(made.pattern, "<\\1>", String(text))
            #expect(found == expected, "\(made.pattern) on \(String(text)), seed \(seed)")
        }
    }
}

@Suite("Shares of the requests")
struct RouteShareTests {
    private func share(
        _ name: String, _ numerator: UInt32?,
        _ denominator: FractionalPercent.Denominator = .million
    ) -> Route {
        Route(
            name: name,
            match: RouteMatch(
                runtimeFraction: numerator.map {
                    FractionalPercent(numerator: $0, denominator: denominator)
                }),
            action: .route(RouteAction(cluster: .cluster("one"))))
    }

    @Test("fractions that add up divide the requests by one number")
    func cumulative() throws {
        let table = try RoutingTable.compile(
            inputs([
                VirtualHost(
                    name: "h", domains: ["*"],
                    routes: [
                        share("a", 200_000), share("b", 50, .hundred), share("none", 0),
                        share("rest", nil),
                    ])
            ]))
        var random = RandomSource(seed: 3)
        var counts: [String: Int] = [:]
        for _ in 0..<100_000 {
            counts[table.find(SampleRequest(chance: random.next())), default: 0] += 1
        }
        // `50 of 100` looks at other digits than `200000 of 1000000`, hence 0.8 times a half.
        #expect(abs(counts["h/a", default: 0] - 20_000) < 1_000, "\(counts)")
        #expect(abs(counts["h/b", default: 0] - 40_000) < 1_000, "\(counts)")
        #expect(abs(counts["h/rest", default: 0] - 40_000) < 1_000, "\(counts)")
        #expect(counts.count == 3)
        for (chance, route) in [(0, "a"), (199_999, "a"), (200_000, "b"), (1_200_060, "rest")] {
            #expect(table.find(SampleRequest(chance: UInt64(chance))) == "h/\(route)")
        }
    }

    @Test("gRPC is known by its type")
    func gRPC() throws {
        var grpc = share("grpc", nil)
        grpc.match.isGRPC = true
        let table = try RoutingTable.compile(
            inputs([VirtualHost(name: "h", domains: ["*"], routes: [grpc, share("rest", nil)])]))
        let types = [
            "application/grpc": "grpc", "Application/GRPC+proto": "grpc",
            "application/grpc; x=y": "grpc", "application/grpc-web": "rest", "text/plain": "rest",
        ]
        for (type, route) in types {
            let request = SampleRequest(headers: [("Content-Type", type)])
            #expect(table.find(request) == "h/\(route)", "\(type)")
        }
        #expect(table.find(SampleRequest()) == "h/rest")
    }
}
