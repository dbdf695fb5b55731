import Routing

/// A request of this process to a cluster, whose response is gathered whole.
///
/// Confined to its worker.
final class LocalCall: ClientSide {
    /// What came of it.
    enum Outcome {
        /// A response, valid during the call, with its body.
        case response(StreamResponse, [UInt8])
        /// None, or one that is too long.
        case failed
    }

    private let longest: Int
    private var completion: ((Outcome) -> Void)?
    private var body: [UInt8] = []

    /// - Parameters:
    ///   - longest: The longest body that is taken, in bytes.
    ///   - completion: Told once what came of it, maybe before ``begin(_:to:timeout:body:_:)``
    ///     returns; not after ``cancel()``.
    init(longest: Int, completion: @escaping (Outcome) -> Void) {
        self.longest = longest
        self.completion = completion
        super.init()
    }

    /// Sends the request.
    ///
    /// - Parameters:
    ///   - timeout: From the request's end to the response's, in nanoseconds.
    ///   - fill: Writes the head; `content-length` is the caller's to write.
    func begin(
        _ worker: Worker, to cluster: WorkerCluster, timeout: UInt64, body: [UInt8],
        _ fill: (StreamRequest) -> Void
    ) {
        let stream = worker.streams.take(worker)
        fill(stream.request)
        stream.request.endsWithHead = body.isEmpty
        stream.begin(self, to: cluster, timeout: timeout)
        if body.isEmpty { return }
        body.withUnsafeBytes { self.stream?.receivedRequestBody($0) }
        self.stream?.receivedRequestEnd()
    }

    /// Its outcome is of no interest any more.
    func cancel() {
        completion = nil
        stream?.clientIsGone(.none)
    }

    override func sendResponse() {
        guard let stream else { return }
        if stream.exchange.isAnsweredHere { return complete(.failed, stream) }
        if stream.response.endsWithHead { complete(.response(stream.response, []), stream) }
    }

    override func responseBodyGrew() {
        guard let stream, !stream.exchange.isAnsweredHere else { return }
        while stream.responseBody.count > 0 {
            let bytes = stream.responseBody.next
            guard body.count + bytes.count <= longest else { return complete(.failed, stream) }
            body += bytes
            stream.consumedResponse(bytes.count)
            if self.stream !== stream { return }
        }
        if stream.responseBody.isFinished { complete(.response(stream.response, body), stream) }
    }

    private func complete(_ outcome: Outcome, _ stream: HTTPStream) {
        let completion = completion
        self.completion = nil
        completion?(outcome)
        guard self.stream === stream else { return }
        if stream.responseBody.isFinished {
            stream.responseWasSent()
        } else {
            stream.clientIsGone(.none)
        }
    }

    override func abort() {
        let completion = completion
        self.completion = nil
        completion?(.failed)
    }
}
