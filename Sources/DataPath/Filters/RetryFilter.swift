import Routing
import XDS

/// Tries requests again, as the route's policy says and the cluster's limits allow.
///
/// What the stream tries again by itself, see ``HTTPStream/retriesSafely``, is not counted here.
final class RetryFilter: StreamFilter {
    private let policy: CompiledRetry
    private var used: UInt32 = 0
    /// Where the retry that is under way is counted.
    private var counted: WorkerCluster?

    init(_ policy: CompiledRetry) { self.policy = policy }

    override func receivedRequest(_ stream: HTTPStream) -> Verdict {
        if policy.count > 0 {
            stream.requestBody.keep(CompiledRetry.keptBody, pool: stream.worker.buffers)
        }
        stream.exchange.attemptLimit = policy.tryTimeout
        return .goOn
    }

    override func retryDelay(_ stream: HTTPStream, _ outcome: AttemptOutcome) -> UInt64? {
        release()
        guard used < policy.count, leadsToRetry(outcome, stream.response),
            let cluster = stream.exchange.cluster, cluster.allowsRetry
        else { return nil }
        used += 1
        cluster.retries += 1
        counted = cluster
        return policy.pause(before: used, using: &stream.worker.random)
    }

    private func leadsToRetry(_ outcome: AttemptOutcome, _ response: StreamResponse) -> Bool {
        switch outcome {
        case .response:
            // An endpoint that says so is to be spared.
            if response.headers.first("x-envoy-overloaded") != nil { return false }
            if response.headers.first("x-envoy-ratelimited") != nil { return false }
            return policy.takes(status: response.status, grpcStatus: response.grpcStatus)
        case .failure(let failure):
            let reasons = policy.reasons
            if !reasons.isDisjoint(with: [.serverErrors, .gatewayErrors, .reset]) { return true }
            switch failure {
            case .unreachable: return reasons.contains(.connectFailure)
            case .refused: return reasons.contains(.refusedStream)
            case .closed, .reset, .malformed, .tooSlow: return false
            }
        }
    }

    override func receivedResponse(_ stream: HTTPStream) { release() }

    override func ended(_ stream: HTTPStream) { release() }

    private func release() {
        counted?.retries -= 1
        counted = nil
    }
}

extension StreamResponse {
    /// The status of gRPC in the head, where the response ends with it.
    fileprivate var grpcStatus: Int? {
        guard endsWithHead, let text = headers.first("grpc-status") else { return nil }
        return Int64(decimal: text).map(Int.init)
    }
}

extension WorkerCluster {
    /// Envoy's, for a budget that does not say.
    private static let usualBudget = 20.0
    private static let usualConcurrency: UInt32 = 3

    /// Whether one more retry may be under way on this worker.
    ///
    /// A budget is a share of the worker's own requests, so that it is the same share of all.
    var allowsRetry: Bool {
        guard
            let limits = compiled.source.circuitBreakers.first(where: { $0.priority == .default })
        else { return true }
        if let budget = limits.retryBudget {
            let share = (budget.budgetPercent ?? Self.usualBudget) / 100
            let least = Int(budget.minRetryConcurrency ?? Self.usualConcurrency)
            return retries < max(Int(share * Double(picker.active + retries)), least)
        }
        return limits.maxRetries.map { retries < Int($0) } ?? true
    }
}
