/// Host names as listeners and routes write them: exact, `*.` and a suffix, or `*` for all.
enum Hostname {
    /// What stands for every name.
    static let any = "*"

    /// What both serve; nil where that is nothing (Gateway API, Listener.hostname).
    static func intersection(listener: String?, route: String) -> String? {
        let route = route.lowercased()
        guard let listener = listener?.lowercased(), !listener.isEmpty else { return route }
        if covers(listener, route) { return route }
        return covers(route, listener) ? listener : nil
    }

    /// Whether one name stands for all that another stands for: `*.example.com` stands for one or
    /// more labels, so not for `example.com`.
    static func covers(_ wide: String, _ narrow: String) -> Bool {
        if wide == any || wide == narrow { return true }
        guard isWildcard(wide) else { return false }
        let suffix = wide.utf8.dropFirst()
        return narrow.utf8.count > suffix.count
            && narrow.utf8.suffix(suffix.count).elementsEqual(suffix)
    }

    /// The names that stand for all that a name stands for: itself, then ever wider ones, `*` last.
    ///
    /// - Complexity: The number of labels.
    static func covering(_ host: String) -> [String] {
        if host == any { return [any] }
        var names = [host]
        var rest = isWildcard(host) ? host.dropFirst(2) : host[...]
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            names.append("*.\(rest)")
        }
        names.append(any)
        return names
    }

    /// Whether a name stands for many.
    static func isWildcard(_ host: String) -> Bool {
        host == any || host.hasPrefix("*.")
    }
}
