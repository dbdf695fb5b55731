import Discovery
import HeddleXDS
import Logging
import XDS

/// The server under test: clusters with an assignment of eleven endpoints each, 0.35 KB.
///
/// Usage: bench-xds-server CLUSTERS. Prints `port N`; every line of standard input is a number
/// that goes into the first cluster's assignment, which is then pushed.
@main
struct XDSServer {
    private static let group = ProxyGroup("bench/edge")

    static func main() async throws {
        guard let clusters = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            fatalError("usage: bench-xds-server CLUSTERS")
        }
        let cache = SnapshotCache()
        cache.setSnapshot(
            Snapshot((0..<clusters).flatMap { [cluster($0), assignment($0, revision: 0)] }),
            for: group)
        let server = DiscoveryServer(
            cache: cache, logger: Logger(label: "", factory: SwiftLogNoOpLogHandler.init))
        // A closed pipe ends the program with its parent.
        let reader = BackgroundReader { line in
            cache.updateResources([assignment(0, revision: Int(line) ?? 0)], of: group)
        }
        print("port", try server.start()[0])
        reader.start()
        try await server.run()
    }

    private static func name(_ index: Int) -> String {
        "cluster-\(index)-with-a-longer-name.default.svc.cluster.local"
    }

    private static func cluster(_ index: Int) -> EncodedResource {
        EncodedResource(Cluster(name: name(index), discovery: .eds(serviceName: "")))
    }

    private static func assignment(_ index: Int, revision: Int) -> EncodedResource {
        let endpoints = (0..<11).map { host in
            LbEndpoint(
                address: SocketAddress(
                    address: "10.0.\(index % 250).\(host)", port: UInt32(8000 + revision % 1000)))
        }
        return EncodedResource(
            ClusterLoadAssignment(
                clusterName: name(index), endpoints: [LocalityLbEndpoints(lbEndpoints: endpoints)]))
    }
}
