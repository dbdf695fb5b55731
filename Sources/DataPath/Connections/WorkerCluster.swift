import CLinuxIO
import Routing

/// One worker's state for one cluster: whom to pick, and connections.
///
/// Confined to its worker.
final class WorkerCluster {
    let compiled: CompiledCluster
    let endpoints: [WorkerEndpoint]
    let counters: ClusterCounters
    @exclusivity(unchecked) var picker: EndpointPicker
    /// Retries that a route asked for and that are under way.
    var retries = 0

    /// The state for a cluster; endpoints that the older state has as well keep their
    /// connections, if these are secured in the same way.
    ///
    /// - Parameter tls: TLS with the endpoints; nil for plain text.
    init(
        _ compiled: CompiledCluster, replacing old: WorkerCluster?, tls: EndpointTLS?,
        counters: ClusterCounters, using random: inout RandomSource
    ) {
        self.compiled = compiled
        self.counters = counters
        var known: [InternetAddress: WorkerEndpoint] = [:]
        if let old, Self.areAsSecure(old.compiled.tls, compiled.tls) {
            for endpoint in old.endpoints { known[endpoint.address] = endpoint }
        } else {
            old?.retire()
        }
        endpoints = compiled.endpoints.map { endpoint in
            known.removeValue(forKey: endpoint.socketAddress)
                ?? WorkerEndpoint(endpoint.socketAddress, text: endpoint.text)
        }
        picker = EndpointPicker(compiled, using: &random)
        for endpoint in known.values { endpoint.retire() }
        for endpoint in endpoints where endpoint.tls !== tls {
            endpoint.tls = tls
            // It vouches for what was checked then.
            endpoint.session = nil
        }
    }

    private static func areAsSecure(
        _ old: CompiledUpstreamTLS?, _ new: CompiledUpstreamTLS?
    ) -> Bool {
        new?.isAsGood(as: old) ?? (old == nil)
    }

    /// Says that no endpoint could be reached, and why the last one could not.
    ///
    /// - Parameter endpoint: Its place.
    func describeUnreachable(_ endpoint: Int) -> String {
        let what = "no endpoint of cluster \(compiled.name) could be reached"
        guard endpoints.indices.contains(endpoint), let reason = endpoints[endpoint].failure else {
            return what
        }
        return "\(what): \(String(decoding: endpoints[endpoint].text, as: UTF8.self)): \(reason)"
    }

    /// The cluster is gone: idle connections are closed, busy ones end with their exchange.
    func retire() {
        for endpoint in endpoints { endpoint.retire() }
    }
}

/// One worker's connections to one endpoint.
final class WorkerEndpoint {
    let address: InternetAddress
    /// The address as text, for the access log.
    let text: [UInt8]
    /// Connections without an exchange, the one used last at the end.
    @exclusivity(unchecked) private(set) var idle: [Upstream] = []
    /// HTTP/2 connections that take requests.
    @exclusivity(unchecked) var sessions: [UpstreamSession] = []
    /// It left the table.
    @exclusivity(unchecked) private(set) var isRetired = false
    /// TLS with it; nil for plain text.
    @exclusivity(unchecked) var tls: EndpointTLS?
    /// The session to take up with the next connection.
    var session: TLSSession?
    /// Why TLS with it failed last; nil when it did not.
    var failure: String?

    init(_ address: InternetAddress, text: [UInt8]) {
        self.address = address
        self.text = text
    }

    /// Takes the connection that was used last.
    @inline(__always)
    func takeIdle() -> Upstream? { idle.popLast() }

    /// Keeps a connection for later; false when there are enough, or the endpoint is gone.
    @inline(__always)
    func keep(_ connection: Upstream, limit: Int) -> Bool {
        if isRetired || idle.count >= limit { return false }
        idle.append(connection)
        return true
    }

    /// Forgets an idle connection.
    func remove(_ connection: Upstream) {
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
    }

    /// The endpoint left the table.
    func retire() {
        isRetired = true
        let connections = idle
        idle = []
        for connection in connections { connection.releaseIdle() }
        for session in sessions { session.leave() }
    }

    /// Starts to open a connection: the descriptor, or a negative errno.
    func connect() -> Int32 { address.withSystemAddress { linux_connect($0, $1) } }

    /// Opens a socket for datagrams to and from it: the descriptor, or a negative errno.
    func connectDatagrams() -> Int32 {
        address.withSystemAddress { linux_connect_datagrams($0, $1) }
    }
}
