import ArgumentParser
import BuiltInPlugins
import Foundation
import GatewayAPI
import Translation

struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check manifests offline: what cannot be read, and what would not be served.",
        discussion: """
            Every line names the file, the line, the object, the field and what mends it. \
            Warnings are printed and do not fail the command.
            """)

    @Argument(help: "A manifest, or a directory of manifests; - reads standard input.")
    var path: String

    func run() throws {
        let files = try ManifestFiles.read(path)
        let decoded = ManifestFiles.decode(files)
        let judged = try Judgement(decoded.resources)
        let diagnostics = decoded.diagnostics + judged.diagnostics
        for diagnostic in diagnostics { print(diagnostic) }
        let errors = diagnostics.count { $0.severity == .error }
        let warnings = diagnostics.count - errors
        print(
            "\(files.count) files, \(decoded.resources.count) objects: "
                + "\(errors) errors, \(warnings) warnings")
        if errors > 0 { throw ExitCode.failure }
    }
}

/// What a control plane would say of the objects.
struct Judgement {
    private(set) var diagnostics: [Diagnostic] = []

    init(_ resources: [Resource]) throws {
        let translator = Translator(plugins: try PluginRegistry(BuiltIn.plugins))
        _ = translator.apply(upserted: resources)
        let byReference = Dictionary(
            resources.map { ($0.reference, $0) }, uniquingKeysWith: { first, _ in first })
        for reference in translator.judged {
            guard let status = translator.status(of: reference),
                let resource = byReference[reference]
            else { continue }
            let conditions =
                status.conditions + status.parents.flatMap(\.conditions)
                + status.listeners.flatMap(\.conditions)
            for condition in conditions where Self.isBad(condition) {
                add(condition, of: resource)
            }
        }
    }

    /// `Conflicted` is bad when true; every other condition when false.
    private static func isBad(_ condition: Condition) -> Bool {
        condition.status == (condition.type == .conflicted ? .true : .false)
    }

    private mutating func add(_ condition: Condition, of resource: Resource) {
        // A message that begins with a field path says where.
        let parts = condition.message.split(separator: ":", maxSplits: 1)
        let hasPath = parts.count == 2 && condition.message.hasPrefix("spec.")
        let path = hasPath ? String(parts[0]) : ""
        let text = hasPath ? parts[1].drop { $0 == " " } : condition.message[...]
        // A listener's Programmed only repeats why it is not Accepted.
        let isEcho = condition.type == .programmed
        // A route without a waypoint is served to proxyless clients: worth a word, no error.
        let isServed = condition.type == "ResolvedWaypoints"
        if isEcho { return }
        let diagnostic = Diagnostic(
            isServed ? .warning : .error, Diagnostic.Code(rawValue: condition.reason.rawValue),
            message:
                "\(condition.type)=\(condition.status.rawValue) (\(condition.reason)): \(text)",
            fieldPath: path, object: resource.reference,
            location: path.isEmpty ? resource.location : resource.location(of: path))
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }
}
