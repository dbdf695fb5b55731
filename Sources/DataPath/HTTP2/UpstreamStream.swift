import CNghttp2
import Routing

/// A request on an HTTP/2 connection to an endpoint.
///
/// nghttp2 has checked what it tells, as for ``DownstreamStream``. Confined to its worker.
final class UpstreamStream: ServerSide, HTTP2BodySource {
    private let session: UpstreamSession
    /// Its place among the session's streams; -1 when it is not there.
    @exclusivity(unchecked) var place = -1
    /// nghttp2 could not send the request.
    @exclusivity(unchecked) var wasNeverSent = false
    @exclusivity(unchecked) private var id: Int32 = 0
    @exclusivity(unchecked) private var hasSource = false
    @exclusivity(unchecked) private var headIsComplete = false
    @exclusivity(unchecked) private var isTooLarge = false
    @exclusivity(unchecked) private var isClosed = false
    @exclusivity(unchecked) private var began: UInt64 = 0
    private lazy var box = HTTP2BodyBox(self)

    init(_ session: UpstreamSession) {
        self.session = session
        super.init(isReused: session.hasServed)
        session.add(self)
    }

    private var worker: Worker { session.worker }

    // MARK: The request

    override func begin() {
        guard let stream, let nghttp2 = session.session else { return }
        let request = stream.request
        hasSource = !request.endsWithHead
        began = worker.loop.now
        if session.canWrite { stream.serverConnected() }
        id = HeaderVector.with(
            request.headers,
            before: { vector in
                vector.add(":method", request.headers.bytes(request.method))
                vector.add(":scheme", session.isSecure ? "https" : "http")
                if request.authority.count > 0 {
                    vector.add(":authority", request.headers.bytes(request.authority))
                }
                vector.add(":path", request.headers.bytes(request.target))
                if request.takesTrailers { vector.add("te", "trailers") }
            },
            { headers, count in
                let data = Unmanaged.passUnretained(self).toOpaque()
                if !hasSource {
                    return nghttp2_submit_request(nghttp2, nil, headers, count, nil, data)
                }
                var provider = box.provider
                return nghttp2_submit_request(nghttp2, nil, headers, count, &provider, data)
            })
        if id < 0 {
            // The streams' numbers are used up.
            session.leave()
            return stream.serverFailed(.refused)
        }
        session.scheduleFlush()
    }

    override func requestBodyGrew() {
        if hasSource && id > 0 { session.resume(id) }
    }

    func nextFrame(_ limit: Int) -> HTTP2BodyFrame {
        guard let stream else { return .wait }
        let count = min(stream.requestBody.count, limit)
        let isAll = stream.requestBody.isEnded && count == stream.requestBody.count
        if isAll && !stream.request.trailers.isEmpty {
            if count > 0 { return .data(count, ends: false) }
            return submitTrailers(stream.request.trailers) ? .trailers : .data(0, ends: true)
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
            let bytes = stream.requestBody.next
            let part = UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, left)])
            worker.buffers.append(part, to: &session.connection.output)
            left -= part.count
            stream.consumedRequest(part.count)
        }
    }

    /// The request's last frame is written.
    func sentEnd() { stream?.requestWasSent() }

    // MARK: The response

    func beganHeaders() {
        if !headIsComplete { stream?.response.reset() }
    }

    func receivedHeader(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        guard let response = stream?.response else { return }
        let list = headIsComplete ? response.trailers : response.headers
        let limits = worker.settings.headLimits
        if list.size + name.count + value.count > limits.bytes || list.count >= limits.headers {
            isTooLarge = true
        }
        if isTooLarge { return }
        if name.first == UInt8(ascii: ":") {
            if name.isWord(":status") { response.status = Int(Int64(decimal: value) ?? 0) }
        } else if !name.isWord("trailer") {
            list.append(name, value)
        }
    }

    func receivedHeaders(endsStream: Bool) {
        guard let stream else { return }
        if isTooLarge { return stream.serverFailed(.malformed("the head is too large")) }
        if headIsComplete {
            if endsStream { receivedEnd() }
            return
        }
        if stream.response.status < 200 { return stream.receivedInterim() }
        headIsComplete = true
        session.hasServed = true
        stream.response.endsWithHead = endsStream
        if let length = stream.response.headers.first("content-length") {
            stream.response.contentLength = Int64(decimal: length) ?? -1
        }
        stream.receivedResponse()
    }

    func receivedData(_ bytes: UnsafeRawBufferPointer) {
        if let stream {
            stream.receivedResponseBody(bytes)
        } else {
            session.openStreamWindow(id, bytes.count)
        }
    }

    func receivedEnd() { stream?.receivedResponseEnd() }

    override func responseBodyDrained(_ count: Int) {
        if !isClosed { session.openStreamWindow(id, count) }
    }

    // MARK: The end

    override func release(isComplete: Bool) {
        if isComplete || isClosed { return }
        if id > 0 {
            session.reset(id, NGHTTP2_CANCEL)
            session.probe(silentSince: began)
        } else {
            isClosed = true
            session.remove(self)
        }
    }

    /// nghttp2 knows the stream no more.
    func closed(_ code: UInt32) {
        isClosed = true
        let isRefused = wasNeverSent || code == NGHTTP2_REFUSED_STREAM.rawValue
        stream?.serverFailed(isRefused && !headIsComplete ? .refused : .reset)
    }

    /// The connection is over.
    ///
    /// - Parameter failure: Why; nil when it broke.
    func sessionEnded(_ failure: ServerFailure?) {
        isClosed = true
        stream?.serverFailed(failure ?? .closed(sawResponse: headIsComplete))
    }
}
