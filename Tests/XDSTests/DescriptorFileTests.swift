import Foundation
import Testing
import XDS

@Suite struct DescriptorFileTests {
    private let services = [
        ServiceDescription(
            fullName: "envoy.service.discovery.v3.AggregatedDiscoveryService",
            methods: [
                ServiceDescription.Method(
                    name: "StreamAggregatedResources",
                    inputType: DiscoveryRequest.messageName,
                    outputType: DiscoveryResponse.messageName, clientStreaming: true,
                    serverStreaming: true)
            ], file: "envoy/service/discovery/v3/ads.proto"),
        ServiceDescription(
            fullName: "grpc.health.v1.Health",
            methods: [
                ServiceDescription.Method(
                    name: "Check", inputType: HealthCheckRequest.messageName,
                    outputType: HealthCheckResponse.messageName)
            ], file: "grpc/health/v1/health.proto"),
        ServiceDescription(
            fullName: "example.Mine",
            methods: [
                ServiceDescription.Method(
                    name: "Status", inputType: ClientStatusRequest.messageName,
                    outputType: "google.protobuf.Empty"),
                ServiceDescription.Method(
                    name: "Lost", inputType: "no.Such", outputType: "no.Such"),
            ]),
    ]

    /// A reflection client's pool takes all files, and they say what proto/ says.
    @Test func pythonTakesEveryFile() throws {
        let files = descriptorFiles(services: services)
        let lines = files.map { file in
            let hex = file.encoded.map { String(format: "%02x", $0) }.joined()
            return "\(file.name) \(hex)\n"
        }
        let run = try Python.run(
            "reflection.py", arguments: services.map(\.fullName), input: lines.joined())
        #expect(run.status == 0, "\(run.output.suffix(2000))")
    }

    @Test func everySymbolHasOneFileAfterItsImports() {
        let files = descriptorFiles(services: services)
        var known: Set<String> = []
        for file in files {
            #expect(known.isSuperset(of: file.dependencies), "\(file.name)")
            #expect(known.insert(file.name).inserted)
        }
        let symbols = files.flatMap(\.symbols)
        #expect(Set(symbols).count == symbols.count)
        func file(_ symbol: String) -> String? {
            files.first { $0.symbols.contains(symbol) }?.name
        }
        #expect(file("envoy.config.cluster.v3.Cluster") == "envoy/config/cluster/v3/cluster.proto")
        #expect(
            file("envoy.config.cluster.v3.Cluster.LbPolicy")
                == "envoy/config/cluster/v3/cluster.proto")
        #expect(file("google.protobuf.Any") == "google/protobuf/any.proto")
        #expect(file("grpc.health.v1.Health.Check") == "grpc/health/v1/health.proto")
        #expect(file("example.Mine.Status") == "example/Mine.proto")
        #expect(file("example.Mine.Lost") == nil)
    }
}
