import GRPC
import Synchronization

/// How many streams there are, in all and of each connection.
final class StreamCount: Sendable {
    private struct State {
        var all = 0
        var byConnection: [String: Int] = [:]
    }

    private let limits: DiscoveryLimits
    private let state = Mutex(State())

    init(_ limits: DiscoveryLimits) {
        self.limits = limits
    }

    /// Counts one more; ``remove(connection:)`` ends it.
    ///
    /// - Throws: `resourceExhausted` where that would be over a limit.
    func add(connection: String) throws(GRPCStatus) {
        let limits = limits
        let refusal: String? = state.withLock { state in
            if state.all >= limits.streams {
                return "\(limits.streams) streams are open, the limit of this server"
            }
            let own = state.byConnection[connection, default: 0]
            if own >= limits.streamsPerConnection {
                return "\(own) streams of this connection are open, the limit for one; use one "
                    + "aggregated stream"
            }
            state.all += 1
            state.byConnection[connection] = own + 1
            return nil
        }
        if let refusal { throw GRPCStatus(.resourceExhausted, refusal) }
    }

    func remove(connection: String) {
        state.withLock { state in
            state.all -= 1
            let left = state.byConnection[connection, default: 1] - 1
            state.byConnection[connection] = left > 0 ? left : nil
        }
    }
}
