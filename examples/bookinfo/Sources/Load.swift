import ArgumentParser
import NIOCore
import NIOPosix

struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make requests and count the versions that answer.",
        discussion: """
            Each connection makes its next request when the last one is answered. Prints a line an \
            interval and the totals at the end; ends at SIGINT or SIGTERM, too. The exit code is 1 \
            if a request failed: a status other than 200, or a connection error.
            """)

    @Option(help: "What to request.")
    var url = "http://reviews.bookinfo:9080/reviews/123"

    @Option(help: "HOST:PORT of a proxy, such as a waypoint's 127.0.0.1:15080.")
    var proxy: String?

    @Option(help: "A header to add, as in 'end-user: jason'; may be repeated.")
    var header: [String] = []

    @Option(help: "How many connections.")
    var connections = 8

    @Option(help: "How long. (default: 30, unless --requests is given)")
    var seconds: Seconds?

    @Option(help: "How many requests.")
    var requests: Int?

    @Option(help: "How many requests a second, over all connections. (default: no limit)")
    var rate: Double?

    @Option(help: "The time between the lines, as in 1s or 500ms.")
    var interval = Seconds(1)

    @Option(help: "What to count the answers by.")
    var by = Grouping.version

    @Flag(help: "Print the totals as one JSON object, on the last line.")
    var json = false

    func validate() throws {
        guard (1...10_000).contains(connections) else {
            throw ValidationError("--connections \(connections) is not within 1 to 10000")
        }
        if let requests, requests < 1 {
            throw ValidationError("--requests \(requests) is too few; use 1 or more")
        }
        if let rate, !(0.001...1_000_000).contains(rate) {
            throw ValidationError("--rate \(rate) is not within 0.001 to 1000000")
        }
        _ = try target()
    }

    func run() async throws {
        let tally = Tally(limit: requests, rate: rate)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let start = ContinuousClock.now
        let run = LoadRun(
            target: try target(), grouping: by, connections: connections, tally: tally,
            group: group)
        await untilEnd(run, since: start)
        try await group.shutdownGracefully()
        let counts = tally.counts
        let report = LoadReport(grouping: by)
        for line in report.totals(counts, duration: .now - start) { say(line) }
        if json { say(report.json(counts)) }
        if counts.failed > 0 { throw ExitCode.failure }
    }

    private func target() throws -> LoadTarget {
        try LoadTarget(url: url, proxy: proxy, headers: header)
    }

    /// Runs until the requests are made, the time is up or a signal comes; then lets the requests
    /// under way end.
    private func untilEnd(_ run: LoadRun, since start: ContinuousClock.Instant) async {
        let limit = seconds ?? (requests == nil ? Seconds(30) : nil)
        await withTaskGroup(of: Void.self) { tasks in
            let signals = StopSignals()
            tasks.addTask { await run.run() }
            tasks.addTask { await signals.wait() }
            tasks.addTask { await report(run.tally, since: start) }
            if let limit {
                // Cancelled only when something else has ended the load.
                tasks.addTask { try? await Task.sleep(for: limit.duration) }
            }
            await tasks.next()
            run.tally.stop()
            tasks.cancelAll()
        }
    }

    /// Prints a line an interval until the task is cancelled.
    private func report(_ tally: Tally, since start: ContinuousClock.Instant) async {
        var due = start
        while !Task.isCancelled {
            due += interval.duration
            do { try await Task.sleep(until: due) } catch { return }
            say(LoadReport(grouping: by).line(tally.takeInterval(), at: due - start))
        }
    }
}
