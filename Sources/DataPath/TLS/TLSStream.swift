import COpenSSL
import Routing

/// One connection's TLS, over its socket.
///
/// Confined to its worker.
final class TLSStream {
    /// What an attempt to go on with the handshake gave.
    enum Handshake: Equatable {
        /// It is complete.
        case complete
        /// It goes on when the socket is ready again.
        case waits
        /// It failed, for a reason.
        case failed(String)
    }

    private let handle: OpaquePointer
    /// Keeps what the stream was made of.
    private let context: TLSContext
    /// The record that the socket did not take whole: so many bytes, encrypted already, count as
    /// sent when the rest of it is.
    private var owed = 0

    /// The most bytes that go into one record.
    static let recordSize = 16 * 1024

    /// A stream over a socket; nil when there is no memory.
    init?(_ context: TLSContext, fd: Int32) {
        guard let handle = tls_stream_create(context.handle, fd) else { return nil }
        self.handle = handle
        self.context = context
    }

    deinit {
        tls_stream_free(handle)
    }

    // MARK: Opening

    /// Asks the server for a name and one of the protocols, before the handshake.
    func ask(for serverName: String, protocols: [[UInt8]]) {
        if !serverName.isEmpty { _ = tls_stream_ask_for(handle, serverName) }
        let list = TLSContext.list(protocols)
        if !list.isEmpty { _ = tls_stream_offer_protocols(handle, list, list.count) }
    }

    /// Goes on with the handshake.
    func handshake() -> Handshake {
        switch Int(tls_stream_handshake(handle)) {
        case 1: .complete
        case Int(TLS_WAITS): .waits
        default: .failed(failure)
        }
    }

    /// Why the last call failed.
    private var failure: String {
        var error = tls_error()
        tls_stream_failure(handle, &error)
        return TLSContext.text(error)
    }

    /// The protocol that was agreed on, empty when there is none.
    var agreedProtocol: [UInt8] {
        var bytes: UnsafePointer<UInt8>?
        let count = tls_stream_protocol(handle, &bytes)
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// The version, such as `TLSv1.3`.
    var version: String { String(cString: tls_stream_version(handle)) }

    /// The handshake took up an earlier session.
    var isResumed: Bool { tls_stream_is_resumed(handle) != 0 }

    /// Whether the peer's certificate is for a DNS name.
    func peerHas(dnsName: String) -> Bool {
        tls_stream_peer_has_dns_name(handle, dnsName, dnsName.utf8.count) != 0
    }

    /// Whether the peer's certificate is for a URI.
    func peerHas(uri: String) -> Bool {
        tls_stream_peer_has_uri(handle, uri, uri.utf8.count) != 0
    }

    /// The session to take up later, if the server gave one.
    func takeSession() -> TLSSession? { tls_stream_take_session(handle).map(TLSSession.init) }

    /// Takes a session up, before the handshake.
    func resume(_ session: TLSSession) { tls_stream_resume(handle, session.handle) }

    // MARK: Bytes

    /// The socket may have bytes.
    func isReadable(peerCloses: Bool) { tls_stream_readable(handle, peerCloses ? 1 : 0) }

    /// Reads once.
    ///
    /// - Returns: A count above 0, or one of the `TLS_…` outcomes.
    func read(_ room: UnsafeMutableRawBufferPointer) -> Int {
        tls_stream_read(handle, room.baseAddress, room.count)
    }

    /// Writes one stretch and then another, as much as the socket takes. What was not written must
    /// be offered again, and nothing else in its place.
    ///
    /// - Parameter scratch: ``recordSize`` bytes, where the two come together in one record.
    /// - Returns: How many bytes were written in all; nil when the connection is broken.
    func write(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
        scratch: UnsafeMutableRawBufferPointer
    ) -> Int? {
        let total = first.count + second.count
        var sent = 0
        if owed > 0 {
            guard owed <= total else { return nil }
            // The record is encrypted already, so its bytes are not looked at again.
            switch tls_stream_write(handle, scratch.baseAddress, owed) {
            case Int(TLS_WAITS): return 0
            case let count where count == owed: sent = owed
            default: return nil
            }
            owed = 0
        }
        while sent < total {
            let record = Self.record(first, second, from: sent, scratch)
            let count = tls_stream_write(handle, record.baseAddress, record.count)
            if count > 0 {
                sent += count
            } else if count == Int(TLS_WAITS) {
                owed = record.count
                return sent
            } else {
                return nil
            }
        }
        return sent
    }

    /// The bytes of the next record.
    private static func record(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, from start: Int,
        _ scratch: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        if start >= first.count {
            let rest = second[(start - first.count)...]
            return UnsafeRawBufferPointer(rebasing: rest.prefix(recordSize))
        }
        let head = first[start...].prefix(recordSize)
        let room = recordSize - head.count
        if second.isEmpty || room == 0 { return UnsafeRawBufferPointer(rebasing: head) }
        let tail = second.prefix(room)
        scratch.copyMemory(from: UnsafeRawBufferPointer(rebasing: head))
        UnsafeMutableRawBufferPointer(rebasing: scratch[head.count...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: tail))
        return UnsafeRawBufferPointer(rebasing: scratch[..<(head.count + tail.count)])
    }

    /// Tells the peer that no more comes; false when the socket takes it only later.
    func end() -> Bool { tls_stream_end(handle) != TLS_WAITS }
}

/// What a client may take up instead of a whole handshake.
final class TLSSession {
    let handle: UnsafeMutableRawPointer

    init(_ handle: UnsafeMutableRawPointer) {
        self.handle = handle
    }

    deinit {
        tls_session_free(handle)
    }
}
