import Routing
import Testing

@testable import DataPath

/// A parser with memory of its own.
final class TestParser {
    let fields = UnsafeMutablePointer<HeaderField>.allocate(capacity: 101)
    var limits = HeadLimits()

    deinit { fields.deallocate() }

    func request(_ bytes: [UInt8]) -> (ParseOutcome, RequestHead) {
        var head = RequestHead()
        let outcome = bytes.withUnsafeBytes {
            HeadParser(fields: fields, limits: limits).parse($0, &head)
        }
        return (outcome, head)
    }

    func response(_ bytes: [UInt8]) -> (ParseOutcome, ResponseHead) {
        var head = ResponseHead()
        let outcome = bytes.withUnsafeBytes {
            HeadParser(fields: fields, limits: limits).parse($0, &head)
        }
        return (outcome, head)
    }
}

@Suite("Reading heads")
struct HeadParserTests {
    private let parser = TestParser()

    private func text(_ bytes: [UInt8], _ span: Span) -> String {
        String(decoding: bytes[span.start..<span.end], as: UTF8.self)
    }

    @Test("takes a request apart")
    func request() {
        let bytes = Array(
            "\r\nPOST /a/b?c=d?e HTTP/1.1\r\nHost: x:80\r\nX: \t a b \t\r\nContent-Length: 12\r\n\r\nrest"
                .utf8)
        let (outcome, head) = parser.request(bytes)
        #expect(outcome == .complete)
        #expect(text(bytes, head.method) == "POST")
        #expect(text(bytes, head.pathAndQuery) == "/a/b?c=d?e")
        #expect(head.pathLength == 4)
        #expect(head.length == bytes.count - 4)
        #expect(head.fields.contentLength == 12)
        #expect(!head.isIdempotent)
        let field = parser.fields[1]
        let value = Span(start: Int(field.valueOffset), count: Int(field.valueLength))
        #expect(text(bytes, value) == "a b")
    }

    @Test("knows the forms of a target")
    func targets() {
        let cases: [(String, RequestHead.Form, String, String, Int)] = [
            ("GET http://a.b:1/c?d HTTP/1.1", .absolute, "a.b:1", "/c?d", 2),
            ("GET HTTP://a HTTP/1.1", .absolute, "a", "", 0),
            ("GET http://a?q HTTP/1.1", .absolute, "a", "?q", 0),
            ("OPTIONS * HTTP/1.1", .asterisk, "", "*", 1),
            ("CONNECT a:443 HTTP/1.1", .authority, "a:443", "", 0),
        ]
        for (line, form, authority, path, pathLength) in cases {
            let bytes = Array("\(line)\r\nHost: h\r\n\r\n".utf8)
            let (outcome, head) = parser.request(bytes)
            #expect(outcome == .complete, "\(line)")
            #expect(head.form == form, "\(line)")
            #expect(text(bytes, head.authority) == authority, "\(line)")
            #expect(text(bytes, head.pathAndQuery) == path, "\(line)")
            #expect(head.pathLength == pathLength, "\(line)")
        }
    }

