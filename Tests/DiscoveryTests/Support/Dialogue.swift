import Testing
import XDS

@testable import Discovery

/// A client and a server's machine, and what they have said so far.
final class Dialogue {
    let machine: any Machine
    private let variant: Variant
    private(set) var snapshot: Snapshot
    private var now = ContinuousClock.now
    /// The latest response of each type.
    private var latest: [ResourceType: StreamResponse] = [:]
    /// The names that a client by state of the world repeats in every request.
    private var names: [ResourceType: [String]] = [:]
    private var versions: [ResourceType: String] = [:]

    init(_ variant: Variant, _ resources: [EncodedResource], features: [String] = []) {
        self.variant = variant
        snapshot = Snapshot(resources)
        machine = variant.machine(features: features)
        machine.changed(to: snapshot, [:])
    }

    func run(_ steps: [Step]) {
        for step in steps { step.run(self, step.location) }
    }

    fileprivate func ask(_ ask: Ask) -> Rejection? {
        var ask = ask
        if variant == .sotw {
            names[ask.type] = ask.names
            if ask.nonce.isEmpty { ask.nonce = latest[ask.type]?.nonce ?? "" }
            if ask.version.isEmpty { ask.version = versions[ask.type] ?? "" }
        }
        return machine.received(ask, at: now)
    }

    fileprivate func answer(
        _ type: ResourceType, error: String? = nil, _ location: SourceLocation
    ) {
        guard let response = latest[type] else {
            Issue.record("no response to answer", sourceLocation: location)
            return
        }
        if error == nil { versions[type] = response.version }
        let rejection = machine.received(
            Ask(
                type: type, names: variant == .sotw ? names[type] ?? [] : [],
                version: variant == .sotw ? versions[type] ?? "" : "", nonce: response.nonce,
                error: error), at: now)
        let expected = error.map { Rejection(type: type, message: $0) }
        #expect(rejection == expected, sourceLocation: location)
    }

    fileprivate func change(_ change: SnapshotChange) {
        let names = snapshot.apply(change)
        machine.changed(to: snapshot, names)
    }

    fileprivate func pass(_ time: Duration) { now += time }

    fileprivate func next() -> StreamStep {
        let step = machine.next(now: now)
        if case .respond(let response) = step { latest[response.type] = response }
        return step
    }

    fileprivate func wait(for time: Duration) -> StreamStep { .wait(until: now + time) }
}

/// One row of a table of messages.
struct Step {
    fileprivate let location: SourceLocation
    fileprivate let run: (Dialogue, SourceLocation) -> Void

    // MARK: The client

    /// Asks for names: incremental for these too, by state of the world for these alone.
    static func ask(
        _ type: ResourceType, _ names: String..., at location: SourceLocation = #_sourceLocation
    ) -> Step {
        send(Ask(type: type, names: names), at: location)
    }

    /// Takes names off; incremental.
    static func leave(
        _ type: ResourceType, _ names: String..., at location: SourceLocation = #_sourceLocation
    ) -> Step {
        send(Ask(type: type, leaving: names), at: location)
    }

    /// Any other request.
    static func send(_ ask: Ask, at location: SourceLocation = #_sourceLocation) -> Step {
        Step(location: location) { dialogue, location in
            let rejection = dialogue.ask(ask)
            #expect(rejection == nil, sourceLocation: location)
        }
    }

    /// Accepts the latest response of a type.
    static func ack(_ type: ResourceType, at location: SourceLocation = #_sourceLocation) -> Step {
        Step(location: location) { $0.answer(type, $1) }
    }

    /// Refuses the latest response of a type.
    static func nack(
        _ type: ResourceType, _ reason: String, at location: SourceLocation = #_sourceLocation
    ) -> Step {
        Step(location: location) { $0.answer(type, error: reason, $1) }
    }

    // MARK: The configuration and the clock

    /// The snapshot gets these in one change, and loses those.
    static func put(
        _ resources: EncodedResource..., removing names: [ResourceType: Set<String>] = [:],
        at location: SourceLocation = #_sourceLocation
    ) -> Step {
        Step(location: location) { dialogue, _ in
            dialogue.change(SnapshotChange(upserts: resources, removals: names))
        }
    }

    /// The snapshot loses names.
    static func remove(
        _ type: ResourceType, _ names: String..., at location: SourceLocation = #_sourceLocation
    ) -> Step {
        Step(location: location) { dialogue, _ in
            dialogue.change(SnapshotChange(removals: [type: Set(names)]))
        }
    }

    /// Time passes.
    static func pass(_ time: Duration, at location: SourceLocation = #_sourceLocation) -> Step {
        Step(location: location) { dialogue, _ in dialogue.pass(time) }
    }

    // MARK: The server

    /// The next response has just these names, and says that those are gone.
    static func expect(
        _ type: ResourceType, _ names: String..., removed: [String] = [],
        shape: ResponseContent.Shape? = nil, at location: SourceLocation = #_sourceLocation
    ) -> Step {
        Step(location: location) { dialogue, location in
            guard case .respond(let response) = dialogue.next() else {
                Issue.record("no response; \(type) was due", sourceLocation: location)
                return
            }
            #expect(response.type == type, sourceLocation: location)
            #expect(response.resources.map(\.name) == names, sourceLocation: location)
            #expect(response.removed == removed, sourceLocation: location)
            if let shape { #expect(response.content.shape == shape, sourceLocation: location) }
            for resource in response.resources {
                let current = dialogue.snapshot[type][resource.name]
                #expect(current == nil || current == resource, sourceLocation: location)
            }
        }
    }

    /// The server has nothing to say.
    static func idle(at location: SourceLocation = #_sourceLocation) -> Step {
        Step(location: location) { dialogue, location in
            let step = dialogue.next()
            #expect(step == .idle, sourceLocation: location)
        }
    }

    /// The server has nothing to say before this much time has passed.
    static func waits(_ time: Duration, at location: SourceLocation = #_sourceLocation) -> Step {
        Step(location: location) { dialogue, location in
            let step = dialogue.next()
            #expect(step == dialogue.wait(for: time), sourceLocation: location)
        }
    }

    /// How a type stands.
    static func status(
        _ type: ResourceType, at location: SourceLocation = #_sourceLocation,
        _ check: @escaping (TypeProgress) -> Bool
    ) -> Step {
        Step(location: location) { dialogue, location in
            let progress = dialogue.machine.progress[type] ?? TypeProgress()
            #expect(check(progress), "\(progress)", sourceLocation: location)
        }
    }

    /// What the client has, by the server's account.
    static func client(
        _ type: ResourceType, _ states: [String: ClientResource.State],
        at location: SourceLocation = #_sourceLocation
    ) -> Step {
        Step(location: location) { dialogue, location in
            let resources = dialogue.machine.clientResources[type] ?? []
            let seen = Dictionary(
                resources.map { ($0.resource.name, $0.state) }, uniquingKeysWith: { $1 })
            #expect(seen == states, sourceLocation: location)
        }
    }
}

/// Plays a table of messages against the incremental machine.
func delta(_ resources: [EncodedResource], features: [String] = [], _ steps: [Step]) {
    Dialogue(.delta, resources, features: features).run(steps)
}

/// The same, with nothing in the snapshot at first.
func delta(_ steps: [Step]) {
    delta([], steps)
}

/// Plays a table of messages against the machine by state of the world.
func sotw(_ resources: [EncodedResource], features: [String] = [], _ steps: [Step]) {
    Dialogue(.sotw, resources, features: features).run(steps)
}

/// The same, with nothing in the snapshot at first.
func sotw(_ steps: [Step]) {
    sotw([], steps)
}
