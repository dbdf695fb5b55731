import Discovery
import GRPC
import Synchronization
import XDS

/// One stream: a reader and a writer over one machine.
///
/// Requests and changes only move the machine and wake the writer, which has at most one message
/// under way: that is the back-pressure. A slow client makes the machine's set of changed names
/// grow, which the number of names bounds; it costs no other stream anything.
final class DiscoveryStream<Machine: ServerMachine & ~Copyable>: Sendable {
    /// Whether the writer waits, or has been told of something meanwhile.
    private enum Writer {
        case isBusy
        case hasNews
        case waits(CheckedContinuation<Void, Never>)
    }

    private struct State: ~Copyable {
        var machine: Machine
        var writer = Writer.hasNews
        var rate: RequestRate
        var alarm: ContinuousClock.Instant?
    }

    let node: Node
    let group: ProxyGroup
    let identity: String?
    /// The client's address.
    let peer: String
    let connectedAt = ContinuousClock.now
    private let call: GRPCServerCall
    /// The only type of the stream; nil for an aggregated one.
    private let onlyType: ResourceType?
    private let limits: DiscoveryLimits
    private let alarms: AlarmClock
    private let state: Mutex<State>

    init(
        call: GRPCServerCall, node: Node, group: ProxyGroup, onlyType: ResourceType?,
        limits: DiscoveryLimits, sharing: any StreamSharing, alarms: AlarmClock
    ) {
        self.call = call
        self.node = node
        self.group = group
        self.onlyType = onlyType
        self.limits = limits
        self.alarms = alarms
        identity = call.peerIdentity?.spiffeID
        peer = call.peer
        state = Mutex(
            State(
                machine: Machine(sharing: sharing, features: node.clientFeatures),
                rate: RequestRate(limits, now: .now)))
    }

    /// How each type stands.
    var progress: [ResourceType: TypeProgress] {
        state.withLock { $0.machine.progress }
    }

    /// What the client has been sent.
    var clientResources: [ResourceType: [ClientResource]] {
        state.withLock { $0.machine.clientResources }
    }

    /// Notes a new snapshot; may be called from any thread.
    func changed(to snapshot: Snapshot, _ names: ChangedNames) {
        wake { $0.changed(to: snapshot, names) }
    }

    /// Lets the writer look again.
    func wake() {
        wake { _ in }
    }

    /// Serves until the client ends the stream, or breaks it off, or goes over a limit.
    ///
    /// - Parameter onRejection: Told of each refusal.
    func run(
        first: Machine.Request, onRejection: @escaping @Sendable (Rejection) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.write() }
            do {
                try receive(first, onRejection)
                while let message = try await call.receive() {
                    try receive(try Self.decoded(message), onRejection)
                }
            } catch {
                group.cancelAll()
                wake()
                throw error
            }
            group.cancelAll()
            wake()
        }
    }

    /// - Throws: `invalidArgument` where the bytes are no request.
    static func decoded(_ message: GRPCMessage) throws -> Machine.Request {
        do {
            return try message.withUnsafeBytes { try Machine.Request(decoding: $0) }
        } catch {
            throw GRPCStatus(.invalidArgument, "not a discovery request: \(error)")
        }
    }

    // MARK: Reading

    private func receive(
        _ request: Machine.Request, _ onRejection: (Rejection) -> Void
    ) throws {
        let request = try typed(request)
        let limits = limits
        var rejection: Rejection?
        let refusal: String? = wake { machine, rate, now in
            guard rate.take(at: now) else {
                return "more than \(limits.requestsPerSecond) requests a second "
                    + "(\(limits.requestBurst) at once) on one stream"
            }
            rejection = machine.received(request, at: now)
            let count = machine.subscriptionCount
            if count > limits.subscriptionsPerStream {
                return "\(count) names and types are asked for on one stream; "
                    + "\(limits.subscriptionsPerStream) is the limit"
            }
            return nil
        }
        if let rejection { onRejection(rejection) }
        if let refusal { throw GRPCStatus(.resourceExhausted, refusal) }
    }

    /// The request with the type of the stream, where it is not an aggregated one.
    private func typed(_ request: Machine.Request) throws -> Machine.Request {
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

    private func wake(_ change: (inout Machine) -> Void) {
        let waiting = state.withLock { state in
            change(&state.machine)
            return Self.takeWriter(&state)
        }
        waiting?.resume()
    }

    /// Wakes the writer only if the request gives it something to look at.
    private func wake(
        _ change: (inout Machine, inout RequestRate, ContinuousClock.Instant) -> String?
    ) -> String? {
        let (refusal, waiting) = state.withLock { state in
            let refusal = change(&state.machine, &state.rate, .now)
            return (refusal, state.machine.isSettled ? nil : Self.takeWriter(&state))
        }
        waiting?.resume()
        return refusal
    }

    private static func takeWriter(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        switch state.writer {
        case .isBusy, .hasNews:
            state.writer = .hasNews
            return nil
        case .waits(let continuation):
            state.writer = .hasNews
            return continuation
        }
    }

    private func write() async throws {
        while !Task.isCancelled {
            let step = state.withLock { state in
                state.writer = .isBusy
                return state.machine.next(now: .now)
            }
            switch step {
            case .respond(let response):
                try await call.send(message(response))
            case .idle:
                await waitForNews(until: nil)
            case .wait(let time):
                await waitForNews(until: time)
            }
        }
    }

    private func waitForNews(until time: ContinuousClock.Instant?) async {
        if let time { setAlarm(time) }
        await withCheckedContinuation { continuation in
            let hasNews = state.withLock { state in
                if case .hasNews = state.writer { return true }
                state.writer = .waits(continuation)
                return false
            }
            if hasNews { continuation.resume() }
        }
    }

    private func setAlarm(_ time: ContinuousClock.Instant) {
        let isNew = state.withLock { state in
            if let known = state.alarm, known <= time { return false }
            state.alarm = time
            return true
        }
        guard isNew else { return }
        alarms.ring(at: time) { [weak self] in
            guard let self else { return }
            state.withLock { $0.alarm = nil }
            wake()
        }
    }
}
