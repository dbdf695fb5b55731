/// The texts of the load generator.
enum LoadReport {
    /// One interval: `t=3s  v1 450  v2 550  v3 0  failed 0`.
    static func line(_ counts: Counts, at time: Duration) -> String {
        let versions = names(counts).map { "\($0) \(counts.versions[$0, default: 0])" }
        return (["t=\(seconds(time))s"] + versions + ["failed \(counts.failed)"])
            .joined(separator: "  ")
    }

    /// The totals, and the reasons of failures.
    static func totals(_ counts: Counts, duration: Duration) -> [String] {
        let versions = names(counts).map { name in
            let count = counts.versions[name, default: 0]
            return "\(name) \(count) (\(percent(count, of: counts.total)))"
        }
        let rate = Int((Double(counts.total) / max(duration / .seconds(1), 0.001)).rounded())
        let line =
            ["total \(counts.total) in \(seconds(duration))s, \(rate)/s"] + versions
            + ["failed \(counts.failed)"]
        let reasons = counts.failures.sorted { $0.key < $1.key }.map { "failed \($1): \($0)" }
        return [line.joined(separator: "  ")] + reasons
    }

    /// The totals as one JSON object.
    static func json(_ counts: Counts) -> String {
        let versions = counts.versions.sorted { $0.key < $1.key }
            .map { (key: $0.key, value: JSONText.number($0.value)) }
        return JSONText.object([
            ("total", .number(counts.total)), ("failed", .number(counts.failed)),
            ("versions", .object(versions)),
        ]).line
    }

    /// The versions of reviews, seen or not, and any others that were seen.
    private static func names(_ counts: Counts) -> [String] {
        Set(["v1", "v2", "v3"]).union(counts.versions.keys).sorted()
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
