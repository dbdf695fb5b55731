import Glibc

/// How a proxy is set up.
package struct ProxyConfiguration: Sendable {
    /// How many workers there are, at least 1; one a core by default.
    package var workers: Int
    /// How large heads may be; larger requests are answered 431.
    package var headLimits: HeadLimits
    /// How long things may take.
    package var timeouts: Timeouts
    /// How many idle connections a worker keeps to one endpoint, 256 by default.
    package var idleConnectionsPerEndpoint: Int
    /// How many sessions of datagrams there are at most, of all workers, 16,384 by default; the
    /// datagrams of further clients are dropped.
    package var datagramSessions: Int
    /// Where the access log goes; off by default, then it costs nothing.
    package var accessLog: AccessLogDestination
    /// Told of what is worth a line in a log for debugging; on a worker, so it must not block.
    package var report: Report?

    /// See ``ProxyConfiguration/report``.
    package typealias Report = @Sendable (ProxyEvent) -> Void

    /// Where the access log goes.
    package enum AccessLogDestination: Sendable {
        /// Nowhere.
        case off
        /// To standard output.
        case standardOutput
        /// To the end of a file, by its path.
        case file(String)
        /// To a descriptor, which its owner closes.
        case descriptor(Int32)
    }

    /// How long things may take.
    package struct Timeouts: Sendable {
        /// From a request's first byte to the end of its head; then 408.
        package var head: Duration
        /// Between two requests of a connection.
        package var keepAlive: Duration
        /// To open a connection to an endpoint, for clusters that set none.
        package var connect: Duration
        /// From the request's end to the response's, for routes that set none; then 504.
        package var request: Duration
        /// Without a byte in either direction, for routes that set none.
        package var idle: Duration
        /// An idle connection to an endpoint is closed after that long.
        package var upstreamKeepAlive: Duration
        /// From accepting a connection to knowing what carries it: its first bytes and TLS.
        package var opening: Duration
        /// Without a byte in either direction, for connections that are forwarded as they are.
        package var tcpIdle: Duration
        /// Without a datagram in either direction, for sessions of datagrams.
        package var udpIdle: Duration

        /// Timeouts; Envoy's by default where it has them.
        package init(
            head: Duration = .seconds(10), keepAlive: Duration = .seconds(3600),
            connect: Duration = .seconds(5), request: Duration = .seconds(15),
            idle: Duration = .seconds(300), upstreamKeepAlive: Duration = .seconds(30),
            opening: Duration = .seconds(15), tcpIdle: Duration = .seconds(3600),
            udpIdle: Duration = .seconds(60)
        ) {
            self.head = head
            self.keepAlive = keepAlive
            self.connect = connect
            self.request = request
            self.idle = idle
            self.upstreamKeepAlive = upstreamKeepAlive
            self.opening = opening
            self.tcpIdle = tcpIdle
            self.udpIdle = udpIdle
        }
    }

    /// A set-up.
    package init(
        workers: Int? = nil, headLimits: HeadLimits = HeadLimits(),
        timeouts: Timeouts = Timeouts(), idleConnectionsPerEndpoint: Int = 256,
        datagramSessions: Int = 16_384, accessLog: AccessLogDestination = .off
    ) {
        self.workers = workers ?? max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
        self.headLimits = headLimits
        self.timeouts = timeouts
        self.idleConnectionsPerEndpoint = idleConnectionsPerEndpoint
        self.datagramSessions = datagramSessions
        self.accessLog = accessLog
    }
}

/// What is worth a line in a log for debugging.
package enum ProxyEvent: Sendable, Equatable {
    /// A connection came to nothing before it was known what carries it.
    ///
    /// - Parameters:
    ///   - serverName: What the client asked for; empty when that is not known.
    ///   - client: Its address.
    case handshakeFailed(listener: String, serverName: String, client: String, reason: String)
}
