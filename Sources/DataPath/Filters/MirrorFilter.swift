import Routing

/// Sends copies of a request to other clusters.
///
/// A copy goes its own way by a stream of its own: what becomes of it never reaches the request.
/// Where a cluster takes a body slower than the client sends it, as much as
/// ``MirrorClient/mostWaiting`` waits; then the copy is given up.
final class MirrorFilter: StreamFilter {
    private let mirrors: [CompiledMirror]
    private var copies: [MirrorClient] = []

    init(_ mirrors: [CompiledMirror]) { self.mirrors = mirrors }

    override func preparedRequest(_ stream: HTTPStream) {
        // One number for all, as in Envoy: equal shares copy the same requests.
        let chance = stream.worker.random.next()
        for mirror in mirrors where mirror.fraction?.takes(chance) ?? true {
            guard let clusters = stream.exchange.installed?.clusters,
                let cluster = clusters[mirror.clusterSlot]
            else { continue }
            let copy = MirrorClient()
            copy.begin(stream, to: cluster, keepsHost: mirror.keepsHost)
            if copy.isUnderWay { copies.append(copy) }
        }
    }

    override func receivedRequestBody(_ stream: HTTPStream, _ bytes: UnsafeRawBufferPointer) {
        for copy in copies { copy.add(bytes) }
    }

    override func receivedRequestEnd(_ stream: HTTPStream) {
        for copy in copies { copy.end(stream.request.trailers) }
    }

    override func ended(_ stream: HTTPStream) {
        // A copy that lacks its end never gets it.
        for copy in copies { copy.originalEnded() }
        copies = []
    }
}

/// The client side of a copy: nobody reads the response.
final class MirrorClient: ClientSide {
    /// How much of a body waits for the mirror's cluster.
    static let mostWaiting = 1024 * 1024

    private var hasEnd = false

    override init() { super.init() }

    /// Whether it goes on.
    var isUnderWay: Bool { stream != nil }

    /// Copies the request, its body as far as it came, and sends it.
    func begin(_ original: HTTPStream, to cluster: WorkerCluster, keepsHost: Bool) {
        let worker = original.worker
        let copy = worker.streams.take(worker)
        copy.request.copy(original.request)
        if !keepsHost { copy.request.addShadow() }
        hasEnd = copy.request.endsWithHead
        copy.begin(self, to: cluster, timeout: original.exchange.timeout)
        if !hasEnd { original.requestBody.forEachWaiting { add($0) } }
    }

    /// Bytes of the body came.
    func add(_ bytes: UnsafeRawBufferPointer) {
        guard let stream else { return }
        if stream.requestBody.count + bytes.count > Self.mostWaiting {
            return stream.clientIsGone(.none)
        }
        stream.receivedRequestBody(bytes)
    }

    /// The body ended.
    func end(_ trailers: HeaderList) {
        guard let stream, !hasEnd else { return }
        hasEnd = true
        stream.request.trailers.copy(trailers)
        stream.receivedRequestEnd()
    }

    /// The original is over.
    func originalEnded() {
        if !hasEnd { stream?.clientIsGone(.none) }
    }

    override func sendResponse() { drain() }

    override func responseBodyGrew() { drain() }

    private func drain() {
        guard let stream else { return }
        let count = stream.responseBody.count
        if count > 0 { stream.consumedResponse(count) }
        if self.stream === stream && stream.responseBody.isFinished { stream.responseWasSent() }
    }
}

extension StreamRequest {
    /// Puts `-shadow` behind the host's name, before its port, as Envoy does.
    fileprivate func addShadow() {
        let sent = headers.bytes(authority)
        var end = sent.count
        while end > 0, sent[end - 1] &- 0x30 < 10 { end -= 1 }
        let hasPort = end > 0 && sent[end - 1] == UInt8(ascii: ":")
        let nameEnd = hasPort ? end - 1 : sent.count
        authority = headers.store(
            Array(sent[..<nameEnd]) + Array("-shadow".utf8) + Array(sent[nameEnd...]))
    }
}
