import Routing

/// A request's head, whatever protocol it came by; what goes to the endpoint is made from it.
///
/// Confined to its worker.
final class StreamRequest {
    /// The headers without `host`, hop-by-hop ones, `te` and `trailer`; a `content-length` is in
    /// it when it is true of the body.
    let headers = HeaderList()
    /// All of these are stored in ``headers``.
    var method = Span()
    /// As sent; empty when the request has none.
    var authority = Span()
    /// The path and query as sent, or `*`; after routing as they go to the endpoint.
    var target = Span()
    var isHEAD = false
    /// RFC 9110 §9.2.2.
    var isIdempotent = false
    var isCONNECT = false
    /// The client takes trailers (RFC 9110 §10.1.4).
    var takesTrailers = false
    /// `content-length`, or -1.
    var contentLength: Int64 = -1
    /// The request ends with its head.
    var endsWithHead = false
    /// What came after the body; empty before its end.
    let trailers = HeaderList(capacity: 64)

    /// It has no body but its method is one that has, so HTTP/1 must say so (RFC 9110 §8.6).
    var expectsBody: Bool {
        let method = headers.bytes(method)
        func isMethod(_ word: StaticString) -> Bool {
            method.elementsEqual(UnsafeRawBufferPointer(word))
        }
        return contentLength < 0 && (isMethod("POST") || isMethod("PUT") || isMethod("PATCH"))
    }

    /// The body is of gRPC, so answers of the proxy are too.
    var isGRPC: Bool {
        guard let type = headers.first("content-type"), type.count >= 16 else { return false }
        let word = UnsafeRawBufferPointer(rebasing: type[..<16])
        return word.isWord("application/grpc")
            && (type.count == 16 || type[16] == UInt8(ascii: "+") || type[16] == UInt8(ascii: ";"))
    }

    /// Forgets all.
    func reset() {
        headers.removeAll()
        trailers.removeAll()
        method = Span()
        authority = Span()
        target = Span()
        isHEAD = false
        isIdempotent = false
        isCONNECT = false
        takesTrailers = false
        contentLength = -1
        endsWithHead = false
    }

    /// Becomes a copy of another request.
    func copy(_ other: StreamRequest) {
        headers.copy(other.headers)
        trailers.copy(other.trailers)
        method = other.method
        authority = other.authority
        target = other.target
        isHEAD = other.isHEAD
        isIdempotent = other.isIdempotent
        isCONNECT = other.isCONNECT
        takesTrailers = other.takesTrailers
        contentLength = other.contentLength
        endsWithHead = other.endsWithHead
    }

    /// Sets the method and what follows from it.
    func setMethod(_ bytes: UnsafeRawBufferPointer) {
        method = headers.store(bytes)
        func isMethod(_ word: StaticString) -> Bool {
            bytes.elementsEqual(UnsafeRawBufferPointer(word))
        }
        isHEAD = isMethod("HEAD")
        isCONNECT = isMethod("CONNECT")
        isIdempotent =
            isHEAD || isMethod("GET") || isMethod("PUT") || isMethod("DELETE")
            || isMethod("OPTIONS") || isMethod("TRACE")
    }
}

/// A response's head, whatever protocol it came by.
///
/// Confined to its worker.
final class StreamResponse {
    /// The headers without hop-by-hop ones; a `content-length` is in it when it is true.
    let headers = HeaderList()
    var status = 0
    /// `content-length`, or -1.
    var contentLength: Int64 = -1
    /// The response ends with its head.
    var endsWithHead = false
    /// What came after the body; empty before its end.
    let trailers = HeaderList(capacity: 64)

    /// Forgets all.
    func reset() {
        headers.removeAll()
        trailers.removeAll()
        status = 0
        contentLength = -1
        endsWithHead = false
    }
}
