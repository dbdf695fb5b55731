import Foundation
import Testing

extension EndToEnd {
    /// What `make demo` shows, with the programs of this build.
    @Suite(.serialized) struct Demo {
        @Test func keepsItsPromisesAndCleansUp() async throws {
            let bin = URL(fileURLWithPath: Place.program("heddled")).deletingLastPathComponent()
            let result = try await Program.run(
                Place.file("scripts/demo"), [],
                environment: ["HEDDLE_BIN": bin.path, "HEDDLE_DEMO_FAST": "1", "NO_COLOR": "1"])
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("no request failed while the weights moved"))
            #expect(result.output.contains("everything that was started has ended"))
        }
    }
}
