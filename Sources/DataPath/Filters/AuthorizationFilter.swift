import Routing
import XDS

/// Asks a service whether a request may go on, and how.
///
/// Behaves as Envoy's external authorization filter; what it takes from a service never touches
/// the headers that only the proxy writes.
final class AuthorizationFilter: StreamFilter {
    private let config: CompiledExtAuthz
    private let ofRoute: AuthorizationOfRoute?
    private var call: LocalCall?
    private var stream: HTTPStream?
    /// The request's body is gathered first.
    private var gathers = false
    /// The decision, while the call that brings it has not returned.
    private var decision: AuthorizationDecision?
    private var isAsking = false
    /// Headers of the response of a request that was let through.
    private var forClient: [(name: [UInt8], value: [UInt8])] = []

    private static let longestAnswer = 1024 * 1024

    init(_ config: CompiledExtAuthz, _ ofRoute: AuthorizationOfRoute?) {
        self.config = config
        self.ofRoute = ofRoute
    }

    private var buffering: BufferSettings? {
        ofRoute?.disablesBody == true ? nil : ofRoute?.body ?? config.body
    }

    // MARK: The request

    override func receivedRequest(_ stream: HTTPStream) -> Verdict {
        self.stream = stream
        guard let buffering, !stream.request.endsWithHead else { return ask(stream) }
        let most = Int(buffering.maxRequestBytes)
        if stream.request.contentLength > Int64(most) && !buffering.allowsPartialMessage {
            return refuseBody(stream)
        }
        if isGathered(stream, most) { return askWithBody(stream, most) }
        gathers = true
        askForBody(stream)
        stream.exchange.bodyRoom = max(most + 1, BodyPipe.highWater)
        return .wait
    }

    /// A client that waits to be asked for the body (RFC 9110 §10.1.1) is asked here, since the
    /// endpoint sees nothing yet.
    private func askForBody(_ stream: HTTPStream) {
        let headers = stream.request.headers
        guard headers.first("expect")?.isWord("100-continue") == true else { return }
        headers.remove("expect")
        stream.response.status = 100
        stream.exchange.client?.sendInterim()
        stream.response.reset()
    }

    override func heldRequestGrew(_ stream: HTTPStream) {
        guard gathers, let buffering else { return }
        let most = Int(buffering.maxRequestBytes)
        guard isGathered(stream, most) else { return }
        gathers = false
        if askWithBody(stream, most) == .goOn { stream.resume() }
    }

    private func isGathered(_ stream: HTTPStream, _ most: Int) -> Bool {
        stream.requestBody.isEnded || stream.requestBody.count > most
            || stream.requestBody.count == most && buffering?.allowsPartialMessage == true
    }

    private func askWithBody(_ stream: HTTPStream, _ most: Int) -> Verdict {
        stream.exchange.bodyRoom = BodyPipe.highWater
        if stream.requestBody.count > most && buffering?.allowsPartialMessage != true {
            return refuseBody(stream)
        }
        return ask(stream)
    }

    private func refuseBody(_ stream: HTTPStream) -> Verdict {
        stream.reply(LocalReply(413, .none, "the body is too long to be authorized"))
        return .answered
    }

    /// Asks; the verdict is at hand already when nobody can be asked.
    private func ask(_ stream: HTTPStream) -> Verdict {
        guard let service = ofRoute?.service ?? config.service,
            let cluster = stream.exchange.installed?.clusters[service.clusterSlot]
        else { return apply(.failed(nil), stream) }
        let question = AuthorizationQuestion(
            stream, config, ofRoute,
            body: buffering.map { stream.requestBody.waiting($0.maxRequestBytes) })
        isAsking = true
        let call = LocalCall(longest: Self.longestAnswer) { [unowned self] outcome in
            decided(AuthorizationDecision(outcome, service))
        }
        self.call = call
        question.send(to: service, cluster, by: call, stream.worker)
        isAsking = false
        guard let decision else { return .wait }
        self.decision = nil
        return apply(decision, stream)
    }

    private func decided(_ decision: AuthorizationDecision) {
        call = nil
        guard !isAsking, let stream else {
            self.decision = decision
            return
        }
        if apply(decision, stream) == .goOn { stream.resume() }
    }

    // MARK: The decision

    private func apply(_ decision: AuthorizationDecision, _ stream: HTTPStream) -> Verdict {
        switch decision {
        case .allowed(let changes):
            forClient = changes.forClient
            changes.apply(to: stream)
            return .goOn
        case .denied(let denial):
            stream.reply(denial.reply(.unauthorizedExternalService))
            return .answered
        case .failed(let denial):
            if config.failureModeAllow { return .goOn }
            var denial = denial ?? AuthorizationDecision.Denial()
            if denial.status == 0 { denial.status = config.statusOnError }
            stream.reply(denial.reply(.unauthorizedExternalService))
            return .answered
        }
    }

    override func receivedResponse(_ stream: HTTPStream) {
        for header in forClient where !ReservedHeader.contains(header.name) {
            stream.response.headers.set(header.name, header.value)
        }
    }

    override func ended(_ stream: HTTPStream) {
        self.stream = nil
        let call = call
        self.call = nil
        call?.cancel()
    }
}
