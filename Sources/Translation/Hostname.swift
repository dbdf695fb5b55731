/// Host names as listeners and routes write them: exact, or `*.` and a suffix.
enum Hostname {
    /// What both serve; nil where that is nothing (Gateway API, Listener.hostname).
    static func intersection(listener: String?, route: String) -> String? {
        let route = route.lowercased()
        guard let listener = listener?.lowercased(), !listener.isEmpty else { return route }
        if listener == route { return route }
        switch (isWildcard(listener), isWildcard(route)) {
        case (false, false): return nil
        case (true, false): return matches(listener, route) ? route : nil
        case (false, true): return matches(route, listener) ? listener : nil
        case (true, true):
            if listener.hasSuffix(route.dropFirst()) { return listener }
            return route.hasSuffix(listener.dropFirst()) ? route : nil
        }
    }

    private static func isWildcard(_ host: String) -> Bool {
        host.hasPrefix("*.")
    }

    /// `*.example.com` stands for one or more labels, so not for `example.com`.
    private static func matches(_ wildcard: String, _ host: String) -> Bool {
        let suffix = wildcard.dropFirst()
        return host.count > suffix.count && host.hasSuffix(suffix)
    }
}
