/// `google.protobuf.Timestamp`: a point in time, in UTC.
public struct Timestamp: Hashable, Sendable, Comparable {
    /// Whole seconds since 1970-01-01T00:00:00Z; negative before.
    public var seconds: Int64
    /// What is beyond the whole seconds, 0 to 999,999,999.
    public var nanoseconds: Int32

    /// A point in time; what is outside the years 1 to 9999 becomes the nearest that is inside, as
    /// protobuf has no other.
    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = min(max(seconds, Self.seconds.lowerBound), Self.seconds.upperBound)
        self.nanoseconds = min(max(nanoseconds, 0), 999_999_999)
    }

    /// The years 1 to 9999.
    static let seconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// Earlier before later.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
