import CNghttp2
import Routing

/// One HTTP/2 connection (RFC 9113), as its client or its server: nghttp2 frames and checks, the
/// worker's loop moves the bytes.
///
/// What comes in is given to nghttp2 at once, which calls the methods that subclasses override.
/// What goes out is collected: a session that has something to say asks for its turn after the
/// events of the loop's turn (``scheduleFlush()``), so one write carries what many streams said.
/// Nothing is asked of nghttp2 while the socket takes no more; bodies then wait where they are.
///
/// The library must not be called from its own callbacks to receive or send, nor be freed there:
/// so a callback never flushes and never ends the connection, it only notes. Confined to its
/// worker.
class HTTP2Session {
    unowned(unsafe) final let connection: Connection
    unowned(unsafe) final let worker: Worker
    /// nghttp2's session; nil after the end, and when there was no memory for it.
    @exclusivity(unchecked) final private(set) var session: OpaquePointer?
    @exclusivity(unchecked) private final var flushIsScheduled = false
    @exclusivity(unchecked) private final var isInside = false
    /// When something was read last.
    @exclusivity(unchecked) final private(set) var lastRead: UInt64 = 0

    /// How many streams a peer may have at a time.
    static let mostStreams: UInt32 = 100
    private static let streamWindow: UInt32 = 256 * 1024
    private static let connectionWindow: Int32 = 1024 * 1024
    /// Enough for one write; what is more waits in nghttp2 and the bodies' pipes.
    private static let outputSize = 16 * 1024
    private static let mostReads = 16

    init(_ connection: Connection, isServer: Bool) {
        self.connection = connection
        worker = connection.worker
        var callbacks = Self.callbacks
        session = http2_session_create(
            isServer ? 1 : 0, &callbacks, Unmanaged.passUnretained(self).toOpaque())
        submitSettings(isServer: isServer)
    }

    deinit {
        nghttp2_session_del(session)
    }

    private func submitSettings(isServer: Bool) {
        let headLimit = UInt32(truncatingIfNeeded: worker.settings.headLimits.bytes)
        var settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
                value: Self.mostStreams),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: Self.streamWindow),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: headLimit),
        ]
        if !isServer {
            settings.append(
                nghttp2_settings_entry(
                    settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0))
        }
        guard let session else { return }
        nghttp2_submit_settings(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
        nghttp2_session_set_local_window_size(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Self.connectionWindow)
    }

    // MARK: Bytes

    /// Reads what there is; the connection may be over afterwards.
    final func receive() {
        if isInside { return }
        var reads = 0
        while let session, connection.isReadable || !connection.input.isEmpty {
            if connection.input.isEmpty {
                if reads == Self.mostReads {
                    worker.loop.continueLater(connection)
                    break
                }
                reads += 1
                let outcome = connection.fill()
                if outcome == .nothing { break }
                if outcome == .ended || outcome == .failed { return lost() }
            }
            let bytes = connection.input.bytes
            lastRead = worker.loop.now
            isInside = true
            let taken = nghttp2_session_mem_recv(session, bytes.baseAddress, bytes.count)
            isInside = false
            // Flooded, or no HTTP/2 at all: there is nobody to talk to.
            guard taken >= 0 else { return lost() }
            connection.input.consume(taken)
        }
        if connection.input.isEmpty { worker.buffers.release(&connection.input) }
        scheduleFlush()
    }

    /// Has the session write after the events of this turn.
    final func scheduleFlush() {
        if flushIsScheduled || session == nil { return }
        flushIsScheduled = true
        worker.loop.continueLater(connection)
    }

    /// The others had their turn: writes, and reads on where that was put off.
    final func proceed() {
        if flushIsScheduled { flush() }
        if session != nil && connection.isReadable { receive() }
    }

    /// Writes what the socket takes; the connection may be over afterwards.
    final func flush() {
        flushIsScheduled = false
        if isInside { return scheduleFlush() }
        guard canWrite else { return }
        while let session {
            guard collect(session) else { return lost() }
            if connection.output.isEmpty { break }
            guard connection.send(UnsafeRawBufferPointer(start: nil, count: 0)) != nil else {
                return lost()
            }
            guard connection.output.isEmpty else { return }
            connection.output.consume(0)
        }
        worker.buffers.release(&connection.output)
        if let session, nghttp2_session_want_read(session) == 0,
            nghttp2_session_want_write(session) == 0
        {
            said()
        }
    }

    /// Moves frames from nghttp2 to the output; false when there is no going on.
    private func collect(_ session: OpaquePointer) -> Bool {
        isInside = true
        defer { isInside = false }
        while connection.output.count < Self.outputSize {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &bytes)
            if count < 0 { return false }
            if count == 0 { return true }
            worker.buffers.append(
                UnsafeRawBufferPointer(start: bytes, count: count), to: &connection.output)
        }
        return true
    }

    /// nghttp2 is asked nothing any more; to be called outside its callbacks.
    final func end() {
        nghttp2_session_del(session)
        session = nil
    }

    // MARK: What subclasses do

    /// The connection is open.
    var canWrite: Bool { true }
    /// The peer is gone, or beyond talking to: end all streams and the connection.
    func lost() {}
    /// Both peers have said all: end the connection.
    func said() {}
    /// A block of headers begins.
    func beganHeaders(_ id: Int32, _ category: UInt32) {}
    /// A header of the block.
    func receivedHeader(
        _ id: Int32, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) {}
    /// A whole frame; a block of headers or a stream's end is seen here.
    func receivedFrame(_ id: Int32, _ type: UInt8, _ length: Int, endsStream: Bool) {}
    /// Bytes of a body.
    func receivedData(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {}
    /// Our last frame of a stream was written.
    func sentEnd(_ id: Int32) {}
    /// A block of headers will never be sent.
    func couldNotSendHeaders(_ id: Int32) {}
    /// A stream is no more.
    func closedStream(_ id: Int32, _ code: UInt32) {}
}

