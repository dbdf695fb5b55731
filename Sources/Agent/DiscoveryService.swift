import GRPC
import Logging
import XDS

/// The ADS client loop: carries messages between the control plane and the keeper, and comes back
/// when the stream breaks.
struct DiscoveryService: Sendable {
    private static let path =
        "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
    private static let shortestWait = Duration.milliseconds(100)
    private static let longestWait = Duration.seconds(10)

    let channel: GRPCChannel
    let keeper: ConfigurationKeeper
    let state: AgentState
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        var wait = Self.shortestWait
        while !Task.isCancelled {
            var isAnswered = false
            do {
                try await channel.withCall(Self.path, waitForReady: true) { call in
                    try await converse(call) { isAnswered = true }
                }
                logger.warning("the control plane ended the stream")
            } catch {
                if Task.isCancelled { return }
                logger.warning("the control plane is away", metadata: ["reason": "\(error)"])
            }
            await keeper.disconnected()
            state.connection(isOpen: false)
            if isAnswered { wait = Self.shortestWait }
            // Jitter, so that the proxies of one control plane do not all come back at once.
            let jittered = wait * Double.random(in: 0.8...1.2)
            do { try await Task.sleep(for: jittered) } catch { return }
            wait = min(wait * 2, Self.longestWait)
        }
    }

    private func converse(_ call: GRPCClientCall, onAnswer: () -> Void) async throws {
        for request in await keeper.connected() { try await send(request, call) }
        while let message = try await call.receive() {
            let response = try message.withUnsafeBytes {
                try DeltaDiscoveryResponse(decoding: $0)
            }
            onAnswer()
            state.connection(isOpen: true)
            for request in await keeper.received(response) { try await send(request, call) }
        }
    }

    private func send(_ request: DeltaDiscoveryRequest, _ call: GRPCClientCall) async throws {
        try await call.send(GRPCMessage(copying: request.encoded()))
    }
}
