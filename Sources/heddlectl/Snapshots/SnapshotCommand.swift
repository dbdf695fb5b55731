import AdminAPI
import ArgumentParser
import Foundation

struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Serve xDS resources of your own, and read what is served.",
        discussion: """
            A snapshot is all the xDS resources of a group of proxies. A proxy belongs to the \
            group that its node.cluster names, NAMESPACE/NAME; one that names none is a group of \
            its own, by its node.id. The groups of Gateways are made from the manifests; a \
            snapshot goes to another group.
            """,
        subcommands: [SnapshotPush.self, SnapshotGet.self, SnapshotDelete.self])
}

struct SnapshotPush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Make a file the snapshot of a group; its proxies get what has changed.",
        discussion: """
            The file is JSON or YAML:

              resources:
              - "@type": type.googleapis.com/envoy.config.cluster.v3.Cluster
                name: shop
                connect_timeout: 1s

            It takes the place of the group's snapshot before: what it lacks is removed. heddled \
            keeps it in memory, so push again after a restart. A reference to something that the \
            snapshot lacks is a warning.

            Exit codes: 0 taken; 1 refused, every reason printed with the path in the file.
            """)

    @Argument(help: "The file; - reads standard input.")
    var file: String

    @Option(help: "The group of proxies: their node.cluster, NAMESPACE/NAME, or else a node.id.")
    var node: String

    @OptionGroup var controlPlane: ControlPlaneOptions

    func run() async throws {
        let body = try SnapshotFile.json(file)
        let (status, answer) = try await controlPlane.client.send(
            "PUT", ["snapshots", node], body: body)
        guard status == 200 else { throw refusal(status, answer) }
        let receipt: SnapshotReceipt
        do {
            receipt = try JSONDecoder().decode(SnapshotReceipt.self, from: answer)
        } catch {
            throw Failure("\(controlPlane.address) is no heddled's: \(error)")
        }
        print(SnapshotText.text(receipt, group: node), terminator: "")
    }

    private func refusal(_ status: Int, _ answer: Data) -> Failure {
        guard status == 400,
            let refusal = try? JSONDecoder().decode(SnapshotRefusal.self, from: answer)
        else { return AdminClient.failure(status, answer) }
        let name = file == "-" ? "stdin" : file
        return Failure(refusal.errors.map { "\(name): \($0)" }.joined(separator: "\n"))
    }
}

struct SnapshotGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show the snapshot of a group, or what a proxy has been sent of it.",
        discussion: """
            What json and yaml print can be pushed back. Private keys and passwords are never \
            shown; a snapshot that has some is refused until they are put in again.
            """)

    @Argument(help: "A group, NAMESPACE/NAME, or a proxy: its node id or a part of it.")
    var name: String

    @OptionGroup var controlPlane: ControlPlaneOptions

    @Option(name: .shortAndLong, help: "table for people; json and yaml for programs.")
    var output = OutputFormat.table

    func run() async throws {
        let configuration = try await fetch()
        let text = output.text(configuration.snapshot) { ConfigurationText(configuration).all }
        print(text, terminator: "")
    }

    private func fetch() async throws -> ProxyConfiguration {
        let client = controlPlane.client
        let groups = try await client.json("snapshots").elements.compactMap { $0["group"]?.text }
        if groups.contains(name) {
            let snapshot = try await client.json("snapshots", name)
            return ProxyConfiguration(snapshot: snapshot, of: name)
        }
        let names = try ProxyNames(try await client.json("proxies"), address: client.address)
        if names.matching(name).isEmpty { throw unknown(groups, names) }
        return ProxyConfiguration(
            try await client.json("proxies", try names.node(name), "config"))
    }

    private func unknown(_ groups: [String], _ names: ProxyNames) -> Failure {
        let nodes = Set(names.proxies.map(\.node)).sorted()
        let candidates = groups.map { "group \($0)" } + nodes.map { "proxy \($0)" }
        if candidates.isEmpty { return Failure("no group or proxy \(name): there is none yet") }
        let list = candidates.map { "\n  \($0)" }.joined()
        return Failure("no group or proxy \(name); there are:\(list)")
    }
}

struct SnapshotDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forget a snapshot that was pushed; its proxies lose what it gave them.")

    @Argument(help: "The group, NAMESPACE/NAME.")
    var group: String

    @OptionGroup var controlPlane: ControlPlaneOptions

    func run() async throws {
        let (status, answer) = try await controlPlane.client.send("DELETE", ["snapshots", group])
        guard status == 200 else { throw AdminClient.failure(status, answer) }
        print("deleted the snapshot of \(group)")
    }
}

/// What is said of a snapshot that was taken.
enum SnapshotText {
    static func text(_ receipt: SnapshotReceipt, group: String) -> String {
        let order = ["CDS", "EDS", "SDS", "LDS", "RDS", "VHDS"]
        let others = receipt.resources.keys.filter { !order.contains($0) }.sorted()
        let counts = (order + others).compactMap { type in
            receipt.resources[type].map { "\($0) \(type)" }
        }
        let what = counts.isEmpty ? "an empty snapshot" : counts.joined(separator: ", ")
        return "pushed to \(group): \(what)\n"
            + receipt.warnings.map { "warning: \($0)\n" }.joined()
    }
}
