import CLinuxIO
import CNghttp2
import Routing

/// A client's HTTP/2 connection: it takes over a ``Downstream``.
///
/// Its streams are ``DownstreamStream``s. When its listener goes or the proxy ends, it says so
/// (GOAWAY) in two steps (RFC 9113 §6.8): first that no more requests are wanted, then, when those
/// on the way have come, which was the last; streams end in peace.
final class DownstreamSession: HTTP2Session, DownstreamUser {
    private enum Farewell {
        case notSaid
        /// The client knows that no more requests are wanted; until then they are taken.
        case announced(until: UInt64)
        case said
    }

    unowned(unsafe) let downstream: Downstream
    @exclusivity(unchecked) private var streams: [DownstreamStream] = []
    @exclusivity(unchecked) private var farewell = Farewell.notSaid
    /// When an idle connection ends.
    @exclusivity(unchecked) private var idleEnd: UInt64
    /// When a block of headers that has begun must be complete.
    @exclusivity(unchecked) private var headEnd: UInt64 = .max

    /// Frames that moved nothing since then.
    @exclusivity(unchecked) private var idleFrames = 0
    @exclusivity(unchecked) private var idleFramesStart: UInt64 = 0

    private static let farewellTime: UInt64 = 1_000_000_000
    private static let idleFramesTime: UInt64 = 10_000_000_000
    private static let mostIdleFrames = 2000

    init(_ downstream: Downstream) {
        self.downstream = downstream
        idleEnd = downstream.worker.loop.now &+ downstream.worker.settings.keepAlive
        super.init(downstream, isServer: true)
        scheduleTimer()
    }

    // MARK: The connection

    func downstreamIsReady(_ ready: UInt32) {
        if ready & (LINUX_HUNG_UP | LINUX_FAILED) != 0 && !connection.isReadable {
            return lost()
        }
        if connection.isReadable { receive() }
        if ready & LINUX_WRITABLE != 0 && session != nil { flush() }
    }

    func downstreamProceeds() { proceed() }

    /// The listener is gone, or the proxy is to end.
    func downstreamDrains() {
        guard case .notSaid = farewell, let session else { return }
        if streams.isEmpty { return sayFarewell() }
        farewell = .announced(until: worker.loop.now &+ Self.farewellTime)
        nghttp2_submit_shutdown_notice(session)
        scheduleFlush()
        scheduleTimer()
    }

    /// The proxy ends.
    func downstreamStops() { lost() }

    private func sayFarewell() {
        guard let session else { return }
        if case .said = farewell { return }
        farewell = .said
        nghttp2_submit_goaway(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue),
            nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR.rawValue, nil, 0)
        scheduleFlush()
    }

    override func lost() {
        if session == nil { return }
        endStreams()
        downstream.close()
    }

    override func said() {
        endStreams()
        downstream.endConnection()
    }

    private func endStreams() {
        end()
        let lost = streams
        streams = []
        for stream in lost { stream.sessionEnded() }
    }

    // MARK: Time

    private func scheduleTimer() {
        var next = min(headEnd, streams.isEmpty ? idleEnd : .max)
        if case .announced(let end) = farewell { next = min(next, end) }
        if next != .max { worker.loop.schedule(downstream, at: next) }
    }

    func downstreamTimerFired() {
        guard let session else { return }
        let now = worker.loop.now
        if case .announced(let end) = farewell, now >= end { sayFarewell() }
        if now >= headEnd {
            nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM.rawValue)
            scheduleFlush()
            headEnd = .max
        } else if streams.isEmpty && now >= idleEnd {
            sayFarewell()
            idleEnd = .max
        }
        scheduleTimer()
    }

    // MARK: Frames

    private func stream(_ id: Int32) -> DownstreamStream? {
        userData(id).map { Unmanaged<DownstreamStream>.fromOpaque($0).takeUnretainedValue() }
    }

    override func beganHeaders(_ id: Int32, _ category: UInt32) {
        if headEnd == .max {
            headEnd = worker.loop.now &+ worker.settings.head
            worker.loop.schedule(downstream, at: headEnd)
        }
        guard category == NGHTTP2_HCAT_REQUEST.rawValue else { return }
        let stream = DownstreamStream(id, self)
        stream.place = streams.count
        streams.append(stream)
        setUserData(id, Unmanaged.passUnretained(stream).toOpaque())
        if downstream.endsSoon { downstreamDrains() }
    }

    override func receivedHeader(
        _ id: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) {
        stream(id)?.receivedHeader(name, value)
    }

    override func receivedFrame(_ id: Int32, _ type: UInt8, _ length: Int, endsStream: Bool) {
        switch UInt32(type) {
        case NGHTTP2_HEADERS.rawValue:
            headEnd = .max
            stream(id)?.receivedHeaders(endsStream: endsStream)
        case NGHTTP2_DATA.rawValue:
            if endsStream { stream(id)?.receivedEnd() }
            if length == 0 && !endsStream { noteIdleFrame() }
        case NGHTTP2_WINDOW_UPDATE.rawValue: break
        default: noteIdleFrame()
        }
    }

    /// A frame came that moves nothing: a client that sends little else is let go.
    private func noteIdleFrame() {
        let now = worker.loop.now
        if now &- idleFramesStart > Self.idleFramesTime {
            idleFramesStart = now
            idleFrames = 0
        }
        idleFrames += 1
        guard idleFrames > Self.mostIdleFrames, let session else { return }
        nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM.rawValue)
        scheduleFlush()
    }

    override func receivedData(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
        if let stream = stream(id) {
            stream.receivedData(bytes)
        } else {
            openConnectionWindow(bytes.count)
        }
    }

    override func sentEnd(_ id: Int32) { stream(id)?.sentEnd() }

    override func closedStream(_ id: Int32, _ code: UInt32) {
        guard let stream = stream(id) else { return }
        setUserData(id, nil)
        remove(stream)
        stream.closed()
        if streams.isEmpty {
            idleEnd = worker.loop.now &+ worker.settings.keepAlive
            scheduleTimer()
        }
    }

    private func remove(_ stream: DownstreamStream) {
        let last = streams.removeLast()
        if last !== stream {
            streams[stream.place] = last
            last.place = stream.place
        }
    }
}

/// What a client that speaks HTTP/2 sends first (RFC 9113 §3.4).
enum HTTP2Preface {
    /// How much of it stands at the start of the input.
    enum Match {
        case no
        case partly
        case whole
    }

    private static let text: StaticString = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    /// Whether the bytes begin with it, or may.
    static func matches(_ bytes: UnsafeRawBufferPointer) -> Match {
        let preface = UnsafeRawBufferPointer(text)
        let count = min(bytes.count, preface.count)
        guard bytes.prefix(count).elementsEqual(preface.prefix(count)) else { return .no }
        return count == preface.count ? .whole : .partly
    }
}

extension Downstream {
    /// The connection speaks HTTP/2 from now on: the client's preface stands at the start of the
    /// input, or is to come, as after ALPN chose `h2`. To be called before any request.
    func startHTTP2() {
        phase = .handedOver
        // Each stream takes what is served at its own first byte.
        exchange.service = nil
        worker.buffers.release(&output)
        let session = DownstreamSession(self)
        user = session
        session.receive()
    }
}
