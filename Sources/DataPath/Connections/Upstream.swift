import CLinuxIO

/// A connection to an endpoint.
///
///     connecting → attached ⇄ idle → closed
///
/// An attached one serves one exchange of one downstream connection, which drives it; an idle one
/// waits in its endpoint's pool. Confined to its worker.
final class Upstream: Connection {
    private enum State {
        case connecting
        case attached
        case idle
    }

    let endpoint: WorkerEndpoint
    /// The connection whose exchange it serves.
    @exclusivity(unchecked) private(set) unowned(unsafe) var downstream: Downstream?
    /// It served an exchange before, so the endpoint may close it at any time.
    @exclusivity(unchecked) private(set) var isReused = false
    @exclusivity(unchecked) private var state = State.connecting
    @exclusivity(unchecked) private var deadline: UInt64 = .max

    init(fd: Int32, endpoint: WorkerEndpoint, worker: Worker) {
        self.endpoint = endpoint
        super.init(fd: fd, worker: worker)
    }

    /// The connection is open.
    var isConnected: Bool { state != .connecting }

    /// Serves an exchange from now on.
    @inline(__always)
    func attach(_ downstream: Downstream) {
        self.downstream = downstream
        if state == .idle { state = .attached }
    }

    /// Waits for the connection to open until then.
    func connects(until deadline: UInt64) {
        self.deadline = deadline
        worker.loop.schedule(self, at: deadline)
    }

    /// The exchange is over; the connection waits for another, or is closed.
    @inline(__always)
    func detach(isReusable: Bool) {
        downstream = nil
        guard isReusable, state == .attached, input.isEmpty, !sawEnd, !writeFailed,
            endpoint.keep(self, limit: worker.settings.idleConnectionsPerEndpoint)
        else {
            release()
            return
        }
        worker.buffers.release(&input)
        worker.buffers.release(&output)
        state = .idle
        isReused = true
        deadline = worker.loop.now + worker.settings.upstreamKeepAlive
        worker.loop.schedule(self, at: deadline)
    }

    override func handle(_ ready: UInt32) {
        note(ready)
        switch state {
        case .connecting: connected(ready)
        case .attached:
            guard let downstream else { return }
            if isReadable { downstream.upstreamIsReadable() }
            if ready & LINUX_WRITABLE != 0, self.downstream === downstream {
                downstream.upstreamIsWritable()
            }
        case .idle:
            // The endpoint closes, or speaks without being asked.
            if isReadable {
                endpoint.remove(self)
                release()
            }
        }
    }

    override func proceed() {
        if state == .attached { downstream?.upstreamIsReadable() }
    }

    private func connected(_ ready: UInt32) {
        guard let downstream else { return release() }
        if ready & (LINUX_FAILED | LINUX_HUNG_UP) != 0, linux_connect_outcome(fd) != 0 {
            downstream.upstreamConnectFailed()
            return
        }
        guard ready & LINUX_WRITABLE != 0 else { return }
        state = .attached
        deadline = .max
        downstream.upstreamConnected()
    }

    override func timerFired() {
        if worker.loop.now < deadline {
            if deadline != .max { worker.loop.schedule(self, at: deadline) }
            return
        }
        switch state {
        case .connecting: downstream?.upstreamConnectFailed()
        case .attached: break
        case .idle:
            endpoint.remove(self)
            release()
        }
    }
}
