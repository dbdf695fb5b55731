import Foundation
import Glibc
import Synchronization

/// A blocking stream socket that gives up after some seconds.
final class TestStream: @unchecked Sendable {
    private(set) var fd: Int32
    private let closing = Mutex(())
    private var buffer: [UInt8] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(fd: Int32) {
        self.fd = fd
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    }

    convenience init(port: Int, receiveBuffer: Int32? = nil) throws {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer { setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var address = loopback(port)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            Glibc.close(fd)
            throw Failure(description: "cannot connect to \(port): errno \(errno)")
        }
        self.init(fd: fd)
    }

    deinit { close() }

    func close() {
        closing.withLock { _ in
            if fd >= 0 { Glibc.close(fd) }
            fd = -1
        }
    }

    /// Ends what is under way on it, from another thread. A descriptor that is closed meanwhile may
    /// be somebody else's already.
    func cutOff() {
        closing.withLock { _ in
            if fd >= 0 { shutdown(fd, Int32(SHUT_RDWR)) }
        }
    }

    /// Closes with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func endWriting() { shutdown(fd, Int32(SHUT_WR)) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "cannot send: errno \(errno)") }
            sent += count
        }
    }

    /// Reads once; false at the end.
    private func readMore() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(fd, &chunk, chunk.count, 0)
        guard count >= 0 else { throw Failure(description: "cannot read: errno \(errno)") }
        buffer += chunk[..<count]
        return count > 0
    }

    func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try readMore() else {
                throw Failure(description: "end after \(buffer.count) of \(count) bytes")
            }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    func readText(_ count: Int) throws -> String {
        String(decoding: try read(count), as: UTF8.self)
    }

    /// Reads up to and with the separator; nil at the end before anything came.
    func read(through separator: String) throws -> String? {
        let end = Array(separator.utf8)
        var searched = 0
        while true {
            if let range = buffer[searched...].firstRange(of: end) {
                let text = String(decoding: buffer[..<range.upperBound], as: UTF8.self)
                buffer.removeFirst(range.upperBound)
                return text
            }
            searched = max(buffer.count - end.count + 1, 0)
            guard try readMore() else {
                if buffer.isEmpty { return nil }
                throw Failure(description: "end before \(separator.debugDescription)")
            }
        }
    }

    func readToEnd() throws -> [UInt8] {
        while try readMore() {}
        defer { buffer = [] }
        return buffer
    }

    /// Whether the peer ends the connection, without more bytes.
    func isAtEnd() -> Bool {
        do {
            return try readToEnd().isEmpty
        } catch {
            // A reset is an end as well; silence is none.
            return !"\(error)".hasSuffix("errno \(EAGAIN)")
        }
    }

    /// A head and its body.
    struct Message: Sendable {
        var head: String
        var body: [UInt8]
        var status: Int { Int(head.split(separator: " ")[1]) ?? 0 }
        var text: String { String(decoding: body, as: UTF8.self) }

        /// The values of a header, in order.
        func values(_ name: String) -> [String] {
            head.components(separatedBy: "\r\n").dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":"),
                    line[..<colon].lowercased() == name.lowercased()
                else { return nil }
                return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            }
        }

        func value(_ name: String) -> String? { values(name).first }
    }

    /// Reads a message whose framing its head tells; nil at the end.
    func readMessage(hasBody: Bool = true) throws -> Message? {
        guard let head = try read(through: "\r\n\r\n") else { return nil }
        var message = Message(head: head, body: [])
        if !hasBody || head.hasPrefix("HTTP/1.1 1") { return message }
        if message.value("transfer-encoding") != nil {
            message.body = try readChunks()
        } else if let length = message.value("content-length").flatMap(Int.init) {
            message.body = try read(length)
        } else if head.hasPrefix("HTTP/"), message.status != 204, message.status != 304 {
            message.body = try readToEnd()
        }
        return message
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while let line = try read(through: "\r\n") {
            guard let size = Int(line.dropLast(1), radix: 16) else {
                throw Failure(description: "no chunk size: \(line.debugDescription)")
            }
            let data = try read(size + 2)
            if size == 0 { return body }
            body += data.dropLast(2)
        }
        throw Failure(description: "end in a chunked body")
    }

    func response(hasBody: Bool = true) throws -> Message {
        guard let message = try readMessage(hasBody: hasBody) else {
            throw Failure(description: "end instead of a response")
        }
        return message
    }
}

private func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return address
}

/// A server on a free port of the loopback; a thread for each connection.
final class TestServer: Sendable {
    let port: Int
    private let fd: Int32
    private let accepted = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)
    private let streams = Mutex<[TestStream]>([])

    /// How many connections were accepted.
    var connections: Int { accepted.load(ordering: .sequentiallyConsistent) }

    /// - Parameter serve: Serves one connection, given its number from 1, until it returns or
    ///   throws; then the connection is closed.
    init(_ serve: @escaping @Sendable (TestStream, Int) throws -> Void) throws {
        fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let fd = fd
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(fd, $0, length)
                _ = listen(fd, 512)
                _ = getsockname(fd, $0, &length)
            }
        }
        port = Int(in_port_t(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(fd, nil, nil)
                guard connection >= 0 else {
                    // Not before: the number may be another socket's at once.
                    Glibc.close(fd)
                    return
                }
                let number = accepted.add(1, ordering: .sequentiallyConsistent).newValue
                let stream = TestStream(fd: connection)
                streams.withLock { $0.append(stream) }
                Thread.detachNewThread {
                    // A client that goes away is part of some tests.
                    try? serve(stream, number)
                    stream.close()
                }
            }
        }
    }

    /// Answers each request with 200 and what the closure makes of it.
    static func answering(
        _ answer: @escaping @Sendable (TestStream.Message) -> String
    ) throws -> TestServer {
        try TestServer { stream, _ in
            while let request = try stream.readMessage() {
                let body = Array(answer(request).utf8)
                try stream.send(
                    Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
            }
        }
    }

    /// Stops accepting.
    func stop() {
        // Once: then the number may be another socket's.
        if stopped.exchange(true, ordering: .sequentiallyConsistent) { return }
        shutdown(fd, Int32(SHUT_RDWR))
        streams.withLock { streams in
            for stream in streams { stream.cutOff() }
        }
    }
}
