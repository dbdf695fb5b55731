import NIOCore
import NIOHTTP1

/// Makes one request after the other on a connection; confined to the connection's event loop.
///
/// It closes the connection when there are no more requests, or when a request fails.
final class LoadHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// The event that ends a connection: at once when idle, else after the answer.
    struct Stop: Sendable {}

    private enum State {
        case idle
        case waitingForSlot(Scheduled<Void>)
        case inFlight
        case answering(HTTPResponseHead)
        case closed
    }

    private let request: HTTPRequestHead
    private let nameHeader: String
    private let tally: Tally
    private var state = State.idle

    /// - Parameters:
    ///   - request: What to send, again and again.
    ///   - nameHeader: The header of an answer that says who answered.
    ///   - tally: Who hands out requests and counts.
    init(_ request: HTTPRequestHead, nameHeader: String, _ tally: Tally) {
        self.request = request
        self.nameHeader = nameHeader
        self.tally = tally
    }

    func channelActive(context: ChannelHandlerContext) {
        next(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): state = .answering(head)
        case .body: break
        case .end: received(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, "connection closed before the answer")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, "\(error)")
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (event, state) {
        case (is Stop, .idle), (is Stop, .waitingForSlot): end(context, "stopped")
        case (is IdleStateHandler.IdleStateEvent, .inFlight),
            (is IdleStateHandler.IdleStateEvent, .answering):
            end(context, "no answer in time")
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func next(_ context: ChannelHandlerContext) {
        guard let slot = tally.claim() else {
            state = .idle
            return end(context, "stopped")
        }
        guard slot > .now() else { return send(context) }
        state = .waitingForSlot(
            context.eventLoop.assumeIsolated().scheduleTask(deadline: slot) { self.send(context) })
    }

    private func send(_ context: ChannelHandlerContext) {
        state = .inFlight
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func received(_ context: ChannelHandlerContext) {
        guard case .answering(let head) = state else { return }
        state = .idle
        if head.status == .ok {
            tally.answered(by: head.headers.first(name: nameHeader) ?? "unnamed")
        } else {
            tally.failed("status \(head.status.code)")
        }
        // A connection that the peer is about to close is no failure; the next one takes over.
        if head.isKeepAlive { next(context) } else { end(context, "stopped") }
    }

    /// Ends the connection; a request that has been sent and not answered has failed.
    private func end(_ context: ChannelHandlerContext, _ reason: String) {
        switch state {
        case .closed: return
        case .idle: break
        case .waitingForSlot(let slot):
            slot.cancel()
            tally.giveBack()
        case .inFlight, .answering: tally.failed(reason)
        }
        state = .closed
        context.close(promise: nil)
    }
}
