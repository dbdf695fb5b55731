import Routing

/// Attempts: endpoints, time limits and trying again.
extension HTTPStream {
    /// How often an endpoint is picked for one request, filters' retries aside.
    private static let mostAttempts = 3

    /// Sends the request to an endpoint of the cluster, open or opening; answers when there is
    /// none.
    func attempt() {
        guard let cluster = exchange.cluster else { return }
        exchange.phase = .attempting
        while exchange.attempts < Self.mostAttempts {
            exchange.attempts += 1
            let chosen = chosenEndpoint(in: cluster)
            if chosen == nil, exchange.filters.contains(where: { $0.refusesOthers(self) }) {
                return noEndpoint(cluster)
            }
            guard
                let index = chosen
                    ?? cluster.picker.pick(now: worker.loop.now, using: &worker.random)
            else { return noEndpoint(cluster) }
            if let server = makeServer(cluster.endpoints[index], cluster) {
                exchange.endpoint = index
                exchange.server = server
                exchange.requestIsSent = false
                cluster.picker.began(index)
                server.stream = self
                if exchange.requestIsReceived { startAttemptClock() }
                return server.begin()
            }
            connectFailed(cluster, index)
        }
        fail(.unreachable)
    }

    /// The endpoint that a filter wants; each is asked once.
    private func chosenEndpoint(in cluster: WorkerCluster) -> Int? {
        for filter in exchange.filters {
            if let index = filter.endpoint(self, in: cluster) { return index }
        }
        return nil
    }

    private func noEndpoint(_ cluster: WorkerCluster) {
        let name = cluster.compiled.name
        let count = cluster.compiled.endpointCount
        cluster.counters.failures.add()
        reply(
            LocalReply(
                503, .noHealthyUpstream,
                count == 0
                    ? "cluster \(name) has no endpoints"
                    : "none of the \(count) endpoints of cluster \(name) is healthy"))
    }

    private func connectFailed(_ cluster: WorkerCluster, _ index: Int) {
        worker.counters.upstreamFailures.add()
        cluster.picker.failed(index, now: worker.loop.now)
    }

    /// The way to an endpoint; nil when the system refuses a connection.
    private func makeServer(
        _ endpoint: WorkerEndpoint, _ cluster: WorkerCluster
    ) -> ServerSide? {
        if cluster.compiled.usesHTTP2 {
            return endpoint.session(cluster, worker).map(UpstreamStream.init)
        }
        return (endpoint.takeIdle() ?? Upstream.open(endpoint, cluster, worker))
            .map(HTTP1Server.init)
    }

    // MARK: Failures

    /// The attempt gives no response, or no end of it.
    func serverFailed(_ failure: ServerFailure) {
        guard let server = exchange.server else { return }
        let isReused = server.isReused
        releaseServer(isComplete: false)
        if exchange.phase == .responding {
            exchange.cluster?.counters.failures.add()
            return cut(failure.flag)
        }
        if failure == .unreachable, server.isBlamed, let cluster = exchange.cluster {
            connectFailed(cluster, exchange.endpoint)
        }
        if retriesSafely(failure, isReused: isReused) { return tryAgain(after: 0) }
        if retries(.failure(failure)) { return }
        fail(failure)
    }

    /// Whether the endpoint cannot have acted on the request, or may do so twice.
    private func retriesSafely(_ failure: ServerFailure, isReused: Bool) -> Bool {
        guard requestBody.canRewind else { return false }
        switch failure {
        case .unreachable, .refused: return exchange.attempts < Self.mostAttempts
        case .closed(let sawResponse):
            guard isReused, request.isIdempotent, !sawResponse else { return false }
            if exchange.cluster?.compiled.usesHTTP2 == true {
                return exchange.attempts < Self.mostAttempts
            }
            // The attempt is not counted: the idle connections are used up in the end.
            exchange.attempts -= 1
            return true
        case .reset, .malformed, .tooSlow: return false
        }
    }

