import CGRPC

/// When a silent connection is probed, and when it is given up.
public struct GRPCKeepalive: Hashable, Sendable {
    /// How long a connection may be silent before it is probed.
    public var interval: Duration
    /// How long the answer may take before the connection is closed.
    public var timeout: Duration

    /// A keepalive.
    public init(interval: Duration = .seconds(30), timeout: Duration = .seconds(10)) {
        self.interval = interval
        self.timeout = timeout
    }

    func addArguments(to arguments: inout ChannelArguments) {
        arguments.set(GRPC_ARG_KEEPALIVE_TIME_MS, interval)
        arguments.set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, timeout)
        arguments.set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, true)
        arguments.set(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0)
    }
}

/// What a server is to be like.
public struct GRPCServerConfiguration: Sendable {
    /// Where to listen, such as `127.0.0.1:18000` or `[::]:18000`; port 0 for a free one.
    public var addresses: [String]
    /// How the server proves who it is.
    public var credentials: GRPCServerCredentials
    /// Probes of silent connections; nil for none.
    public var keepalive: GRPCKeepalive?
    /// Clients may probe a connection this often; one that does it more often is sent away.
    public var minimumClientPingInterval: Duration = .seconds(5)
    /// The largest message a client may send, in bytes; a larger one ends its call with
    /// `resourceExhausted`.
    public var maxReceiveMessageBytes: Int = 4 << 20
    /// The most calls of one connection at a time; nil for no limit.
    public var maxConcurrentStreamsPerConnection: Int?
    /// Queues, each with a thread; half the cores, at least 1, at most 4, by default.
    public var completionQueues: Int = min(max(Int(gpr_cpu_num_cores()) / 2, 1), 4)
    /// How long running calls may go on after `shutdown()`.
    public var shutdownGrace: Duration = .seconds(10)
    /// Told of each error that a handler throws and that is no `GRPCStatus`: the client sees only
    /// `unknown`. Called in the handler's task with the path of the call.
    public var onHandlerError: @Sendable (_ path: String, _ error: any Error) -> Void = { _, _ in }

    /// A configuration with the defaults.
    public init(
        addresses: [String] = ["127.0.0.1:0"], credentials: GRPCServerCredentials = .insecure,
        keepalive: GRPCKeepalive? = GRPCKeepalive()
    ) {
        self.addresses = addresses
        self.credentials = credentials
        self.keepalive = keepalive
    }

    func makeArguments() -> ChannelArguments {
        var arguments = ChannelArguments()
        // Otherwise two servers share a port and each gets half of the connections.
        arguments.set(GRPC_ARG_ALLOW_REUSEPORT, false)
        arguments.set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, maxReceiveMessageBytes)
        arguments.set(
            GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, minimumClientPingInterval)
        if let maxConcurrentStreamsPerConnection {
            arguments.set(GRPC_ARG_MAX_CONCURRENT_STREAMS, maxConcurrentStreamsPerConnection)
        }
        keepalive?.addArguments(to: &arguments)
        // Each read of a connection would ping the client to learn the bandwidth.
        arguments.set(GRPC_ARG_HTTP2_BDP_PROBE, false)
        return arguments
    }
}

/// How long a channel waits between attempts to connect.
///
/// The wait starts at `initial` and grows by 1.6 up to `max`; each is spread by ±20 %, so that
/// clients of one server do not return all at once.
public struct GRPCBackoff: Hashable, Sendable {
    /// The wait after the first failure.
    public var initial: Duration
    /// The least time that an attempt may take before it counts as failed.
    public var min: Duration
    /// The longest wait.
    public var max: Duration

    /// A back-off.
    public init(
        initial: Duration = .seconds(1), min: Duration = .seconds(5), max: Duration = .seconds(30)
    ) {
        self.initial = initial
        self.min = min
        self.max = max
    }
}

/// What a channel is to be like.
public struct GRPCChannelConfiguration: Sendable {
    /// How the channel proves who it is, and which servers it trusts.
    public var credentials: GRPCChannelCredentials
    /// Probes of a silent connection; nil for none. The server sets how often it allows them.
    public var keepalive: GRPCKeepalive?
    /// The waits between attempts to connect.
    public var backoff = GRPCBackoff()
    /// The largest message a server may send, in bytes; a larger one ends its call with
    /// `resourceExhausted`.
    public var maxReceiveMessageBytes: Int = 4 << 20
    /// What goes before the core's own name in the `user-agent` header; nil for nothing.
    public var userAgent: String?
    /// Whether the environment's `http_proxy` and `grpc_proxy` apply.
    public var usesEnvironmentProxy = false

    /// A configuration with the defaults.
    public init(
        credentials: GRPCChannelCredentials = .insecure, keepalive: GRPCKeepalive? = nil
    ) {
        self.credentials = credentials
        self.keepalive = keepalive
    }

    func makeArguments() -> ChannelArguments {
        var arguments = ChannelArguments()
        arguments.set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, maxReceiveMessageBytes)
        arguments.set(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, backoff.initial)
        arguments.set(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, backoff.min)
        arguments.set(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, backoff.max)
        // A channel is one connection, with a back-off of its own.
        arguments.set(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, true)
        // Retries would keep up to 256 KiB of what a stream has sent.
        arguments.set(GRPC_ARG_ENABLE_RETRIES, false)
        arguments.set(GRPC_ARG_ENABLE_HTTP_PROXY, usesEnvironmentProxy)
        if let userAgent { arguments.set(GRPC_ARG_PRIMARY_USER_AGENT_STRING, userAgent) }
        keepalive?.addArguments(to: &arguments)
        credentials.addArguments(to: &arguments)
        return arguments
    }
}
