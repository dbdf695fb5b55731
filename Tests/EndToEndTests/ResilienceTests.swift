import Foundation
import Testing

extension EndToEnd {
    /// The agent without its control plane.
    @Suite(.serialized) struct Resilience {
        @Test func servesOnWhileTheControlPlaneIsAwayAndFollowsItsReturn() async throws {
            let bookinfo = try await Bookinfo()
            try bookinfo.apply("reviews-0-100.yaml", as: "route.yaml")
            _ = try await bookinfo.startAgent()
            try await bookinfo.waitForStatus { $0.contains("reviews-route") }
            await bookinfo.stopControlPlane()
            #expect(try await bookinfo.podname().hasPrefix("reviews-v2-"))
            try bookinfo.apply("reviews-split.yaml", as: "route.yaml")
            try await bookinfo.restartControlPlane()
            try await untilVersion1(bookinfo)
            await bookinfo.stop()
        }

        @Test func startsFromTheLastGoodSnapshot() async throws {
            let bookinfo = try await Bookinfo()
            try bookinfo.apply("reviews-0-100.yaml", as: "route.yaml")
            let first = try await bookinfo.startAgent()
            try await bookinfo.waitForStatus { $0.contains("reviews-route") }
            #expect(try await bookinfo.podname().hasPrefix("reviews-v2-"))
            await first.stop()
            await bookinfo.stopControlPlane()
            _ = try await bookinfo.startAgent()
            #expect(try await bookinfo.podname().hasPrefix("reviews-v2-"))
            await bookinfo.stop()
        }

        private func untilVersion1(_ bookinfo: Bookinfo) async throws {
            for _ in 0..<600 {
                if try await bookinfo.podname().hasPrefix("reviews-v1-") { return }
            }
            throw Problem("the agent never followed the control plane that came back")
        }
    }
}
