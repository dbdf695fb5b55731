import NIOCore
import NIOHTTP1

/// Answers the requests of one connection to an instance; confined to the connection's event loop.
final class InstanceHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// The headers that tell a load generator who answered without reading the body.
    static let versionHeader = "x-bookinfo-version"
    static let podnameHeader = "x-bookinfo-podname"

    private let instance: Instance
    private var request: HTTPRequestHead?

    init(_ instance: Instance) {
        self.instance = instance
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): request = head
        case .body: break
        case .end:
            if let request { answer(request, context) }
            request = nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let answer = instance.answer(
            target: request.uri, host: request.headers.first(name: "host") ?? "",
            headers: Instance.echoedHeaders.compactMap { name in
                request.headers.first(name: name).map { (name, .string($0)) }
            })
        let body = context.channel.allocator.buffer(string: answer.body.pretty + "\n")
        let head = HTTPResponseHead(
            version: request.version, status: HTTPResponseStatus(statusCode: answer.status),
            headers: [
                "content-type": "application/json", "content-length": "\(body.readableBytes)",
                Self.versionHeader: instance.version, Self.podnameHeader: instance.podname,
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
