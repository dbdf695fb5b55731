import CLinuxIO
import Routing

/// The client side of one exchange on an HTTP/1 connection whose route needs a ``HTTPStream``.
///
/// It takes the connection over when the request's head was parsed and gives it back after the
/// response. Confined to its worker.
final class HTTP1Client: ClientSide, DownstreamUser {
    /// How the response's body is delimited (RFC 9112 §6.3).
    private enum Framing {
        case none
        case length
        case chunked
        case untilClose
    }

    unowned(unsafe) private let downstream: Downstream
    @exclusivity(unchecked) private var body: BodyReader
    @exclusivity(unchecked) private var framing = Framing.none
    @exclusivity(unchecked) private var hasHead = false
    /// The end of the response's framing is in the output.
    @exclusivity(unchecked) private var hasEnd = false
    @exclusivity(unchecked) private var isReading = false
    @exclusivity(unchecked) private var isWriting = false

    private static let outputSize = 16 * 1024

    /// The client of the request whose head was just parsed.
    init(_ downstream: Downstream) {
        self.downstream = downstream
        body = BodyReader(downstream.worker.requestHead, removesChunks: true)
        super.init(
            peer: downstream.peer.text, isSecure: downstream.isSecure,
            version: downstream.exchange.isHTTP10 ? .http10 : .http11)
    }

    private var worker: Worker { downstream.worker }

    /// Begins the exchange; the head stands at the start of the connection's input.
    func begin(_ selection: StreamSelection?, _ base: UnsafeRawPointer) {
        let stream = worker.streams.take(worker)
        HTTP1Request(head: base, fields: worker.fields).copy(worker.requestHead, to: stream.request)
        stream.request.endsWithHead = body.isFinished
        downstream.input.consume(worker.requestHead.length)
        stream.begin(self, downstream.service, selection)
        read()
    }

    // MARK: The connection

    func downstreamIsReady(_ ready: UInt32) {
        if ready & (LINUX_HUNG_UP | LINUX_FAILED) != 0 { return lost() }
        if ready & LINUX_WRITABLE != 0 { write() }
        if downstream.isReadable { read() }
    }

    func downstreamProceeds() {
        write()
        read()
    }

    func downstreamTimerFired() {}

    func downstreamDrains() {}

    func downstreamStops() { lost() }

    /// The client is gone.
    private func lost() {
        stream?.clientIsGone()
        linux_reset_on_close(downstream.fd)
        downstream.close()
    }

    // MARK: The request

    /// Reads the body while there is room for it.
    private func read() {
        if isReading { return }
        isReading = true
        defer { isReading = false }
        var reads = 0
        while let stream, !body.isFinished {
            if !downstream.input.isEmpty && !takeBody(stream) { return }
            if self.stream == nil || body.isFinished { return }
            if stream.requestBody.count >= stream.exchange.bodyRoom { return }
            if !downstream.isReadable { return }
            if reads == Downstream.mostReads { return worker.loop.continueLater(downstream) }
            reads += 1
            switch downstream.fill() {
            case .bytes: continue
            case .nothing: return
            case .full: worker.buffers.reserve(BufferPool.size, in: &downstream.input)
            case .ended, .failed: return lost()
            }
        }
    }

    /// Passes on what was read of the body; false when it is malformed.
    private func takeBody(_ stream: HTTPStream) -> Bool {
        let scan = body.scan(downstream.input.bytes)
        if scan.removed > 0 { downstream.input.shrink(scan.removed) }
        if scan.ready > 0 {
            stream.receivedRequestBody(
                UnsafeRawBufferPointer(rebasing: downstream.input.bytes[..<scan.ready]))
            // A request that was answered meanwhile has let go of the connection and its input.
            guard self.stream === stream else { return false }
            downstream.input.consume(scan.ready)
        }
        if let malformation = scan.malformation {
            downstream.exchange.persists = false
            self.stream?.reply(
                LocalReply(400, .downstreamProtocolError, "\(malformation.reason)"))
            return false
        }
        if body.isFinished { self.stream?.receivedRequestEnd() }
        return true
    }

    override func requestBodyDrained(_ count: Int) {
        if !isReading && !body.isFinished { worker.loop.continueLater(downstream) }
    }

    // MARK: The response

    override func sendInterim() {
        guard let stream, version != .http10 else { return }
        writeHead(stream.response, stream.response.headers.count)
        write()
    }

    override func sendResponse() {
        guard let stream else { return }
        let response = stream.response
        let hasNoBody = stream.request.isHEAD || response.status == 204 || response.status == 304
        framing =
            hasNoBody || response.endsWithHead
            ? .none
            : response.contentLength >= 0
                ? .length : version == .http10 ? .untilClose : .chunked
        let answersEarly = stream.exchange.responseIsReceived && !stream.exchange.requestIsReceived
        if framing == .untilClose || downstream.endsSoon || answersEarly {
            downstream.exchange.persists = false
        }
        if response.status == 204 { response.headers.remove(.contentLength) }
        if !hasNoBody && response.endsWithHead && response.contentLength < 0 {
            response.headers.append("content-length", "0")
        }
        if framing == .chunked { response.headers.append("transfer-encoding", "chunked") }
        if !downstream.exchange.persists {
            response.headers.append("connection", "close")
        } else if version == .http10 {
            response.headers.append("connection", "keep-alive")
        }
        hasHead = true
        writeHead(response, response.headers.count)
        write()
    }

    private func writeHead(_ response: StreamResponse, _ count: Int) {
        let headers = response.headers
        let phrase = LocalReply.phrase(response.status)
        worker.buffers.reserve(
            headers.size + headers.count * 4 + phrase.utf8.count + 32, in: &downstream.output)
        var writer = ByteWriter(downstream.output.room)
        writer.write("HTTP/1.1 ")
        writer.write(decimal: UInt64(response.status))
        writer.write(" ")
        writer.write(Array(phrase.utf8))
        writer.write("\r\n")
        writer.write(lines: headers)
        writer.write("\r\n")
        downstream.output.added(writer.count)
    }

