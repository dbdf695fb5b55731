import CNghttp2
import Routing

/// A stream of a client's HTTP/2 connection.
///
/// nghttp2 has checked what it tells (RFC 9113 §8): pseudo-headers come first and once each,
/// names and values are clean, nothing is hop-by-hop, and the body is as long as
/// `content-length` says. Confined to its worker.
final class DownstreamStream: ClientSide, HTTP2BodySource {
    let id: Int32
    unowned(unsafe) private let session: DownstreamSession
    /// Its place among the session's streams.
    @exclusivity(unchecked) var place = 0
    /// Where the head gathers until it is complete.
    @exclusivity(unchecked) private var incoming: HTTPStream?
    @exclusivity(unchecked) private var headIsComplete = false
    @exclusivity(unchecked) private var isTooLarge = false
    /// nghttp2 has the body's source.
    @exclusivity(unchecked) private var hasSource = false
    /// nghttp2 knows the stream no more.
    @exclusivity(unchecked) private var isClosed = false
    /// Bytes that the client's window has not got back.
    @exclusivity(unchecked) private var unreturned = 0
    private lazy var box = HTTP2BodyBox(self)

    init(_ id: Int32, _ session: DownstreamSession) {
        self.id = id
        self.session = session
        incoming = session.worker.streams.take(session.worker)
        super.init(
            peer: session.downstream.peer.text, isSecure: session.downstream.isSecure,
            version: .http2)
    }

    private var worker: Worker { session.worker }

    // MARK: The request

    func receivedHeader(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        if headIsComplete {
            if let request = stream?.request, takes(name, value, request.trailers) {
                request.trailers.append(name, value)
            }
            return
        }
        guard let request = incoming?.request, takes(name, value, request.headers) else { return }
        if name.first == UInt8(ascii: ":") {
            switch name.count {
            case 5: request.target = request.headers.store(value)
            case 7 where name[1] == UInt8(ascii: "m"): request.setMethod(value)
            case 10: request.authority = request.headers.store(value)
            default: break
            }
            return
        }
        if name.isWord("te") {
            request.takesTrailers = value.isWord("trailers")
        } else if name.isWord("host") {
            if request.authority.count == 0 {
                request.authority = request.headers.store(value)
            }
        } else if !name.isWord("trailer") {
            request.headers.append(name, value)
        }
    }

    /// Whether a header is within the limits.
    private func takes(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ list: HeaderList
    ) -> Bool {
        let limits = worker.settings.headLimits
        if list.size + name.count + value.count > limits.bytes || list.count >= limits.headers {
            isTooLarge = true
        }
        return !isTooLarge
    }

    /// A block of headers is complete.
    func receivedHeaders(endsStream: Bool) {
        if headIsComplete {
            if isTooLarge { return session.reset(id, NGHTTP2_ENHANCE_YOUR_CALM) }
            if endsStream { stream?.receivedRequestEnd() }
            return
        }
        headIsComplete = true
        guard let stream = incoming else { return }
        incoming = nil
        stream.request.endsWithHead = endsStream
        if let length = stream.request.headers.first("content-length") {
            stream.request.contentLength = Int64(decimal: length) ?? -1
        }
        if isTooLarge {
            return stream.refuse(self, .headTooLarge)
        }
        stream.begin(self, session.downstream.service)
    }

    func receivedData(_ bytes: UnsafeRawBufferPointer) {
        unreturned += bytes.count
        if let stream {
            stream.receivedRequestBody(bytes)
        } else {
            requestBodyDrained(bytes.count)
        }
    }

    func receivedEnd() { stream?.receivedRequestEnd() }

    override func requestBodyDrained(_ count: Int) {
        // A body that is sent twice is consumed twice, but was received once.
        let count = min(count, unreturned)
        guard !isClosed, count > 0 else { return }
        unreturned -= count
        session.openStreamWindow(id, count)
        session.openConnectionWindow(count)
    }

    // MARK: The response

    override func sendInterim() {
        guard let response = stream?.response else { return }
        _ = submit(response.status, response.headers) { [self] headers, count in
            session.session.map {
                nghttp2_submit_headers(
                    $0, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, nil, headers, count, nil)
            } ?? 0
        }
    }

    override func sendResponse() {
        guard let stream else { return }
        hasSource = !stream.response.endsWithHead
        let outcome = submit(stream.response.status, stream.response.headers) {
            [self] headers, count in
            guard let session = session.session else { return 0 }
            if !hasSource { return nghttp2_submit_response(session, id, headers, count, nil) }
            var provider = box.provider
            return nghttp2_submit_response(session, id, headers, count, &provider)
        }
        if outcome != 0 { stream.cut(.downstreamProtocolError) }
    }

    private func submit(
        _ status: Int, _ headers: HeaderList, _ call: (UnsafePointer<nghttp2_nv>, Int) -> Int32
    ) -> Int32 {
        let digits = [status / 100 % 10, status / 10 % 10, status % 10]
        let outcome = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 3) { text in
            for index in 0..<3 { text[index] = UInt8(digits[index]) + 0x30 }
            return HeaderVector.with(
                headers, before: { $0.add(":status", UnsafeRawBufferPointer(text)) }, call)
        }
        session.scheduleFlush()
        return outcome
    }

    override func responseBodyGrew() {
        if hasSource { session.resume(id) }
    }

    func nextFrame(_ limit: Int) -> HTTP2BodyFrame {
        guard let stream else { return .wait }
        let count = min(stream.responseBody.count, limit)
        let isAll = stream.responseBody.isEnded && count == stream.responseBody.count
        if isAll && !stream.response.trailers.isEmpty {
            if count > 0 { return .data(count, ends: false) }
            return submitTrailers(stream.response.trailers) ? .trailers : .data(0, ends: true)
        }
        return count == 0 && !isAll ? .wait : .data(count, ends: isAll)
    }

    private func submitTrailers(_ trailers: HeaderList) -> Bool {
        let outcome = HeaderVector.with(trailers) { headers, count in
            session.session.map { nghttp2_submit_trailer($0, id, headers, count) } ?? -1
        }
        return outcome == 0
    }

    func writeBody(_ count: Int, to session: HTTP2Session) {
        guard let stream else { return }
        var left = count
        while left > 0 {
            let bytes = stream.responseBody.next
            let part = UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, left)])
            worker.buffers.append(part, to: &session.connection.output)
            left -= part.count
            stream.consumedResponse(part.count)
        }
    }

    /// The response's last frame is written.
    func sentEnd() { stream?.responseWasSent() }

    // MARK: The end

    override func finished(isComplete: Bool) {
        // RFC 9113 §8.1: the client is to stop sending, its request was answered whole.
        if !isComplete { session.reset(id, NGHTTP2_NO_ERROR) }
    }

    override func abort() { session.reset(id, NGHTTP2_INTERNAL_ERROR) }

    /// nghttp2 knows the stream no more.
    func closed() {
        isClosed = true
        session.openConnectionWindow(unreturned)
        unreturned = 0
        sessionEnded()
    }

    /// The connection ended, or the stream did.
    func sessionEnded() {
        isClosed = true
        if let incoming {
            self.incoming = nil
            incoming.discard()
        }
        stream?.clientIsGone()
    }
}

extension Int64 {
    /// Reads digits, 18 at most.
    init?(decimal bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
        self = 0
        for byte in bytes {
            let digit = byte &- 0x30
            guard digit < 10 else { return nil }
            self = self * 10 + Int64(digit)
        }
    }
}
