import CLinuxIO
import Glibc

/// The system's clock of dates.
enum WallClock {
    /// Since 1970-01-01T00:00:00Z.
    static var now: (seconds: Int64, nanoseconds: Int32) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), Int32(time.tv_nsec))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    static var seconds: UInt64 { UInt64(max(now.seconds, 0)) }
}
