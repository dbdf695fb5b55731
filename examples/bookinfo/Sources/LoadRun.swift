import NIOCore
import NIOHTTP1
import NIOPosix

/// The connections of one load, each replaced when it is closed.
struct LoadRun: Sendable {
    /// Where the requests go.
    var target: LoadTarget
    /// What the answers are counted by.
    var grouping: Grouping
    /// How many connections, 1 or more.
    var connections: Int
    /// Who hands out requests and counts.
    var tally: Tally
    /// Where the connections live: a single thread keeps the picture of a proxy's order simple.
    var group: MultiThreadedEventLoopGroup

    /// How long an answer may take, and a connection to open.
    static let timeout = TimeAmount.seconds(10)

    /// Returns when the tally has no more requests, or the task is cancelled, and those under way
    /// have ended.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<connections {
                tasks.addTask {
                    while tally.hasMore && !Task.isCancelled { await connectAndRun() }
                }
            }
        }
    }

    private func connectAndRun() async {
        do {
            let channel = try await connect()
            await withTaskCancellationHandler {
                // The handler has counted what went wrong.
                try? await channel.closeFuture.get()
            } onCancel: {
                channel.pipeline.fireUserInboundEventTriggered(LoadHandler.Stop())
            }
        } catch {
            guard tally.claim() != nil else { return }
            tally.failed("cannot connect to \(target.host):\(target.port)")
            // Cancellation cuts it short, which is as good.
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func connect() async throws -> any Channel {
        let (request, nameHeader, tally) = (target.request, grouping.header, tally)
        return try await ClientBootstrap(group: group)
            .connectTimeout(Self.timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(allTimeout: Self.timeout))
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(
                        LoadHandler(request, nameHeader: nameHeader, tally))
                }
            }
            .connect(host: target.host, port: target.port).get()
    }
}
