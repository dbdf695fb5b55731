import Synchronization

/// What a proxy counted since it started.
package struct ProxyStatistics: Sendable, Equatable {
    /// What was counted for one cluster.
    package struct Cluster: Sendable, Equatable {
        /// Requests that were sent to it.
        package var requests: UInt64 = 0
        /// Requests that it did not answer: no endpoint, refused, reset, malformed, timed out.
        package var failures: UInt64 = 0
    }

    /// Connections that were accepted.
    package var connections: UInt64 = 0
    /// Connections that are open.
    package var activeConnections: UInt64 = 0
    /// TLS handshakes with clients that were completed.
    package var handshakes: UInt64 = 0
    /// Connections that came to nothing before it was known what carries them: no TLS where it
    /// was expected, a client without a trusted certificate, too slow.
    package var handshakeFailures: UInt64 = 0
    /// Sessions of datagrams that were begun.
    package var sessions: UInt64 = 0
    /// Sessions of datagrams that are open.
    package var activeSessions: UInt64 = 0
    /// Datagrams of clients that went nowhere: too many sessions, or no endpoint.
    package var droppedDatagrams: UInt64 = 0
    /// Requests whose head was complete.
    package var requests: UInt64 = 0
    /// Final responses by class: 2xx, 3xx, 4xx, 5xx.
    package var statuses: [UInt64] = [0, 0, 0, 0]
    /// Connections to endpoints that were opened.
    package var upstreamConnections: UInt64 = 0
    /// Connections to endpoints that could not be opened.
    package var upstreamFailures: UInt64 = 0
    /// Requests that timed out.
    package var timeouts: UInt64 = 0
    /// Requests that were sent a second time.
    package var retries: UInt64 = 0
    /// By the flag of the access log, such as `NR` or `UF`: requests that went wrong.
    package var flags: [String: UInt64] = [:]
    /// By cluster, those of the current table.
    package var clusters: [String: Cluster] = [:]

    /// Nothing was counted.
    package init() {}
}

/// A number that one worker counts and everybody may read.
///
/// Only its worker writes it, so a load and a store do: no locked instruction.
struct Counter: ~Copyable {
    private let value = Atomic<UInt64>(0)

    var current: UInt64 { value.load(ordering: .relaxed) }

    @inline(__always)
    func add(_ amount: UInt64 = 1) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    @inline(__always)
    func subtract() {
        value.store(value.load(ordering: .relaxed) &- 1, ordering: .relaxed)
    }
}

/// What one worker counts.
final class WorkerCounters: Sendable {
    let connections = Counter()
    let activeConnections = Counter()
    let handshakes = Counter()
    let handshakeFailures = Counter()
    let sessions = Counter()
    let activeSessions = Counter()
    let droppedDatagrams = Counter()
    let requests = Counter()
    let status2xx = Counter()
    let status3xx = Counter()
    let status4xx = Counter()
    let status5xx = Counter()
    let upstreamConnections = Counter()
    let upstreamFailures = Counter()
    let timeouts = Counter()
    let retries = Counter()
    let flags = FlagCounters()

    func answered(_ status: Int) {
        switch status {
        case 200..<300: status2xx.add()
        case 300..<400: status3xx.add()
        case 400..<500: status4xx.add()
        case 500..<600: status5xx.add()
        default: break
        }
    }

    func add(to sum: inout ProxyStatistics) {
        sum.connections += connections.current
        sum.activeConnections += activeConnections.current
        sum.handshakes += handshakes.current
        sum.handshakeFailures += handshakeFailures.current
        sum.sessions += sessions.current
        sum.activeSessions += activeSessions.current
        sum.droppedDatagrams += droppedDatagrams.current
        sum.requests += requests.current
        sum.statuses[0] += status2xx.current
        sum.statuses[1] += status3xx.current
        sum.statuses[2] += status4xx.current
        sum.statuses[3] += status5xx.current
        sum.upstreamConnections += upstreamConnections.current
        sum.upstreamFailures += upstreamFailures.current
        sum.timeouts += timeouts.current
        sum.retries += retries.current
        flags.add(to: &sum.flags)
    }
}

/// How often each ``ResponseFlag`` came.
final class FlagCounters: Sendable {
    /// Unsafe but sound: written in `init`, freed in `deinit`; what is between is atomic.
    private nonisolated(unsafe) let counters: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        counters = .allocate(capacity: ResponseFlag.allCases.count)
        for index in ResponseFlag.allCases.indices {
            (counters + index).initialize(to: Atomic(0))
        }
    }

    deinit {
        counters.deallocate()
    }

    func count(_ flag: ResponseFlag) {
        counters[Int(flag.rawValue)].wrappingAdd(1, ordering: .relaxed)
    }

    func add(to sum: inout [String: UInt64]) {
        for flag in ResponseFlag.allCases where flag != .none {
            let count = counters[Int(flag.rawValue)].load(ordering: .relaxed)
            if count > 0 { sum["\(flag.text)", default: 0] += count }
        }
    }
}

/// What one worker counts for one cluster.
final class ClusterCounters: Sendable {
    let requests = Counter()
    let failures = Counter()
}

/// What went wrong with a request, in the words of Envoy's response flags.
enum ResponseFlag: UInt8, CaseIterable {
    case none
    /// No virtual host or route.
    case noRoute
    /// The cluster is invalid.
    case noCluster
    /// The cluster has no endpoint to pick.
    case noHealthyUpstream
    /// No endpoint could be reached.
    case upstreamConnectionFailure
    /// The endpoint ended the connection in the middle.
    case upstreamConnectionTermination
    /// The endpoint's answer is malformed.
    case upstreamProtocolError
    /// The endpoint took too long.
    case upstreamRequestTimeout
    /// The exchange was silent for too long.
    case streamIdleTimeout
    /// The client's request is malformed.
    case downstreamProtocolError
    /// The client is gone.
    case downstreamConnectionTermination
    /// The service that is asked about requests refused it, or could not be asked.
    case unauthorizedExternalService

    /// Envoy's letters.
    var text: StaticString {
        switch self {
        case .none: "-"
        case .noRoute: "NR"
        case .noCluster: "NC"
        case .noHealthyUpstream: "UH"
        case .upstreamConnectionFailure: "UF"
        case .upstreamConnectionTermination: "UC"
        case .upstreamProtocolError: "UPE"
        case .upstreamRequestTimeout: "UT"
        case .streamIdleTimeout: "SI"
        case .downstreamProtocolError: "DPE"
        case .downstreamConnectionTermination: "DC"
        case .unauthorizedExternalService: "UAEX"
        }
    }
}
