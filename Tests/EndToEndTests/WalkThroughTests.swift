import Foundation
import Testing

/// Everything that needs the bookinfo instances, which have fixed addresses.
@Suite(.serialized) struct EndToEnd {}

extension EndToEnd {
    /// The walk-through, with the real programs.
    @Suite(.serialized) struct WalkThrough {
        @Test func splitsHalfAndHalfAndNeverToVersion3() async throws {
            let bookinfo = try await Bookinfo()
            try bookinfo.apply("reviews-split.yaml")
            _ = try await bookinfo.startAgent(["--workers", "1"])
            try await bookinfo.waitForStatus { $0.contains("reviews-route") }
            var names: [String] = []
            for _ in 0..<10 { names.append(try await bookinfo.podname()) }
            #expect(names.allSatisfy { $0.hasPrefix("reviews-v1-") || $0.hasPrefix("reviews-v2-") })
            let counts = try await bookinfo.split(requests: 1000)
            #expect(counts.failed == 0)
            #expect(counts.versions["v3", default: 0] == 0)
            #expect((490...510).contains(counts.versions["v1", default: 0]))
            await bookinfo.stop()
        }

        @Test func answersToEveryNameOfTheService() async throws {
            let bookinfo = try await Bookinfo()
            try bookinfo.apply("reviews-0-100.yaml")
            _ = try await bookinfo.startAgent()
            try await bookinfo.waitForStatus { $0.contains("reviews-route") }
            for name in ["reviews", "reviews.bookinfo", "reviews.bookinfo.svc.cluster.local"] {
                for host in [name, "\(name):9080"] {
                    let pod = try await bookinfo.podname(host: host)
                    #expect(pod.hasPrefix("reviews-v2-"), "\(host) was answered by \(pod)")
                }
            }
            await bookinfo.stop()
        }

        @Test func movesWeightsUnderLoadWithoutAFailedRequest() async throws {
            let bookinfo = try await Bookinfo()
            try bookinfo.apply("reviews-split.yaml")
            _ = try await bookinfo.startAgent(["--workers", "1"])
            let load = try Load(bookinfo, ["--connections", "8", "--seconds", "60"])
            try await load.line("t=")
            let expected = [
                ("reviews-90-10.yaml", 900), ("reviews-0-100.yaml", 0), ("reviews-split.yaml", 500),
            ]
            for (file, share) in expected {
                try bookinfo.apply(file, as: "reviews-split.yaml")
                try await untilSplit(bookinfo, firstVersion: share)
            }
            let totals = try await load.stop()
            #expect(totals.failed == 0)
            #expect(totals.total > 0)
            #expect(totals.versions["v3", default: 0] == 0)
            await bookinfo.stop()
        }

        @Test func refusesABrokenRouteAndServesTheGoodOne() async throws {
            let bookinfo = try await Bookinfo()
            try bookinfo.apply("reviews-0-100.yaml", as: "route.yaml")
            _ = try await bookinfo.startAgent()
            try await bookinfo.waitForStatus { $0.contains("reviews-route") }
            try bookinfo.apply("reviews-broken.yaml", as: "route.yaml")
            try await bookinfo.waitForStatus { $0.contains("backendRefs[0].weight") }
            let pod = try await bookinfo.podname()
            #expect(pod.hasPrefix("reviews-v2-"))
            await bookinfo.stop()
        }

        @Test func answersTheShareOfAMissingBackendWith500() async throws {
            let bookinfo = try await Bookinfo()
            try bookinfo.apply("reviews-missing-backend.yaml", as: "route.yaml")
            _ = try await bookinfo.startAgent(["--workers", "1"])
            try await bookinfo.waitForStatus { $0.contains("BackendNotFound") }
            let counts = try await bookinfo.split(requests: 1000)
            #expect((490...510).contains(counts.failed))
            await bookinfo.stop()
        }

        /// Waits until 1,000 requests in a row show the split.
        private func untilSplit(_ bookinfo: Bookinfo, firstVersion: Int) async throws {
            var last: LoadResult?
            for _ in 0..<20 {
                let counts = try await bookinfo.split(requests: 1000)
                #expect(counts.failed == 0)
                if abs(counts.versions["v1", default: 0] - firstVersion) <= 10 { return }
                last = counts
            }
            throw Problem(
                "the split never became \(firstVersion) of 1000: \(String(describing: last))")
        }
    }
}
