extension Timestamp: CustomStringConvertible {
    /// The time in UTC as RFC 3339 has it, with 0, 3, 6 or 9 digits after the second:
    /// `2026-01-31T09:05:00.250Z`.
    public var description: String {
        let secondOfDay = seconds - Self.day(of: seconds) * 86400
        let (year, month, day) = Self.date(ofDay: Self.day(of: seconds))
        let date = "\(Self.padded(year, 4))-\(Self.padded(month))-\(Self.padded(day))"
        let clock = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60]
        let time = clock.map { Self.padded($0) }.joined(separator: ":")
        return "\(date)T\(time)\(fractionText(nanoseconds: nanoseconds.magnitude))Z"
    }

    /// Reads RFC 3339, with any offset from UTC and up to 9 digits after the second; nil for what
    /// is no time, or outside the years 1 to 9999.
    public init?(_ text: some StringProtocol) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2),
            reader.skip("-"), let day = reader.number(2), reader.skip("T") || reader.skip("t"),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
            reader.skip(":"), let second = reader.number(2), let nanoseconds = reader.fraction(),
            let offset = reader.offset(), reader.isAtEnd,
            year > 0, (1...12).contains(month), hour < 24, minute < 60, second < 60,
            day > 0, day <= Self.days(inMonth: month, of: year)
        else { return nil }
        let days = Self.day(ofYear: year, month: month, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        guard Self.seconds.contains(seconds) else { return nil }
        self.init(seconds: seconds, nanoseconds: nanoseconds)
    }

    private static func padded(_ number: Int64, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// Whole days since 1970-01-01, rounded down.
    private static func day(of seconds: Int64) -> Int64 {
        seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
    }

    /// Days before March 1st of year 0, counted from 1970-01-01, are this many.
    private static let epoch: Int64 = 719_468

    /// Years begin in March: the day that comes every four years is their last.
    private static func day(ofYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - epoch
    }

    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = day + epoch
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        switch month {
        case 2: return isLeap ? 29 : 28
        case 4, 6, 9, 11: return 30
        default: return 31
        }
    }
}

/// Reads the parts of a time, digit by digit.
private struct DigitReader<Text: Collection<UInt8>> {
    private var rest: Text.SubSequence

    init(_ text: Text) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// A number of exactly so many digits.
    mutating func number(_ digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Nanoseconds: a point and one to nine digits, or nothing.
    mutating func fraction() -> Int32? {
        guard skip(".") else { return 0 }
        guard var value = digit() else { return nil }
        var count = 1
        while count < 9, let digit = digit() {
            value = value * 10 + digit
            count += 1
        }
        for _ in count..<9 { value *= 10 }
        return Int32(value)
    }

    /// Seconds east of UTC: `Z`, or a sign, hours and minutes.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private mutating func digit() -> Int64? {
        guard let first = rest.first, (0x30...0x39).contains(first) else { return nil }
        rest = rest.dropFirst()
        return Int64(first - 0x30)
    }
}
