import Synchronization

/// A gRPC server.
///
/// `start()` binds its ports, `run()` serves until `shutdown()`.
public final class GRPCServer: Sendable {
    /// Handles one call in a task of its own.
    ///
    /// When it returns, the status is OK; when it throws a `GRPCStatus`, that one; any other error
    /// becomes `unknown` without a word of it. Its task is cancelled when the call is broken off.
    public typealias Handler = @Sendable (GRPCServerCall) async throws -> Void

    /// Begins to handle one call by callbacks, and returns at once. It, or a callback that it sets,
    /// must end the call with ``GRPCServerCall/finish(_:)``: `run()` does not return before.
    public typealias CallbackHandler = @Sendable (GRPCServerCall) -> Void

    private enum Phase {
        case idle
        case started(ServerCore)
        case running(ServerCore)
        case ended
    }

    private let configuration: GRPCServerConfiguration
    private let handler: Handler
    private let callbackHandlers: [String: CallbackHandler]
    private let phase = Mutex(Phase.idle)

    /// A server that gives every call to one handler.
    ///
    /// - Parameter callbackHandlers: by the whole path, the calls that are handled by callbacks.
    public init(
        configuration: GRPCServerConfiguration, callbackHandlers: [String: CallbackHandler] = [:],
        handler: @escaping Handler
    ) {
        self.configuration = configuration
        self.callbackHandlers = callbackHandlers
        self.handler = handler
    }

    /// A server with a handler for each path; every other path is `unimplemented`.
    ///
    /// - Parameter handlers: by the whole path, `/package.Service/Method`.
    /// - Parameter callbackHandlers: those that need no task.
    public convenience init(
        configuration: GRPCServerConfiguration, handlers: [String: Handler],
        callbackHandlers: [String: CallbackHandler] = [:]
    ) {
        self.init(configuration: configuration, callbackHandlers: callbackHandlers) { call in
            guard let handler = handlers[call.path] else {
                throw GRPCStatus(.unimplemented, "no method \(call.path)")
            }
            try await handler(call)
        }
    }

    deinit {
        if case .started(let core) = phase.withLock({ $0 }) { core.abandon() }
    }

    /// Binds the addresses. Calls wait from now on until `run()` takes them.
    ///
    /// - Returns: the ports, in the order of the addresses.
    /// - Throws: `unavailable` when an address is in use, `invalidArgument` when it is none of this
    ///   machine's or a certificate cannot be used, `failedPrecondition` after `shutdown()`.
    @discardableResult
    public func start() throws -> [Int] {
        try phase.withLock { phase in
            switch phase {
            case .idle: break
            case .ended: throw GRPCStatus(.failedPrecondition, "the server was shut down")
            case .started, .running: preconditionFailure("start() of a server that has started")
            }
            let core = try ServerCore(configuration)
            phase = .started(core)
            return core.ports
        }
    }

    /// Serves until `shutdown()`, or until the task is cancelled; starts the server if that has not
    /// been done. Returns when every handler has returned, and ports, threads and memory are free.
    ///
    /// After `shutdown()` running calls get the configuration's grace. A cancelled task gives none:
    /// its handlers are cancelled with it.
    ///
    /// - Throws: what `start()` throws.
    public func run() async throws {
        guard let core = try beginRunning() else { return }
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.serveCalls(of: core) }
                group.addTask { await self.endCalls(of: core) }
                await core.closed.value()
                group.cancelAll()  // Wakes the grace that nobody needs any more.
            }
        } onCancel: {
            core.shutDown()
        }
        phase.withLock { $0 = .ended }
    }

    /// Refuses new calls; running ones get the grace and are then broken off. `run()` returns when
    /// they have ended. May be called at any time, any number of times.
    public func shutdown() {
        let phase = phase.withLock { phase in
            defer { if case .idle = phase { phase = .ended } }
            return phase
        }
        switch phase {
        case .started(let core), .running(let core): core.shutDown()
        case .idle, .ended: break
        }
    }

    private func beginRunning() throws -> ServerCore? {
        if case .idle = phase.withLock({ $0 }) { try start() }
        return phase.withLock { phase in
            switch phase {
            case .started(let core):
                phase = .running(core)
                return core
            case .ended: return nil
            case .idle, .running: preconditionFailure("run() of a server that is running")
            }
        }
    }

    private func serveCalls(of core: ServerCore) async {
        await withDiscardingTaskGroup { group in
            while let call = await core.next() {
                let serverCall = GRPCServerCall(call)
                if let handler = callbackHandlers[serverCall.path] {
                    handler(serverCall)
                } else {
                    group.addTask { await self.serve(serverCall, of: core) }
                }
            }
        }
    }

    private func endCalls(of core: ServerCore) async {
        await core.shutdownStarted.value()
        // Cut short by cancellation, which leaves no grace.
        try? await Task.sleep(for: configuration.shutdownGrace)
        core.cancelAllCalls()
    }

    private func serve(_ serverCall: GRPCServerCall, of core: ServerCore) async {
        let call = serverCall.core
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await serverCall.finish(await self.handle(serverCall, of: core))
            }
            if case .closed(cancelled: true) = await call.end.value() { group.cancelAll() }
        }
        call.endScope()
    }

    private func handle(_ call: GRPCServerCall, of core: ServerCore) async -> GRPCStatus {
        do {
            try await handler(call)
            return GRPCStatus(.ok)
        } catch let status as GRPCStatus {
            // A client is to try elsewhere when it is the server that has given up.
            if status == .taskCancelled, core.shutdownStarted.current != nil { return goingAway }
            return status
        } catch is CancellationError {
            if core.shutdownStarted.current != nil { return goingAway }
            return GRPCStatus(.cancelled, "the server has broken off the call")
        } catch {
            configuration.onHandlerError(call.path, error)
            return GRPCStatus(.unknown, "the server failed to handle the call")
        }
    }
}

private let goingAway = GRPCStatus(.unavailable, "the server is shutting down")
