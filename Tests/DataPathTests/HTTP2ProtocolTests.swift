import Routing
import Testing
import XDS

@testable import DataPath

/// What a client does wrong, and what RFC 9113 has the proxy do.
struct ProtocolError: Sendable, CustomTestStringConvertible {
    enum Answer: Sendable {
        /// The connection ends, with this code.
        case goaway(UInt32)
        /// The stream 1 ends, with this code; the connection goes on.
        case reset(UInt32)
    }

    let testDescription: String
    let answer: Answer
    /// Sent after the settings.
    let frames: @Sendable (HTTP2Peer) throws -> Void

    init(
        _ description: String, _ answer: Answer,
        _ frames: @escaping @Sendable (HTTP2Peer) throws -> Void
    ) {
        testDescription = description
        self.answer = answer
        self.frames = frames
    }
}

@Suite("RFC 9113: what a client must not do") struct HTTP2ProtocolTests {
    private static let noError: UInt32 = 0
    private static let protocolError: UInt32 = 1
    private static let flowControlError: UInt32 = 3
    private static let streamClosed: UInt32 = 5
    private static let frameSizeError: UInt32 = 6
    private static let compressionError: UInt32 = 9

    private static let pushPromise: UInt8 = 5
    private static let priority: UInt8 = 2

    private static func get(_ id: Int32 = 1) -> [UInt8] {
        [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/")].flatMap {
            HTTP2Peer.literal($0.0, $0.1)
        }
    }

