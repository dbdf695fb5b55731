import AdminAPI

/// A status report as tables.
struct StatusText {
    private let report: StatusReport

    init(_ report: StatusReport) {
        self.report = report
    }

    /// All of it.
    var text: String {
        [
            "OBJECTS\n" + objects, "PROXIES\n" + proxies,
            report.problems.isEmpty ? nil : "PROBLEMS\n" + problems,
            report.refusals.isEmpty ? nil : "REFUSED UPDATES\n" + refusals,
        ].compactMap { $0 }.joined(separator: "\n")
    }

    private var objects: String {
        var table = Table(["KIND", "NAMESPACE", "NAME", "PART", "CONDITION", "STATUS", "REASON"])
        var notes: [String] = []
        for object in report.objects {
            let own = StatusReport.Part(name: "-", conditions: object.conditions)
            for part in [own] + object.parts {
                for condition in part.conditions where Self.isShown(condition) {
                    table.add([
                        object.kind, object.namespace, object.name, part.name, condition.type,
                        condition.status, condition.reason,
                    ])
                    if Self.isBad(condition) {
                        let place = object.location.map { "\($0): " } ?? ""
                        notes.append(
                            "  \(place)\(object.kind) \(object.namespace)/\(object.name): "
                                + condition.message)
                    }
                }
            }
        }
        if report.objects.isEmpty { return "  none\n" }
        return table.text + notes.map { $0 + "\n" }.joined()
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

    private static func isBad(_ condition: StatusReport.Condition) -> Bool {
        condition.status == (condition.type == "Conflicted" ? "True" : "False")
    }

    /// A conflict that is not there says nothing.
    private static func isShown(_ condition: StatusReport.Condition) -> Bool {
        condition.type != "Conflicted" || isBad(condition)
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
