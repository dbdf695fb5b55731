import Discovery
import GRPC
import Logging
import Synchronization
import XDS

/// One stream: bytes in, bytes out, over one machine.
///
///     arrived ──► machine ◄── snapshot changed
///                    │ next
///                    ▼
///                 sending ──sent──► next
///
/// Requests and changes only move the machine; at most one message is under way: that is the
/// back-pressure. A slow client makes the machine's set of changed names grow, which the number of
/// names bounds; it costs no other stream anything. A stream has no task: an idle one costs
/// little more than its connection.
final class DiscoveryStream<Machine: ServerMachine & ~Copyable>: Work {
    private struct State: ~Copyable {
        var machine: Machine
        var rate: RequestRate
        /// A message is under way.
        var isSending = false
        /// The stream stands in the queue of work.
        var isQueued = false
        var alarm: ContinuousClock.Instant?
        /// How the stream ends, once that is known.
        var ending: GRPCStatus?
        var isFinished = false
    }

    let node: Node
    let group: ProxyGroup
    let connectedAt = ContinuousClock.now
    private let call: GRPCServerCall
    /// The only type of the stream; nil for an aggregated one.
    private let onlyType: ResourceType?
    private let services: DiscoveryServices
    private let onEnd: @Sendable (GRPCStatus) -> Void
    private let state: Mutex<State>

    /// Requests up to this size are read on the library's thread, which serves others too.
    private static var smallRequest: Int { 4096 }

    init(
        call: GRPCServerCall, node: Node, group: ProxyGroup, onlyType: ResourceType?,
        services: DiscoveryServices, onEnd: @escaping @Sendable (GRPCStatus) -> Void
    ) {
        self.call = call
        self.node = node
        self.group = group
        self.onlyType = onlyType
        self.services = services
        self.onEnd = onEnd
        state = Mutex(
            State(
                machine: Machine(sharing: services.sharing, features: node.clientFeatures),
                rate: RequestRate(services.configuration.limits, now: .now)))
    }

    /// The client's address.
    var peer: String { call.peer }

    /// The client's SPIFFE ID by mutual TLS.
    var identity: String? { call.peerIdentity?.spiffeID }

    /// How each type stands.
    var progress: [ResourceType: TypeProgress] {
        state.withLock { $0.machine.progress }
    }

    /// What the client has been sent.
    var clientResources: [ResourceType: [ClientResource]] {
        state.withLock { $0.machine.clientResources }
    }

    /// What the client has answered to what its listeners need.
    var answers: [ResourceType: ClientAnswers] {
        state.withLock { state in
            var answers: [ResourceType: ClientAnswers] = [:]
            for type in ResourceType.inOrderOfAddition {
                // Virtual hosts may be thousands, and endpoints change all the time.
                answers[type] = state.machine.answers(
                    of: type, withResources: ProxyAnswers.typesWithResources.contains(type))
            }
            return answers
        }
    }

    /// Notes a new snapshot; may be called from any thread, under a lock.
    func changed(to snapshot: Snapshot, _ names: ChangedNames) {
        let isNew = state.withLock { state in
            state.machine.changed(to: snapshot, names)
            return Self.enqueue(&state)
        }
        if isNew { services.works.add(self) }
    }

    /// Begins to serve with the first request; what the others bring follows by itself.
    func begin(_ request: Machine.Request) {
        take(request)
        receive()
    }

    func work() {
        state.withLock { $0.isQueued = false }
        pump()
    }

    // MARK: Reading

    private func receive() {
        call.receive { self.received($0) }
    }

    private func received(_ received: GRPCServerCall.Received) {
        switch received {
        case .end: end(GRPCStatus(.ok))
        case .brokenOff: end(GRPCStatus(.cancelled, "the client has broken off the stream"))
        case .message(let message) where message.count > Self.smallRequest:
            services.works.addReading {
                self.take(message)
                self.receive()
            }
        case .message(let message):
            take(message)
            receive()
        }
    }

    private func take(_ message: GRPCMessage) {
        let outline = message.withUnsafeBytes { Machine.outline(of: $0) }
        do throws(GRPCStatus) {
            if let outline, try acknowledge(outline) { return }
            take(try Self.decoded(message), outline)
        } catch {
            end(error)
        }
    }

    /// - Returns: Whether the request was nothing but an acknowledgement.
    private func acknowledge(_ outline: DiscoveryRequestOutline) throws(GRPCStatus) -> Bool {
        if let onlyType, outline.type != onlyType { return false }
        var isWithinRate = true
        var isNews = false
        let (isTaken, maySend) = state.withLock { state in
            let now = ContinuousClock.now
            let before = state.machine.answers(of: outline.type, withResources: false)
            guard state.machine.acknowledged(by: outline, at: now) else { return (false, false) }
            isNews = Self.isNews(outline.type, before, state.machine)
            isWithinRate = state.rate.take(at: now)
            return (true, !state.machine.isSettled)
        }
        if !isWithinRate { throw tooManyRequests }
        if isNews { services.proxies.moved(group) }
        if maySend { pump() }
        return isTaken
    }

    /// - Throws: `invalidArgument` where the bytes are no request.
    static func decoded(_ message: GRPCMessage) throws(GRPCStatus) -> Machine.Request {
        let request: Result<Machine.Request, any Error> = message.withUnsafeBytes { bytes in
            Result { try Machine.Request(decoding: bytes) }
        }
        switch request {
        case .success(let request): return request
        case .failure(let error):
            throw GRPCStatus(.invalidArgument, "not a discovery request: \(error)")
        }
    }

