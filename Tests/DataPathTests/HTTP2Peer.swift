import CNghttp2
import Foundation

/// One end of an HTTP/2 connection that blocks: it sends any frame, also wrong ones, and keeps
/// what it receives by stream.
final class HTTP2Peer: @unchecked Sendable {
    typealias Headers = [(String, String)]

    struct Frame {
        var type: UInt8
        var flags: UInt8
        var id: Int32
        var payload: [UInt8]
    }

    /// What came on one stream.
    struct Received: Sendable {
        var blocks: [[(name: String, value: String)]] = []
        var body: [UInt8] = []
        var isEnded = false
        var resetCode: UInt32?

        var isOver: Bool { isEnded || resetCode != nil }
        var text: String { String(decoding: body, as: UTF8.self) }
        /// The final head's status.
        var status: Int? { head.first { $0.name == ":status" }.flatMap { Int($0.value) } }
        /// The first block that is no interim response.
        var head: [(name: String, value: String)] {
            blocks.first {
                $0.first.map { !$0.value.hasPrefix("1") || $0.name != ":status" } ?? true
            }
                ?? []
        }
        var trailers: [(name: String, value: String)] {
            guard let last = blocks.last, blocks.count > 1, last.first?.name != ":status" else {
                return []
            }
            return last
        }

        func values(_ name: String) -> [String] { head.filter { $0.name == name }.map(\.value) }
        func value(_ name: String) -> String? { values(name).first }
    }

    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let reset: UInt8 = 3
    static let settings: UInt8 = 4
    static let ping: UInt8 = 6
    static let goaway: UInt8 = 7
    static let windowUpdate: UInt8 = 8
    static let continuation: UInt8 = 9
    static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    let stream: TestStream
    private(set) var received: [Int32: Received] = [:]
    /// The streams that the other end opened, in order.
    private(set) var opened: [Int32] = []
    private(set) var lastStreamOfGoaway: Int32?
    private(set) var goawayCode: UInt32?
    private(set) var remoteSettings: [UInt16: UInt32] = [:]
    private(set) var pings: [[UInt8]] = []
    /// The other end gets its windows back at once.
    var opensWindows = true
    private var connectionWindow = 65_535
    /// By how much the streams' windows differ from the settings'.
    private var windowChanges: [Int32: Int] = [:]
    private var block: [UInt8] = []
    private let inflater: OpaquePointer?
    private let isServer: Bool

    private init(_ stream: TestStream, isServer: Bool) {
        self.stream = stream
        self.isServer = isServer
        var inflater: OpaquePointer?
        nghttp2_hd_inflate_new(&inflater)
        self.inflater = inflater
    }

    deinit {
        nghttp2_hd_inflate_del(inflater)
    }

    /// A client; its settings are identifiers and values.
    static func client(
        port: Int, settings: [(UInt16, UInt32)] = []
    ) throws -> HTTP2Peer {
        let peer = HTTP2Peer(try TestStream(port: port), isServer: false)
        try peer.stream.send(preface)
        try peer.sendSettings(settings)
        return peer
    }

    /// A server on an accepted connection.
    static func server(
        _ stream: TestStream, settings: [(UInt16, UInt32)] = []
    ) throws -> HTTP2Peer {
        let peer = HTTP2Peer(stream, isServer: true)
        let start = try stream.readText(preface.utf8.count)
        guard start == preface else { throw TestStream.Failure(description: "no preface") }
        try peer.sendSettings(settings)
        return peer
    }

    // MARK: Sending

    func send(_ type: UInt8, flags: UInt8 = 0, id: Int32 = 0, _ payload: [UInt8] = []) throws {
        let count = payload.count
        var frame: [UInt8] = [
            UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags,
        ]
        frame += Self.bytes(UInt32(bitPattern: id)) + payload
        try stream.send(frame)
    }

