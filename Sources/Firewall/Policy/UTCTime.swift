/// A second in UTC as ISO 8601 writes it (RFC 3339 §5.6, with `Z`): `2026-11-22T10:00:00Z`.
package struct UTCTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The last second of the year 9999.
    package static let last: Int64 = 253_402_300_799

    /// Since 1970, `0...` ``last``
    package let seconds: Int64

    /// A number out of range becomes the nearest in range.
    package init(seconds: Int64) { self.seconds = max(0, min(seconds, Self.last)) }

    /// `nil` for any other form, for what is no day or time, and before 1970.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(21))
        let form = Array("0000-00-00T00:00:00Z".utf8)
        guard bytes.count == form.count,
            zip(bytes, form).allSatisfy({ byte, sign in sign == 0x30 ? (0x30...0x39).contains(byte) : byte == sign })
        else { return nil }
        func number(_ range: Range<Int>) -> Int64 { bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) } }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard year >= 1970, (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24,
            minute < 60, second < 60
        else { return nil }
        seconds = Self.days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    package var description: String {
        let (year, month, day) = Self.date(seconds / 86_400)
        let rest = seconds % 86_400
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let time = [rest / 3_600, rest / 60 % 60, rest % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(time)Z"
    }

    package static func < (left: UTCTime, right: UTCTime) -> Bool { left.seconds < right.seconds }

    private static func isLeap(_ year: Int64) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970 to a day of the Gregorian calendar. Years are taken to begin in March, so that the leap day comes last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let inYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + inYear - 719_468
    }

    /// The day of the calendar so many days after 1970 began.
    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        var year = 1970 + days / 366
        while days >= Self.days(year + 1, 1, 1) { year += 1 }
        var (month, rest) = (Int64(1), days - Self.days(year, 1, 1))
        while rest >= Self.days(in: month, of: year) {
            rest -= Self.days(in: month, of: year)
            month += 1
        }
        return (year, month, rest + 1)
    }
}
