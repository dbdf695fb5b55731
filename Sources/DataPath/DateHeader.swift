import CLinuxIO
import Glibc

/// The current time as HTTP writes it (RFC 9110 §5.6.7), made once a second.
struct DateHeader {
    private var second: UInt64 = .max
    private var text: [UInt8] = []

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    mutating func current() -> [UInt8] {
        let now = linux_wall_clock() / 1000
        if now != second {
            second = now
            var time = time_t(now)
            var parts = tm()
            gmtime_r(&time, &parts)
            let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(Self.twoDigits)
            let day = Self.twoDigits(parts.tm_mday)
            let date =
                "\(Self.days[Int(parts.tm_wday)]), \(day) \(Self.months[Int(parts.tm_mon)]) "
                + "\(1900 + Int(parts.tm_year)) \(clock.joined(separator: ":")) GMT"
            text = Array(date.utf8)
        }
        return text
    }

    private static func twoDigits(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
