import Foundation
import Testing

extension EndToEnd {
    /// Others' clients of the same control plane.
    @Suite(.serialized) struct Peers {
        @Test(arguments: ["bootstrap-sotw.yaml", "bootstrap-delta.yaml"])
        func envoyServesTheSameSplit(bootstrap: String) async throws {
            let bookinfo = try await Bookinfo()
            try bookinfo.apply("reviews-split.yaml")
            let admin = try FreePort.find()
            let configuration = try String(
                contentsOfFile: Place.file("examples/envoy/\(bootstrap)"), encoding: .utf8
            ).replacing("15010", with: "\(bookinfo.xdsPort)").replacing("19000", with: "\(admin)")
            let file = bookinfo.directory.appending(path: bootstrap)
            try Data(configuration.utf8).write(to: file)
            _ = try bookinfo.start(
                try Place.tool("HEDDLE_TEST_ENVOY"),
                [
                    "-c", file.path, "--log-level", "warn", "--concurrency", "1",
                    "--use-dynamic-base-id",
                ])
            try await untilServed(bookinfo)
            let counts = try await bookinfo.split(requests: 1000)
            #expect(counts.failed == 0)
            #expect(counts.versions["v3", default: 0] == 0)
            // Envoy picks by chance: five standard deviations around the half.
            #expect((420...580).contains(counts.versions["v1", default: 0]))
            let rejected = try await curl(["http://127.0.0.1:\(admin)/stats?filter=update_rejected"]
            )
            let refused = rejected.split(separator: "\n").filter { !$0.hasSuffix(": 0") }
            #expect(refused.isEmpty)
            await bookinfo.stop()
        }

        @Test func proxylessGRPCSplitsByTheSameRoute() async throws {
            let bookinfo = try await Bookinfo()
            await bookinfo.services.stop()
            let python = try Place.tool("HEDDLE_TEST_PYTHON")
            for (version, address) in [("v1", "127.0.20.11"), ("v2", "127.0.20.12")] {
                let backend = try bookinfo.start(
                    python,
                    [
                        Place.file("examples/grpc/backend.py"), "--bind", "\(address):9080",
                        "--version", version,
                    ])
                _ = try await backend.line("backend: ready")
                try bookinfo.apply(text: workload(version, address), as: "grpc-\(version).yaml")
            }
            try bookinfo.apply("reviews-split.yaml")
            try await bookinfo.waitForStatus { $0.contains("reviews-route") }
            let bootstrap = try String(
                contentsOfFile: Place.file("examples/grpc/bootstrap.json"), encoding: .utf8
            ).replacing("15010", with: "\(bookinfo.xdsPort)")
            let file = bookinfo.directory.appending(path: "bootstrap.json")
            try Data(bootstrap.utf8).write(to: file)
            let result = try await Program.run(
                python, [Place.file("examples/grpc/client.py"), "--requests", "1000"],
                environment: ["GRPC_XDS_BOOTSTRAP": file.path])
            #expect(result.status == 0, "\(result.output)")
            let line = try #require(result.output.split(separator: "\n").last { $0.hasPrefix("{") })
            let counts = try JSONDecoder().decode([String: Int].self, from: Data(line.utf8))
            #expect(counts["v1", default: 0] + counts["v2", default: 0] == 1000)
            // gRPC picks by chance, too.
            #expect((420...580).contains(counts["v1", default: 0]))
            await bookinfo.stop()
        }

        /// Takes the place of the HTTP instance of the version.
        private func workload(_ version: String, _ address: String) -> String {
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata:
              name: reviews-\(version)-grpc
              namespace: bookinfo
            spec:
              address: \(address)
              labels: {app: reviews, version: \(version)}
              ports: {http: 9080}
            """
        }

        private func untilServed(_ bookinfo: Bookinfo) async throws {
            for _ in 0..<150 {
                if (try? await bookinfo.podname()) != nil { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw Problem("Envoy never served: \(try await bookinfo.status())")
        }
    }
}
