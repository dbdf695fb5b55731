import Discovery
package import HeddlePlugin
package import HeddleXDS
package import Logging
import ServiceLifecycle
package import Translation

/// The control plane: manifests in, snapshots out, until it is told to stop.
package struct ControlPlaneService: Service {
    /// What the operator decides.
    package struct Configuration: Sendable {
        /// The directory of manifests.
        package var manifests: String
        /// Where proxies connect, how they are authenticated, and what they may use up.
        package var discovery: DiscoveryServerConfiguration
        /// Where the admin pages are; port 0 for a free one.
        package var adminHost: String
        /// The port of the admin pages.
        package var adminPort: Int
        /// How objects are translated.
        package var translation: TranslationOptions
        /// A file to keep the statuses of all objects in; nil for none.
        package var statusFile: String?

        /// A configuration.
        package init(
            manifests: String, discovery: DiscoveryServerConfiguration, adminHost: String,
            adminPort: Int, translation: TranslationOptions, statusFile: String? = nil
        ) {
            self.statusFile = statusFile
            self.manifests = manifests
            self.discovery = discovery
            self.adminHost = adminHost
            self.adminPort = adminPort
            self.translation = translation
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
        _ configuration: Configuration, plugins: [any Plugin], logger: Logger,
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
        let readiness = Readiness()
        let store = ManifestStatusStore()
        let statuses = StatusService(store: store, logger: logger)
        let file = configuration.statusFile.map {
            StatusFile(path: $0, store: store, logger: logger)
        }
        let translation = TranslationService(
            plugins: plugins, options: configuration.translation, cache: cache, logger: logger
        ) { statuses.judged($0) }
        let source = DirectorySource(path: configuration.manifests)
        let server = DiscoveryServer(
            cache: cache, configuration: configuration.discovery, logger: logger)
        let tracker = DeliveryTracker(proxies: server.proxies, cache: cache)
        server.proxies.observe { statuses.moved($0) }
        let ports = try server.start()
        let admin = try await AdminServer(
            host: configuration.adminHost, port: configuration.adminPort,
            pages: AdminPages(
                translation: translation, statuses: store, proxies: server.proxies,
                cache: cache, readiness: readiness),
            logger: logger)
        for (address, port) in zip(configuration.discovery.addresses, ports) {
            announce("xds", "\(host(of: address)):\(port)")
        }
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
                        try await source.run { translation.apply($0) }
                    }
                }
                group.addTask { await translation.run { readiness.becomeReady() } }
                group.addTask {
                    await statuses.run(translation, tracker) { file?.changed() }
                }
                if let file { group.addTask { await file.run() } }
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

    private func host(of address: String) -> Substring {
        address[..<(address.lastIndex(of: ":") ?? address.endIndex)]
    }
}
