import ArgumentParser

struct Waypoint: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Waypoints: the proxies that take the traffic to Services.",
        subcommands: [WaypointGenerate.self])
}

struct WaypointGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Print the manifest of a waypoint.")

    /// What a waypoint's traffic is addressed to, as the label `istio.io/waypoint-for` says.
    enum Traffic: String, ExpressibleByArgument, CaseIterable {
        case service, workload, all, none
    }

    @Option(help: "The waypoint's name; none is reserved for opting out.")
    var name = "waypoint"

    @Option(name: [.customShort("n"), .long], help: "Its namespace.")
    var namespace: String?

    @Option(name: .customLong("for"), help: "The traffic it takes.")
    var traffic: Traffic?

    @Option(name: .shortAndLong, help: "The revision of the control plane that serves it.")
    var revision: String?

    @Flag(help: "Print the labelled Namespace as well, so that its Services use the waypoint.")
    var enrollNamespace = false

    func validate() throws {
        if effectiveName == "none" {
            throw ValidationError("the name none is reserved: as a label it opts out of waypoints")
        }
        if enrollNamespace && namespace == nil {
            throw ValidationError("--enroll-namespace needs --namespace")
        }
    }

    func run() {
        print(manifest, terminator: "")
    }

    /// An empty name means the default, as it does for istioctl.
    private var effectiveName: String {
        name.isEmpty ? "waypoint" : name
    }

    private var manifest: String {
        var lines = [
            "apiVersion: gateway.networking.k8s.io/v1", "kind: Gateway", "metadata:",
        ]
        let labels = [
            traffic.map { "    istio.io/waypoint-for: \($0.rawValue)" },
            revision.map { "    istio.io/rev: \(YAMLText.quoted($0))" },
        ].compactMap { $0 }
        if !labels.isEmpty { lines += ["  labels:"] + labels }
        lines.append("  name: \(YAMLText.quoted(effectiveName))")
        if let namespace { lines.append("  namespace: \(YAMLText.quoted(namespace))") }
        lines += [
            "spec:", "  gatewayClassName: heddle-waypoint", "  listeners:", "  - name: mesh",
            "    port: 15008", "    protocol: HBONE",
        ]
        if enrollNamespace, let namespace {
            lines += [
                "---", "apiVersion: v1", "kind: Namespace", "metadata:",
                "  name: \(YAMLText.quoted(namespace))", "  labels:",
                "    istio.io/use-waypoint: \(YAMLText.quoted(effectiveName))",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Text as a YAML scalar.
enum YAMLText {
    /// As it is where it can only be read as a string, else in quotes.
    static func quoted(_ text: String) -> String {
        let isPlain =
            text.first?.isLetter == true
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) }
            && !["true", "false", "null", "yes", "no", "on", "off"].contains(text.lowercased())
        if isPlain { return text }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }
}
