import Routing
import Testing

@testable import DataPath

@Suite("Chunked bodies")
struct ChunkedDecoderTests {
    /// Feeds pieces of the given sizes; what is forwarded, what is left, and what is wrong.
    private func run(
        _ text: String, sizes: () -> Int, removesFraming: Bool = false
    ) -> (forwarded: String, left: Int, malformation: Malformation?, isFinished: Bool) {
        var decoder = ChunkedDecoder(removesFraming: removesFraming)
        var waiting = Array(text.utf8)[...]
        var buffer: [UInt8] = []
        var forwarded: [UInt8] = []
        while !waiting.isEmpty && !decoder.isFinished {
            let size = min(sizes(), waiting.count)
            buffer += waiting.prefix(size)
            waiting = waiting.dropFirst(size)
            let scan = buffer.withUnsafeMutableBytes { decoder.scan($0) }
            buffer.removeLast(scan.removed)
            forwarded += buffer.prefix(scan.ready)
            buffer.removeFirst(scan.ready)
            if let malformation = scan.malformation {
                return (String(decoding: forwarded, as: UTF8.self), 0, malformation, false)
            }
        }
        return (
            String(decoding: forwarded, as: UTF8.self), buffer.count + waiting.count, nil,
            decoder.isFinished
        )
    }

    static let cases: [(text: String, forwarded: String, decoded: String)] = [
        ("0\r\n\r\n", "0\r\n\r\n", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello"),
        (
            "0005\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n",
            "0005\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n", "hello0123456789"
        ),
        ("5;a=b\r\nhello\r\n0;x\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5 ; a=\"b\"\r\nhello\r\n0\r\nX: y\r\nZ: \r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "hello"),
    ]

    @Test(
        "forwards what is verified, without extensions and trailers; any split alike",
        arguments: cases)
    func good(_ text: String, _ forwarded: String, _ decoded: String) {
        for size in 1...(text.utf8.count + 3) {
            let kept = run(text + "GET", sizes: { size })
            #expect(kept.isFinished && kept.forwarded == forwarded, "size \(size)")
            #expect(kept.left == 3, "size \(size)")
            let bare = run(text, sizes: { size }, removesFraming: true)
            #expect(bare.isFinished && bare.forwarded == decoded, "size \(size)")
        }
    }

    @Test(
        "refuses malformed framing, in any split",
        arguments: [
            ("\r\n", Malformation.chunkSize), ("x\r\n", .chunkSize), ("5 \r\nhello", .chunkSize),
            ("-1\r\n", .chunkSize), ("0x5\r\nhello", .chunkSize), ("123456789\r\n", .chunkSize),
            ("5\nhello", .chunkSize), ("5;a\nb\r\nhello", .chunkExtension),
            ("5;a\rb\r\nhello", .chunkExtension), ("5;\u{0}\r\nhello", .chunkExtension),
            ("5\rxhello", .chunkExtension), ("2\r\nabc\r\n", .chunkEnd), ("2\r\nab\n0", .chunkEnd),
            ("2\r\nab\r0\r\n", .chunkEnd), ("0\r\nA\r\n\r\n", .trailer),
            ("0\r\n: a\r\n\r\n", .trailer),
            ("0\r\na b: c\r\n\r\n", .trailer), ("0\r\n\na", .trailer),
            ("0\r\na: b\rc\r\n\r\n", .trailer),
        ])
    func bad(_ text: String, _ expected: Malformation) {
        for size in 1...text.utf8.count {
            #expect(run(text, sizes: { size }).malformation == expected, "size \(size)")
        }
    }

    @Test("random bytes never crash it")
    func fuzz() {
        var random = RandomSource(seed: 5)
        let alphabet = Array("0123aF\r\n;:= x\u{0}".utf8)
        for _ in 0..<10_000 {
            let count = Int(random.next(below: 40)) + 1
            let text = String(
                decoding: (0..<count).map { _ in
                    alphabet[Int(random.next(below: UInt64(alphabet.count)))]
                }, as: UTF8.self)
            let whole = run(text, sizes: { 100 })
            let split = run(text, sizes: { Int(random.next(below: 4)) + 1 })
            #expect(whole.malformation == split.malformation, "\(text.debugDescription)")
            #expect(whole.isFinished == split.isFinished, "\(text.debugDescription)")
        }
    }
}

@Suite("Normal forms of paths")
struct PathNormalizerTests {
    @Test(
        "dots, slashes and percent-encodings",
        arguments: [
            ("/a/b", "/a/b"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/../../b", "/b"),
            ("/a/..", "/"), ("/a/.", "/a/"), ("/%61%2E%2e/b", "/a../b"), ("/%2e%2e/b", "/b"),
            ("/a%2Fb", "/a%2Fb"), ("//a///b", "/a/b"), ("/a\\..\\b", "/b"), ("/%zz", "/%zz"),
            ("/a/%252e", "/a/%252e"), ("/", "/"), ("/%", "/%"), ("/...", "/..."),
        ])
    func normalForm(_ path: String, _ expected: String) {
        let bytes = Array(path.utf8)
        var output = [UInt8](repeating: 0, count: bytes.count)
        let (count, isNeeded) = bytes.withUnsafeBytes { path in
            output.withUnsafeMutableBytes { output in
                (
                    PathNormalizer.normalize(
                        path, normalizes: true, mergesSlashes: true, into: output),
                    PathNormalizer.isNeeded(path, normalizes: true, mergesSlashes: true)
                )
            }
        }
        #expect(String(decoding: output[..<count], as: UTF8.self) == expected)
        if path != expected { #expect(isNeeded) }
    }
}

@Suite("Timers")
struct TimerWheelTests {
    @Test("each entry comes once, not before its time and soon after it")
    func order() {
        var random = RandomSource(seed: 3)
        var wheel = TimerWheel(now: 0)
        var left: [UInt64: UInt64] = [:]
        for token in UInt64(0)..<500 {
            let time = random.next(below: 300_000_000_000)
            left[token] = time
            wheel.insert(token, at: time)
        }
        var now: UInt64 = 0
        while !left.isEmpty {
            guard let wait = wheel.untilNext(now: now) else {
                Issue.record("the wheel forgot \(left.count)")
                return
            }
            #expect(left.values.allSatisfy { $0 + 70_000_000 > now })
            now += wait + 1
            var due: [TimerWheel.Entry] = []
            wheel.advance(to: now, into: &due)
            for entry in due {
                #expect(entry.time <= now)
                #expect(left.removeValue(forKey: entry.token) == entry.time)
            }
        }
        #expect(wheel.untilNext(now: now) == nil)
    }
}
