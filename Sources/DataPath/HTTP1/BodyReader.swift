/// Follows a message's body as it passes through a buffer (RFC 9112 §6.3).
struct BodyReader: Equatable {
    private enum Framing: Equatable {
        /// So many bytes are to come; 0 when there is no body or it has ended.
        case length(UInt64)
        /// In chunks.
        case chunked(ChunkedDecoder)
        /// Until the connection ends.
        case untilClose
    }

    private var framing: Framing

    /// No body.
    static let none = BodyReader(framing: .length(0))
    /// A body that ends with its connection.
    static let untilClose = BodyReader(framing: .untilClose)

    private init(framing: Framing) {
        self.framing = framing
    }

    /// The body of a request.
    ///
    /// - Parameter removesChunks: The body alone is wanted, not its framing.
    init(_ head: RequestHead, removesChunks: Bool = false) {
        if head.fields.isChunked {
            framing = .chunked(ChunkedDecoder(removesFraming: removesChunks))
        } else {
            framing = .length(UInt64(max(head.fields.contentLength, 0)))
        }
    }

    /// The body of a final response.
    ///
    /// - Parameters:
    ///   - isHEAD: It answers a HEAD.
    ///   - removesChunks: The client knows no chunks.
    init(_ head: ResponseHead, isHEAD: Bool, removesChunks: Bool) {
        if isHEAD || head.status == 204 || head.status == 304 || head.status < 200 {
            framing = .length(0)
        } else if head.fields.isChunked {
            framing = .chunked(ChunkedDecoder(removesFraming: removesChunks))
        } else if head.fields.contentLength >= 0 {
            framing = .length(UInt64(head.fields.contentLength))
        } else {
            framing = .untilClose
        }
    }

    /// All of the body was verified.
    var isFinished: Bool {
        switch framing {
        case .length(let left): left == 0
        case .chunked(let decoder): decoder.isFinished
        case .untilClose: false
        }
    }

    /// The body ends with the connection, so that the end of the connection is no error.
    var endsWithConnection: Bool { framing == .untilClose }

    /// The body is in chunks.
    var isChunked: Bool {
        if case .chunked = framing { true } else { false }
    }

    /// Verifies what the buffer holds beyond what was verified before.
    ///
    /// - Parameter trailers: Where trailers go, if anywhere.
    @inline(__always)
    mutating func scan(
        _ buffer: UnsafeMutableRawBufferPointer, trailers: HeaderList? = nil
    ) -> ChunkedDecoder.Scan {
        switch framing {
        case .length(let left):
            let taken = min(left, UInt64(buffer.count))
            framing = .length(left - taken)
            return ChunkedDecoder.Scan(ready: Int(taken))
        case .chunked(var decoder):
            let scan = decoder.scan(buffer, trailers: trailers)
            framing = .chunked(decoder)
            return scan
        case .untilClose: return ChunkedDecoder.Scan(ready: buffer.count)
        }
    }
}