    static let errors: [ProtocolError] = [
        // §4.2
        ProtocolError("a frame above the largest size", .goaway(frameSizeError)) {
            try $0.send(HTTP2Peer.data, id: 1, pattern(16_385))
        },
        ProtocolError("a PING of 7 bytes", .goaway(frameSizeError)) {
            try $0.send(HTTP2Peer.ping, pattern(7))
        },
        ProtocolError("a RST_STREAM of 3 bytes", .goaway(frameSizeError)) {
            try $0.send(HTTP2Peer.headers, flags: 4, id: 1, get())
            try $0.send(HTTP2Peer.reset, id: 1, [0, 0, 0])
        },
        ProtocolError("a WINDOW_UPDATE of 3 bytes", .goaway(frameSizeError)) {
            try $0.send(HTTP2Peer.windowUpdate, [0, 0, 1])
        },
        // §4.3
        ProtocolError("a block of headers that is none", .goaway(compressionError)) {
            try $0.send(HTTP2Peer.headers, flags: 5, id: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
        },
        // §5.1
        ProtocolError("DATA on an idle stream", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.data, id: 1, pattern(4))
        },
        ProtocolError("RST_STREAM on an idle stream", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.reset, id: 1, HTTP2Peer.bytes(8))
        },
        ProtocolError("WINDOW_UPDATE on an idle stream", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.windowUpdate, id: 1, HTTP2Peer.bytes(8))
        },
        ProtocolError("DATA after the request's end", .goaway(streamClosed)) {
            try $0.send(HTTP2Peer.headers, flags: 5, id: 1, get())
            try $0.send(HTTP2Peer.data, id: 1, pattern(4))
        },
        // §5.1.1
        ProtocolError("a stream with an even number", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.headers, flags: 5, id: 2, get())
        },
        // §6
        ProtocolError("DATA on stream 0", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.data, pattern(4))
        },
        ProtocolError("padding longer than the frame", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.headers, flags: 4, id: 1, get())
            try $0.send(HTTP2Peer.data, flags: 8, id: 1, [9, 1, 2])
        },
        ProtocolError("HEADERS on stream 0", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.headers, flags: 5, get())
        },
        ProtocolError("RST_STREAM on stream 0", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.reset, HTTP2Peer.bytes(8))
        },
        ProtocolError("SETTINGS on a stream", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.settings, id: 1)
        },
        ProtocolError("SETTINGS of 5 bytes", .goaway(frameSizeError)) {
            try $0.send(HTTP2Peer.settings, pattern(5))
        },
        ProtocolError("an acknowledgement with settings", .goaway(frameSizeError)) {
            try $0.send(HTTP2Peer.settings, flags: 1, [0, 3, 0, 0, 0, 9])
        },
        ProtocolError("ENABLE_PUSH of 2", .goaway(protocolError)) {
            try $0.sendSettings([(2, 2)])
        },
        ProtocolError("an initial window above the largest", .goaway(flowControlError)) {
            try $0.sendSettings([(4, 0x8000_0000)])
        },
        ProtocolError("a largest frame below the smallest", .goaway(protocolError)) {
            try $0.sendSettings([(5, 16_383)])
        },
        ProtocolError("PUSH_PROMISE from a client", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.headers, flags: 4, id: 1, get())
            try $0.send(pushPromise, flags: 4, id: 1, HTTP2Peer.bytes(2) + get())
        },
        ProtocolError("PING on a stream", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.ping, id: 1, pattern(8))
        },
        ProtocolError("GOAWAY on a stream", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.goaway, id: 1, pattern(8))
        },
        ProtocolError("a connection's window that opens by nothing", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.windowUpdate, HTTP2Peer.bytes(0))
        },
        ProtocolError("a connection's window above the largest", .goaway(flowControlError)) {
            try $0.send(HTTP2Peer.windowUpdate, HTTP2Peer.bytes(0x7FFF_FFFF))
        },
        ProtocolError("a stream's window above the largest", .reset(flowControlError)) {
            try $0.send(HTTP2Peer.headers, flags: 4, id: 1, get())
            try $0.send(HTTP2Peer.windowUpdate, id: 1, HTTP2Peer.bytes(0x7FFF_FFFF))
        },
        ProtocolError("CONTINUATION without HEADERS", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.continuation, flags: 4, id: 1, get())
        },
        ProtocolError("another frame inside a block of headers", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.headers, id: 1, get())
            try $0.send(HTTP2Peer.data, id: 1, pattern(4))
        },
        ProtocolError("CONTINUATION of another stream", .goaway(protocolError)) {
            try $0.send(HTTP2Peer.headers, id: 1, get())
            try $0.send(HTTP2Peer.continuation, flags: 4, id: 3)
        },
        // §8
        ProtocolError("no :path", .reset(protocolError)) {
            try $0.sendHeaders(1, [(":method", "GET"), (":scheme", "http")], end: true)
        },
        ProtocolError("an empty :path", .reset(protocolError)) {
            try $0.request(1, "GET", "")
        },
        ProtocolError(":path twice", .reset(protocolError)) {
            try $0.request(1, "GET", "/", [(":path", "/")])
        },
        ProtocolError("a pseudo-header of responses", .reset(protocolError)) {
            try $0.request(1, "GET", "/", [(":status", "200")])
        },
        ProtocolError("a pseudo-header among the trailers", .reset(protocolError)) {
            try $0.request(1, "POST", "/", end: false)
            try $0.sendHeaders(1, [(":method", "GET")], end: true)
        },
        ProtocolError("a second block that does not end the request", .reset(protocolError)) {
            try $0.request(1, "POST", "/", end: false)
            try $0.sendHeaders(1, [("x", "y")], end: false)
        },
        ProtocolError("more bytes than content-length", .reset(protocolError)) {
            try $0.request(1, "POST", "/", [("content-length", "3")], end: false)
            try $0.sendBody(1, pattern(4), end: true)
        },
        ProtocolError("fewer bytes than content-length", .reset(protocolError)) {
            try $0.request(1, "POST", "/", [("content-length", "5")], end: false)
            try $0.sendBody(1, pattern(4), end: true)
        },
    ]

    @Test("errors end the stream or the connection", arguments: errors)
    func error(_ error: ProtocolError) async throws {
        let server = try TestServer.http2 { _, _, _ in }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port)
            try client.receive { $0.remoteSettings[3] != nil }
            try error.frames(client)
            switch error.answer {
            case .goaway(let code):
                try client.receive { $0.goawayCode != nil }
                #expect(client.goawayCode == code)
                #expect(client.isAtEnd())
            case .reset(let code):
                #expect(try client.response(1).resetCode == code)
                try client.send(HTTP2Peer.ping, pattern(8))
                try client.receive { !$0.pings.isEmpty }
                #expect(client.goawayCode == nil)
            }
            try await until { proxy.proxy.statistics.activeConnections <= 1 }
        }
    }

    @Test("what must be let pass: unknown frames, settings and flags, padding, priorities")
    func tolerated() async throws {
        let server = try TestServer.http2 { peer, id, request in
            try peer.answer(id, request.body)
        }
        defer { server.stop() }
        try await TestProxy.with(.everything(http2: server)) { proxy in
            let client = try HTTP2Peer.client(port: proxy.port, settings: [(0xABCD, 7)])
            try client.send(0xEE, flags: 0xFF, id: 3, pattern(20))
            try client.send(Self.priority, id: 9, [0, 0, 0, 0, 200])
            try client.send(HTTP2Peer.headers, flags: 0xD2 | 4, id: 1, Self.get())
            try client.send(HTTP2Peer.data, flags: 8, id: 1, [3, 97, 98, 0, 0, 0])
            try client.send(HTTP2Peer.data, flags: 9, id: 1, [0, 99])
            #expect(try client.response(1).text == "abc")
        }
    }
}