    private func take(_ request: Machine.Request, _ outline: DiscoveryRequestOutline? = nil) {
        do throws(GRPCStatus) {
            let request = try typed(request)
            if try move(request, outline) { pump() }
        } catch {
            end(error)
        }
    }

    /// - Returns: Whether there may be something to send.
    private func move(
        _ request: Machine.Request, _ outline: DiscoveryRequestOutline?
    ) throws(GRPCStatus) -> Bool {
        let limits = services.configuration.limits
        let type = Machine.type(of: request)
        var rejection: Rejection?
        var refusal: GRPCStatus?
        var isNews = false
        let maySend = state.withLock { state in
            let now = ContinuousClock.now
            guard state.rate.take(at: now) else {
                refusal = tooManyRequests
                return false
            }
            let before = state.machine.answers(of: type, withResources: false)
            rejection = state.machine.received(request, outline: outline, at: now)
            isNews = Self.isNews(type, before, state.machine)
            let count = state.machine.subscriptionCount
            if count > limits.subscriptionsPerStream {
                refusal = GRPCStatus(
                    .resourceExhausted,
                    "\(count) names and types are asked for on one stream; "
                        + "\(limits.subscriptionsPerStream) is the limit")
            }
            return !state.machine.isSettled
        }
        if let rejection { services.refused(rejection, by: node, of: group) }
        if isNews { services.proxies.moved(group) }
        if let refusal { throw refusal }
        return maySend
    }

    /// Whether an answer may change what the listeners' statuses say: not each of the many to
    /// virtual hosts and endpoints, but their first, and those by which a refusal comes or goes.
    private static func isNews(
        _ type: ResourceType, _ before: ClientAnswers?, _ machine: borrowing Machine
    ) -> Bool {
        guard let after = machine.answers(of: type, withResources: false) else { return false }
        let acknowledged = before?.acknowledged ?? 0
        if after.rejection != before?.rejection { return true }
        return after.acknowledged != acknowledged
            && (acknowledged == 0 || ProxyAnswers.typesWithResources.contains(type))
    }

    private var tooManyRequests: GRPCStatus {
        let limits = services.configuration.limits
        return GRPCStatus(
            .resourceExhausted,
            "more than \(limits.requestsPerSecond) requests a second (\(limits.requestBurst) at "
                + "once) on one stream")
    }

    /// The request with the type of the stream, where it is not an aggregated one.
    private func typed(_ request: Machine.Request) throws(GRPCStatus) -> Machine.Request {
        let type = Machine.type(of: request)
        if let onlyType {
            if type.rawValue.isEmpty { return Machine.typed(request, onlyType) }
            if type == onlyType { return request }
            throw GRPCStatus(
                .invalidArgument,
                "this service serves \(onlyType.rawValue), not \(type.rawValue); ask the "
                    + "aggregated discovery service, or the type's own")
        }
        if type.rawValue.isEmpty {
            throw GRPCStatus(
                .invalidArgument, "a request of an aggregated stream must carry a type_url")
        }
        return request
    }

    // MARK: Writing

    /// Sends what is next, if nothing is under way.
    private func pump() {
        var alarm: ContinuousClock.Instant?
        let response = state.withLock { state -> StreamResponse? in
            if state.isSending || state.ending != nil { return nil }
            switch state.machine.next(now: .now) {
            case .idle: return nil
            case .wait(let time):
                if state.alarm.map({ $0 > time }) ?? true {
                    state.alarm = time
                    alarm = time
                }
                return nil
            case .respond(let response):
                state.isSending = true
                return response
            }
        }
        if let alarm { setAlarm(alarm) }
        guard let response else { return }
        call.send(message(response)) { self.sent($0) }
    }

    private func sent(_ success: Bool) {
        let (finishes, maySend) = state.withLock { state in
            state.isSending = false
            return (Self.takeFinish(&state), success && !state.machine.isSettled)
        }
        if let finishes {
            finish(finishes)
        } else if maySend {
            pump()
        }
        // Without success the call is over; the receive under way hears of it.
    }

    private func setAlarm(_ time: ContinuousClock.Instant) {
        services.alarms.ring(at: time) { [weak self] in
            guard let self else { return }
            let isNew = state.withLock { state in
                state.alarm = nil
                return Self.enqueue(&state)
            }
            if isNew { services.works.add(self) }
        }
    }

    private static func enqueue(_ state: inout State) -> Bool {
        if state.isQueued || state.ending != nil { return false }
        state.isQueued = true
        return true
    }

    // MARK: Ending

    /// How long a client may take to read what is under way when its stream ends.
    private static var lastRead: Duration { .seconds(1) }

    /// Ends the stream, once what is under way is sent.
    private func end(_ status: GRPCStatus) {
        let (finishes, isWaiting) = state.withLock { state in
            if state.ending == nil { state.ending = status }
            return (Self.takeFinish(&state), state.isSending)
        }
        if let finishes { finish(finishes) }
        guard isWaiting else { return }
        services.alarms.ring(at: .now + Self.lastRead) { [weak self] in
            guard let self, state.withLock({ !$0.isFinished }) else { return }
            call.breakOff()
        }
    }

    private static func takeFinish(_ state: inout State) -> GRPCStatus? {
        guard let ending = state.ending, !state.isSending, !state.isFinished else { return nil }
        state.isFinished = true
        return ending
    }

    private func finish(_ status: GRPCStatus) {
        onEnd(status)
        call.finish(status)
    }
}