    static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }

    func sendSettings(_ settings: [(UInt16, UInt32)]) throws {
        try send(
            Self.settings, settings.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] + Self.bytes($1) })
    }

    func sendHeaders(_ id: Int32, _ headers: Headers, end: Bool) throws {
        var block = headers.flatMap { Self.literal($0, $1) }
        var type = Self.headers
        var flags: UInt8 = end ? 1 : 0
        while block.count > 16_384 {
            try send(type, flags: flags, id: id, Array(block.prefix(16_384)))
            block.removeFirst(16_384)
            type = Self.continuation
            flags = 0
        }
        try send(type, flags: flags | 4, id: id, block)
    }

    /// A header without compression (RFC 7541 §6.2.2).
    static func literal(_ name: String, _ value: String) -> [UInt8] {
        func string(_ text: String) -> [UInt8] {
            let bytes = Array(text.utf8)
            var rest = bytes.count
            if rest < 127 { return [UInt8(rest)] + bytes }
            var prefix: [UInt8] = [127]
            rest -= 127
            while rest >= 128 {
                prefix.append(UInt8(rest & 127) | 128)
                rest >>= 7
            }
            return prefix + [UInt8(rest)] + bytes
        }
        return [0] + string(name) + string(value)
    }

    /// A request's head; `:authority` is `test` and `:scheme` `http`.
    func request(
        _ id: Int32, _ method: String, _ path: String, _ more: Headers = [], end: Bool = true
    ) throws {
        try sendHeaders(
            id,
            [(":method", method), (":scheme", "http"), (":authority", "test"), (":path", path)]
                + more, end: end)
    }

    /// Sends a body within the other end's windows.
    func sendBody(_ id: Int32, _ bytes: [UInt8], end: Bool, frame: Int = 16_384) throws {
        var start = 0
        repeat {
            var count = min(bytes.count - start, frame)
            while count > 0 {
                let allowed = min(connectionWindow, window(id))
                if allowed > 0 {
                    count = min(count, allowed)
                    break
                }
                let isOver = isServer ? received[id]?.resetCode != nil : received[id]?.isOver
                if isOver == true { return }
                try receive()
            }
            connectionWindow -= count
            windowChanges[id, default: 0] -= count
            let isLast = start + count == bytes.count
            try send(
                Self.data, flags: isLast && end ? 1 : 0, id: id,
                Array(bytes[start..<(start + count)]))
            start += count
        } while start < bytes.count
    }

    /// What the other end still takes on a stream.
    func window(_ id: Int32) -> Int {
        Int(remoteSettings[4] ?? 65_535) + windowChanges[id, default: 0]
    }

    func openWindow(_ id: Int32, _ count: Int) throws {
        try send(Self.windowUpdate, id: id, Self.bytes(UInt32(count)))
    }

    func sendReset(_ id: Int32, _ code: UInt32 = 8) throws {
        try send(Self.reset, id: id, Self.bytes(code))
    }

    // MARK: Receiving

    func readFrame() throws -> Frame {
        let head = try stream.read(9)
        let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
        return Frame(
            type: head[3], flags: head[4], id: Int32(bitPattern: Self.number(head[5...])),
            payload: try stream.read(count))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Receives one frame and keeps what it says.
    func receive() throws {
        let frame = try readFrame()
        switch frame.type {
        case Self.data:
            received[frame.id, default: Received()].body += frame.payload
            if frame.flags & 1 != 0 { received[frame.id, default: Received()].isEnded = true }
            if opensWindows && !frame.payload.isEmpty {
                try openWindow(0, frame.payload.count)
                if frame.flags & 1 == 0 { try openWindow(frame.id, frame.payload.count) }
            }
        case Self.headers, Self.continuation: try receiveHeaders(frame)
        case Self.reset:
            received[frame.id, default: Received()].resetCode = Self.number(frame.payload[...])
        case Self.settings: try receiveSettings(frame)
        case Self.ping:
            pings.append(frame.payload)
            if frame.flags & 1 == 0 { try send(Self.ping, flags: 1, frame.payload) }
        case Self.goaway:
            lastStreamOfGoaway = Int32(bitPattern: Self.number(frame.payload[...]))
            goawayCode = Self.number(frame.payload[4...])
        case Self.windowUpdate:
            let count = Int(Self.number(frame.payload[...]))
            if frame.id == 0 {
                connectionWindow += count
            } else {
                windowChanges[frame.id, default: 0] += count
            }
        default: break
        }
    }

    private func receiveSettings(_ frame: Frame) throws {
        if frame.flags & 1 != 0 { return }
        for start in stride(from: 0, to: frame.payload.count, by: 6) {
            let id = UInt16(frame.payload[start]) << 8 | UInt16(frame.payload[start + 1])
            remoteSettings[id] = Self.number(frame.payload[(start + 2)...])
        }
        try send(Self.settings, flags: 1)
    }

    private var endsStream = false

    private func receiveHeaders(_ frame: Frame) throws {
        if frame.type == Self.headers { endsStream = frame.flags & 1 != 0 }
        block += frame.payload
        guard frame.flags & 4 != 0 else { return }
        if received[frame.id] == nil { opened.append(frame.id) }
        received[frame.id, default: Received()].blocks.append(inflate(block))
        if endsStream { received[frame.id]?.isEnded = true }
        block = []
    }

    private func inflate(_ block: [UInt8]) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        var start = 0
        while true {
            var header = nghttp2_nv()
            var flags: Int32 = 0
            let count = block[start...].withUnsafeBufferPointer {
                nghttp2_hd_inflate_hd2(inflater, &header, &flags, $0.baseAddress, $0.count, 1)
            }
            if count < 0 { return headers }
            start += count
            if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                func text(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> String {
                    String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
                }
                headers.append(
                    (text(header.name, header.namelen), text(header.value, header.valuelen)))
            }
            if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
                nghttp2_hd_inflate_end_headers(inflater)
                return headers
            }
        }
    }

    /// Receives until something holds.
    func receive(until isDone: (HTTP2Peer) -> Bool) throws {
        while !isDone(self) { try receive() }
    }

    /// Receives until a stream is over.
    func response(_ id: Int32) throws -> Received {
        try receive { $0.received[id]?.isOver == true }
        return received[id] ?? Received()
    }

    /// Whether the other end closes the connection.
    func isAtEnd() -> Bool {
        do {
            while true { try receive() }
        } catch {
            return !"\(error)".hasSuffix("errno \(EAGAIN)")
        }
    }

    // MARK: Serving

    /// Serves requests, each when it is complete, until the connection ends.
    func serve(_ answer: (HTTP2Peer, Int32, Received) throws -> Void) throws {
        var answered = 0
        var waiting: [Int32] = []
        while true {
            try receive()
            waiting += opened[answered...]
            answered = opened.count
            for id in waiting {
                guard let request = received[id], request.isOver else { continue }
                waiting.removeAll { $0 == id }
                if request.isEnded { try answer(self, id, request) }
            }
        }
    }

    /// Answers with a body.
    func answer(
        _ id: Int32, _ body: [UInt8], headers: Headers = [], trailers: Headers = []
    ) throws {
        try sendHeaders(id, [(":status", "200")] + headers, end: false)
        try sendBody(id, body, end: trailers.isEmpty)
        if !trailers.isEmpty { try sendHeaders(id, trailers, end: true) }
    }
}

extension TestServer {
    /// A server that speaks HTTP/2.
    static func http2(
        settings: [(UInt16, UInt32)] = [],
        _ answer: @escaping @Sendable (HTTP2Peer, Int32, HTTP2Peer.Received) throws -> Void
    ) throws -> TestServer {
        try TestServer { stream, _ in
            try HTTP2Peer.server(stream, settings: settings).serve(answer)
        }
    }
}