    override func responseBodyGrew() { write() }

    /// Writes what there is of the response and the connection takes.
    private func write() {
        if isWriting { return }
        isWriting = true
        while let stream {
            if hasHead { frameBody(stream) }
            if downstream.output.isEmpty { break }
            guard downstream.send(UnsafeRawBufferPointer(start: nil, count: 0)) != nil else {
                isWriting = false
                return lost()
            }
            guard downstream.output.isEmpty else { break }
            downstream.output.consume(0)
        }
        isWriting = false
        if hasEnd && downstream.output.isEmpty { stream?.responseWasSent() }
    }

    /// Moves some of the body to the output, in chunks where the client needs them.
    private func frameBody(_ stream: HTTPStream) {
        while downstream.output.count < Self.outputSize, stream.responseBody.count > 0 {
            let bytes = stream.responseBody.next
            switch framing {
            case .none: break
            case .length, .untilClose: worker.buffers.append(bytes, to: &downstream.output)
            case .chunked: worker.buffers.append(chunk: bytes, to: &downstream.output)
            }
            stream.consumedResponse(bytes.count)
        }
        if stream.responseBody.isFinished && !hasEnd {
            hasEnd = true
            if framing == .chunked { endChunks(stream) }
        }
    }

    private func endChunks(_ stream: HTTPStream) {
        let trailers = stream.response.trailers
        let isWanted = stream.request.takesTrailers
        worker.buffers.reserve(trailers.size + trailers.count * 4 + 8, in: &downstream.output)
        var writer = ByteWriter(downstream.output.room)
        writer.write("0\r\n")
        if isWanted { writer.write(lines: trailers) }
        writer.write("\r\n")
        downstream.output.added(writer.count)
    }

    // MARK: The end

    override func finished(isComplete: Bool) {
        let persists = downstream.exchange.persists && isComplete && !downstream.endsSoon
        downstream.goOn(persists: persists)
    }

    override func abort() {
        linux_reset_on_close(downstream.fd)
        downstream.close()
    }
}

extension Downstream {
    /// A ``HTTPStream`` serves the request whose head was just parsed.
    func handOver(_ selection: StreamSelection?, _ base: UnsafeRawPointer) {
        logged = LoggedRequest()
        phase = .handedOver
        let client = HTTP1Client(self)
        user = client
        client.begin(selection, base)
    }
}

/// A request's head as the HTTP/1 parser found it.
struct HTTP1Request {
    let head: UnsafeRawPointer
    let fields: UnsafeMutablePointer<HeaderField>

    private func bytes(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: head + start, count: count)
    }

    private func bytes(_ span: Span) -> UnsafeRawBufferPointer { bytes(span.start, span.count) }

    private func value(_ field: HeaderField) -> UnsafeRawBufferPointer {
        bytes(Int(field.valueOffset), Int(field.valueLength))
    }

    /// Copies the head; what is hop-by-hop (RFC 9110 §7.6.1) stays behind.
    func copy(_ message: RequestHead, to request: StreamRequest) {
        let headers = request.headers
        request.setMethod(bytes(message.method))
        switch message.form {
        case .origin, .asterisk, .authority: request.target = headers.store(bytes(message.target))
        case .absolute:
            let target = bytes(message.pathAndQuery)
            if message.pathLength == 0 {
                // An absolute form may leave the path out.
                request.target = headers.store(Array("/".utf8) + target)
            } else {
                request.target = headers.store(target)
            }
        }
        if message.form == .absolute || message.form == .authority {
            request.authority = headers.store(bytes(message.authority))
        } else if message.fields.host >= 0 {
            request.authority = headers.store(value(fields[message.fields.host]))
        }
        request.contentLength = message.fields.contentLength
        for index in 0..<message.fields.count { copy(fields[index], message, to: request) }
    }

    private func copy(_ field: HeaderField, _ message: RequestHead, to request: StreamRequest) {
        let name = bytes(Int(field.nameOffset), Int(field.nameLength))
        switch HeaderKind(rawValue: field.kind) ?? .other {
        case .host, .connection, .keepAlive, .proxyConnection, .trailer, .upgrade,
            .transferEncoding:
            return
        case .te:
            let words = value(field).split(separator: UInt8(ascii: ","))
            if words.contains(where: {
                UnsafeRawBufferPointer(rebasing: $0).trimmed.isWord("trailers")
            }) {
                request.takesTrailers = true
            }
            return
        case .expect: if message.isHTTP10 { return }
        case .contentLength, .forwardedFor, .forwardedProto, .requestID, .other: break
        }
        if message.fields.namesHeaders,
            ConnectionOptions(head: head, fields: fields, count: message.fields.count).name(name)
        {
            return
        }
        request.headers.append(name, value(field))
    }
}

extension ByteWriter {
    /// Writes headers as lines.
    mutating func write(lines headers: HeaderList) {
        for index in 0..<headers.count {
            write(headers.name(index))
            write(": ")
            write(headers.value(index))
            write("\r\n")
        }
    }
}

extension BufferPool {
    /// Adds bytes as one chunk (RFC 9112 §7.1).
    func append(chunk bytes: UnsafeRawBufferPointer, to buffer: inout Buffer) {
        reserve(bytes.count + 20, in: &buffer)
        var writer = ByteWriter(buffer.room)
        writer.write(hexadecimal: bytes.count)
        writer.write("\r\n")
        writer.write(bytes)
        writer.write("\r\n")
        buffer.added(writer.count)
    }
}