// MARK: - Streams

extension HTTP2Session {
    /// What was stored with a stream.
    func userData(_ id: Int32) -> UnsafeMutableRawPointer? {
        session.flatMap { nghttp2_session_get_stream_user_data($0, id) }
    }

    /// Stores something with a stream.
    func setUserData(_ id: Int32, _ data: UnsafeMutableRawPointer?) {
        if let session { nghttp2_session_set_stream_user_data(session, id, data) }
    }

    /// Ends a stream by force.
    func reset(_ id: Int32, _ code: nghttp2_error_code) {
        guard let session else { return }
        nghttp2_submit_rst_stream(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, code.rawValue)
        scheduleFlush()
    }

    /// A stream's body goes on after it waited for more.
    func resume(_ id: Int32) {
        guard let session else { return }
        // An error says that it does not wait.
        if nghttp2_session_resume_data(session, id) == 0 { scheduleFlush() }
    }

    /// The peer may send as many bytes more on the stream.
    func openStreamWindow(_ id: Int32, _ count: Int) {
        guard let session, count > 0 else { return }
        nghttp2_session_consume_stream(session, id, count)
        scheduleFlush()
    }

    /// The peer may send as many bytes more on all streams together.
    func openConnectionWindow(_ count: Int) {
        guard let session, count > 0 else { return }
        nghttp2_session_consume_connection(session, count)
        scheduleFlush()
    }
}

/// A body as nghttp2 takes it: looked at when a frame can be sent, written when it is.
protocol HTTP2BodySource: AnyObject {
    /// What there is to send now.
    func nextFrame(_ limit: Int) -> HTTP2BodyFrame
    /// Writes so many bytes of the body to the connection's output.
    func writeBody(_ count: Int, to session: HTTP2Session)
}

/// What a body has for its next frame.
enum HTTP2BodyFrame {
    /// Nothing at the moment.
    case wait
    /// So many bytes; `ends` when they are the stream's last.
    case data(Int, ends: Bool)
    /// Nothing; trailers follow.
    case trailers
}

/// Holds a source where nghttp2 has room for one pointer.
final class HTTP2BodyBox {
    unowned(unsafe) let source: any HTTP2BodySource

    init(_ source: any HTTP2BodySource) {
        self.source = source
    }

    /// What nghttp2 gets; the box must outlive the stream.
    var provider: nghttp2_data_provider {
        http2_data_provider(Unmanaged.passUnretained(self).toOpaque(), HTTP2Session.readBody)
    }
}

// MARK: - nghttp2's callbacks

