import AdminAPI
import ArgumentParser
import BuiltInPlugins
import ControlPlane
import HeddleXDS
import Logging
import ProgramOptions
import ServiceLifecycle
import Translation
import UnixSignals

@main
struct Heddled: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heddled",
        abstract: "The control plane: translates Gateway API resources into xDS.",
        version: heddleVersion)

    @Option(help: "The directory of manifests, watched for changes.")
    var manifests: String

    @Option(help: "Where proxies connect.")
    var xdsAddress = HostPort("127.0.0.1", 15010)

    @Option(help: "Where the admin pages are.")
    var adminAddress = HostPort("127.0.0.1", 15014)

    @Option(help: "The address that listeners bind to, unless a Gateway names its own.")
    var bindAddress = "0.0.0.0"

    @Option(help: "The port at which waypoints take plain HTTP.")
    var waypointPort = 15080

    @Option(help: "The domain of Service names.")
    var clusterDomain = "cluster.local"

    @Option(
        help: "A file to keep the statuses of all objects in, as YAML documents.",
        completion: .file())
    var statusFile: String?

    @Flag(help: "Serve xDS without TLS on an address that is not loopback.")
    var allowPlaintext = false

    @OptionGroup var tls: TLSOptions

    @OptionGroup(title: "Limits") var limits: LimitOptions

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard (1...65535).contains(waypointPort) else {
            throw ValidationError("--waypoint-port \(waypointPort) is no port; use 1 to 65535")
        }
        if !tls.isUsed && !xdsAddress.isLoopback && !allowPlaintext {
            throw ValidationError(
                "xDS without TLS on \(xdsAddress) lets anybody there read the configuration; "
                    + "give --tls-certificate and --tls-key, listen on 127.0.0.1, or insist with "
                    + "--allow-plaintext")
        }
    }

    func run() async throws {
        let logger = log.logger("heddled")
        var translation = TranslationOptions()
        translation.bindAddress = bindAddress
        translation.waypointPort = waypointPort
        translation.clusterDomain = clusterDomain
        let service = try ControlPlaneService(
            ControlPlaneService.Configuration(
                manifests: manifests, discovery: discovery(logger),
                adminHost: adminAddress.host, adminPort: adminAddress.port,
                translation: translation, statusFile: statusFile),
            plugins: BuiltIn.plugins, logger: logger
        ) { what, address in
            announce("heddled: \(what) listening on \(address)")
        }
        let group = ServiceGroup(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }
    private func discovery(_ logger: Logger) -> DiscoveryServerConfiguration {
        var discovery = DiscoveryServerConfiguration(
            addresses: [xdsAddress.description], credentials: tls.credentials(logger))
        discovery.allowsPlaintext = allowPlaintext
        discovery.limits = limits.limits
        discovery.authorization = .spiffe(trustDomain: tls.tlsTrustDomain)
        return discovery
    }
}
