import Glibc

/// Times as the Kubernetes API writes them.
enum Timestamp {
    /// A moment of this process, UTC, RFC 3339, to the second.
    static func text(_ moment: ContinuousClock.Instant) -> String {
        let ago = ContinuousClock.now - moment
        var seconds = time(nil) - Int(ago.components.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int32, _ count: Int = 2) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date =
            "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1))"
            + "-\(digits(parts.tm_mday))"
        let clock = "\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec))"
        return "\(date)T\(clock)Z"
    }
}