extension HTTP2Session {
    private static func of(_ data: UnsafeMutableRawPointer?) -> HTTP2Session? {
        data.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let callbacks = http2_callbacks(
        began_headers: { _, frame, data in
            guard let frame else { return 0 }
            of(data)?.beganHeaders(
                http2_stream_id(frame), UInt32(http2_header_category(frame)))
            return 0
        },
        received_header: { _, frame, name, nameLength, value, valueLength, _, data in
            guard let frame else { return 0 }
            of(data)?.receivedHeader(
                http2_stream_id(frame), UnsafeRawBufferPointer(start: name, count: nameLength),
                UnsafeRawBufferPointer(start: value, count: valueLength))
            return 0
        },
        received_frame: { _, frame, data in
            guard let frame else { return 0 }
            let ends = http2_frame_flags(frame) & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            of(data)?.receivedFrame(
                http2_stream_id(frame), http2_frame_type(frame), http2_frame_length(frame),
                endsStream: ends)
            return 0
        },
        received_data: { _, _, id, bytes, count, data in
            of(data)?.receivedData(id, UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        },
        closed_stream: { _, id, code, data in
            of(data)?.closedStream(id, code)
            return 0
        },
        sent_frame: { _, frame, data in
            guard let frame else { return 0 }
            let type = http2_frame_type(frame)
            let isOfBody =
                type == UInt8(NGHTTP2_DATA.rawValue) || type == UInt8(NGHTTP2_HEADERS.rawValue)
            let ends = http2_frame_flags(frame) & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            if isOfBody && ends { of(data)?.sentEnd(http2_stream_id(frame)) }
            return 0
        },
        could_not_send_frame: { _, frame, _, data in
            guard let frame else { return 0 }
            if http2_frame_type(frame) == UInt8(NGHTTP2_HEADERS.rawValue) {
                of(data)?.couldNotSendHeaders(http2_stream_id(frame))
            }
            return 0
        },
        send_data: { _, frame, head, count, source, data in
            guard let session = of(data), let source, let box = box(source) else {
                return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
            }
            session.worker.buffers.append(
                UnsafeRawBufferPointer(start: head, count: 9), to: &session.connection.output)
            box.source.writeBody(count, to: session)
            return 0
        })

    private static func box(_ source: UnsafeMutablePointer<nghttp2_data_source>) -> HTTP2BodyBox? {
        http2_source_pointer(source).map {
            Unmanaged<HTTP2BodyBox>.fromOpaque($0).takeUnretainedValue()
        }
    }

    /// nghttp2 asks what a body has.
    fileprivate static let readBody: nghttp2_data_source_read_callback = {
        _, _, _, limit, flags, source, _ in
        guard let source, let flags, let box = box(source) else {
            return ssize_t(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        switch box.source.nextFrame(limit) {
        case .wait: return ssize_t(NGHTTP2_ERR_DEFERRED.rawValue)
        case .trailers:
            flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            return 0
        case .data(let count, let ends):
            if ends { flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
            if count > 0 { flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue }
            return count
        }
    }
}

// MARK: - Headers on their way out

/// Headers as nghttp2 takes them, which copies them.
struct HeaderVector {
    private let base: UnsafeMutablePointer<nghttp2_nv>
    private var count = 0

    private init(_ base: UnsafeMutablePointer<nghttp2_nv>) {
        self.base = base
    }

    /// Adds a header, whose bytes stay where they are until it is submitted.
    mutating func add(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        base[count] = http2_header(
            name.utf8Start, name.utf8CodeUnitCount, value.baseAddress, value.count)
        count += 1
    }

    /// Adds a header.
    mutating func add(_ name: StaticString, _ value: StaticString) {
        add(name, UnsafeRawBufferPointer(value))
    }

    private mutating func add(_ headers: HeaderList) {
        for index in 0..<headers.count {
            let name = headers.name(index)
            let value = headers.value(index)
            base[count] = http2_header(
                name.baseAddress, name.count, value.baseAddress, value.count)
            count += 1
        }
    }

    /// Makes a vector of a few headers, which must be pseudo-headers, and a list, and submits it.
    ///
    /// - Parameter before: Adds five headers at most.
    static func with(
        _ headers: HeaderList, before: (inout HeaderVector) -> Void = { _ in },
        _ submit: (UnsafePointer<nghttp2_nv>, Int) -> Int32
    ) -> Int32 {
        withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: headers.count + 5) { memory in
            guard let base = memory.baseAddress else { return 0 }
            var vector = HeaderVector(base)
            before(&vector)
            vector.add(headers)
            return submit(base, vector.count)
        }
    }
}
