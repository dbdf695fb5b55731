import AdminAPI
import ArgumentParser
import Foundation
import XDS

struct ProxyStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy-status",
        abstract: "Show how far every connected proxy is: a row for each type of resource.",
        discussion: """
            SYNCED    the proxy has acknowledged all that it was sent
            STALE     sent, and not yet acknowledged
            NACKED    refused; the reason is shown below the table
            NOT SENT  asked for, and nothing to send yet

            Exit codes: 0 no proxy that is shown is STALE or NACKED; 1 one of them is, there is no \
            proxy of the name, or heddled could not be reached.
            """)

    @Argument(
        help: "A node id, a part of one, or NAMESPACE/GATEWAY; without it, every proxy is shown.")
    var proxy: String?

    @OptionGroup var controlPlane: ControlPlaneOptions

    @Option(name: .shortAndLong, help: "table for people; json and yaml for programs.")
    var output = OutputFormat.table

    func run() async throws {
        let json = try await controlPlane.client.json("proxies")
        let names = try ProxyNames(json, address: controlPlane.address)
        let shown = proxy.map(names.matching) ?? names.proxies
        if let proxy, shown.isEmpty { throw names.unknown(proxy) }
        let nodes = Set(shown.map(\.node))
        let objects = json.elements.filter { nodes.contains($0["node"]?.text ?? "") }
        let text = output.text(.array(objects)) { ProxyStatusText(shown, now: Date()).text }
        print(text, terminator: "")
        let isBehind = shown.flatMap(\.types).contains { ["STALE", "NACKED"].contains($0.state) }
        if isBehind { throw ExitCode.failure }
    }
}

extension ProxyNames {
    /// The proxies of the answer to `GET /proxies`.
    ///
    /// - Throws: ``Failure`` where it is another answer.
    init(_ json: JSON, address: String) throws {
        do {
            proxies = try JSONDecoder().decode(
                [StatusReport.Proxy].self, from: Data(json.compactText.utf8))
        } catch {
            throw Failure("\(address)/proxies is no heddled's: \(error)")
        }
    }
}

/// The state of proxies as a table.
struct ProxyStatusText {
    private let proxies: [StatusReport.Proxy]
    private let now: Date

    init(_ proxies: [StatusReport.Proxy], now: Date) {
        self.proxies = proxies
        self.now = now
    }

    /// The table, and below it what was refused and why.
    var text: String {
        if proxies.isEmpty { return "  no proxy is connected\n" }
        var table = Table(["NODE", "GATEWAY", "TYPE", "STATE", "VERSION", "RESOURCES", "LAST ACK"])
        var notes: [String] = []
        for proxy in proxies {
            for type in proxy.types {
                table.add([
                    proxy.node, proxy.group, type.type, type.state.replacing("_", with: " "),
                    type.version.flatMap { $0.isEmpty ? nil : $0 } ?? "-", String(type.resources),
                    age(type.lastAcknowledged),
                ])
                if let rejection = type.rejection {
                    notes.append("  \(proxy.node) refused \(type.type): \(rejection)\n")
                }
            }
            if proxy.types.isEmpty {
                table.add([proxy.node, proxy.group, "-", "NOT SENT", "-", "0", "-"])
            }
            if !proxy.isKnown {
                notes.append(
                    "  \(proxy.node): when it connected, no gateway \(proxy.group) existed\n")
            }
        }
        return table.text + notes.joined()
    }

    private func age(_ time: String?) -> String {
        guard let time else { return "-" }
        guard let date = (try? Date(time, strategy: .iso8601)) ?? fractional(time) else {
            return time
        }
        let seconds = max(0, Int(now.timeIntervalSince(date)))
        switch seconds {
        case ..<120: return "\(seconds)s ago"
        case ..<7200: return "\(seconds / 60)m ago"
        case ..<172_800: return "\(seconds / 3600)h ago"
        default: return "\(seconds / 86400)d ago"
        }
    }

    private func fractional(_ time: String) -> Date? {
        try? Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
