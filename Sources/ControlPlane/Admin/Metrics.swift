/// What the control plane has done, in the text format that Prometheus reads.
enum Metrics {
    /// How much was translated.
    struct Counts: Sendable, Equatable {
        /// Translations, each of a batch of changes.
        var translations = 0
        /// Objects translated, in all of them.
        var objects = 0
        /// Changed resources that went into snapshots.
        var resources = 0
    }

    /// The page.
    ///
    /// - Parameters:
    ///   - endpointAges: How long the endpoints of each cluster have been what they are.
    ///   - proxies: How many streams are open.
    ///   - counts: How much was translated.
    static func text(
        endpointAges: [(cluster: String, age: Duration)], proxies: Int, counts: Counts
    ) -> String {
        var text = ""
        func add(_ name: String, _ type: String, _ help: String, _ samples: [(String, String)]) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
            for (labels, value) in samples { text += "\(name)\(labels) \(value)\n" }
        }
        add(
            "heddled_translations_total", "counter", "Batches of changes translated.",
            [("", "\(counts.translations)")])
        add(
            "heddled_translated_objects_total", "counter", "Objects translated.",
            [("", "\(counts.objects)")])
        add(
            "heddled_changed_resources_total", "counter", "xDS resources that changed.",
            [("", "\(counts.resources)")])
        add("heddled_streams", "gauge", "Open xDS streams.", [("", "\(proxies)")])
        add(
            "heddled_endpoints_age_seconds", "gauge",
            "How long the endpoints of a cluster have been what they are.",
            endpointAges.map { cluster, age in
                let milliseconds = Int(age / .milliseconds(1))
                return (
                    "{cluster=\"\(escaped(cluster))\"}",
                    "\(milliseconds / 1000).\(digits(milliseconds % 1000))"
                )
            })
        return text
    }

    private static func digits(_ milliseconds: Int) -> String {
        let text = String(milliseconds)
        return String(repeating: "0", count: max(0, 3 - text.count)) + text
    }

    private static func escaped(_ label: String) -> String {
        label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }
}
