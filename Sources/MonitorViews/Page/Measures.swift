/// Sizes, times and shares as words for people.
package enum Measures {
    /// `517 B`, `12.3 kB`, `4 MB`: thousands, with one digit behind the point where there are few before it.
    package static func bytes(_ count: Int) -> String {
        var unit = 0
        var value = Double(count)
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        while value.magnitude >= 999.95, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(short(value)) \(units[unit])"
    }

    /// `45 µs`, `312 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`.
    package static func duration(_ nanoseconds: Int64) -> String {
        let nanoseconds = max(0, nanoseconds)
        let seconds = nanoseconds / 1_000_000_000
        switch nanoseconds {
        case 0: return "0"
        case ..<1_000: return "\(nanoseconds) ns"
        case ..<999_950: return "\(short(Double(nanoseconds) / 1e3)) µs"
        case ..<999_950_000: return "\(short(Double(nanoseconds) / 1e6)) ms"
        case ..<60_000_000_000: return "\(short(Double(nanoseconds) / 1e9)) s"
        case ..<3_600_000_000_000: return pair(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400_000_000_000: return pair(seconds / 3_600, "h", seconds % 3_600 / 60, "min")
        default: return pair(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
        }
    }

    private static func pair(_ large: Int64, _ name: String, _ small: Int64, _ other: String) -> String {
        small == 0 ? "\(large) \(name)" : "\(large) \(name) \(small) \(other)"
    }

    /// With one digit behind the point below 100, if it is not zero.
    package static func short(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "–" }
        let tenths = Int((value * 10).rounded())
        guard tenths.magnitude < 1_000, tenths % 10 != 0 else { return Int(value.rounded()).grouped }
        return "\(value < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }

    /// `97 %`; what is neither nothing nor all is neither 0 nor 100.
    package static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0 %" }
        guard part < whole else { return "100 %" }
        let share = Double(part) / Double(whole) * 100
        if share < 0.1 { return "under 0.1 %" }
        if share > 99.9 { return "over 99.9 %" }
        return "\(short(share)) %"
    }

    /// What passed from one time to a later one, in nanoseconds; times that a file made up do no harm.
    package static func elapsed(from start: Int64, to end: Int64) -> Int64 {
        let (difference, overflows) = end.subtractingReportingOverflow(start)
        return overflows ? (end > start ? .max : 0) : max(0, difference)
    }

    /// `2026-03-01 14:02:11.204 UTC`
    /// - Parameter time: nanoseconds since 1970.
    package static func moment(_ time: Int64) -> String {
        let (date, clock, nanoseconds) = parts(time)
        return "\(date) \(clock).\(digits(nanoseconds / 1_000_000, 3)) UTC"
    }

    /// `14:02:11.204`, of the day in UTC.
    package static func clock(_ time: Int64) -> String {
        let (_, clock, nanoseconds) = parts(time)
        return "\(clock).\(digits(nanoseconds / 1_000_000, 3))"
    }

    /// `2026-03-01`
    /// - Parameter seconds: since 1970.
    package static func day(_ seconds: Int64) -> String {
        let (nanoseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? "a date that is out of range" : parts(nanoseconds).date
    }

    /// `2026-03-01T14:02:11.204000000Z` (RFC 3339)
    package static func stamp(_ time: Int64) -> String {
        let (date, clock, nanoseconds) = parts(time)
        return "\(date)T\(clock).\(digits(nanoseconds, 9))Z"
    }

    /// The calendar of RFC 3339, which knows no leap seconds here: days since 1970 are counted in cycles of 400 years.
    private static func parts(_ time: Int64) -> (date: String, clock: String, nanoseconds: Int) {
        func floor(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
            let rest = value % divisor
            return rest < 0 ? (value / divisor - 1, rest + divisor) : (value / divisor, rest)
        }
        let (seconds, nanoseconds) = floor(time, 1_000_000_000)
        let (days, second) = floor(seconds, 86_400)
        // Years begin in March, so that the leap day is their last.
        let (cycle, day) = floor(days + 719_468, 146_097)
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let calendarMonth = month < 10 ? month + 3 : month - 9
        let calendarYear = year + cycle * 400 + (calendarMonth <= 2 ? 1 : 0)
        return (
            "\(digits(Int(calendarYear), 4))-\(digits(Int(calendarMonth), 2))-\(digits(Int(dayOfMonth), 2))",
            "\(digits(Int(second / 3_600), 2)):\(digits(Int(second % 3_600 / 60), 2)):\(digits(Int(second % 60), 2))",
            Int(nanoseconds)
        )
    }

    private static func digits(_ value: Int, _ count: Int) -> String { String(value).padded(zerosTo: count) }
}

extension String {
    fileprivate func padded(zerosTo width: Int) -> String {
        String(repeating: "0", count: Swift.max(0, width - count)) + self
    }
}
