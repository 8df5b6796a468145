package import Chat

/// Times as people write them, in UTC: an audit log is read by others than those where it was made.
package enum AuditTime {
    private static let day: Int64 = 86_400_000

    /// `2026-11-21 14:03:22`, in UTC.
    package static func text(_ time: Timestamp) -> String {
        let (date, clock, _) = parts(time)
        return "\(date) \(clock)"
    }

    /// `2026-11-21T14:03:22.042Z` (RFC 3339).
    package static func precise(_ time: Timestamp) -> String {
        let (date, clock, milliseconds) = parts(time)
        return "\(date)T\(clock).\(padded(milliseconds, 3))Z"
    }

    private static func parts(_ time: Timestamp) -> (date: String, clock: String, milliseconds: Int64) {
        // Until the year 9999.
        let milliseconds = min(Int64(clamping: time.milliseconds), 253_402_300_799_999)
        let (year, month, date) = civil(milliseconds / day)
        let seconds = milliseconds % day / 1_000
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return ("\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))", clock, milliseconds % 1_000)
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A point of time from what somebody typed: `2h` (ago; also `45s`, `30m`, `7d`, `2w`), `2026-11-21`, `2026-11-21 14:03`,
    /// `2026-11-21T14:03:22Z`, or `14:03` of today; in UTC.
    /// - Returns: `nil` if it is none of these.
    package static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        let text = text.trimmingPrefix { $0 == " " }
        if let unit = text.last, let length = units[unit] {
            guard let number = number(text.dropLast(), in: 0...1_000_000) else { return nil }
            let (ago, overflow) = UInt64(number).multipliedReportingOverflow(by: length)
            return overflow || ago > now.milliseconds ? nil : Timestamp(milliseconds: now.milliseconds - ago)
        }
        let trimmed = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let halves = trimmed.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard let first = halves.first else { return nil }
        if halves.count == 1, first.contains(":") {
            guard let clock = clock(first) else { return nil }
            return Timestamp(milliseconds: now.milliseconds / UInt64(day) * UInt64(day) + clock)
        }
        guard let date = date(first), let clock = halves.count == 1 ? 0 : clock(halves[1]) else { return nil }
        return Timestamp(milliseconds: date + clock)
    }

    private static let units: [Character: UInt64] = [
        "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
    ]

    private static func number(_ text: Substring, in range: ClosedRange<Int64>) -> Int64? {
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int64(text) else {
            return nil
        }
        return range.contains(number) ? number : nil
    }

    /// Milliseconds since midnight.
    private static func clock(_ text: Substring) -> UInt64? {
        let whole = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(whole.count) else { return nil }
        let parts = whole[0].split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hours = number(parts[0], in: 0...23),
            let minutes = number(parts[1], in: 0...59),
            let seconds = parts.count == 3 ? number(parts[2], in: 0...59) : 0
        else { return nil }
        var milliseconds: Int64 = 0
        if whole.count == 2 {
            guard parts.count == 3, whole[1].count == 3, let fraction = number(whole[1], in: 0...999) else {
                return nil
            }
            milliseconds = fraction
        }
        return UInt64(((hours * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds)
    }

    /// Milliseconds since 1970 at the begin of a day.
    private static func date(_ text: Substring) -> UInt64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = number(parts[0], in: 1970...9999), let month = number(parts[1], in: 1...12),
            let date = number(parts[2], in: 1...31)
        else { return nil }
        let days = days(year, month, date)
        // There is no 31st of April.
        guard civil(days) == (year, month, date) else { return nil }
        return UInt64(days * day)
    }

    // MARK: The calendar

    /// Days since 1970-01-01, in the Gregorian calendar; years begin in March, so that the leap day is the last.
    private static func days(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
        let year = month > 2 ? year : year - 1
        let month = (month + 9) % 12
        let inYear = (153 * month + 2) / 5 + date - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + inYear - 719_468
    }

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let inEra = shifted % 146_097
        let year = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365
        let inYear = inEra - (365 * year + year / 4 - year / 100)
        let month = (5 * inYear + 2) / 153
        let date = inYear - (153 * month + 2) / 5 + 1
        return (era * 400 + year + (month >= 10 ? 1 : 0), month >= 10 ? month - 9 : month + 3, date)
    }
}
