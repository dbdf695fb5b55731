import AdminAPI

/// A status report as tables.
struct StatusText {
    private let report: StatusReport
    private let choice: StatusChoice?
    private let isWide: Bool

    /// - Parameters:
    ///   - choice: Which objects to show; nil for all, and proxies and problems as well.
    ///   - isWide: With times, generations and messages.
    init(_ report: StatusReport, choice: StatusChoice? = nil, isWide: Bool = false) {
        self.report = report
        self.choice = choice
        self.isWide = isWide
    }

    /// All of it.
    var text: String {
        if choice != nil { return objects }
        return [
            "OBJECTS\n" + objects, "PROXIES\n" + proxies,
            report.problems.isEmpty ? nil : "PROBLEMS\n" + problems,
            report.refusals.isEmpty ? nil : "REFUSED UPDATES\n" + refusals,
        ].compactMap { $0 }.joined(separator: "\n")
    }

    private var objects: String {
        let header = ["KIND", "NAMESPACE", "NAME", "PART", "CONDITION", "STATUS", "REASON"]
        var table = Table(header + (isWide ? ["SINCE", "GENERATION", "MESSAGE"] : []))
        var notes: [String] = []
        for object in shown {
            let own = StatusReport.Part(name: "-", conditions: object.conditions)
            for part in [own] + object.parts {
                for condition in part.conditions where Self.isShown(condition) {
                    table.add(row(object, part, condition))
                    if Self.isBad(condition) { notes += Self.notes(object, part, condition) }
                }
            }
            notes += facts(object)
        }
        if shown.isEmpty { return "  none\n" }
        var known: Set<String> = []
        return table.text + notes.filter { known.insert($0).inserted }.map { $0 + "\n" }.joined()
    }

    private var shown: [StatusReport.Object] {
        choice.map { report.objects.filter($0.includes) } ?? report.objects
    }

    private func row(
        _ object: StatusReport.Object, _ part: StatusReport.Part,
        _ condition: StatusReport.Condition
    ) -> [String] {
        // Ours need no name; others' words must not be taken for ours.
        let controller = part.controller.flatMap { Self.isOurs($0) ? nil : " by \($0)" } ?? ""
        let row = [
            object.kind, object.namespace, object.name, part.name + controller, condition.type,
            condition.status, condition.reason,
        ]
        guard isWide else { return row }
        return row + [
            condition.lastTransitionTime ?? "-",
            condition.observedGeneration.map(String.init) ?? "-", condition.message,
        ]
    }

    /// What is bad, where, and what mends it.
    private static func notes(
        _ object: StatusReport.Object, _ part: StatusReport.Part,
        _ condition: StatusReport.Condition
    ) -> [String] {
        let place = object.location.map { "\($0): " } ?? ""
        let name = object.namespace.isEmpty ? object.name : "\(object.namespace)/\(object.name)"
        let what = part.name == "-" ? "" : ", \(part.name)"
        let note = "  \(place)\(object.kind) \(name)\(what): \(condition.message)"
        guard condition.reason == "MissingUseWaypointLabel" else { return [note] }
        return [
            note,
            "    to get one: heddlectl waypoint generate --enroll-namespace --namespace "
                + "\(object.namespace) > MANIFESTS/waypoint.yaml",
        ]
    }

    /// What a Gateway's conditions do not say: its addresses, and how many routes it has.
    private func facts(_ object: StatusReport.Object) -> [String] {
        guard choice != nil else { return [] }
        let name = "\(object.kind) \(object.namespace)/\(object.name)"
        var facts: [String] = []
        if let addresses = object.addresses, !addresses.isEmpty {
            facts.append("  \(name) listens at \(addresses.joined(separator: ", "))")
        }
        for part in object.parts {
            guard let count = part.attachedRoutes else { continue }
            facts.append("  \(name): \(part.name) has \(count) route\(count == 1 ? "" : "s")")
        }
        return facts
    }

    private static func isOurs(_ controller: String) -> Bool {
        controller.hasPrefix("heddle.dev/")
    }

    private var proxies: String {
        if report.proxies.isEmpty { return "  none is connected\n" }
        var table = Table(["NODE", "GATEWAY", "TYPE", "STATE", "RESOURCES", "SENT", "ACKED"])
        var notes: [String] = []
        for proxy in report.proxies {
            for type in proxy.types {
                table.add([
                    proxy.node, proxy.group, type.type, type.state, String(type.resources),
                    String(type.sent), String(type.acknowledged),
                ])
                if let rejection = type.rejection {
                    notes.append("  \(proxy.node) refused \(type.type): \(rejection)")
                }
            }
            if !proxy.isKnown {
                notes.append(
                    "  \(proxy.node): when it connected, no gateway \(proxy.group) existed")
            }
        }
        return table.text + notes.map { $0 + "\n" }.joined()
    }

    private var problems: String {
        report.problems.map { "  \($0.text)\n" }.joined()
    }

    private var refusals: String {
        var table = Table(["TIME", "NODE", "TYPE", "REASON"])
        for refusal in report.refusals {
            table.add([refusal.time, refusal.node, refusal.type, refusal.reason])
        }
        return table.text
    }

    /// Conditions that are bad when they hold.
    private static let negatives: Set<String> = [
        "Conflicted", "OverlappingTLSConfig", "PartiallyInvalid", "InsecureFrontendValidationMode",
    ]

    private static func isBad(_ condition: StatusReport.Condition) -> Bool {
        condition.status == (negatives.contains(condition.type) ? "True" : "False")
    }

    /// A conflict that is not there says nothing.
    private static func isShown(_ condition: StatusReport.Condition) -> Bool {
        !negatives.contains(condition.type) || isBad(condition)
    }
}

/// Columns as wide as their widest cell, as kubectl prints them.
struct Table {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: [String]) {
        self.header = header
    }

    mutating func add(_ row: [String]) {
        rows.append(row)
    }

    var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in
            all.map { $0[column].count }.max() ?? 0
        }
        return all.map { row in
            let cells = row.enumerated().map { column, cell in
                let isLast = column == row.count - 1
                return isLast
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }
            return "  " + cells.joined(separator: "   ") + "\n"
        }.joined()
    }
}
