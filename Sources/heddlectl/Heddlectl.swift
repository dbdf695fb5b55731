import AdminAPI
import ArgumentParser

@main
struct Heddlectl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heddlectl",
        abstract: "Checks manifests, writes waypoints, shows what control plane and proxies do.",
        discussion: """
            Exit codes: 0 all is well; 1 something is wrong with what was looked at, or it could \
            not be reached; 64 the command line is wrong.
            """,
        version: heddleVersion,
        subcommands: [
            Validate.self, Waypoint.self, Status.self, ProxyStatus.self, ProxyConfig.self,
            SnapshotCommand.self,
        ])
}
