import ArgumentParser

struct ProxyConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy-config",
        abstract: "Show what one connected proxy has been sent.",
        discussion: """
            heddlectl proxy-config routes bookinfo/bookinfo-proxy
            heddlectl proxy-config clusters envoy-1 --name reviews -o yaml

            Private keys and passwords are never shown.
            """)

    /// What is shown.
    enum Part: String, ExpressibleByArgument, CaseIterable {
        case listeners, routes, clusters, endpoints, secrets, all

        /// Nil for all.
        var section: ConfigurationText.Section? {
            ConfigurationText.Section(rawValue: rawValue)
        }
    }

    @Argument(help: "What to show.")
    var part: Part

    @Argument(
        help: """
            A node id, a part of one, or NAMESPACE/GATEWAY when one proxy of it is connected.
            """)
    var proxy: String

    @OptionGroup var controlPlane: ControlPlaneOptions

    @Option(name: .shortAndLong, help: "table for people; json and yaml for programs.")
    var output = OutputFormat.table

    @Option(help: "Only the resources of this name, or else those that have it as a part.")
    var name: String?

    func run() async throws {
        let client = controlPlane.client
        let names = try ProxyNames(try await client.json("proxies"), address: client.address)
        let node = try names.node(proxy)
        let whole = ProxyConfiguration(try await client.json("proxies", node, "config"))
        let kinds = ConfigurationText.Section.allCases.flatMap(\.kinds)
        let shown =
            part == .all && name == nil
            ? whole : whole.filtered(part.section?.kinds ?? kinds, name: name)
        let text = output.text(shown.json) {
            let tables = ConfigurationText(whole, name: name)
            return part.section.map { tables.text($0) } ?? tables.all
        }
        print(text, terminator: "")
    }
}
