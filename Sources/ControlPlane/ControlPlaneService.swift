import Discovery
package import GRPC
package import HeddlePlugin
package import Logging
import ServiceLifecycle
package import Translation

/// The control plane: manifests in, snapshots out, until it is told to stop.
package struct ControlPlaneService: Service {
    /// What the operator decides.
    package struct Configuration: Sendable {
        /// The directory of manifests.
        package var manifests: String
        /// Where proxies connect, `HOST:PORT`; port 0 for a free one.
        package var xdsAddress: String
        /// Where the admin pages are; port 0 for a free one.
        package var adminHost: String
        /// The port of the admin pages.
        package var adminPort: Int
        /// How objects are translated.
        package var translation: TranslationOptions
        /// How proxies are authenticated.
        package var credentials: GRPCServerCredentials

        /// A configuration.
        package init(
            manifests: String, xdsAddress: String, adminHost: String, adminPort: Int,
            translation: TranslationOptions, credentials: GRPCServerCredentials
        ) {
            self.manifests = manifests
            self.xdsAddress = xdsAddress
            self.adminHost = adminHost
            self.adminPort = adminPort
            self.translation = translation
            self.credentials = credentials
        }
    }

    /// Told of each socket that is bound: what it is for, and its URL or address.
    package typealias Announce = @Sendable (_ what: String, _ address: String) -> Void

    private let configuration: Configuration
    private let plugins: PluginRegistry
    private let announce: Announce
    private let logger: Logger

    /// - Throws: `PluginRegistry.Conflict` where two plugins claim one kind.
    package init(
        _ configuration: Configuration, plugins: [any RoutePlugin], logger: Logger,
        announce: @escaping Announce
    ) throws {
        self.configuration = configuration
        self.plugins = try PluginRegistry(plugins)
        self.logger = logger
        self.announce = announce
    }

    /// Runs until graceful shutdown.
    ///
    /// - Throws: Where an address cannot be bound, or the directory cannot be watched.
    package func run() async throws {
        let cache = SnapshotCache()
        let proxies = ConnectedProxies()
        let readiness = Readiness()
        let translation = TranslationService(
            plugins: plugins, options: configuration.translation, cache: cache, logger: logger)
        let source = DirectorySource(path: configuration.manifests)
        let ads = ADSService(cache: cache, proxies: proxies, logger: logger)
        let server = GRPCServer(configuration: serverConfiguration(), handlers: ads.handlers)
        let xdsPort = try server.start().first ?? 0
        let admin = try await AdminServer(
            host: configuration.adminHost, port: configuration.adminPort,
            pages: AdminPages(
                translation: translation, proxies: proxies, cache: cache, readiness: readiness),
            logger: logger)
        announce("xds", "\(host(of: configuration.xdsAddress)):\(xdsPort)")
        announce("admin", "http://\(configuration.adminHost):\(admin.port)")
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await supervise("xds server") {
                        // A proxy that came before would be told that it has nothing to serve.
                        await readiness.wait()
                        try await server.run()
                    }
                }
                group.addTask { await supervise("admin server") { try await admin.run() } }
                group.addTask {
                    await supervise("directory source") {
                        try await source.run { update in
                            await translation.apply(update)
                            readiness.becomeReady()
                        }
                    }
                }
                // Each of them runs as long as the program: the first that ends, ends it.
                await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            server.shutdown()
        }
    }

    private func supervise(
        _ part: String, _ body: @Sendable () async throws -> Void
    ) async {
        do {
            try await body()
        } catch is CancellationError {
            return
        } catch {
            logger.error("stopped", metadata: ["part": "\(part)", "error": "\(error)"])
        }
    }

    private func serverConfiguration() -> GRPCServerConfiguration {
        var server = GRPCServerConfiguration(
            addresses: [configuration.xdsAddress], credentials: configuration.credentials)
        server.maxReceiveMessageBytes = 64 << 20
        server.shutdownGrace = .milliseconds(500)
        let logger = logger
        server.onHandlerError = { path, error in
            logger.error("call failed", metadata: ["path": "\(path)", "error": "\(error)"])
        }
        return server
    }

    private func host(of address: String) -> Substring {
        address[..<(address.lastIndex(of: ":") ?? address.endIndex)]
    }
}
