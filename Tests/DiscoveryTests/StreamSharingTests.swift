import Testing
import XDS

@testable import Discovery

@Suite struct StreamSharingTests {
    private let clusters = Snapshot((0..<100).map { .opaque(.cluster, "\($0)") })

    private func machine(
        _ variant: Variant, _ sharing: any StreamSharing, names: [String] = ["*"]
    ) -> any Machine {
        let machine = variant.machine(sharing: sharing)
        machine.changed(to: clusters, [:])
        _ = machine.received(Ask(type: .cluster, names: names), at: .now)
        return machine
    }

    private func response(_ machine: any Machine) throws -> StreamResponse {
        guard case .respond(let response) = machine.next(now: .now) else {
            throw ModelClient.Fault(text: "silence")
        }
        return response
    }

    @Test(arguments: Variant.allCases)
    func streamsThatNeedTheSameGetOneContent(variant: Variant) throws {
        let sharing = SharedStreams()
        let streams = (0..<3).map { _ in machine(variant, sharing) }
        let first = try streams.map { try response($0).content }
        #expect(first.allSatisfy { $0 === first[0] })
        var snapshot = clusters
        let names = snapshot.apply(SnapshotChange(upserts: [.opaque(.cluster, "1", 2)]))
        for stream in streams {
            _ = stream.received(Ask(type: .cluster, names: ["*"], nonce: "1"), at: .now)
            stream.changed(to: snapshot, names)
        }
        let second = try streams.map { try response($0).content }
        #expect(second.allSatisfy { $0 === second[0] && $0 !== first[0] })
    }

    @Test func theNamesMayComeInAnyOrder() throws {
        let sharing = SharedStreams()
        let names = (0..<50).map(String.init)
        let one = try response(machine(.delta, sharing, names: names))
        let other = try response(machine(.delta, sharing, names: names.reversed()))
        #expect(one.content === other.content)
    }

    @Test func otherNamesGetAnotherContent() throws {
        let sharing = SharedStreams()
        let one = try response(machine(.delta, sharing, names: ["1", "2"]))
        let other = try response(machine(.delta, sharing, names: ["1", "3"]))
        #expect(one.resources.map(\.name) == ["1", "2"])
        #expect(other.resources.map(\.name) == ["1", "3"])
    }

    /// Whether a name that is no virtual host is a route configuration's is part of the answer.
    @Test func whetherANameIsARouteConfigurationsIsNotSharedAcrossSnapshots() throws {
        let sharing = SharedStreams()
        let with = Variant.delta.machine(sharing: sharing)
        with.changed(to: Snapshot([.routes("r")]), [:])
        let without = Variant.delta.machine(sharing: sharing)
        without.changed(to: Snapshot(), [:])
        for machine in [with, without] {
            _ = machine.received(Ask(type: .virtualHost, names: ["r"]), at: .now)
        }
        #expect(try response(with).removed.isEmpty)
        #expect(try response(without).removed == ["r"])
    }

    @Test func whatATransportMadeOfAContentIsMadeOnce() throws {
        final class Form: Sendable {}
        let content = try response(machine(.delta, Unshared())).content
        let first = content.transportForm { _ in Form() }
        #expect(content.transportForm { _ in Form() } === first)
    }

    @Test func setsOfNamesAreHeldByTheStreamsAlone() {
        let sharing = SharedStreams()
        weak var held: NameSet?
        do {
            let names = NameSet.of(["a", "b"], sharing: sharing)
            held = names
            #expect(NameSet.of(["b", "a"], sharing: sharing) === names)
            #expect(NameSet.of(["a", "b", "a"], sharing: sharing) === names)
        }
        #expect(held == nil)
    }

    @Test func aSetIsTheSameHoweverItWasMade() {
        let made = NameSet.of(["a", "b", "c"], sharing: Unshared())
        let grown = NameSet.empty.adding(["c", "a"]).adding(["a", "b", "x"]).removing(["x", "y"])
        #expect(made.identity == grown.identity)
        #expect(grown.count == 3)
        #expect(made.identity != grown.removing(["a"]).identity)
        #expect(NameSet.empty.adding(["a"]).removing(["a"]).identity == NameSet.empty.identity)
    }
}
