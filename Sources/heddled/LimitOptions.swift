import ArgumentParser
import HeddleXDS

/// The options that bound what a proxy may use up.
struct LimitOptions: ParsableArguments {
    @Option(help: "xDS streams of all proxies at a time.")
    var maxStreams = DiscoveryLimits().streams

    @Option(help: "xDS streams of one connection at a time.")
    var maxStreamsPerConnection = DiscoveryLimits().streamsPerConnection

    @Option(help: "The size of an xDS request in bytes.")
    var maxRequestBytes = DiscoveryLimits().messageBytes

    @Option(help: "Types and names that one xDS stream may ask for.")
    var maxSubscriptions = DiscoveryLimits().subscriptionsPerStream

    @Option(help: "Requests of one xDS stream a second; ten times as many may come at once.")
    var maxRequestsPerSecond = DiscoveryLimits().requestsPerSecond

    /// The limits.
    var limits: DiscoveryLimits {
        var limits = DiscoveryLimits()
        limits.streams = maxStreams
        limits.streamsPerConnection = maxStreamsPerConnection
        limits.messageBytes = maxRequestBytes
        limits.subscriptionsPerStream = maxSubscriptions
        limits.requestsPerSecond = maxRequestsPerSecond
        limits.requestBurst = 10 * maxRequestsPerSecond
        return limits
    }

    func validate() throws {
        let all = [
            ("--max-streams", maxStreams),
            ("--max-streams-per-connection", maxStreamsPerConnection),
            ("--max-request-bytes", maxRequestBytes), ("--max-subscriptions", maxSubscriptions),
            ("--max-requests-per-second", maxRequestsPerSecond),
        ]
        for (name, value) in all where !(1...Int(Int32.max)).contains(value) {
            throw ValidationError("\(name) \(value) is out of range; use 1 to \(Int32.max)")
        }
    }
}
