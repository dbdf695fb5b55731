import CLinuxIO
import Routing

/// The server side of one attempt on an HTTP/1 connection.
///
/// Confined to its worker.
final class HTTP1Server: ServerSide, UpstreamUser {
    /// How the request's body is delimited (RFC 9112 §6.3).
    private enum Framing {
        case none
        case length
        case chunked
    }

    private let upstream: Upstream
    @exclusivity(unchecked) private var framing = Framing.none
    @exclusivity(unchecked) private var hasEnd = false
    @exclusivity(unchecked) private var body = BodyReader.none
    @exclusivity(unchecked) private var hasHead = false
    @exclusivity(unchecked) private var hasBytes = false
    @exclusivity(unchecked) private var persists = false
    @exclusivity(unchecked) private var isReading = false
    @exclusivity(unchecked) private var isWriting = false

    private static let outputSize = 16 * 1024

    init(_ upstream: Upstream) {
        self.upstream = upstream
        super.init(isReused: upstream.isReused)
        upstream.attach(self)
    }

    private var worker: Worker { upstream.worker }

    // MARK: The request

    override func begin() {
        guard let stream else { return }
        framing =
            stream.request.endsWithHead
            ? .none : stream.request.contentLength >= 0 ? .length : .chunked
        writeHead(stream.request)
        if upstream.isConnected { write() }
    }

    private func writeHead(_ request: StreamRequest) {
        let headers = request.headers
        worker.buffers.reserve(headers.size + headers.count * 4 + 128, in: &upstream.output)
        var writer = ByteWriter(upstream.output.room)
        writer.write(headers.bytes(request.method))
        writer.write(" ")
        writer.write(headers.bytes(request.target))
        writer.write(" HTTP/1.1\r\nhost: ")
        writer.write(headers.bytes(request.authority))
        writer.write("\r\n")
        writeFields(headers, to: &writer)
        switch framing {
        case .chunked: writer.write("transfer-encoding: chunked\r\n")
        case .none where request.expectsBody: writer.write("content-length: 0\r\n")
        case .none, .length: break
        }
        writer.write("\r\n")
        upstream.output.added(writer.count)
    }

    /// HTTP/2 lets a client send `cookie` in several lines, HTTP/1 does not (RFC 9113 §8.2.3).
    private func writeFields(_ headers: HeaderList, to writer: inout ByteWriter) {
        var hasCookie = false
        for index in 0..<headers.count {
            if headers.name(index).isWord("cookie") {
                if hasCookie { continue }
                hasCookie = true
                writer.write("cookie: ")
                var separator: StaticString = ""
                for other in index..<headers.count where headers.name(other).isWord("cookie") {
                    writer.write(separator)
                    writer.write(headers.value(other))
                    separator = "; "
                }
            } else {
                writer.write(headers.name(index))
                writer.write(": ")
                writer.write(headers.value(index))
            }
            writer.write("\r\n")
        }
    }

    override func requestBodyGrew() {
        if upstream.isConnected { write() }
    }

    /// Writes what there is of the request and the connection takes.
    private func write() {
        if isWriting || upstream.writeFailed { return }
        isWriting = true
        defer { isWriting = false }
        while let stream {
            frameBody(stream)
            if upstream.output.isEmpty {
                // The end may come apart from the last bytes.
                if hasEnd { stream.requestWasSent() }
                return
            }
            guard upstream.send(UnsafeRawBufferPointer(start: nil, count: 0)) != nil else {
                // The endpoint may have answered before it closed; what it said comes first.
                stream.dropRequest()
                upstream.isReadable = true
                return worker.loop.continueLater(upstream)
            }
            guard upstream.output.isEmpty else { return }
            upstream.output.consume(0)
            if hasEnd { return stream.requestWasSent() }
        }
    }

    private func frameBody(_ stream: HTTPStream) {
        while upstream.output.count < Self.outputSize, stream.requestBody.count > 0 {
            let bytes = stream.requestBody.next
            if framing == .chunked {
                worker.buffers.append(chunk: bytes, to: &upstream.output)
            } else {
                worker.buffers.append(bytes, to: &upstream.output)
            }
            stream.consumedRequest(bytes.count)
        }
        if stream.requestBody.isFinished && !hasEnd {
            hasEnd = true
            // Trailers stay behind, as they do from HTTP/1: there are servers that take them
            // for headers, which no rule of the route has seen.
            if framing == .chunked {
                worker.buffers.append(
                    UnsafeRawBufferPointer("0\r\n\r\n"), to: &upstream.output)
            }
        }
    }

    // MARK: The connection

    func upstreamConnected() {
        stream?.serverConnected()
        write()
    }

    func upstreamConnectFailed() { stream?.serverFailed(.unreachable) }

