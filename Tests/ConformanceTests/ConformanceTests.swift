import Foundation
import Testing

/// The behaviours that the Gateway API asks for, each on two data planes: Heddle's agent, and a
/// real Envoy that takes the same resources from the same control plane.
///
/// `Cases/` holds a file for each behaviour. `HEDDLE_CONFORMANCE`, a regular expression over
/// `BEHAVIOUR/PLANE`, leaves the others out for one who works on a few.
@Suite struct ConformanceTests {
    /// A case on a data plane.
    struct Run: Sendable, CustomTestStringConvertible {
        var testCase: Case
        var number: Int
        var plane: DataPlane

        var name: String { "\(testCase.behaviour)/\(plane)" }
        var testDescription: String { name }
    }

    private static let slots = Slots(4)

    @Test(arguments: try chosenRuns())
    func behavesAsTheGatewayAPISays(_ run: Run) async throws {
        if let reason = try KnownFailures.load()[run.name] {
            await withKnownIssue("\(reason)") { try await Self.slots.use { try await check(run) } }
        } else {
            try await Self.slots.use { try await check(run) }
        }
    }

    private func check(_ run: Run) async throws {
        let world = try await World(run.testCase, number: run.number, plane: run.plane)
        var problems: [String] = []
        do {
            try await world.start()
            for step in run.testCase.steps where problems.isEmpty {
                problems = try await world.perform(step)
            }
            if run.testCase.mayRefuse == nil { problems += try await world.refusals() }
        } catch {
            problems.append("\(error)")
        }
        let printed = await world.stop()
        if !problems.isEmpty {
            Issue.record("\(run.name): \(problems.joined(separator: "\n    "))\n\(printed)")
        }
    }

    static func allCases() throws -> [Case] {
        try Case.all(in: Place.root.appending(path: "Tests/ConformanceTests/Cases"))
    }

    private static func chosenRuns() throws -> [Run] {
        let pattern = try ProcessInfo.processInfo.environment["HEDDLE_CONFORMANCE"].map {
            try Regex($0)
        }
        let runs = try allCases().enumerated().flatMap { index, testCase in
            DataPlane.allCases.map { Run(testCase: testCase, number: index + 1, plane: $0) }
        }
        return runs.filter { run in pattern.map { run.name.contains($0) } ?? true }
    }
}

/// What does not behave so yet, by run, with the reason: `known-failures.txt`. A run that is listed
/// and passes is a failure, too.
enum KnownFailures {
    static func load() throws -> [String: String] {
        let text = try String(
            contentsOfFile: Place.file("Tests/ConformanceTests/known-failures.txt"),
            encoding: .utf8)
        var failures: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Problem("known-failures.txt: \(line): no reason") }
            failures[parts[0]] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return failures
    }
}

/// Lets a few go at once.
actor Slots {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
        free = count
    }

    func use(_ body: @Sendable () async throws -> Void) async throws {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        defer {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
        try await body()
    }
}
