import Glibc
import AdminAPI
import DataPath
import Discovery
package import GRPC
package import Logging
import Routing
import ServiceLifecycle
import XDS

/// The agent: takes its gateway's configuration, and carries its traffic.
package struct AgentService: Service {
    private let configuration: Configuration
    private let logger: Logger
    private let announce: Announce

    /// An agent that has not started.
    ///
    /// - Parameter announce: Told of each bound admin socket, and when the agent is ready.
    package init(
        _ configuration: Configuration, logger: Logger, announce: @escaping Announce
    ) {
        self.configuration = configuration
        self.logger = logger
        self.announce = announce
    }

    /// Runs until graceful shutdown.
    ///
    /// - Throws: Where the admin address cannot be bound, or the access log cannot be opened.
    package func run() async throws {
        let state = AgentState()
        let proxy = try Proxy(proxyConfiguration())
        let port = try proxy.serve(
            host: configuration.adminHost, port: configuration.adminPort,
            AdminPages(state: state, proxy: proxy, node: configuration.node).answer)
        announce("admin listening on http://\(configuration.adminHost):\(port)")
        let writer = configuration.stateDirectory.map {
            LastGoodWriter(file: lastGoodFile(in: $0), state: state, logger: logger)
        }
        let resolver = HostResolver()
        let keeper = ConfigurationKeeper(
            node: configuration.node, installer: ProxyInstaller(proxy: proxy), logger: logger
        ) { [announce] resources in
            let isFirst = !state.isReady
            state.installed(resources)
            writer?.changed()
            resolver.changed()
            if isFirst { announce("ready") }
        }
        await startFromLastGood(keeper)
        let channel = GRPCChannel(
            target: configuration.xdsTarget, configuration: channelConfiguration())
        let discovery = DiscoveryService(
            channel: channel, keeper: keeper, state: state, logger: logger)
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await discovery.run() }
                group.addTask { await resolver.run(keeper) }
                if let writer { group.addTask { await writer.run() } }
            }
        }
        channel.close()
        await proxy.stop(grace: Self.drainTime)
    }

    private static let drainTime = Duration.seconds(5)

    private func startFromLastGood(_ keeper: ConfigurationKeeper) async {
        guard let directory = configuration.stateDirectory else { return }
        let file = lastGoodFile(in: directory)
        do {
            guard let stored = try file.read() else { return }
            try await keeper.start(from: stored, node: configuration.node)
            logger.info("serving the last good snapshot", metadata: ["file": "\(file.path)"])
        } catch {
            logger.error(
                "the last good snapshot cannot be used; waiting for the control plane",
                metadata: ["reason": "\(error)"])
        }
    }

    private func lastGoodFile(in directory: String) -> LastGoodFile {
        LastGoodFile(
            directory: directory, namespace: configuration.namespace,
            gateway: configuration.gateway)
    }

    private func proxyConfiguration() -> ProxyConfiguration {
        var proxy = ProxyConfiguration()
        if let workers = configuration.workers { proxy.workers = workers }
        switch configuration.accessLog {
        case "off": proxy.accessLog = .off
        case "-": proxy.accessLog = .standardOutput
        case let path: proxy.accessLog = .file(path)
        }
        if logger.logLevel <= .debug {
            proxy.report = { [logger] event in
                switch event {
                case .handshakeFailed(let listener, let serverName, let client, let reason):
                    logger.debug(
                        "a connection came to nothing",
                        metadata: [
                            "listener": "\(listener)", "server_name": "\(serverName)",
                            "client": "\(client)", "reason": "\(reason)",
                        ])
                }
            }
        }
        return proxy
    }

    private func channelConfiguration() -> GRPCChannelConfiguration {
        var channel = GRPCChannelConfiguration(
            credentials: configuration.credentials, keepalive: GRPCKeepalive())
        channel.backoff = GRPCBackoff(
            initial: .milliseconds(200), min: .seconds(2), max: .seconds(10))
        channel.maxReceiveMessageBytes = 256 << 20
        return channel
    }
}

/// Hands tables to the proxy.
private struct ProxyInstaller: TableInstaller {
    let proxy: Proxy

    func install(_ table: RoutingTable) async throws {
        try await proxy.install(table)
    }

    func reserve(_ listeners: [Listener]) async -> [String: String] {
        await proxy.reserve(listeners)
    }
}

extension AgentService {
    /// What the operator decides.
    package struct Configuration: Sendable {
        /// The namespace of the Gateway.
        package var namespace: String
        /// The Gateway's name.
        package var gateway: String
        /// The instance's name; nil for the host's name and the process's number.
        package var instance: String?
        /// The control plane, `HOST:PORT`.
        package var xdsTarget = "127.0.0.1:15010"
        /// How the control plane is authenticated.
        package var credentials = GRPCChannelCredentials.insecure
        /// Where the admin pages are.
        package var adminHost = "127.0.0.1"
        /// The port of the admin pages; 0 for a free one.
        package var adminPort = 15021
        /// The directory of the last good snapshot; nil keeps none.
        package var stateDirectory: String?
        /// How many workers; nil for one a core.
        package var workers: Int?
        /// A file, `-` for standard output, or `off`.
        package var accessLog = "off"

        /// The defaults for a Gateway.
        package init(namespace: String, gateway: String) {
            self.namespace = namespace
            self.gateway = gateway
        }

        /// Who the agent is, for the control plane.
        var node: Node {
            let instance = instance ?? "\(Self.hostName).\(getpid())"
            return Node(
                id: "gateway~\(namespace)~\(gateway)~\(instance)",
                cluster: "\(namespace)/\(gateway)", userAgentName: "heddle-agent",
                userAgentVersion: heddleVersion,
                clientFeatures: [RouteForm.virtualHostsFeature])
        }

        private static var hostName: String {
            var buffer = [CChar](repeating: 0, count: 256)
            guard gethostname(&buffer, buffer.count) == 0 else { return "localhost" }
            let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

extension AgentService {
    /// What the program may print about itself: `ready`, and where the admin pages are.
    package typealias Announce = @Sendable (String) -> Void
}
