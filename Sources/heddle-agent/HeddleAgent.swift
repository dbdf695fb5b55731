import AdminAPI
import Agent
import ArgumentParser
import ProgramOptions
import ServiceLifecycle
import UnixSignals

@main
struct HeddleAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heddle-agent",
        abstract: "The proxy: carries the traffic of one Gateway or waypoint.",
        version: heddleVersion)

    @Option(help: "The Gateway or waypoint to serve, NAMESPACE/NAME.")
    var gateway: String

    @Option(help: "The name of this instance, unique among the Gateway's proxies.")
    var instance: String?

    @Option(help: "The control plane.")
    var xdsAddress = HostPort("127.0.0.1", 15010)

    @Option(help: "Where the admin pages are; on loopback only.")
    var adminAddress = HostPort("127.0.0.1", 15021)

    @Option(help: "The directory of the last good snapshot; without one, none is kept.")
    var stateDir: String?

    @Option(help: "How many workers, each with a thread; by default one for each core.")
    var workers: Int?

    @Option(help: "A file, - for standard output, or off.")
    var accessLog = "off"

    @OptionGroup var tls: ChannelTLSOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        _ = try gatewayParts()
        if let workers, !(1...256).contains(workers) {
            throw ValidationError("--workers \(workers) is out of range; use 1 to 256")
        }
        if !adminAddress.isLoopback {
            throw ValidationError(
                "--admin-address \(adminAddress) is not loopback; the admin pages have no "
                    + "authentication, so use 127.0.0.1")
        }
    }

    func run() async throws {
        let logger = log.logger("heddle-agent")
        let (namespace, name) = try gatewayParts()
        var configuration = AgentService.Configuration(namespace: namespace, gateway: name)
        configuration.instance = instance
        configuration.xdsTarget = xdsAddress.description
        configuration.credentials = try tls.credentials()
        configuration.adminHost = adminAddress.host
        configuration.adminPort = adminAddress.port
        configuration.stateDirectory = stateDir
        configuration.workers = workers
        configuration.accessLog = accessLog
        let service = AgentService(configuration, logger: logger) {
            announce("heddle-agent: \($0)")
        }
        let group = ServiceGroup(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }

    private func gatewayParts() throws -> (namespace: String, name: String) {
        let parts = gateway.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains("~") }) else {
            throw ValidationError("--gateway \(gateway) is no NAMESPACE/NAME")
        }
        return (String(parts[0]), String(parts[1]))
    }
}
