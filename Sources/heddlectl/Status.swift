import AdminAPI
import ArgumentParser
import Foundation
import XDS

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Show what became of every object, who is connected, and what was refused and why.",
        discussion: """
            heddlectl status                               everything
            heddlectl status httproute                     the objects of a kind
            heddlectl status gateway shop/                 those of a namespace
            heddlectl status gateway shop/edge -o yaml     the whole status of one

            Kinds may be written as kubectl takes them: gateways, gtw, HTTPRoute. Exit codes: 0 \
            for whatever the statuses say; 1 where there is no such object with a status, or \
            heddled could not be reached.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, wide, json, yaml
    }

    @Argument(help: "A kind; without it, everything is shown.")
    var kind: String?

    @Argument(help: "NAMESPACE/NAME, NAMESPACE/, or the NAME of an object without a namespace.")
    var object: String?

    @OptionGroup var controlPlane: ControlPlaneOptions

    @Option(
        name: .shortAndLong,
        help: "table for people, wide with times and messages; json and yaml for programs.")
    var output = Output.table

    func run() async throws {
        let choice = kind.map { StatusChoice(kind: $0, object: object) }
        switch output {
        case .table, .wide:
            let report = try await report()
            if let choice, !report.objects.contains(where: choice.includes) {
                throw Failure(choice.absence)
            }
            let text = StatusText(report, choice: choice, isWide: output == .wide)
            print(text.text, terminator: "")
        case .json, .yaml:
            let path = ["status"] + (choice?.path ?? [])
            let value = try await controlPlane.client.json(path)
            if let choice, value.elements.isEmpty, value.members.isEmpty {
                throw Failure(choice.absence)
            }
            print(output == .json ? value.prettyText : Self.yaml(value), terminator: "")
        }
    }

    private func report() async throws -> StatusReport {
        let data = try await controlPlane.client.get("status")
        do {
            return try JSONDecoder().decode(StatusReport.self, from: data)
        } catch {
            throw Failure("\(controlPlane.address)/status is no heddled's: \(error)")
        }
    }

    /// Documents one after the other, as kubectl writes them.
    static func yaml(_ value: JSON) -> String {
        guard case .array(let documents) = value else { return value.yamlText }
        return documents.map(\.yamlText).joined(separator: "---\n")
    }
}

/// The objects that a person asks for.
struct StatusChoice {
    private let kind: String
    private let namespace: String?
    private let name: String?

    /// - Parameter object: `NAMESPACE/NAME`, `NAMESPACE/`, `NAME`, or nil for all of the kind.
    init(kind: String, object: String?) {
        self.kind = kind
        let parts = (object ?? "").split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        let last = parts.last ?? ""
        namespace = parts.count == 2 ? parts[0] : object == nil ? nil : ""
        name = last.isEmpty ? nil : last
    }

    /// Whether an object is meant.
    func includes(_ object: StatusReport.Object) -> Bool {
        KindName.means(kind, object.kind) && (namespace ?? object.namespace) == object.namespace
            && (name ?? object.name) == object.name
    }

    /// The segments of the admin port's page behind `/status`.
    var path: [String] {
        [kind] + [namespace, name].compactMap { $0 }.filter { !$0.isEmpty }
    }

    /// What to say where there is none.
    var absence: String {
        let name = [namespace, name].compactMap { $0 }.filter { !$0.isEmpty }
            .joined(separator: "/")
        return name.isEmpty
            ? "no \(kind) has a status"
            : "no \(kind) \(name) has a status; heddlectl status \(kind) "
                + "lists those that have one"
    }
}