    static let smuggling: [(String, Malformation)] = [
        ("GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", .bareCarriageReturn),
        ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", .foldedHeader),
        ("GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n", .foldedHeader),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .headerName),
        ("GET / HTTP/1.1\r\n: a\r\n\r\n", .headerName),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", .headerName),
        ("GET / HTTP/1.1\r\nX\u{0}: a\r\n\r\n", .headerName),
        ("GET / HTTP/1.1\r\nX: a\u{0}b\r\n\r\n", .headerValue),
        ("GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaa\u{7F}\r\n\r\n", .headerValue),
        ("GET / HTTP/1.1\r\nX: a\r\n\r\n", .missingHost),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .repeatedHost),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", .host),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .host),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            .repeatedContentLength
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", .contentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", .contentLength),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
            .contentLength
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
            .transferEncodingWithLength
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingWithLength
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            .transferEncoding
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", .transferEncoding),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncoding
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{B}chunked\r\n\r\n", .headerValue),
        (
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingInHTTP10
        ),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .requestLine),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        ("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .method),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .version),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", .version),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .scheme),
        ("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", .target),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: a b;c\r\n\r\n", .connection),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: money\r\n\r\n", .expectation),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .method),
    ]

    @Test("refuses what two readers may take differently", arguments: smuggling)
    func malformed(_ text: String, _ expected: Malformation) {
        #expect(parser.request(Array(text.utf8)).0 == .malformed(expected))
    }

    @Test("any split of the bytes parses alike")
    func splits() {
        let good = [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST http://a/b HTTP/1.0\r\nConnection: close, x\r\nX-Long: 0123456789abcdef\r\n\r\n",
        ]
        for text in good + Self.smuggling.map(\.0) {
            let bytes = Array(text.utf8)
            let (whole, wholeHead) = parser.request(bytes)
            var outcome = ParseOutcome.incomplete
            var head = RequestHead()
            for count in 1...bytes.count where outcome == .incomplete {
                (outcome, head) = parser.request(Array(bytes[..<count]))
            }
            #expect(outcome == whole, "\(text)")
            if whole == .complete { #expect(head == wholeHead, "\(text)") }
        }
    }

    @Test("heads have limits")
    func limits() {
        let many = String(repeating: "a: b\r\n", count: 101)
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        #expect(parser.request(Array((start + many).utf8)).0 == .malformed(.tooManyHeaders))
        let long = start + "X: " + String(repeating: "y", count: 61 * 1024)
        #expect(parser.request(Array(long.utf8)).0 == .malformed(.headTooLarge))
        #expect(parser.request(Array((long + "\r\n\r\n").utf8)).0 == .malformed(.headTooLarge))
    }

    @Test("takes a response apart, and refuses malformed ones")
    func responses() {
        let bytes = Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8)
        let (outcome, head) = parser.response(bytes)
        #expect(outcome == .complete)
        #expect(head.status == 404)
        #expect(text(bytes, head.statusAndReason) == "404 Not Found")
        #expect(parser.response(Array("HTTP/1.1 200\r\n\r\n".utf8)).0 == .complete)
        #expect(parser.response(Array("HTTP/1.0 200 \r\n\r\n".utf8)).0 == .complete)
        let wrong: [(String, Malformation)] = [
            ("HTTP/1.1 20x OK\r\n\r\n", .statusLine), ("HTTP/1.1 2000 OK\r\n\r\n", .statusLine),
            ("HTTP/1.1  200 OK\r\n\r\n", .statusLine), ("ICY 200 OK\r\n\r\n", .statusLine),
            ("HTTP/1.1 099 OK\r\n\r\n", .statusLine), ("HTTP/1.1 200 OK\n\r\n", .bareLineFeed),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                .transferEncodingWithLength
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                .repeatedContentLength
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .transferEncoding),
            ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", .headerName),
        ]
        for (text, expected) in wrong {
            #expect(parser.response(Array(text.utf8)).0 == .malformed(expected), "\(text)")
        }
    }

    @Test("changed bytes never crash it, and what it takes has a consistent shape")
    func fuzz() {
        var random = RandomSource(seed: 11)
        func pick(_ bound: Int) -> Int { Int(random.next(below: UInt64(bound))) }
        let seeds = Self.smuggling.map { Array($0.0.utf8) }
        for _ in 0..<20_000 {
            var bytes = seeds[pick(seeds.count)]
            for _ in 0..<(1 + pick(4)) {
                switch pick(3) {
                case 0: bytes[pick(bytes.count)] = UInt8(pick(256))
                case 1: bytes.insert(UInt8(pick(256)), at: pick(bytes.count))
                default: if bytes.count > 1 { bytes.remove(at: pick(bytes.count)) }
                }
            }
            let (outcome, head) = parser.request(bytes)
            if outcome == .complete {
                #expect(head.length <= bytes.count && head.pathAndQuery.end <= head.length)
                #expect(!(head.fields.isChunked && head.fields.contentLength >= 0))
            }
            _ = parser.response(bytes)
        }
    }
}
