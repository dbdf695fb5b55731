import Discovery
import GRPC
import Synchronization
import XDS

/// One ADS stream: a reader and a writer over one machine.
///
/// Requests and changes only move the machine and wake the writer, which has at most one message
/// under way: that is the back-pressure. A slow client makes the machine's set of changed names
/// grow, which the number of names bounds; it costs no other stream anything.
final class ADSStream<Machine: ServerStream & ~Copyable>: Sendable {
    let node: Node
    let group: ProxyGroup
    private let call: GRPCServerCall

    /// The client's address.
    var peer: String { call.peer }
    private let machine: Mutex<Machine>
    private let wake: AsyncStream<Void>.Continuation
    private let wakes: AsyncStream<Void>
    private let alarm: AsyncStream<ContinuousClock.Instant>.Continuation
    private let alarms: AsyncStream<ContinuousClock.Instant>

    init(call: GRPCServerCall, node: Node, group: ProxyGroup) {
        self.call = call
        self.node = node
        self.group = group
        machine = Mutex(Machine(snapshot: Snapshot()))
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (alarms, alarm) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How each type stands.
    var progress: [ResourceType: TypeProgress] {
        machine.withLock { $0.progress }
    }

    /// Notes a new snapshot; may be called from any thread.
    func changed(to snapshot: Snapshot, _ names: ChangedNames) {
        machine.withLock { $0.changed(to: snapshot, names) }
        wake.yield()
    }

    /// Serves until the client ends the stream, or breaks it off.
    ///
    /// - Parameter onRejection: Told of each refusal.
    func run(
        first: GRPCMessage, onRejection: @escaping @Sendable (Rejection) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.write() }
            group.addTask { try await self.ringAlarms() }
            try receive(first, onRejection)
            while let request = try await call.receive() {
                try receive(request, onRejection)
            }
            group.cancelAll()
        }
    }

    private func receive(
        _ request: GRPCMessage, _ onRejection: (Rejection) -> Void
    ) throws {
        let rejection: Rejection?
        do {
            rejection = try machine.withLock { try $0.received(request) }
        } catch {
            throw GRPCStatus(.invalidArgument, "not a discovery request: \(error)")
        }
        if let rejection { onRejection(rejection) }
        wake.yield()
    }

    private func write() async throws {
        var wakes = wakes.makeAsyncIterator()
        while !Task.isCancelled {
            switch machine.withLock({ $0.nextStep(now: .now) }) {
            case .send(let message): try await call.send(message)
            case .idle: _ = await wakes.next()
            case .wait(let time):
                alarm.yield(time)
                _ = await wakes.next()
            }
        }
    }

    /// Wakes the writer when a time has come; an early wake costs it one look.
    private func ringAlarms() async throws {
        for await time in alarms {
            try await Task.sleep(until: time, clock: .continuous)
            wake.yield()
        }
    }
}
