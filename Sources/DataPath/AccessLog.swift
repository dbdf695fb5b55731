import CLinuxIO
import Glibc
import Routing

/// One worker's access log: a line a request, and a line a connection that is none of HTTP,
/// written in large pieces.
///
/// A line, by Envoy's default format with what Heddle adds:
///
///     [TIME] "METHOD PATH PROTOCOL" STATUS FLAG RECEIVED SENT MILLISECONDS "AUTHORITY"
///     "REQUEST-ID" ROUTE VIRTUAL-HOST CLUSTER UPSTREAM
///
/// Of a connection, the authority is the TLS server name, the route the filter chain and the
/// virtual host the listener.
///
/// When the destination takes no more, lines are dropped rather than requests held up.
final class AccessLog {
    private let fd: Int32
    private var pending: [UInt8] = []
    private var lastFlush: UInt64 = 0

    private static let flushSize = 16 * 1024
    private static let mostPending = 1024 * 1024
    private static let flushInterval: UInt64 = 100_000_000

    /// A log to a descriptor.
    init(fd: Int32) {
        self.fd = fd
        pending.reserveCapacity(Self.flushSize * 2)
    }

    /// How long the loop may wait before the next ``flush(now:)``; nil when nothing is pending.
    var longestWait: UInt64? { pending.isEmpty ? nil : Self.flushInterval }

    /// Writes when enough has gathered, or some time has passed.
    func flush(now: UInt64) {
        if pending.isEmpty { return }
        if pending.count < Self.flushSize && now < lastFlush + Self.flushInterval { return }
        lastFlush = now
        let written = pending.withUnsafeBytes { write(fd, $0.baseAddress, $0.count) }
        if written > 0 { pending.removeFirst(written) }
        if pending.count > Self.mostPending { pending.removeAll(keepingCapacity: true) }
    }

    /// Adds a line.
    func add(_ exchange: Exchange, request: LoggedRequest, milliseconds: UInt64) {
        pending.append(UInt8(ascii: "["))
        addTime()
        add("] \"")
        addQuoted(request.method)
        add(" ")
        addQuoted(request.target)
        switch exchange.isHTTP10 ? .http10 : exchange.version {
        case .http10: add(" HTTP/1.0\" ")
        case .http11: add(" HTTP/1.1\" ")
        case .http2: add(" HTTP/2\" ")
        }
        add(UInt64(exchange.status))
        add(" ")
        pending.append(contentsOf: UnsafeRawBufferPointer(exchange.flag.text))
        add(" ")
        add(exchange.bytesReceived)
        add(" ")
        add(exchange.bytesSent)
        add(" ")
        add(milliseconds)
        add(" \"")
        addQuoted(request.authority)
        add("\" \"")
        addQuoted(request.requestID)
        add("\" ")
        addWord(exchange.route?.name ?? [])
        add(" ")
        addWord(exchange.route?.virtualHost ?? [])
        add(" ")
        addWord(exchange.cluster.map { Array($0.compiled.name.utf8) } ?? [])
        add(" ")
        addWord(
            exchange.cluster.flatMap { cluster in
                cluster.endpoints.indices.contains(exchange.endpoint)
                    ? cluster.endpoints[exchange.endpoint].text : nil
            } ?? [])
        add("\n")
    }

    /// Adds a line of a connection that is forwarded as it is, or was not served.
    func add(_ connection: LoggedConnection) {
        pending.append(UInt8(ascii: "["))
        addTime()
        add("] \"- - -\" 0 ")
        pending.append(contentsOf: UnsafeRawBufferPointer(connection.flag.text))
        add(" ")
        add(connection.bytesReceived)
        add(" ")
        add(connection.bytesSent)
        add(" ")
        add(connection.milliseconds)
        add(" \"")
        addQuoted(connection.serverName)
        add("\" \"-\" ")
        addWord(Array(connection.chain.utf8))
        add(" ")
        addWord(Array(connection.listener.utf8))
        add(" ")
        addWord(Array(connection.cluster.utf8))
        add(" ")
        addWord(connection.endpoint)
        add("\n")
    }

    private func add(_ text: StaticString) {
        pending.append(contentsOf: UnsafeRawBufferPointer(text))
    }

    private func add(_ number: UInt64) {
        pending.append(contentsOf: String(number).utf8)
    }

    private func addWord(_ bytes: [UInt8]) {
        bytes.isEmpty ? add("-") : addQuoted(bytes)
    }

    /// Quotes and what is not visible ASCII go as `\xHH`, so that a line stays a line.
    private func addQuoted(_ bytes: [UInt8]) {
        if bytes.isEmpty { return add("-") }
        for byte in bytes {
            if byte < 0x21 || byte >= 0x7F || byte == 0x22 || byte == 0x5C {
                add("\\x")
                pending.append(Self.hexadecimal(byte >> 4))
                pending.append(Self.hexadecimal(byte & 15))
            } else {
                pending.append(byte)
            }
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? digit + 0x30 : digit + 0x37
    }

    /// Such as `2026-01-02T03:04:05.678Z`.
    private func addTime() {
        let wall = linux_wall_clock()
        var seconds = time_t(wall / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func pad(_ number: Int, _ digits: Int, _ after: Character) {
            let text = String(number)
            for _ in text.count..<max(digits, text.count) { pending.append(0x30) }
            pending.append(contentsOf: text.utf8)
            pending.append(after.asciiValue ?? 0x20)
        }
        pad(Int(parts.tm_year) + 1900, 4, "-")
        pad(Int(parts.tm_mon) + 1, 2, "-")
        pad(Int(parts.tm_mday), 2, "T")
        pad(Int(parts.tm_hour), 2, ":")
        pad(Int(parts.tm_min), 2, ":")
        pad(Int(parts.tm_sec), 2, ".")
        pad(Int(wall % 1000), 3, "Z")
    }
}

/// What the access log says of a request and the buffers hold no longer when it is over.
struct LoggedRequest {
    var method: [UInt8] = []
    var target: [UInt8] = []
    var authority: [UInt8] = []
    var requestID: [UInt8] = []
}

/// What the access log says of a connection that is forwarded as it is, or was not served.
struct LoggedConnection {
    var listener: String
    var chain: String
    var serverName: [UInt8] = []
    var flag = ResponseFlag.none
    var bytesReceived: UInt64 = 0
    var bytesSent: UInt64 = 0
    var milliseconds: UInt64 = 0
    var cluster = ""
    var endpoint: [UInt8] = []

    init(listener: String, chain: String) {
        self.listener = listener
        self.chain = chain
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes of a literal.
    init(_ text: StaticString) {
        self.init(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