    func upstreamIsWritable() { write() }

    func upstreamIsReadable() { read() }

    override func responseBodyDrained(_ count: Int) {
        if !isReading && upstream.isReadable { worker.loop.continueLater(upstream) }
    }

    // MARK: The response

    /// Reads the response while there is room for it.
    private func read() {
        if isReading { return }
        isReading = true
        defer { isReading = false }
        var reads = 0
        while let stream {
            if !upstream.input.isEmpty && !take(stream) { return }
            if self.stream == nil { return }
            if upstream.sawEnd { return ended() }
            if stream.responseBody.count >= BodyPipe.highWater || !upstream.isReadable { return }
            if reads == Downstream.mostReads { return worker.loop.continueLater(upstream) }
            reads += 1
            switch upstream.fill() {
            case .bytes: hasBytes = true
            case .nothing: return
            case .full: worker.buffers.reserve(BufferPool.size, in: &upstream.input)
            case .ended: continue
            case .failed: return failed()
            }
        }
    }

    /// Looks at what was read; false when the attempt is over.
    private func take(_ stream: HTTPStream) -> Bool {
        while !hasHead && !upstream.input.isEmpty {
            let bytes = UnsafeRawBufferPointer(upstream.input.bytes)
            switch worker.parser.parse(bytes, &worker.responseHead) {
            case .incomplete: return true
            case .malformed(let malformation):
                stream.serverFailed(.malformed("\(malformation.reason)"))
                return false
            case .complete: takeHead(stream)
            }
            if self.stream !== stream { return false }
        }
        return takeBody(stream)
    }

    private func takeHead(_ stream: HTTPStream) {
        let head = worker.responseHead
        let response = stream.response
        guard let base = UnsafeRawPointer(upstream.input.bytes.baseAddress) else { return }
        response.reset()
        HTTP1Response(head: base, fields: worker.fields).copy(head, to: response)
        upstream.input.consume(head.length)
        if head.status < 200 { return stream.receivedInterim() }
        hasHead = true
        body = BodyReader(head, isHEAD: stream.request.isHEAD, removesChunks: true)
        persists =
            !body.endsWithConnection && !head.fields.hasClose
            && (!head.isHTTP10 || head.fields.hasKeepAlive)
        response.endsWithHead = body.isFinished
        stream.receivedResponse()
    }

    private func takeBody(_ stream: HTTPStream) -> Bool {
        if body.isFinished { return false }
        let scan = body.scan(upstream.input.bytes, trailers: stream.response.trailers)
        if scan.removed > 0 { upstream.input.shrink(scan.removed) }
        if scan.ready > 0 {
            stream.receivedResponseBody(
                UnsafeRawBufferPointer(rebasing: upstream.input.bytes[..<scan.ready]))
            upstream.input.consume(scan.ready)
            if self.stream !== stream { return false }
        }
        if let malformation = scan.malformation {
            stream.serverFailed(.malformed("\(malformation.reason)"))
            return false
        }
        if body.isFinished {
            stream.receivedResponseEnd()
            return false
        }
        return true
    }

    /// The endpoint sends no more.
    private func ended() {
        if hasHead && body.endsWithConnection && !upstream.endIsUnclear {
            stream?.receivedResponseEnd()
        } else {
            failed()
        }
    }

    private func failed() {
        stream?.serverFailed(.closed(sawResponse: hasBytes))
    }

    // MARK: The end

    override func release(isComplete: Bool) {
        upstream.detach(isReusable: isComplete && persists)
    }
}

/// A response's head as the HTTP/1 parser found it.
struct HTTP1Response {
    let head: UnsafeRawPointer
    let fields: UnsafeMutablePointer<HeaderField>

    /// Copies the head; what is hop-by-hop (RFC 9110 §7.6.1) stays behind.
    func copy(_ message: ResponseHead, to response: StreamResponse) {
        response.status = message.status
        response.contentLength = message.fields.contentLength
        for index in 0..<message.fields.count {
            let field = fields[index]
            let name = UnsafeRawBufferPointer(
                start: head + Int(field.nameOffset), count: Int(field.nameLength))
            switch HeaderKind(rawValue: field.kind) ?? .other {
            case .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding,
                .upgrade:
                continue
            case .contentLength: if message.status == 204 || message.status < 200 { continue }
            case .other, .host, .expect, .forwardedFor, .forwardedProto, .requestID: break
            }
            if message.fields.namesHeaders,
                ConnectionOptions(head: head, fields: fields, count: message.fields.count).name(
                    name)
            {
                continue
            }
            response.headers.append(
                name,
                UnsafeRawBufferPointer(
                    start: head + Int(field.valueOffset), count: Int(field.valueLength)))
        }
    }
}