    /// Has the filters decide on another attempt; true when there will be one.
    func retries(_ outcome: AttemptOutcome) -> Bool {
        guard !exchange.filters.isEmpty, requestBody.canRewind else { return false }
        for filter in exchange.filters {
            guard let delay = filter.retryDelay(self, outcome) else { continue }
            releaseServer(isComplete: exchange.requestIsSent && response.endsWithHead)
            exchange.attempts = 0
            tryAgain(after: delay)
            return true
        }
        return false
    }

    private func tryAgain(after delay: UInt64) {
        worker.counters.retries.add()
        requestBody.rewind()
        responseBody.release(to: worker.buffers)
        response.reset()
        exchange.attemptDeadline = .max
        if delay == 0 { return attempt() }
        exchange.phase = .pausing
        exchange.pauseEnd = worker.loop.now &+ delay
        worker.loop.schedule(self, at: exchange.pauseEnd)
    }

    private func fail(_ failure: ServerFailure) {
        exchange.cluster?.counters.failures.add()
        let name = exchange.cluster?.compiled.name ?? ""
        switch failure {
        case .unreachable:
            let why =
                exchange.cluster?.describeUnreachable(exchange.endpoint)
                ?? "no endpoint of cluster \(name) could be reached"
            reply(LocalReply(503, failure.flag, why))
        case .refused: reply(LocalReply(503, failure.flag, "the endpoint refused the request"))
        case .reset:
            reply(LocalReply(503, failure.flag, "the endpoint reset the stream before it answered"))
        case .closed:
            let why = "the endpoint closed the connection before it answered"
            reply(LocalReply(503, failure.flag, why))
        case .malformed(let reason):
            reply(LocalReply(502, failure.flag, "the endpoint's answer is malformed: \(reason)"))
        case .tooSlow:
            worker.counters.timeouts.add()
            reply(LocalReply(504, failure.flag, "the endpoint did not answer in time"))
        }
    }

    // MARK: Time

    /// The request was received: the time for its response runs.
    func startClock() {
        guard exchange.timeout > 0, exchange.deadline == .max, !exchange.responseIsReceived else {
            return
        }
        exchange.deadline = worker.loop.now &+ exchange.timeout
        worker.loop.schedule(self, at: exchange.deadline)
    }

    /// The request was received, and an attempt is under way: the attempt's time runs.
    func startAttemptClock() {
        guard exchange.attemptLimit > 0, exchange.phase == .attempting else { return }
        exchange.attemptDeadline = worker.loop.now &+ exchange.attemptLimit
        worker.loop.schedule(self, at: exchange.attemptDeadline)
    }

    /// Looks at the time limits no later than they end.
    func scheduleTimer() {
        guard exchange.phase != .idle else { return }
        let limit = exchange.idleLimit
        let silent = limit == 0 ? .max : exchange.lastActivity &+ limit
        let next = min(silent, exchange.deadline, exchange.attemptDeadline, exchange.pauseEnd)
        if next != .max { worker.loop.schedule(self, at: next) }
    }

    /// A time limit may have been reached.
    func watchTime() {
        guard exchange.phase != .idle else { return }
        let now = worker.loop.now
        if now >= exchange.deadline {
            timedOut(.upstreamRequestTimeout, "the endpoint did not answer in time")
        } else if now >= exchange.attemptDeadline {
            exchange.attemptDeadline = .max
            serverFailed(.tooSlow)
        } else if now >= exchange.pauseEnd {
            exchange.pauseEnd = .max
            attempt()
        } else if exchange.idleLimit > 0 && now >= exchange.lastActivity &+ exchange.idleLimit {
            timedOut(.streamIdleTimeout, "nothing was sent or received for too long")
        }
        scheduleTimer()
    }

    private func timedOut(_ flag: ResponseFlag, _ why: String) {
        worker.counters.timeouts.add()
        if flag == .upstreamRequestTimeout { exchange.cluster?.counters.failures.add() }
        if exchange.phase == .responding { return cut(flag) }
        reply(LocalReply(504, flag, why))
    }
}

extension ServerFailure {
    /// What the access log says of it.
    fileprivate var flag: ResponseFlag {
        switch self {
        case .unreachable: .upstreamConnectionFailure
        case .refused, .reset, .closed: .upstreamConnectionTermination
        case .malformed: .upstreamProtocolError
        case .tooSlow: .upstreamRequestTimeout
        }
    }
}
