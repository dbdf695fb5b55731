/// The texts of the load generator.
struct LoadReport {
    /// What the answers are counted by.
    var grouping: Grouping

    /// One interval: `t=3s  v1 450  v2 550  v3 0  failed 0`.
    func line(_ counts: Counts, at time: Duration) -> String {
        let answers = names(counts).map { "\($0) \(counts.answers[$0, default: 0])" }
        return (["t=\(Self.seconds(time))s"] + answers + ["failed \(counts.failed)"])
            .joined(separator: "  ")
    }

    /// The totals, and the reasons of failures.
    func totals(_ counts: Counts, duration: Duration) -> [String] {
        let answers = names(counts).map { name in
            let count = counts.answers[name, default: 0]
            return "\(name) \(count) (\(Self.percent(count, of: counts.total)))"
        }
        let rate = Int((Double(counts.total) / max(duration / .seconds(1), 0.001)).rounded())
        let line =
            ["total \(counts.total) in \(Self.seconds(duration))s, \(rate)/s"] + answers
            + ["failed \(counts.failed)"]
        let reasons = counts.failures.sorted { $0.key < $1.key }.map { "failed \($1): \($0)" }
        return [line.joined(separator: "  ")] + reasons
    }

    /// The totals as one JSON object.
    func json(_ counts: Counts) -> String {
        let answers = counts.answers.sorted { $0.key < $1.key }
            .map { (key: $0.key, value: JSONText.number($0.value)) }
        return JSONText.object([
            ("total", .number(counts.total)), ("failed", .number(counts.failed)),
            ("\(grouping.rawValue)s", .object(answers)),
        ]).line
    }

    /// Those that were seen; the versions of reviews even when they were not.
    private func names(_ counts: Counts) -> [String] {
        let expected: Set<String> = grouping == .version ? ["v1", "v2", "v3"] : []
        return expected.union(counts.answers.keys).sorted()
    }

    private static func percent(_ count: Int, of total: Int) -> String {
        "\(tenths(Double(count) * 100 / Double(max(total, 1)))) %"
    }

    private static func seconds(_ duration: Duration) -> String {
        tenths(duration / .seconds(1))
    }

    /// Rounded to a tenth; whole numbers without a fraction.
    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
